"""Shared figures: what may leave the service, with small numbers protected."""

from __future__ import annotations

from dashboard import shared_figures, ui

view = ui.opened(
    "Shared figures",
    "**What you decide here:** what goes into papers for others. Small numbers are hidden, and "
    "what would give them away; periods are whole months, and one dimension at a time is shown.",
)
shared_figures.show(view)
