"""`outcomes release`: share the months that are settled, once and for all."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from pipelines import releases
from pipelines import snapshot as snapshots
from pipelines.cli_options import HomeOption, JsonOption, WaitOption, opened, plain, published
from pipelines.console import bar, say
from pipelines.measures.catalogue import measure
from pipelines.measures.disclosure.release import TIME_ALONE, Frozen
from pipelines.periods import period


def release(
    listed: Annotated[
        bool, typer.Option("--list", help="Only tell what has been released so far.")
    ] = False,
    until: Annotated[
        str | None, typer.Option("--until", help="Release no month after this one: 2026-03.")
    ] = None,
    home: HomeOption = None,
    wait: WaitOption = 0.0,
    as_json: JsonOption = False,
) -> None:
    """Release the settled months of the published data for sharing. They do not change again.

    Shared figures (pages, reports, exports and `outcomes measures` in the mode shared) show what
    was released and nothing else. Exit code 1 where there is no new month.
    """
    plan = releases.Plan(until=period(until).last if until else None)
    target = opened(home)
    made: releases.Released | None
    if listed:
        made = releases.released(target)
    else:
        info = published(target)
        con = snapshots.open_readonly(info.path)
        try:
            with bar(as_json) as progress:
                made = releases.make(target, info, con, plan, wait, progress)
        finally:
            con.close()
    if made is None:
        say("There is no month to release that is over, settled, and not released yet.")
        raise typer.Exit(1)
    if as_json:
        print(json.dumps(_told(made), indent=1))
        return
    _print(made)


def _told(made: releases.Released) -> dict[str, Any]:
    return {
        "releases": [
            {"number": r.number, "at": r.at, "snapshot": r.snapshot, "months_added": r.added}
            for r in made.releases
        ],
        "families": [
            {
                "measures": list(family),
                "from": frozen.months[0],
                "to": frozen.months[-1],
                "lines": {cut or "time": len(lines) for cut, lines in frozen.hidden.items()},
                "withheld": {cut or "time": n for cut, n in _withheld(frozen).items()},
            }
            for family, frozen in made.families.items()
            if not family[0].startswith(releases.PEOPLE)
        ],
    }


def _withheld(frozen: Frozen) -> dict[str, int]:
    return {cut: sum(lines.values()) for cut, lines in frozen.hidden.items()}


def _print(made: releases.Released) -> None:
    last = made.last
    say(f"Release {last.number} of {last.day:%d/%m/%Y}, from {plain(last.snapshot)}")
    table = Table(
        *("Measures decided together", "Months", "New", "Withheld by time", "in all cuts"),
        box=SIMPLE, padding=(0, 1, 0, 0),
    )  # fmt: skip
    for family, frozen in made.families.items():
        if family[0].startswith(releases.PEOPLE):
            continue
        lines, withheld = frozen.hidden, _withheld(frozen)
        every = sum(map(len, lines.values()))
        table.add_row(
            "; ".join(measure(name).name for name in family),
            f"{frozen.months[0]} to {frozen.months[-1]}",
            f"{len(last.added.get(family[0], ()))}",
            f"{withheld[TIME_ALONE]} of {len(lines[TIME_ALONE])}",
            f"{sum(withheld.values()):,} of {every:,}",
        )
    Console().print(table)
