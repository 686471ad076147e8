"""`outcomes checks`: what the checks found in the published data."""

from __future__ import annotations

import json

from rich.console import Console
from rich.table import Table
from typer import Exit

from pipelines import snapshot as snapshots
from pipelines.cli_options import HomeOption, JsonOption, opened, published
from pipelines.console import say


def checks(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """The checks of the published snapshot. Exit code 1 when one fails."""
    con = snapshots.open_readonly(published(opened(home)).path)
    try:
        cursor = con.execute("select * from check_result")
        names = [column[0] for column in cursor.description]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    finally:
        con.close()
    if as_json:
        print(json.dumps(found, indent=1))
    else:
        _tell(found)
    if any(each["status"] in ("fail", "error") for each in found):
        raise Exit(1)


def _tell(found: list[dict[str, object]]) -> None:
    table = Table("Check", "Service", "Part", "Status", "Wrong", "Of", "Tolerated", "Why it counts")
    for each in found:
        if each["status"] == "pass":
            continue
        rows = "" if each["n_rows"] is None else f"{each['n_rows']:,}"
        table.add_row(
            *(str(each[name]) for name in ("title", "source", "part", "status")),
            *(f"{each['n_violated']:,}", rows, f"{each['threshold']:.1%}", str(each["why"])),
        )
    if table.row_count:
        Console().print(table)
    counts = {
        status: sum(each["status"] == status for each in found)
        for status in ("pass", "fail", "error", "not applicable")
    }
    say(", ".join(f"{n} {status}" for status, n in counts.items()) + " (results, one per part)")
