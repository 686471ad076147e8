"""Escalation at the first contact by level, and between what is confirmed and not ruled out."""

from __future__ import annotations

import streamlit as st

from dashboard import drill, store, ui
from dashboard.charts import escalation
from dashboard.drill import Behind
from dashboard.ui import View
from pipelines.measures.answers import Escalation


def show(view: View, found: Escalation) -> None:
    """The two charts beside each other, each with the way to its cases."""
    labels = {row["code"]: row["label"] for row in store.rows(view.snapshot, "levels")}
    left, right = st.columns(2, gap="large")
    with left:
        ui.show(escalation.by_level(found, labels, view.colours), "levels")
        drill.link(view, "Open a level", Behind("triage_outcome_first"))
    with right:
        ui.show(escalation.between(found, labels, view.colours), "between")
        drill.link(view, "Open a bound", Behind("escalation_level_not_ruled_out"))
