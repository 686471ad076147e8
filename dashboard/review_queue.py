"""The part of the audit queue that is about reviews: progress, filters, and which case is next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from dashboard import reviews, store, text
from dashboard.ui import View
from pipelines.errors import OutcomesError
from pipelines.reviews.findings import FINDINGS
from pipelines.reviews.samples import Sample
from pipelines.reviews.standing import CHANGED, OPEN, REVIEWED, STATES
from pipelines.reviews.store import SECOND, Review

KEPT: Final = "_queue_filters"
EVERY_CASE: Final = ""
NOTHING: Final[dict[str, Any]] = {
    **dict.fromkeys(("found", "levels", "rules", "states", "findings", "reviewers", "sample"), ()),
    **dict.fromkeys(("late_from", "late_to")),
    "certain": "",
}


def progress(view: View, standing: Sequence[Review]) -> None:
    """How many of the selected cases are not reviewed, reviewed, and changed since."""
    of = reviews.reading()
    n = reviews.states(view.snapshot, view.filter, standing, of)
    who = " by a second reader" if of == SECOND else ""
    st.markdown(
        f"**{text.count(n[OPEN])} not reviewed{who}**, {text.count(n[REVIEWED])} reviewed, "
        f"{text.count(n[CHANGED])} changed since review, of {text.plural(n.total(), 'case')}."
    )


def filters(standing: Sequence[Review]) -> dict[str, Any]:
    """The widgets that narrow the queue by review; values as `queue.sql` takes them."""
    left, middle, right, last = st.columns(4)
    kinds = {name: STATES[name] for name in (OPEN, CHANGED, REVIEWED)}
    with left:
        states = several("Review", kinds, "review")
    found = {code: words for code, words in FINDINGS.items() if code != "withdrawn"}
    with middle:
        findings = several("Finding", found, "review_finding")
    with right:
        of = reviews.reading()  # to a second reader the first ones' names are no choice either
        names = sorted({each.verdict.reviewer for each in standing if each.reading == of})
        reviewers = several("Reviewer", dict(zip(names, names, strict=True)), "reviewer")
    with last:
        sample = _sample()
    return {
        "states": states,
        "findings": findings,
        "reviewers": reviewers,
        "sample": tuple(map(str, sample.cases)) if sample else (),
    }


def several(label: str, words: dict[str, str], key: str) -> tuple[str, ...]:
    """A filter of several values, any of them where none is chosen; sorted, for a query."""
    chosen = st.multiselect(
        label, list(words), format_func=lambda code: words.get(code, code), key=key,
        placeholder="Any", bind="query-params", persist_state="session",
    )  # fmt: skip
    return tuple(sorted(chosen))


def _sample() -> Sample | None:
    """The sample to read; None for every case."""
    try:
        drawn = {each.name: each for each in reviews.all_samples()}
    except OutcomesError:  # said once, above
        drawn = {}
    name = st.selectbox(
        "Sample", [EVERY_CASE, *drawn], format_func=lambda each: each or "Every case",
        key="sample", bind="query-params", persist_state="session",
    )  # fmt: skip
    return drawn.get(name or EVERY_CASE)


def keep(chosen: dict[str, Any]) -> None:
    """Remember how the queue is narrowed, so that the next case is the next of this list."""
    st.session_state[KEPT] = chosen


def rows(
    view: View, standing: Sequence[Review], chosen: dict[str, Any], most: int, after: str = ""
) -> list[store.Row]:
    """The cases of the queue with the reviews of this reader's reading.

    With `after` (a case's key) those that follow it come first, then those before it.
    """
    given = {**chosen, **reviews.parameters(standing, reviews.reading()), "most": most}
    if after:
        return store.selected(view.snapshot, "queue", view.filter, after=after, **given)
    return store.selected(view.snapshot, "queue_first", view.filter, **given)


def following(view: View, standing: Sequence[Review], case_key: str) -> store.Row | None:
    """The case to review after this one: the next of the list as it was left that needs it.

    From the end of the list it goes on at its beginning; None when no case is left.
    """
    chosen = st.session_state.get(KEPT, NOTHING)
    wanted = tuple(sorted(set(chosen["states"]) - {REVIEWED} or {OPEN, CHANGED}))
    open_ones = {**chosen, "states": wanted, "findings": (), "reviewers": ()}
    found = rows(view, standing, open_ones, 1, case_key)
    return found[0] if found else None
