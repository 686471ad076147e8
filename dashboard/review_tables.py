"""What reviews found, as tables of counts: the same on the page and in the report, and no case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from dashboard import store, text
from dashboard.charts import shown
from dashboard.charts.base import Cell, Table
from dashboard.ui import View
from pipelines.measures.catalogue import measure
from pipelines.reviews.agreement import MEASURE, BeforeAndAfter
from pipelines.reviews.readers import ORDER
from pipelines.reviews.standing import CHANGED, OPEN, REVIEWED, STATES

FOUND: Final = {
    "MISSED": "no action recorded",
    "LATE": "acted on late",
    "OVER": "beyond the leaflet",
}
SHORT: Final = {
    "agree": "Agree with the leaflet",
    "justified": "Justified deviation",
    "documentation": "Documentation gap",
    "not_exported": "Acted on, not exported",
    "incident": "Incident raised",
}
"""The findings that stand, in few words."""
RED_FLAG: Final = 3
"""The height of the level from which a trigger is a red flag: urgent care and A&E."""
COLUMNS: Final = (
    *("Case", "Cases", STATES[OPEN], STATES[CHANGED]),
    *(SHORT[finding] for finding in ORDER),
)


def progress(rows: Sequence[store.Row]) -> str:
    """`**12 cases not reviewed**, 3 reviewed, 1 changed since review, of 16`."""
    n: Counter[str] = Counter()
    for row in rows:
        n[row["state"]] += row["n"]
    return (
        f"**{text.plural(n[OPEN], 'case')} of the audit not reviewed**, {text.count(n[REVIEWED])} "
        f"reviewed, {text.count(n[CHANGED])} changed since review, of {text.count(n.total())}"
    )


def found_by_case(view: View, rows: Sequence[store.Row]) -> Iterator[Table]:
    """Red flags, then the other cases: how many, how many not reviewed, and what reviews found.

    A case that changed since its review counts as changed, not as what was found before.
    """
    labels = {row["code"]: row["label"] for row in store.rows(view.snapshot, "levels")}
    red: list[store.Row] = []
    others: list[store.Row] = []
    for row in rows:
        flag = row["found"] != "OVER" and (row["height"] or 0) >= RED_FLAG
        (red if flag else others).append(row)
    yield _table("Reviews of red flags not acted on in time", red, labels)
    yield _table("Reviews of the other cases", others, labels)


def _table(title: str, rows: Sequence[store.Row], labels: dict[str, str]) -> Table:
    kinds: dict[str, Counter[str]] = {}
    total: Counter[str] = Counter()
    for row in rows:
        level = labels.get(row["level"], row["level"])
        name = f"{level}, {FOUND[row['found']]}{' (possible)' if row['possible'] else ''}"
        of = row["finding"] if row["state"] == REVIEWED else row["state"]
        for counts in (kinds.setdefault(name, Counter()), total):
            counts[of] += row["n"]
    lines = [*kinds.items(), *([("All", total)] if rows else [])]
    return Table(title, COLUMNS, tuple((name, *_counts(counts)) for name, counts in lines))


def _counts(counts: Counter[str]) -> tuple[Cell, ...]:
    return tuple(
        text.count(n)
        for n in (counts.total(), counts[OPEN], counts[CHANGED], *(counts[f] for f in ORDER))
    )


def before_and_after(found: BeforeAndAfter) -> Table:
    """The share of episodes in line with the leaflet, as exported and as reviews correct it."""
    entry = measure(MEASURE)
    return Table(
        f"{entry.name}, before and after review",
        ("State", *shown.COLUMNS),
        (
            ("As the exports say", *shown.cells(found.before, entry)),
            ("After review", *shown.cells(found.after, entry)),
        ),
    )


def moved(found: BeforeAndAfter) -> str:
    """How many episodes reviews brought into line, and how many still wait."""
    return (
        f"{text.plural(found.moved, 'episode')} came into line by review: every case was a "
        "justified deviation, or was acted on but not exported. "
        f"{text.plural(found.waiting, 'episode')} out of line still have a case that nobody "
        "reviewed, or that changed since."
    )
