"""Behind a figure: its cases, or its breakdown where cases are not shown."""

from __future__ import annotations

from dashboard import behind_figure, ui

view = ui.opened(
    "Behind a figure",
    "**What you decide here:** whether a figure is what you take it for. Everyone whom it looked "
    "at is here: counted, in the denominator only, or left out with the reason.",
)
behind_figure.show(view, behind_figure.choose(view))
