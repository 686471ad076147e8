"""What other decisions change: the measures before and after, and the episodes that change."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from dashboard import case_numbers, episode_list, filters, mode, row_export, text, ui, what_if
from dashboard.charts.base import Table
from dashboard.ui import View
from pipelines.compare.job import MOST_CASES
from pipelines.measures.catalogue import Measure, measure

SAME: Final = "unmoved"
CASE: Final = "changed_case"
BECAUSE: Final = (("rules", "contact_id", "rule"), ("facts", "contact_id", "fact"),
                  ("triggers", "date", "level"))  # fmt: skip


def show(view: View, found: what_if.Row) -> None:
    """Measures first, then how many episodes change from what to what, then which."""
    moved = [row for row in found["headline"] if row["before"] != row["after"]]
    st.markdown(
        f"**{text.plural(found['changed'], 'episode')} of {text.count(found['episodes'])} would "
        f"come out differently, and {text.count(len(moved))} of "
        f"{text.plural(len(found['headline']), 'headline figure')} would move.** Worked out from "
        f"everything taken in so far, whatever is chosen in the side bar, in "
        f"{text.plural(round(found['seconds']), 'second')}. Nothing is published."
    )
    st.subheader("Which figures move")
    st.markdown(
        "Each figure has its own interval. The difference has none: both sides are of the same "
        "people, so nothing of it is chance."
    )
    table = Table(
        "Headline figures under both",
        ("Figure", "In use", "To try", "Difference"),
        tuple(_figure(row) for row in found["headline"]),
    )
    ui.table(table)
    ui.download(table, "what_if_figures")
    st.subheader("How many episodes change")
    if not found["changed"]:
        st.markdown("No episode changes.")
        return
    counts = Table(
        "Changes, counted",
        ("What", "In use", "To try", "Episodes"),
        tuple(
            (what[:1].upper() + what[1:], old or "another day", new or "another day", n)
            for what, old, new, n in found["transitions"]
        ),
    )
    ui.table(counts)
    ui.download(counts, "what_if_changes")
    if mode.sees_cases():
        _cases(view, found)
    else:
        st.info(mode.MEANS[mode.mode()], icon=":material/lock:")


def _figure(row: what_if.Row) -> tuple[str, str, str, str]:
    name = f"{row['name']}, {row['part']}" if row["part"] else row["name"]
    if row["before"] == row["after"]:
        return name, row["before"], row["after"], SAME
    before, after = row["values"]
    if before is None or after is None:
        return name, row["before"], row["after"], text.NONE
    return name, row["before"], row["after"], _difference(after - before, measure(row["measure"]))


def _difference(by: float, entry: Measure) -> str:
    if entry.unit == "share":
        return f"{by * 100:+.1f} percentage points"
    unit = " days" if entry.unit == "days" else ""
    return f"{by:+,.1f}{unit}".replace(".0", "") if by == round(by) else f"{by:+,.2f}{unit}"


def _cases(view: View, found: what_if.Row) -> None:
    """The episodes that change; one that is chosen is told with its reasons and can be opened."""
    mode.need_cases()
    st.subheader("Which episodes change")
    cases = found["cases"]
    if len(cases) < found["changed"]:
        st.markdown(
            f"The first {text.count(min(MOST_CASES, len(cases)))} of {text.count(found['changed'])}"
            " by ID; all of them with `outcomes compare --json`."
        )
    names = filters.site_names(view.snapshot)
    rows = [
        {
            "Episode": case["episode_id"],
            "Site": names.get(case["site_id"], text.NONE),
            "What changes": "; ".join(
                f"{each['what']}: {each['before']} → {each['after']}" for each in case["fields"]
            ),
        }
        for case in cases
    ]
    at = ui.chosen_row(rows, "Episodes that change", CASE, ("Episode",))
    row_export.offer(view, "Episodes that change", rows, "what-if")
    if at is not None:
        _case(cases[at])


def _case(case: what_if.Row) -> None:
    with st.container(border=True):
        st.markdown(f"**Episode {text.plain(case['episode_id'])}**")
        lines = [_line(each["what"], each) for each in case["fields"]]
        for each in case["reasons"]:
            lines.append(f"{each['what'].capitalize()}, in use: {text.plain(each['before'])}")
            lines.append(f"{each['what'].capitalize()}, to try: {text.plain(each['after'])}")
        for kind, where, what in BECAUSE:
            lines += [
                _line(f"Because at {text.plain(str(each[where]))}, {each[what]}", each)
                for each in case[kind]
            ]
        st.markdown("\n".join(f"- {line}" for line in lines))
        st.page_link(
            episode_list.PAGE,
            label="Open the episode",
            icon=":material/timeline:",
            query_params={case_numbers.ASKED: case_numbers.number(case["episode_id"])},
        )


def _line(what: str, each: dict[str, Any]) -> str:
    return f"{what[:1].upper()}{what[1:]}: {each['before']} → **{each['after']}**"
