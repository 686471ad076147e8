"""Board report: the paper of a month or quarter, with a commentary that is kept with it."""

from __future__ import annotations

from dashboard import report_form, ui

view = ui.opened(
    "Board report",
    "**What you decide here:** which period to report on, and what to say about it. The files hold "
    "what these pages show, in this mode, and never a case.",
)
report_form.show(view)
