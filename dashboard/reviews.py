"""The reviews as pages need them: those that stand, as a query takes them, and what is saved."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from dashboard import mode, own_sites, store, text
from dashboard.snapshots import Snapshot, asked, counts_alone, home
from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.measures.filter import Filter
from pipelines.reviews.agreement import BeforeAndAfter
from pipelines.reviews.case import CaseKey
from pipelines.reviews.database import URL_VARIABLE
from pipelines.reviews.findings import Verdict
from pipelines.reviews.readers import Readers, between_readers
from pipelines.reviews.samples import Sample, draw_sample, samples
from pipelines.reviews.standing import CHANGED, OPEN, REVIEWED, audit_cases
from pipelines.reviews.store import FIRST, SECOND, Review, ReviewStore, Seen, open_store

SECOND_READER: Final = "second"
"""Key of the toggle by which a person reads blind to the first reader."""


@st.cache_resource(show_spinner=False)
def _opened(root: str, url: str | None) -> ReviewStore:
    return open_store(Home.open(root, create=False))


class ReviewsWithheld(OutcomesError):
    """What reviews found, asked for by a reader who is answered from counts alone."""

    def __init__(self) -> None:
        super().__init__(
            "what reviews found is counted from single cases, which are not opened in this mode",
            hint="An auditor's page has it, and so has the report that `outcomes report` makes.",
        )


def _store() -> ReviewStore:
    if counts_alone():
        raise ReviewsWithheld
    found: ReviewStore = _opened(str(home()), os.environ.get(URL_VARIABLE))
    return found


def opened() -> ReviewStore:
    """The store of this home; StoreAway when it cannot be used, CasesWithheld without cases."""
    mode.need_cases()
    return _store()


def reading() -> int:
    """Whether this person reads as the first or as the second reader.

    On a page that was just loaded the address tells it, until the switch is drawn.
    """
    named = st.query_params.get(SECOND_READER) == "true"
    return SECOND if st.session_state.get(SECOND_READER, named) else FIRST


def choose_reading() -> None:
    """The switch that makes this person the second reader; the address keeps it on a reload."""
    st.toggle(
        "Read as second reader",
        key=SECOND_READER,
        bind="query-params",
        persist_state="session",
        help="You do not see what the first reader found. The two must be different people.",
    )


def standing() -> list[Review]:
    """Every review that stands, of both readings and of the sites that this person may see."""
    return _of_own(opened().standing())


def _of_own(found: list[Review]) -> list[Review]:
    keys = _own_keys()
    return found if keys is None else [each for each in found if str(each.key) in keys]


def _own_keys() -> set[str] | None:
    """The cases of the sites that this person may see, in the data as published; None for all."""
    if own_sites.sees_every_site():
        return None
    return {row["case_key"] for row in store.rows(store.published(), "own_cases")}


def told(error: OutcomesError) -> None:
    """Say on the page that reviews cannot be read or saved now; the rest of it can be used."""
    hint = f" {error.hint}" if error.hint else ""
    st.warning(f"{error.what[0].upper()}{error.what[1:]}.{hint}", icon=":material/rate_review:")


def parameters(found: Sequence[Review], of: int) -> dict[str, tuple[str, ...]]:
    """The reviews of one reading as the lists that `queries/queue.sql` joins its cases with."""
    chosen = [each for each in found if each.reading == of]
    return {
        "review_keys": tuple(str(each.key) for each in chosen),
        "review_marks": tuple(each.seen.mark for each in chosen),
        "review_findings": tuple(each.verdict.finding for each in chosen),
        "review_by": tuple(each.verdict.reviewer for each in chosen),
    }


def states(snapshot: Snapshot, flt: Filter, found: Sequence[Review], of: int) -> Counter[str]:
    """How many of the selected cases are not reviewed, reviewed, or changed since."""
    lists = parameters(found, of)
    rows = store.selected(
        snapshot,
        "review_states",
        flt,
        review_keys=lists["review_keys"],
        review_marks=lists["review_marks"],
    )
    return Counter({row["state"]: row["n"] for row in rows})


def counted(snapshot: Snapshot, flt: Filter) -> list[store.Row]:
    """The selected cases by level and what was found, counted by state and finding of the first
    reading (`queries/reviews_found.sql`); no case. CasesWithheld where figures must be protected.
    """
    mode.need_exact()
    return _counted(snapshot, flt)


def _counted(snapshot: Snapshot, flt: Filter) -> list[store.Row]:
    lists = parameters(_store().standing(), FIRST)
    del lists["review_by"]
    (keys,) = store.rows(snapshot, "case_keys")
    query = "reviews_counted" if keys["each_its_own"] else "reviews_found"
    return store.selected(snapshot, query, flt, **lists)


def tens(snapshot: Snapshot) -> dict[str, str]:
    """How many cases of all data are in each state, rounded down to tens: for any mode.

    Ten values stay possible for each count, more than the eight that a hidden one must keep. Of all
    data and sites at once, so that no two of these can be subtracted.
    """
    n = Counter(dict.fromkeys((OPEN, REVIEWED, CHANGED), 0))
    for row in _counted(snapshot, Filter()):
        n[row["state"]] += row["n"]
    return {state: text.tens(number) for state, number in n.items()}


def agreed(snapshot: Snapshot, flt: Filter) -> BeforeAndAfter:
    """Agreement with the leaflet before and after review; exact, so not for shared figures."""
    return store.reviewed(snapshot, flt, _store().standing())


def last() -> Review | None:
    """The review that was saved last among those that stand; None where none does."""
    mode.need_exact()
    return max(_of_own(_store().standing()), key=lambda each: each.at, default=None)


def between(sample: Sample | None = None) -> Readers:
    """How far first and second readers agree, over every case or those of a sample."""
    mode.need_exact()
    standing = _of_own(_store().standing())
    if sample is not None:
        keys = set(sample.cases)
        standing = [each for each in standing if each.key in keys]
    return between_readers(standing)


def save(snapshot: Snapshot, case: store.Row, verdict: Verdict, opened_at: int, of: int) -> Review:
    """Save a review of a case as the queue gives it; see `ReviewStore.add` for what it refuses.

    SitesWithheld for a case of a site that this person may not see.
    """
    keys = _own_keys()
    if keys is not None and case["case_key"] not in keys:
        raise own_sites.SitesWithheld("This case is of a site that you may not see.")
    seen = Seen(case["mark"], snapshot.rules, snapshot.name)
    return opened().add(CaseKey.parse(case["case_key"]), verdict, seen, opened_at, of)


def all_samples() -> list[Sample]:
    """Every sample that was drawn, the latest first; those alone that this person may see whole."""
    keys = _own_keys()
    found = samples(opened())
    return [each for each in found if keys is None or set(map(str, each.cases)) <= keys]


def draw(snapshot: Snapshot, flt: Filter, name: str, margin: float, by: str) -> Sample:
    """Draw a random sample of the selected cases and keep it; its name is its seed."""
    mode.need_cases()
    within = own_sites.within(flt)
    cases: Any = asked(snapshot.path, lambda cur: audit_cases(cur, within))
    return draw_sample(
        opened(), name.strip(), cases, seed=name.strip(), margin=margin, made_by=by.strip(),
        ruleset=snapshot.rules, published=snapshot.name,
    )  # fmt: skip
