"""Targets, notes and new limits as pages need them: what stands, and what is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dashboard import mode, own_sites, store
from dashboard.snapshots import home
from pipelines.chart_settings import chart_settings
from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.measures.annotations import EVERY
from pipelines.measures.catalogue import catalogue, measure
from pipelines.measures.spc_phases import Rebase
from pipelines.recorded.entries import Entry, Record, checked
from pipelines.recorded.file import add, mark, record

BY_HAND: Final = "annotations.toml"


@dataclass(frozen=True)
class Written:
    """What was written by hand: the same, but no form changes it."""

    rebase: bool
    measures: tuple[str, ...]
    change: Rebase


def _at() -> Home:
    mode.need_exact()
    return Home.open(home(), create=False)


def kept() -> Record:
    """Everything that was recorded; OutcomesError where the file cannot be read.

    CasesWithheld where only protected figures may be shown, as for all of this module.
    """
    return record(_at())


def seen() -> str:
    """A mark of what a page shows, so that a change by somebody else is noticed."""
    return mark(_at())


def save(entry: Entry, mark_seen: str | None) -> Entry:
    """Record an entry; OutcomesError, with nothing changed, says why it was not.

    It is for the whole service, so SitesWithheld for a reader of some sites.
    """
    own_sites.need_every_site()
    return add(_at(), checked(entry), mark_seen)


def by_hand() -> list[Written]:
    """Notes and new limits of annotations.toml, one for each change, by day."""
    at = _at()
    found: dict[tuple[bool, Rebase], list[str]] = {}
    for rebase in (True, False):
        settings = chart_settings(at)
        drawn = settings.rebases if rebase else settings.notes
        own = record(at).by_measure("rebase" if rebase else "note")
        for name, changes in drawn.items():
            for each in changes:
                if each not in own.get(name, ()):
                    found.setdefault((rebase, each), []).extend([] if name == EVERY else [name])
    together = [Written(new, tuple(names), each) for (new, each), names in found.items()]
    return sorted(together, key=lambda each: (each.change.on, each.change.reason))


def with_chart() -> dict[str, str]:
    """Measures with a chart over time: id -> name, by name."""
    found = {name: entry.name for name, entry in catalogue().items() if not entry.stock}
    return dict(sorted(found.items(), key=lambda each: each[1].casefold()))


def with_target() -> dict[str, str]:
    """Measures of which one direction is better: id -> name, by name."""
    return {
        name: words for name, words in with_chart().items() if measure(name).direction != "neutral"
    }


def where_from(name: str) -> str:
    """Where the target of a measure comes from, in words; empty without one."""
    if store.charting().target(name) is None:
        return ""
    own = kept().target_entries.get(name)
    if own is not None:
        return f"set by {own.by}{f' on {own.at:%d/%m/%Y}' if own.at else ''}"
    at = _at()
    targets = at.config().get("targets", {})
    return "from outcomes.toml" if name in targets else "from the catalogue"


def told(error: OutcomesError) -> str:
    """An error as a sentence, without the path of the data home."""
    where = str(error.where or "").rpartition("/")[2]
    place = f" ({where})" if where else ""
    said = f"{error.what[0].upper()}{error.what[1:]}{place}."
    return f"{said} {error.hint}" if error.hint else said
