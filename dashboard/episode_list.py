"""The list of episodes with its filters, and how one of them is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard import case_numbers, filters, freshness, pages, row_export, store, text
from dashboard.ui import View
from pipelines import surrogates
from pipelines.measures.types import NOT_SETTLED
from pipelines.words import CATEGORIES, PERSISTENCE

PAGE: Final = str(Path(__file__).parent / "views" / "episode.py")
MOST: Final = 500
NOT_JUDGED: Final = "NOT_JUDGED"
STATES: Final = {
    "all": "All episodes",
    "past_8_weeks": "Open now and past 8 weeks",
    "crossing_soon": "Crossing 8 weeks within 14 days",
    "no_action": "A trigger without a recorded action",
}
CHOSEN: Final = "chosen_row"
SHOWN: Final = "_shown_ids"
TYPED: Final = "_typed_id"
"""What was typed last: only that may be named where there is no such episode, as the id of a number
may be of a site that this reader does not see."""
BOX: Final = "episode_id"
"""The box's own key: what is typed there is an episode's id, and must not get into the address."""


def ask_for_id(view: View) -> str:
    """The box for an episode's id, and the id of the episode that the address names by its case
    number; empty when none is asked for. OutcomesError where two episodes have the number.
    """
    with st.container(width=420):
        st.text_input(
            "Episode ID",
            key=BOX,
            placeholder="Paste an ID, or choose from the list",
            max_chars=80,
            on_change=_typed,
        )
    case = str(st.query_params.get(case_numbers.ASKED, ""))
    if not case:
        return ""
    if not surrogates.is_number(case):
        case_numbers.close()
        st.warning(
            "The address named an episode by its own ID. Addresses stay in histories and "
            "messages, so none is taken from there, and it has been removed. Paste the ID into "
            "the box; the address then holds a case number.",
            icon=":material/link_off:",
        )
        return ""
    return case_numbers.episode(view.snapshot, case) or case


def _typed() -> None:
    """Open what was typed: an id, or a case number. A callback, so that the box can be emptied."""
    wanted = str(st.session_state.get(BOX, "")).strip()
    st.session_state[BOX] = ""
    st.session_state[TYPED] = wanted
    if surrogates.is_number(wanted):
        st.query_params[case_numbers.ASKED] = wanted
    elif wanted:
        case_numbers.open_case(wanted)


def link_back() -> None:
    """A button back to the list; its filters are as they were left."""
    st.button("Back to the list", icon=":material/arrow_back:", on_click=case_numbers.close)


def _open() -> None:
    """Open the row that was clicked."""
    rows = st.session_state[CHOSEN]["selection"]["rows"]
    shown = st.session_state.get(SHOWN, [])
    if rows and rows[0] < len(shown):
        case_numbers.open_case(shown[rows[0]])


def link(view: View, label: str, outcomes: tuple[str, ...] = (), state: str = "all") -> None:
    """A link from another page to this list, narrowed as said.

    Period and site are not named: they are bound to the address and go along by themselves.
    """
    words = labels(view)
    params: dict[str, str | list[str]] = {}
    if outcomes:
        params["outcome"] = [words[code] for code in outcomes]
    if state != "all":
        params["show"] = STATES[state]
    page = pages.link_to("episode")
    st.page_link(page, label=label, icon=":material/list:", query_params=params)


def labels(view: View) -> dict[str, str]:
    """Words for each outcome at the first contact, most urgent first."""
    levels = {row["code"]: row["label"] for row in store.rows(view.snapshot, "levels")}
    most_urgent_first = dict(reversed(levels.items()))
    return {**most_urgent_first, NOT_SETTLED: "Not settled", NOT_JUDGED: "No contact to judge"}


def show(view: View) -> None:
    """Filters of the list, how many it holds, and the list."""
    words = labels(view)
    left, middle, right = st.columns([2, 2, 1])
    with left:
        outcomes = st.multiselect(
            "Triage outcome at the first contact",
            list(words),
            format_func=lambda code: words.get(code, code),
            key="outcome",
            placeholder="Any outcome",
            bind="query-params",
            persist_state="session",
        )
    with middle:
        state = st.selectbox(
            "Show",
            list(STATES),
            format_func=lambda code: STATES.get(code, code),
            key="show",
            bind="query-params",
            persist_state="session",
        )
    with right:
        # Not in the address: it is a piece of an id.
        find = st.text_input("ID contains", key="find", max_chars=80, persist_state="session")
    if state == freshness.WHO_IS_NEXT and freshness.too_old(view.snapshot):
        freshness.say(view.snapshot)
        return
    found = store.selected(
        view.snapshot,
        "episodes",
        view.filter,
        outcomes=tuple(sorted(outcomes)),
        state=state,
        find=find.strip(),
        most=MOST,
    )
    _listed(view, found, words)


def _listed(view: View, found: list[store.Row], words: dict[str, str]) -> None:
    if not found:
        st.info("No episode matches these filters. Clear one of them.", icon=":material/info:")
        return
    total = found[0]["n_all"]
    said = text.plural(total, "episode")
    if total > len(found):
        said += f"; the latest {text.count(len(found))} are listed"
    st.markdown(f"**{said}.** Choose a row to open it.")
    names = filters.site_names(view.snapshot)
    st.session_state[SHOWN] = [row["episode_id"] for row in found]
    rows = [_row(row, names, words) for row in found]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key=CHOSEN,
        on_select=_open,
        selection_mode="single-row",
        height=min(560, 38 + 35 * len(found)),
        lazy=False,
        alt=f"List of {said}; choose a row, or type its ID into the box above.",
    )
    row_export.offer(view, "Episodes", rows, "episodes")


def _row(row: store.Row, names: dict[str, str], words: dict[str, str]) -> dict[str, Any]:
    by_rank = list(reversed(list(words.values())[:5]))

    def level(rank: int | None) -> str:
        return text.NONE if rank is None else by_rank[rank]

    unsettled = row["worst_lb"] == 0 and row["worst_ub"] != 0
    return {
        "Episode": row["episode_id"],
        "First contact": text.day(row["first_contact_date"]),
        "Confirmed at first contact": words.get(row["first_outcome"], row["first_outcome"]),
        "Not ruled out then": level(row["first_ub"]),
        "Highest confirmed": words[NOT_SETTLED] if unsettled else level(row["worst_lb"]),
        "Past 8 weeks": text.said(PERSISTENCE, row["persist_8w"]),
        "Audit": text.said(CATEGORIES, row["audit_category"]),
        "Contacts": row["n_contacts"],
        "Site": names.get(row["site_id"], text.NONE),
    }
