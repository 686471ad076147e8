"""The pages, in the order of the menu, and in which modes each exists."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import streamlit as st

from dashboard.reader import Reader
from pipelines.measures.disclosure.rules import Mode

VIEWS: Final = Path(__file__).parent / "views"


@dataclass(frozen=True)
class PageOf:
    """One page: its script, its name, its place in the address, and who has it."""

    script: str
    title: str
    icon: str
    address: str
    modes: tuple[Mode, ...]
    visibility: Literal["visible", "hidden"] = "visible"
    every_site: bool = False
    """Whether it is of all sites together, so that only who may see all of them has it."""

    def as_page(self, first: bool) -> Any:
        """For Streamlit's menu."""
        return st.Page(
            VIEWS / f"{self.script}.py",
            title=self.title,
            icon=f":material/{self.icon}:",
            url_path=self.address or None,
            default=first,
            visibility=self.visibility,
        )


EXACT: Final[tuple[Mode, ...]] = ("auditor", "service")
ALL: Final[tuple[Mode, ...]] = ("auditor", "service", "shared")
PAGES: Final = (
    PageOf("overview", "Overview", "monitoring", "", EXACT),
    PageOf("escalation", "Escalation", "priority_high", "escalation", EXACT),
    PageOf("improvement", "Improvement", "trending_up", "improvement", EXACT),
    PageOf("past_8_weeks", "Past 8 weeks", "hourglass_bottom", "past-8-weeks", EXACT),
    PageOf("audit", "Referral audit", "fact_check", "audit", EXACT),
    PageOf("episode", "Episodes", "timeline", "episodes", ("auditor",)),
    PageOf("waits", "Waits and equity", "balance", "waits", EXACT),
    PageOf("exercise", "Exercise", "exercise", "exercise", EXACT),
    PageOf("quality", "Data quality", "rule", "quality", EXACT, every_site=True),
    PageOf("targets", "Targets and changes", "flag", "targets", EXACT, every_site=True),
    PageOf("what_if", "What if and compare", "compare_arrows", "what-if", EXACT, every_site=True),
    PageOf("shared", "Shared figures", "public", "", ("shared",)),
    PageOf("report", "Board report", "description", "report", ALL, every_site=True),
    PageOf("rulebook", "Rules and measures", "menu_book", "rules", ALL),
    PageOf("about", "Intended use", "info", "about", ALL),
    PageOf("behind", "Behind a figure", "list", "behind", EXACT, "hidden"),
)


MENU: Final = "_menu"
SEEN: Final = "_pages_seen"


def menu(looking: Reader) -> list[Any]:
    """The pages of a reader for Streamlit's menu, their start first; made once for each session.

    Making one looks its script up on the disk, and a run of the script needs them all.
    """
    made: dict[tuple[Mode, bool], list[Any]] = st.session_state.setdefault(MENU, {})
    which = (looking.mode, looking.sites is None or looking.mode == "shared")
    if which not in made:
        seen = seen_by(*which)
        made[which] = [each.as_page(each is seen[0]) for each in seen]
    scripts = [each.script for each in seen_by(*which)]
    st.session_state[SEEN] = dict(zip(scripts, made[which], strict=True))
    return made[which]


def link_to(script: str) -> Any:
    """What a link to a page is made with: the page itself where the reader has it.

    By the name of its script Streamlit would look it up on the disk, for each link anew.
    """
    found: dict[str, Any] = st.session_state.get(SEEN, {})
    return found.get(script) or str(VIEWS / f"{script}.py")


def seen_by(mode: Mode, every_site: bool = True) -> list[PageOf]:
    """The pages of a mode, its start first; a direct address of another page finds nothing.

    Without `every_site` those alone that a reader of some sites has.
    """
    return [page for page in PAGES if mode in page.modes and (every_site or not page.every_site)]
