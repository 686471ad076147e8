"""What counts as improved: the definition of these data, or another published one, chosen."""

from __future__ import annotations

import json
from typing import Any, Final

import streamlit as st

from dashboard import drill, store, ui
from dashboard.charts import improvement as charts
from dashboard.ui import View
from pipelines.measures.catalogue import measure

USUAL: Final = "As decided for these data"
WORDS: Final = {
    "2 points and 30%": "pain down by at least 2 points and by 30%",
    "2 points or 30%": "pain down by at least 2 points or by 30%",
    "30%": "pain down by at least 30%",
    "2 points": "pain down by at least 2 points",
    "50%": "pain down by at least 50%",
}


def usual(view: View) -> str:
    """The definition of these data in words, from the parameters that classified them."""
    values: dict[str, Any] = {
        row["name"]: json.loads(row["value"]) for row in store.rows(view.snapshot, "parameters")
    }
    points, percent = values.get("kpi_points"), values.get("kpi_pct")
    cuts = []
    if points is not None:
        cuts.append(f"at least {points:g} point{'' if points == 1 else 's'}")
    if percent is not None:
        cuts.append(f"{percent:g}%")
    if not cuts:
        return "as the parameters of these data say"
    joined = f" {values.get('kpi_combine', 'and')} by ".lower().join(cuts)
    return f"pain down by {joined}"


def curve(view: View) -> None:
    """The choice of the definition, and the curve under it."""
    parts = measure("improvement_by_definition").parts
    chosen = st.selectbox(
        "What counts as improved",
        [USUAL, *parts],
        format_func=lambda part: WORDS.get(str(part), str(part)).capitalize(),
        key="improved_as",
        bind="query-params",
        persist_state="session",
    )
    meaning = WORDS.get(chosen or "", usual(view))
    found = store.improved(view.snapshot, view.filter)
    if chosen and chosen != USUAL:
        found = store.improvement(view.snapshot, view.filter, chosen)
        behind = drill.Behind("improvement_by_definition", chosen)
    else:
        behind = drill.Behind("improvement_by_day", "day 56")
    ui.show(charts.curve(found, view.colours, meaning), "improvement")
    drill.link(view, "Open those followed", behind)
