"""The audit queue: filters, the list in the order of safety, and the way into an episode."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from dashboard import (
    back,
    case_numbers,
    episode_list,
    filters,
    review_queue,
    reviews,
    row_export,
    store,
    text,
    ui,
)
from dashboard.ui import View
from pipelines.errors import OutcomesError
from pipelines.reviews.findings import FINDINGS
from pipelines.reviews.standing import STATES

MOST: Final = 500
CHOSEN: Final = "chosen_in_queue"
FOUND: Final = {
    "MISSED": "No action recorded",
    "LATE": "Acted on late",
    "OVER": "Beyond the leaflet",
}
CERTAIN: Final = {
    "": "Both",
    "confirmed": "Confirmed",
    "possible": "Possible: when the sign began is not known",
}
LATE: Final[dict[str, tuple[int | None, int | None]]] = {
    "Any": (None, None),
    "1 or 2 days late": (1, 2),
    "3 to 7 days late": (3, 7),
    "More than 7 days late": (8, None),
}
PLACES: Final = {
    1: "A&E sign, no action recorded",
    2: "A&E sign, acted on late",
    3: "Cancer history with weakness or changed walking",
    4: "Urgent sign",
    5: "GP sign",
    6: "Appointment due",
    7: "Beyond the leaflet",
}


def show(view: View) -> None:
    """How far the audit has come, filters, how many cases they leave, and the list."""
    reviews.choose_reading()  # first: what stands below must know who is looking
    try:
        standing = reviews.standing()
    except OutcomesError as error:
        reviews.told(error)
        standing = []
    review_queue.progress(view, standing)
    levels = {row["code"]: row["label"] for row in store.rows(view.snapshot, "levels")}
    rules = {row["title"]: row["rule_id"] for row in store.rows(view.snapshot, "rules")}
    chosen = _filters(levels, rules) | review_queue.filters(standing)
    review_queue.keep(chosen)
    found = review_queue.rows(view, standing, chosen, most=MOST)
    if not found:
        st.info("No case matches these filters.", icon=":material/info:")
        return
    total = found[0]["n_all"]
    said = text.plural(total, "case")
    if total > len(found):
        said += f"; the first {text.count(len(found))} are listed"
    st.markdown(
        f"**{said}**, the most urgent first; within a kind the confirmed before the possible, the "
        "oldest first. Choose a row to open its episode and to say what you found."
    )
    names = filters.site_names(view.snapshot)
    ids = [row["episode_id"] for row in found]
    back.last_opened("audit", ids)
    rows = [_row(row, levels, names) for row in found]
    at = ui.chosen_row(rows, "Audit queue", CHOSEN, ("Episode", "Why it is here", "Date"))
    row_export.offer(view, "Audit queue", rows, "audit")
    if at is not None:
        back.remember("audit", ids, at, cases=[row["case_key"] for row in found])
        st.switch_page(
            episode_list.PAGE,
            query_params={
                case_numbers.ASKED: case_numbers.number(ids[at]),
                case_numbers.CASE: case_numbers.of_review(found[at]["case_key"]),
            },
        )


def _filters(levels: dict[str, str], rules: dict[str, str]) -> dict[str, Any]:
    left, middle, right, lateness, last = st.columns(5)
    with left:
        found = review_queue.several("What was found", FOUND, "finding")
    with middle:
        chosen = review_queue.several("Level", dict(reversed(levels.items())), "level")
    with right:
        titles = review_queue.several("Sign", {title: title for title in rules}, "rule")
    with lateness:
        late = st.selectbox(
            "How late", list(LATE), key="late", bind="query-params", persist_state="session"
        )
    with last:
        certain = st.selectbox(
            "Certainty", list(CERTAIN), format_func=CERTAIN.__getitem__, key="certain",
            bind="query-params", persist_state="session",
        )  # fmt: skip
    return {
        "found": found,
        "levels": chosen,
        "rules": tuple(sorted(rules[title] for title in titles)),
        "certain": certain or "",
        "late_from": LATE[late or "Any"][0],
        "late_to": LATE[late or "Any"][1],
    }


def review_said(row: store.Row) -> str:
    """`Justified deviation (A. Reader)`, and whether the case has changed since."""
    if row["review"] is None:
        return STATES[row["state"]]
    said = f"{FINDINGS[row['review']]} ({row['reviewer']})"
    return f"{said}; changed since" if row["state"] == "changed" else said


def _row(row: store.Row, levels: dict[str, str], names: dict[str, str]) -> dict[str, str]:
    delay = text.NONE
    if row["days"] is not None:
        delay = f"{text.days(row['days'])} (within {row['allowed_days']})"
    return {
        "Why it is here": PLACES[row["place"]],
        "Review": review_said(row),
        "What was found": FOUND[row["found"]] + (" (possible)" if row["possible"] else ""),
        "Date": text.day(row["day"]),
        "Days to action": delay,
        "Signs": row["titles"] or levels.get(row["level"], row["level"]),
        "Site": names.get(row["site_id"], text.NONE),
        "Episode": row["episode_id"],
    }
