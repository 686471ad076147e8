"""`outcomes forget`: people, files and what is too old leave the data home for good."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines import snapshot as snapshots
from pipelines.build import build
from pipelines.cli_options import HomeOption, WaitOption, opened, plain
from pipelines.console import bar, say
from pipelines.erasure import leave, published
from pipelines.erasure.landing import Purged, affected, episodes_in, forget_file, link_people
from pipelines.erasure.register import ANY_SOURCE, EPISODE, FORGOTTEN, PERSON, Register
from pipelines.erasure.settings import MOST_MONTHS, pseudonyms
from pipelines.errors import OutcomesError, UsageError
from pipelines.home import Home, telling_of_the_disk
from pipelines.ingest.receipt import Receipt, list_receipts


def forget(
    patient: Annotated[
        list[str] | None,
        typer.Option(help="Pseudonym of a person, as exported. May be given again."),
    ] = None,
    episode: Annotated[
        list[str] | None, typer.Option(help="Id of an episode, as exported. May be given again.")
    ] = None,
    people: Annotated[
        Path | None, typer.Option("--list", help="File with one pseudonym of a person a line.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Only in exports of this service (default: of every one).")
    ] = None,
    file: Annotated[
        str | None, typer.Option(help="A whole file: its name or id from `outcomes files`.")
    ] = None,
    older_than: Annotated[
        int | None,
        typer.Option(
            metavar="MONTHS", min=1, max=MOST_MONTHS, help="Episodes without anything since then."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go, and change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    wait: WaitOption = 0.0,
    home: HomeOption = None,
) -> None:
    """Remove people, a file or old episodes from everything that is kept; it cannot be undone.

    Without options: what the opt-out list and the period of retention in outcomes.toml ask for,
    and what an interrupted run left. They do not come back with later exports.
    """
    at = opened(home)
    chosen = [*(patient or []), *(pseudonyms(people) if people else [])]
    with at.lock("forget", wait), telling_of_the_disk(at.root):
        receipt = _file(at, file) if file else None
        trial = Register.open(at).rehearsal()
        _register(at, trial, chosen, episode or [], source or ANY_SOURCE, older_than)
        link_people(at, trial)
        found = affected(at, trial)
        _tell(at, found, receipt)
        nothing = not (found.episodes or receipt or published.is_pending(at))
        if dry_run or (nothing and not (chosen or episode)):
            return
        if not yes and not typer.confirm("Remove this for good?", default=False):
            raise typer.Exit(1)
        _register(at, Register.open(at), chosen, episode or [], source or ANY_SOURCE, older_than)
        if receipt:
            published.mark_pending(at)
            forget_file(at, receipt)
        with bar() as progress:
            leave.apply(at, progress)
    if published.is_pending(at):
        _made_anew(at, wait)
    say("Done. Copies outside the data home (exports, backups, downloads) are yours to remove.")


def _register(
    home: Home,
    register: Register,
    people: list[str],
    episodes: list[str],
    source: str,
    months: int | None,
) -> None:
    leave.register_people(register, PERSON, people, FORGOTTEN, source)
    leave.register_people(register, EPISODE, episodes, FORGOTTEN, source)
    leave.register_opted_out(home, register)
    leave.register_past_retention(home, months, register)


def _file(home: Home, named: str) -> Receipt:
    found = [
        each
        for each in list_receipts(home)
        if each.name == named or (len(named) >= 4 and each.file_id.startswith(named))
    ]
    if len(found) != 1:
        raise UsageError(
            f"{'several files are' if found else 'no file that was taken in is'} called '{named}'",
            hint="Name its id: outcomes files --json",
        )
    return found[0]


def _tell(home: Home, found: Purged, receipt: Receipt | None) -> None:
    if receipt:
        say(plain(f"The file {receipt.name}: {receipt.landed - receipt.forgotten:,} rows."))
    rows = ", ".join(f"{n:,} {stream.replace('_', ' ')}" for stream, n in found.rows.items())
    say(
        f"{len(found.episodes):,} episodes: {rows} rows of {len(found.files):,} files."
        if found.episodes
        else "No row of an episode to be left out is in the data home."
    )
    if found.episodes or receipt:
        n = len(snapshots.listed(home))
        say(
            f"The data are published anew; {n:,} earlier snapshots go, and reports, digests and "
            "reviews that name such cases."
        )


def _made_anew(home: Home, wait: float) -> None:
    """Publish without them; where nothing is left to publish, remove what was published."""
    try:
        with bar() as progress:
            info = build(home, progress, wait)
        say(f"Published without them: {info.name}")
    except OutcomesError:
        if any(r.stream == "triage" and not r.withdrawn for r in list_receipts(home)):
            raise
        with home.lock("forget", wait), telling_of_the_disk(home.root):
            (home.snapshots / snapshots.CURRENT).unlink(missing_ok=True)
            published.finish(home, episodes_in(home))
        say("No triage export is left: nothing is published.")
