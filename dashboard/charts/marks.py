"""What a service has recorded of its own changes, on a chart over time and in a list under it.

A number at a dotted line, since words have no room in a plot at the width of a telephone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dashboard import text
from dashboard.theme import Palette, Spec, note
from pipelines.measures.spc_phases import Rebase


@dataclass(frozen=True)
class Mark:
    """One recorded change: its number in the chart, the day, the words, who recorded it, where.

    `where` is empty for a change at all sites.
    """

    number: int
    on: date
    words: str
    by: str = ""
    new_limits: bool = True
    where: str = ""

    def said(self) -> str:
        """`10 Jun 2025: new triage form (A. Physio); limits begin anew with the next point`."""
        who = f" ({self.by})" if self.by else ""
        anew = "; limits begin anew with the next point" if self.new_limits else ""
        at = f", at {self.where}" if self.where else ""
        return f"{text.day(self.on)}: {self.words}{at}{who}{anew}"


def marks(
    rebases: Sequence[Rebase],
    notes: Sequence[Rebase],
    first: date,
    last: date,
    names: Mapping[str, str] | None = None,
) -> tuple[Mark, ...]:
    """The changes between two days, numbered by date; a chart does not show those outside.

    `names` has the sites' names by id.
    """
    known = names or {}
    found = sorted(
        [(each.on, True, each) for each in rebases] + [(each.on, False, each) for each in notes],
        key=lambda one: (one[0], one[2].reason),
    )
    inside = [(new, each) for on, new, each in found if first <= on <= last]
    return tuple(
        Mark(
            number, each.on, each.reason, each.by, new,
            text.listed([known.get(site, site) for site in each.sites]),
        )
        for number, (new, each) in enumerate(inside, 1)
    )  # fmt: skip


def lines(found: Sequence[Mark], colours: Palette) -> list[Spec]:
    """A dotted upright line at each change."""
    return [
        {
            "type": "line", "x0": day.isoformat(), "x1": day.isoformat(), "y0": 0, "y1": 1,
            "yref": "paper", "line": {"color": colours.text, "width": 1, "dash": "dot"},
        }
        for day in dict.fromkeys(each.on for each in found)
    ]  # fmt: skip


def numbers(found: Sequence[Mark], colours: Palette) -> list[Spec]:
    """The numbers at the lines' upper ends; those of one day in one label."""
    at: dict[date, list[int]] = {}
    for each in found:
        at.setdefault(each.on, []).append(each.number)
    return [
        note(
            colours, f"<b>{', '.join(map(str, own))}</b>", day.isoformat(), 1.0, yref="paper",
            yanchor="bottom", xanchor="center",
            font={"size": 13, "color": colours.text},
        )
        for day, own in at.items()
    ]  # fmt: skip


def alt(found: Sequence[Mark]) -> str:
    """The changes as a sentence for the alternative text; empty without any."""
    if not found:
        return ""
    return " Recorded changes: " + "; ".join(each.said() for each in found) + "."
