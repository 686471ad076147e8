"""On an episode's page: its cases of the audit, what was found, and the form to say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from dashboard import back, case_numbers, mode, queue, review_queue, reviews, store, text
from dashboard.ui import View
from pipelines.errors import OutcomesError
from pipelines.reviews.case import CaseKey
from pipelines.reviews.findings import FINDINGS, LONGEST_NOTE, Verdict
from pipelines.reviews.standing import CHANGED, STATES, state
from pipelines.reviews.store import FIRST, SECOND, Review

NAME: Final = "reviewer_name"
SAID: Final = "_review_said"
NEXT: Final = back.NEXT_CASE
WANTED: Final = "_case_shown_for"
LAST: Final = "_review_last_read"


def show(view: View, episode_id: str) -> None:
    """The review of the case that was opened; nothing for an episode without one, or no cases."""
    if not mode.sees_cases():
        return
    cases = store.rows(view.snapshot, "episode_cases", episode=episode_id)
    if not cases:
        return
    st.header("Review")
    refused = _said()
    top = st.container()
    case = _case(cases)
    try:
        found = _read(case)
    except OutcomesError as error:  # the store can go away between any two questions
        if not refused:  # the same reason was just told
            with top:
                reviews.told(error)
        _form_meanwhile(view, case)
        return
    with top:
        reviews.choose_reading()
        review_queue.progress(view, found.standing)
    levels = {row["code"]: row["label"] for row in store.rows(view.snapshot, "levels")}
    st.markdown(_described(case, levels))
    _newest(case, found.newest)
    with st.expander("Every review of this case", icon=":material/history:"):
        _history(found.history)
    _form(view, case, found.offered)
    _skip(view, case, found.standing)


@dataclass(frozen=True)
class _Offered:
    """What the form of a case was opened with: the version that it answers, and what it offers."""

    version: int
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class _Read:
    """What the store says of a case; read at once, so that a page is whole or says that it is not.

    `history` is what this reader may see: a second reader their own, a first reader everything.
    """

    standing: Sequence[Review]
    newest: Review | None
    history: Sequence[Review]
    offered: _Offered


def _read(case: store.Row) -> _Read:
    kept, key, of = reviews.opened(), CaseKey.parse(case["case_key"]), reviews.reading()
    newest = kept.newest(key, of)
    history = [each for each in kept.history(key) if of == FIRST or each.reading == of]
    offered = _Offered(newest.version if newest else 0, tuple(kept.reasons))
    st.session_state[LAST] = (case["case_key"], of, offered)
    return _Read(reviews.standing(), newest, history, offered)


def _form_meanwhile(view: View, case: store.Row) -> None:
    """The form as it was last opened, so that nobody loses what they typed while the store is away.

    Whoever saved something meanwhile is noticed when this is saved.
    """
    key, of, offered = st.session_state.get(LAST, (None, None, None))
    if (key, of) == (case["case_key"], reviews.reading()):
        _form(view, case, offered)


def _case(cases: list[store.Row]) -> store.Row:
    """The case that was asked for, else the most urgent; a choice where there are several."""
    by_key = {case["case_key"]: case for case in cases}
    if len(cases) == 1:
        return cases[0]
    by_number = {case_numbers.of_review(key): key for key in by_key}
    asked = (
        st.session_state.get(NEXT),
        by_number.get(str(st.query_params.get(case_numbers.CASE, ""))),
    )
    wanted = next((each for each in asked if each in by_key), None)
    widget = f"case_of_{'_'.join(by_key)}"
    if wanted and st.session_state.get(WANTED) != wanted:
        st.session_state[WANTED] = st.session_state[widget] = wanted
    chosen = st.radio(
        "Case",
        list(by_key),
        format_func=lambda each: f"{text.day(by_key[each]['day'])}: {_found(by_key[each])}",
        key=widget,
    )
    return by_key[chosen]


def _found(case: store.Row) -> str:
    return queue.PLACES[case["place"]]


def _described(case: store.Row, levels: dict[str, str]) -> str:
    level = levels.get(case["level"], case["level"])
    found = queue.FOUND[case["found"]] + (" (possible)" if case["possible"] else "")
    said = f"**{found}** · {level} · {text.day(case['day'])}"
    if case["titles"]:
        said += f" · {case['titles']}"
    if case["action_date"]:
        said += (
            f" · acted on {text.day(case['action_date'])}, after {text.days(case['days'])} "
            f"(within {case['allowed_days']})"
        )
    return said


def _newest(case: store.Row, newest: Review | None) -> None:
    if newest is None:
        st.markdown(f"{STATES['open']}.")
        return
    said = f"{_review(newest)}."
    if newest.verdict.finding != "withdrawn" and state(case["mark"], newest) == CHANGED:
        st.warning(
            f"{said} The case has changed since: data or rules now say otherwise.",
            icon=":material/history:",
        )
    else:
        st.markdown(said)


def _review(review: Review) -> str:
    verdict = review.verdict
    more = "; ".join(
        str(each) for each in (verdict.reason, verdict.reference, verdict.note) if each
    )
    said = f"**{FINDINGS[verdict.finding]}**{f': {text.plain(more)}' if more else ''}"
    return f"{said} · {text.plain(verdict.reviewer)}, {review.at:%d %b %Y, %H:%M} UTC"


def _history(found: Sequence[Review]) -> None:
    for each in found:
        reader = "second reader" if each.reading == SECOND else "first reader"
        st.markdown(
            f"- {_review(each)}, {reader}, rules as of {each.seen.ruleset}, data of "
            f"{each.seen.published}"
        )
    if not found:
        st.markdown("None yet.")


def _form(view: View, case: store.Row, offered: _Offered) -> None:
    st.text_input(
        "Your name or initials", key=NAME, max_chars=40, persist_state="session", width=320
    )
    keys = {name: f"{name}_{reviews.reading()}_{case['case_key']}" for name in FIELDS}
    with st.form(f"review_{case['case_key']}"):
        st.radio(
            "What did you find?",
            [code for code in FINDINGS if code != "withdrawn" or offered.version],
            index=None,
            format_func=FINDINGS.__getitem__,
            key=keys["finding"],
        )
        st.selectbox(
            "Reason, for a justified deviation",
            offered.reasons,
            index=None,
            placeholder="Choose a reason",
            key=keys["reason"],
        )
        left, right = st.columns([1, 2])
        left.text_input("Local reference, for an incident", key=keys["reference"], max_chars=40)
        right.text_input(
            "Note", key=keys["note"], max_chars=LONGEST_NOTE, help="Nothing about the person."
        )
        args = (view, case, offered.version, keys)
        with st.container(horizontal=True):
            st.form_submit_button(
                "Save and open the next case", type="primary", on_click=_save, args=(*args, True),
                shortcut="Mod+S",
            )  # fmt: skip
            st.form_submit_button("Save", on_click=_save, args=(*args, False))


def _skip(view: View, case: store.Row, standing: Sequence[Review]) -> None:
    following = review_queue.following(view, standing, case["case_key"])
    if following is None:
        st.markdown("No other case of the queue needs a review.")
    else:
        st.button("Skip to the next case", on_click=_open, args=(following,))


FIELDS: Final = ("finding", "reason", "reference", "note")


def _save(view: View, case: store.Row, opened_at: int, keys: dict[str, str], go_on: bool) -> None:
    """Save what the form holds. A callback: it runs before the page is drawn again."""
    finding, *texts = (st.session_state.get(keys[name]) for name in FIELDS)
    if not finding:
        st.session_state[SAID] = ("error", "Choose what you found; nothing is saved yet.")
        return
    verdict = Verdict(finding, st.session_state.get(NAME) or "", *texts)
    try:
        saved = reviews.save(view.snapshot, case, verdict, opened_at, reviews.reading())
    except OutcomesError as error:
        hint = f" {error.hint}" if error.hint else ""
        st.session_state[SAID] = ("error", f"Not saved: {error.what}.{hint}")
        return
    said = f"Saved: {FINDINGS[saved.verdict.finding]} for the case of {text.day(case['day'])}."
    if go_on:
        said += _go_on(view, case)
    st.session_state[SAID] = ("success", said)


def _go_on(view: View, case: store.Row) -> str:
    """Open the next case; why not, where that cannot be."""
    try:
        following = review_queue.following(view, reviews.standing(), case["case_key"])
    except OutcomesError as error:  # what was saved is saved
        return f" The next case cannot be opened now: {error.what}."
    if following is None:
        return " No other case of the queue needs a review."
    _open(following)
    return ""


def _open(case: store.Row) -> None:
    case_numbers.open_case(case["episode_id"])
    st.session_state[NEXT] = case["case_key"]


def _said() -> bool:
    """Tell what came of the last save, once; whether it was refused."""
    kind, words = st.session_state.pop(SAID, ("", ""))
    if kind == "error":
        st.error(words, icon=":material/error:")
    elif kind == "success":
        st.success(words, icon=":material/check:")
    return bool(kind == "error")
