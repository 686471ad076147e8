"""How a service's charts are drawn and what they are held against, from its data home."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.measures.annotations import EVERY, FILE, noted, recorded
from pipelines.measures.series import ChartAs
from pipelines.measures.spc_phases import Rebase
from pipelines.measures.spc_rules import profile
from pipelines.measures.targets import target_of, targets
from pipelines.measures.types import MeasureError
from pipelines.recorded.entries import in_order
from pipelines.recorded.file import record


@dataclass(frozen=True)
class ChartSettings:
    """The profile of the control charts; the service's targets, re-basings and notes by measure."""

    profile: str = "nhsr"
    targets: Mapping[str, float] = field(default_factory=dict)
    rebases: Mapping[str, tuple[Rebase, ...]] = field(default_factory=dict)
    notes: Mapping[str, tuple[Rebase, ...]] = field(default_factory=dict)

    def target(self, name: str) -> float | None:
        """The target of a measure, in its unit; None where none is set."""
        return target_of(name, self.targets)

    def rebased(self, name: str, sites: Collection[str] = ()) -> tuple[Rebase, ...]:
        """Where limits of a measure's chart over these sites (none: all) begin anew.

        A change at some sites begins a chart anew only where it is of those sites alone: over
        others, too, most of what is drawn did not change.
        """
        return tuple(r for r in self.rebases.get(name, ()) if _of_these_alone(r, sites))

    def noted(self, name: str, sites: Collection[str] = ()) -> tuple[Rebase, ...]:
        """What is noted at a measure's chart over these sites without new limits.

        At every chart or at its own; new limits of some of the sites are such a note for all.
        """
        notes = (*self.notes.get(EVERY, ()), *self.notes.get(name, ()))
        elsewhere = (r for r in self.rebases.get(name, ()) if not _of_these_alone(r, sites))
        return tuple(each for each in (*notes, *elsewhere) if _concerns(each, sites))

    def chart_as(self, name: str, sites: Collection[str] = ()) -> ChartAs:
        """How a measure is charted over these sites (none: all)."""
        return ChartAs(self.profile, self.rebased(name, sites), self.target(name))


def _of_these_alone(change: Rebase, sites: Collection[str]) -> bool:
    return not change.sites or (bool(sites) and set(sites) <= set(change.sites))


def _concerns(change: Rebase, sites: Collection[str]) -> bool:
    return not change.sites or not sites or bool(set(sites) & set(change.sites))


def chart_settings(home: Home) -> ChartSettings:
    """The settings of a home; OutcomesError for a target, profile or annotation that cannot be.

    A target that was recorded by form or command goes before the one of outcomes.toml; notes and
    new limits of both places are drawn.
    """
    config = home.config()
    try:
        goals = targets(config.get("targets", {}))
        settings = profile(str(config.get("spc", {}).get("profile", "nhsr"))).name
    except MeasureError as error:
        raise OutcomesError(str(error), where=str(home.config_file)) from None
    rebases, notes = _annotated(home.root / FILE)
    own = record(home)
    return ChartSettings(
        settings,
        {**goals, **own.targets()},
        _together(rebases, own.by_measure("rebase")),
        _together(notes, own.by_measure("note")),
    )


ByMeasure = Mapping[str, tuple[Rebase, ...]]


def _together(first: ByMeasure, second: ByMeasure) -> ByMeasure:
    return {
        name: in_order((*first.get(name, ()), *second.get(name, ())))
        for name in {**first, **second}
    }


def _annotated(path: Path) -> tuple[ByMeasure, ByMeasure]:
    """The re-basings and the notes of a home; none where it has no such file."""
    if not path.exists():
        return {}, {}
    try:
        text = path.read_text(encoding="utf-8")
        return recorded(text), noted(text)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise OutcomesError("the file is not UTF-8 text", where=f"{path}, line {line}") from None
    except MeasureError as error:
        raise OutcomesError(str(error), where=str(path)) from None
