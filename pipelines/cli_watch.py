"""`outcomes watch`: new files of an inbox are taken in, published, and told in a digest."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from pipelines.access import rows
from pipelines.cli_options import HomeOption, PurposeOption, opened, plain
from pipelines.console import say
from pipelines.errors import OutcomesError, UsageError


def watch(
    inbox: Annotated[Path, typer.Argument(help="Folder where exports are dropped.")],
    once: Annotated[
        bool, typer.Option("--once", help="Look once and end: for cron or Task Scheduler.")
    ] = False,
    every: Annotated[float, typer.Option(help="Seconds between two looks.")] = 300.0,
    settle: Annotated[
        float, typer.Option(help="Seconds that a file must be unchanged, so that it is whole.")
    ] = 60.0,
    cases: Annotated[
        bool,
        typer.Option(
            "--cases",
            help="Name single cases in the digest, not counts alone: where [access] row_export "
            "allows it, and for a --purpose.",
        ),
    ] = False,
    purpose: PurposeOption = None,
    wait: Annotated[
        float, typer.Option(help="Seconds to wait for another that is writing.")
    ] = 60.0,
    home: HomeOption = None,
) -> None:
    """Take in new files, publish, and write a digest. Exit code 1 where one was refused."""
    from pipelines.watch.digest import NOT_TOLD, REFUSED
    from pipelines.watch.inbox import Inbox
    from pipelines.watch.look import look

    if every < 1 or settle < 0:
        raise UsageError("--every must be 1 second or more and --settle not negative")
    at = opened(home)
    if cases:
        rows.may(at, "auditor", purpose)
    folder = Inbox(at, inbox)
    while True:
        failed = False
        try:
            found = look(at, folder, settle, wait, purpose if cases else None)
            failed = found.failed
            if found.digest is not None:
                say(plain(f"{found.digest}"))
                for item in found.items:
                    say(
                        plain(f"  {item.kind}: {item.said}"), error=item.kind in (REFUSED, NOT_TOLD)
                    )
        except OutcomesError as error:  # the next look may find it mended
            if once:
                raise
            say(plain(f"{error}"), error=True)
        if once:
            raise typer.Exit(1 if failed else 0)
        try:
            time.sleep(every)
        except KeyboardInterrupt:
            say("Stopped.")
            return
