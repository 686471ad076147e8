"""Who is looking: cases, exact totals without cases, or small numbers protected.

The mode is the server's, never the page's: it comes from the process that was started and decides
in `store` what is read at all. Nothing that a browser sends can change it.
"""

from __future__ import annotations

import os
from typing import Final, cast

from dashboard.launch import MODE_VARIABLE
from pipelines.measures.disclosure.rules import MODES, Mode, check_mode

WORDS: Final[dict[Mode, str]] = {
    "auditor": "Auditor (cases)",
    "service": "Service (exact totals, no cases)",
    "shared": "Shared (small numbers protected)",
}
MEANS: Final[dict[Mode, str]] = {
    "auditor": "You see single episodes. What you see here stays within the service.",
    "service": "You see exact totals; single episodes are not sent to this browser.",
    "shared": (
        "Small numbers are hidden, together with what would give them away. Only these figures "
        "may leave the service."
    ),
}


class CasesWithheld(PermissionError):
    """Cases were asked for in a mode that has none."""


def mode() -> Mode:
    """The mode of this server; auditor where none was named (a server on one's own machine).

    MeasureError for a mode that does not exist: a typing error must not open the data.
    """
    named = os.environ.get(MODE_VARIABLE) or MODES[0]
    check_mode(named)
    return cast(Mode, named)


def sees_cases() -> bool:
    """Whether single episodes may be read for this browser."""
    return mode() == "auditor"


def need_cases() -> None:
    """CasesWithheld unless single episodes may be read."""
    if not sees_cases():
        raise CasesWithheld(
            f"Single episodes are not shown in the mode {WORDS[mode()]}. Figures open a breakdown "
            "instead."
        )


def need_exact() -> None:
    """CasesWithheld where only protected figures may be shown."""
    if mode() == "shared":
        raise CasesWithheld(f"Exact figures are not shown in the mode {WORDS['shared']}.")
