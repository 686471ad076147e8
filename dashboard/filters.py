"""Period and site: one set of widgets for all pages, kept in the URL and across pages."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from datetime import date

import streamlit as st

from dashboard import store, text
from pipelines.measures.filter import Filter

START, LATEST = "start", "latest"
"""Open ends are values of their own: with a date as default, a new snapshot's latest month would
silently stay outside the period of everybody who had the page open."""
OPEN_ENDS = {START: "Start of the data", LATEST: "Latest"}


def site_names(snapshot: store.Snapshot) -> dict[str, str]:
    """Names of the sites by id; ids are added where two sites share a name.

    The URL holds names, as it holds whatever a widget shows, so no two may be equal.
    """
    names = {row["site_id"]: row["site_name"] for row in store.rows(snapshot, "sites")}
    shared = {name for name, n in Counter(names.values()).items() if n > 1}
    return {code: f"{name} ({code})" if name in shared else name for code, name in names.items()}


def draw(snapshot: store.Snapshot) -> Filter:
    """Draw the widgets in the side bar and return what they say."""
    months = [row["month"] for row in store.rows(snapshot, "months")]
    sites = site_names(snapshot)
    with st.sidebar:
        st.header("Which episodes")
        begins = _month("First contact from", "from", months, START)
        ends = _month("First contact up to", "to", months, LATEST)
        chosen = st.multiselect(
            "Sites",
            list(sites),
            format_func=lambda code: sites.get(code, code),
            key="site",
            placeholder="All sites",
            bind="query-params",
            persist_state="session",
        )
        if begins and ends and begins > ends:
            st.warning("The period ended before it began; its two ends are taken the other way.")
            begins, ends = ends, begins
    return Filter(begins, _last_day(ends) if ends else None, tuple(sorted(chosen)))


def _month(label: str, key: str, months: list[date], open_end: str) -> date | None:
    names = {f"{month:%Y-%m}": month for month in months}
    # The newest months first where the end is chosen: those are asked for most.
    options = [open_end, *(reversed(names) if open_end == LATEST else names)]
    chosen = st.selectbox(
        label,
        options,
        format_func=_month_words,
        key=key,
        bind="query-params",
        persist_state="session",
    )
    return names.get(chosen)


def _month_words(option: str) -> str:
    return OPEN_ENDS.get(option) or text.month(date.fromisoformat(f"{option}-01"))


def _last_day(month: date) -> date:
    return month.replace(day=monthrange(month.year, month.month)[1])


def described(snapshot: store.Snapshot, flt: Filter) -> str:
    """The line at the top of each page: what its figures cover."""
    covered = store.rows(
        snapshot,
        "covered",
        period_from=flt.period_from,
        period_to=flt.period_to,
        sites=flt.sites,
    )[0]
    names = site_names(snapshot)
    return " · ".join(
        (
            f"Covers {_period(flt)}",
            _sites(flt.sites, names),
            text.plural(covered["n"], "episode"),
            f"data to {text.day(snapshot.data_to)}",
            f"as published on {text.moment(snapshot.published)}"
            if snapshot.published
            else "date of publication not recorded",
            f"rules as of {snapshot.rules[:12]}",
        )
    )


def _period(flt: Filter) -> str:
    begins, ends = flt.period_from, flt.period_to
    if begins and ends:
        return f"first contacts from {text.month(begins)} to {text.month(ends)}"
    if begins:
        return f"first contacts from {text.month(begins)} on"
    if ends:
        return f"first contacts up to {text.month(ends)}"
    return "all first contacts"


def _sites(chosen: tuple[str, ...], names: dict[str, str]) -> str:
    if not chosen:
        return f"all {text.plural(len(names), 'site')}" if len(names) != 1 else "the one site"
    return text.listed([names.get(code, code) for code in chosen])
