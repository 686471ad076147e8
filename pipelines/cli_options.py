"""What several verbs of the command share: options, opening the home, the published snapshot."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from pipelines import snapshot as snapshots
from pipelines.console import say
from pipelines.errors import OutcomesError, UsageError
from pipelines.home import Home

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="The data home (default: OUTCOMES_HOME, else a per-user folder)."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
PortOption = Annotated[
    int | None, typer.Option(help="Port on this machine (default: 8501 or the next free one).")
]
ProfileOption = Annotated[
    str | None, typer.Option("--profile", help="Profile id, or the path of a profile file.")
]
DateOption = Annotated[
    str | None,
    typer.Option("--extract-date", help="Last day that the export covers, as 2026-06-30."),
]
WaitOption = Annotated[
    float, typer.Option("--wait", help="Seconds to wait for another process that is writing.")
]
PurposeOption = Annotated[
    str | None,
    typer.Option(help="What rows of single episodes are for; they are handed out for one only."),
]


def day(text: str | None) -> dt.date | None:
    """The date of --extract-date; UsageError for anything else."""
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"'{text}' is no date", "--extract-date", "Write 2026-06-30.") from None


def plain(text: object) -> str:
    """Text whose square brackets are not taken for markup."""
    return str(text).replace("[", "\\[")


def opened(home: Path | None) -> Home:
    """The data home, with its warnings told."""
    found = Home.open(home)
    for warning in found.warnings:
        say(f"Warning: {warning}", error=True)
    return found


def published(home: Home) -> snapshots.SnapshotInfo:
    """The published snapshot of a home; OutcomesError, with what to do, where there is none."""
    found = snapshots.current(home)
    if found is None:
        raise OutcomesError(
            "no snapshot has been published yet",
            where=str(home.root),
            hint="Take in an export and build: outcomes ingest FILE, then outcomes build",
        )
    return found
