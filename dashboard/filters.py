"""Which episodes: one set of widgets for all pages, kept in the URL and across pages."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from datetime import date

import streamlit as st

from dashboard import mode, own_sites, store, text
from dashboard.dimensions import DIMENSIONS, Dimension, value_words
from dashboard.snapshots import counts_alone
from pipelines.measures.filter import Filter
from pipelines.measures.monthly import months_between

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


def values(snapshot: store.Snapshot) -> dict[str, list[str]]:
    """The values of each dimension that the data hold, unknown last."""
    found: dict[str, list[str]] = {"site": list(site_names(snapshot))}
    for row in store.rows(snapshot, "dimension_values"):
        found.setdefault(row["dimension"], []).append(row["value"])
    return found


def draw(snapshot: store.Snapshot) -> Filter:
    """Draw the widgets in the side bar and return what they say."""
    months = [row["month"] for row in store.rows(snapshot, "months")]
    shared = mode.mode() == "shared"
    if shared and months:
        # A month without an option would tell that nobody, one with it that somebody was there.
        months = months_between(min(months), max(months))
    names, known = site_names(snapshot), values(snapshot)
    chosen: dict[str, tuple[str, ...]] = {}
    with st.sidebar:
        st.header("Which episodes")
        begins = _month("First contact from", "from", months, START)
        ends = _month("First contact up to", "to", months, LATEST)
        # The lists of values, and how many a selection holds, would give small groups away.
        if not shared:
            chosen[DIMENSIONS[0].field] = _values(DIMENSIONS[0], known["site"], names)
            with st.expander("More filters"):
                for each in DIMENSIONS[1:]:
                    chosen[each.field] = _values(each, known.get(each.code, []), names)
                if counts_alone():
                    chosen = _one_group(chosen)
        if begins and ends and begins > ends:
            st.warning("The period ended before it began; its two ends are taken the other way.")
            begins, ends = ends, begins
    return Filter(begins, last_day(ends) if ends else None, **chosen)


def _one_group(chosen: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """At most one dimension besides the sites: more at once is counted from single cases."""
    used = [each for each in DIMENSIONS[1:] if chosen[each.field]]
    if len(used) < 2:
        st.caption("One of these at a time: this mode has counts alone.")
        return chosen
    st.warning(
        f"Only one of these can be used at a time in this mode, which has counts alone: "
        f"{used[0].name.lower()} is used, {text.listed([u.name.lower() for u in used[1:]])} not."
    )
    return chosen | {each.field: () for each in used[1:]}


def _values(each: Dimension, known: list[str], names: dict[str, str]) -> tuple[str, ...]:
    chosen = st.multiselect(
        each.name,
        known,
        format_func=lambda value: value_words(each.code, value, names),
        key=each.key,
        placeholder=each.every,
        bind="query-params",
        persist_state="session",
    )
    return tuple(sorted(chosen))


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


def clear() -> None:
    """Put period and filters back to everything; for a button's callback."""
    st.session_state["from"], st.session_state["to"] = START, LATEST
    if mode.mode() != "shared":
        for each in DIMENSIONS:
            st.session_state[each.key] = []


def is_empty(snapshot: store.Snapshot, flt: Filter) -> bool:
    """Whether no episode is selected; not told where that would give a small group away."""
    return mode.mode() != "shared" and not store.covered(snapshot, flt)


def last_day(month: date) -> date:
    """The last day of a date's month."""
    return month.replace(day=monthrange(month.year, month.month)[1])


def described(snapshot: store.Snapshot, flt: Filter) -> str:
    """The line at the top of each page: what its figures cover."""
    if mode.mode() == "shared":
        return " · ".join((f"Covers {_period(flt)}", _released()))
    return " · ".join(
        (
            f"Covers {_period(flt)}",
            *_chosen(flt, site_names(snapshot)),
            text.plural(store.covered(snapshot, flt), "episode"),
            f"data to {text.day(snapshot.data_to)}",
            f"as published on {text.moment(snapshot.published)}"
            if snapshot.published
            else "date of publication not recorded",
            f"rules as of {snapshot.rules[:12]}",
        )
    )


def _released() -> str:
    last = store.last_release()
    if last is None:
        return "nothing released yet"
    return " · ".join(
        (
            f"data to {text.day(date.fromisoformat(last.data_to))}",
            f"as released on {text.day(last.day)} (release {last.number})",
            f"rules as of {last.rules[:12]}",
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


def _chosen(flt: Filter, names: dict[str, str]) -> list[str]:
    """What each filter is set to; of those that are not set only the sites are told."""
    said = []
    for each in DIMENSIONS:
        found = getattr(flt, each.field)
        if found:
            words = text.listed([value_words(each.code, value, names) for value in found], "or")
            said.append(words if each.code == "site" else f"{each.name.lower()}: {words}")
        elif each.code == "site" and not own_sites.sees_every_site():
            said.append(f"{text.listed(list(names.values())) or 'no site'}, which you may see")
        elif each.code == "site":
            n = sum(code != "unknown" for code in names)
            said.append("one site" if n == 1 else f"all {text.plural(n, 'site')}")
    return said
