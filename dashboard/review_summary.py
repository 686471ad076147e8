"""What the reviews come to: agreement before and after, two readers, and samples to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from dashboard import mode, own_sites, reviews, text, ui
from dashboard.review_tables import before_and_after, found_by_case, moved, progress
from dashboard.ui import View
from pipelines.errors import OutcomesError
from pipelines.reviews.readers import ORDER, Readers
from pipelines.reviews.samples import Sample
from pipelines.reviews.sampling import size_for
from pipelines.reviews.store import FIRST, SECOND, Review

PRECISIONS: Final = (0.03, 0.05, 0.1)
SAID: Final = "_sample_said"


def agreement(view: View) -> None:
    """Agreement before and after people looked, and between two readers."""
    st.subheader("Before and after review")
    if reviews.reading() == SECOND:
        st.markdown("Not shown while you read as second reader: it tells what the first found.")
        return
    try:
        rows, found = (
            reviews.counted(view.snapshot, view.filter),
            reviews.agreed(view.snapshot, view.filter),
        )
    except OutcomesError as error:
        reviews.told(error)
        return
    st.markdown(f"{progress(rows)}.")
    ui.table(before_and_after(found))
    st.markdown(moved(found))
    with st.expander("What reviews found", icon=":material/fact_check:"):
        for table in found_by_case(view, rows):
            ui.table(table)
    st.subheader("Two readers")
    if not mode.sees_cases() and not own_sites.sees_every_site():
        st.markdown("This is of all sites together, and you may see some of them only.")
        return
    try:
        st.markdown(_readers(reviews.between(_sample())))
    except OutcomesError as error:
        reviews.told(error)


def _sample() -> Sample | None:
    """The sample over which readers are compared; None for every case."""
    if not mode.sees_cases():
        return None
    drawn = {each.name: each for each in reviews.all_samples()}
    if not drawn:
        return None
    name = st.selectbox(
        "Compared over", ["", *drawn], format_func=lambda each: each or "Every case read twice",
        key="readers_of", bind="query-params", persist_state="session",
    )  # fmt: skip
    return drawn.get(name or "")


def _readers(found: Readers) -> str:
    if found.equal_limits is None:
        return "No case was read by two people yet."
    low, high = found.equal_limits.lower, found.equal_limits.upper
    said = (
        f"Two readers found the same in {text.count(found.equal)} of "
        f"{text.plural(found.n, 'case')} ({text.percent(found.equal / found.n)}; 95% CI "
        f"{text.percent(low)} to {text.percent(high)})."
    )
    if found.kappa is None:
        return f"{said} Kappa is not estimable: all readings have one finding."
    limits = "too few for limits"
    if found.kappa_limits:
        limits = "95% CI {:.2f} to {:.2f}".format(*found.kappa_limits)
    return f"{said} Kappa {found.kappa:.2f} ({limits}), over {len(ORDER)} findings."


def samples(view: View) -> None:
    """The samples that were drawn, how far each has been read, and the form to draw one."""
    with st.expander("Random samples to read", icon=":material/casino:"):
        try:
            drawn, standing = reviews.all_samples(), reviews.standing()
        except OutcomesError as error:
            reviews.told(error)
            return
        if drawn:
            st.table([_row(each, standing) for each in drawn])
        st.markdown(
            "A sample is drawn from the cases of the period, sites and groups chosen in the side "
            "bar, in proportion by level and site. Its name is its seed: the same name draws the "
            "same cases of the same data."
        )
        _form(view)
        kind, words = st.session_state.pop(SAID, (None, ""))
        if kind:
            (st.error if kind == "error" else st.success)(words)


def _row(sample: Sample, standing: Sequence[Review]) -> dict[str, str]:
    keys = set(sample.cases)

    def read(reading: int) -> str:
        return text.count(sum(r.reading == reading and r.key in keys for r in standing))

    return {
        "Sample": text.plain(sample.name),
        "Cases": f"{text.count(len(sample.cases))} of {text.count(sample.population)}",
        "Within": f"{float(sample.margin) * 100:g} points",
        "Read": read(FIRST),
        "Read twice": read(SECOND),
        "Drawn": f"{sample.made_at:%d %b %Y} by {text.plain(sample.made_by)}",
    }


def _form(view: View) -> None:
    with st.form("draw_sample", border=False):
        left, middle, right = st.columns(3)
        left.text_input("Name of the sample", key="sample_name", max_chars=60)
        middle.selectbox(
            "Precision (half width of the 95% interval)",
            PRECISIONS,
            index=1,
            format_func=lambda m: f"{m * 100:g} points (at most {size_for(10**9, m):,} cases)",
            key="sample_precision",
        )
        right.text_input("Drawn by", key="sample_by", max_chars=40)
        st.form_submit_button("Draw the sample", on_click=_draw, args=(view,))


def _draw(view: View) -> None:
    given = [st.session_state[f"sample_{name}"] for name in ("name", "precision", "by")]
    try:
        found = reviews.draw(view.snapshot, view.filter, *given)
    except OutcomesError as error:
        st.session_state[SAID] = ("error", f"Not drawn: {error.what}. {error.hint or ''}")
        return
    st.session_state[SAID] = (
        "success",
        f"Drew {text.plural(len(found.cases), 'case')} of {text.count(found.population)}; choose "
        "the sample above the queue to read it.",
    )
