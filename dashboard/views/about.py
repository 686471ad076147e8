"""Intended use: what this is for, what it is not, and how to get to a record."""

from __future__ import annotations

from dashboard import reference, ui

view = ui.opened(
    "Intended use",
    "**What you decide here:** whether what you are about to do with these figures is what they "
    "are for.",
)
reference.intended_use(view)
