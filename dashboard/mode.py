"""Who is looking: cases, exact totals without cases, or small numbers protected.

The mode is the reader's (`dashboard.reader`), never the page's, and at most the one with which the
server was started. It decides in `store` what is read at all. Nothing that a browser sends can
change it.
"""

from __future__ import annotations

from typing import Final

from dashboard.reader import reader
from pipelines.measures.disclosure.rules import Mode

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
    """The mode of whoever is looking; see `reader.reader` for what it raises."""
    return reader().mode


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
