"""What an extract has to say of itself, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from dashboard import filters, mode, store, text, ui
from pipelines.periods import Period


def about(view: ui.View, period: Period, n: int) -> Iterator[tuple[str, str]]:
    """Names and values: period, sites, data, rules, mode; `n` is the number of episodes."""
    snapshot = view.snapshot
    yield (
        "Period",
        f"{period.words}: first contacts from {text.day(period.first)} to {text.day(period.last)}",
    )
    names = filters.site_names(snapshot)
    yield (
        "Sites",
        text.listed([names.get(s, s) for s in view.filter.sites]) if view.filter.sites else "all",
    )
    released = store.last_release() if mode.mode() == "shared" else None
    if released is not None:
        yield "Data as released", f"release {released.number} of {text.day(released.day)}"
        yield "Data to", text.day(date.fromisoformat(released.data_to))
        yield "Rules as of", released.rules
    else:
        yield "Episodes", text.count(n)
        yield "Data to", text.day(snapshot.data_to)
        yield "Data as published", snapshot.name
        yield "Rules as of", snapshot.rules
    adopted = (
        f"{snapshot.adopted_by}, {snapshot.adopted_on}"
        if snapshot.adopted_by
        else "not yet recorded"
    )
    yield "Rules adopted by", adopted
    yield "Leaflet", f"draft, past its review date, {snapshot.leaflet_review}"
    yield "Mode", mode.WORDS[mode.mode()]
    yield (
        "Small numbers",
        mode.MEANS[mode.mode()] if mode.mode() == "shared" else "exact; not for publication",
    )
    if snapshot.data_to and snapshot.data_to < period.last:
        yield (
            "Not complete",
            f"the data end on {text.day(snapshot.data_to)}, before the period does",
        )
    yield "Later data", "months less than 12 weeks old can still change; such points are hollow"
