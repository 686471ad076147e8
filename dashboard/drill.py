"""From a figure to what is behind it: the link, and the page's own choices, all in the address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

import streamlit as st

from dashboard import filters, mode, pages, store, text
from dashboard.dimensions import DIMENSIONS, value_words
from dashboard.ui import View
from pipelines import words
from pipelines.measures.catalogue import measure

MONTH: Final = "month"
CUTS: Final = {MONTH: "Month", **{each.code: each.name for each in DIMENSIONS}}
SHOWN: Final = {
    "all": "Everyone looked at",
    "of": "Those in the denominator",
    "counted": "Those counted",
    "out": "Those left out",
}
"""Which cases of a figure are listed."""
Words = Callable[[str], str]


def part_words(view: View) -> Words:
    """Words for the parts of a measure; levels have this service's labels."""
    labels = {row["code"]: row["label"] for row in store.rows(view.snapshot, "levels")}
    known = {**labels, "NOT_SETTLED": "Not settled", "": "All parts"}
    for row in store.rows(view.snapshot, "part_names"):
        known[row["code"]] = row["words"]
    known.update(store.exercise_names(view.snapshot))
    known.update(words.CATEGORIES)
    known.update(words.DESTINATIONS)
    known.update(words.CONTACT_TYPES)
    known.update(words.REASONS)
    known.update(words.FLAGS)
    known.update({code: words.JUDGED[code] for code in ("PASS", "FAIL", "UNKNOWN")})
    return lambda code: known.get(code, code.replace("_", " ") if code.isupper() else code)


def cut_words(view: View, by: str) -> Words:
    """Words for the values of a dimension, months among them."""
    names = filters.site_names(view.snapshot)

    def named(value: str) -> str:
        if by == MONTH:
            return value if value == "unknown" else text.month(date.fromisoformat(f"{value}-01"))
        return value_words(by, value, names)

    return named


@dataclass(frozen=True)
class Behind:
    """A figure: the measure, one of its parts, at a value of a dimension, and which cases."""

    measure: str
    part: str = ""
    by: str = ""
    value: str = ""
    which: str = "all"
    cell: str = ""

    def address(self, view: View) -> dict[str, str]:
        """Its place in the address, which holds what widgets show; what is not set is left out."""
        named = {
            "measure": measure(self.measure).name,
            "part": part_words(view)(self.part) if self.part else "",
            "by": CUTS[self.by] if self.by else "",
            "value": cut_words(view, self.by)(self.value) if self.value else "",
            "which": SHOWN[self.which] if self.which != "all" else "",
            "cell": self.cell,
        }
        return {key: value for key, value in named.items() if value}


def link(view: View, label: str, to: Behind) -> None:
    """A link to the cases behind a figure; where cases are not shown, to its breakdown.

    Period and filters are not named: they are bound to the address and go along by themselves.
    """
    if mode.mode() == "shared":
        return
    word = label if mode.sees_cases() else f"{label} (breakdown)"
    page = pages.link_to("behind")
    st.page_link(page, label=word, icon=":material/list:", query_params=to.address(view))
