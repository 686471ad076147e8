"""Run the models on DuckDB."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import duckdb

from pipelines.engines.project import Model, macros
from pipelines.errors import OutcomesError

Progress = Callable[[str, int, int], None]

VIEWS = frozenset(
    {
        "triage_current", "log_current", "referral_current", "stg_triage", "contact_answer",
        "contact", "contact_filled", "contact_rule",
        "pub_contact", "pub_rule_trace", "pub_score", "pub_symptom_day", "pub_log_day",
        "pub_exercise", "pub_breach", "pub_referral", "pub_site",
    }
)  # fmt: skip
"""Models whose rows are not kept while the others are made: they are wide, and who reads them asks
for few of their columns, or they are read once. Writing a row costs more than working it out."""

DISK = "100GB"
DISK_VARIABLE = "OUTCOMES_ENGINE_DISK"
# Nothing is fetched at run time, and nothing but this machine's files is read.
SETTINGS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


def connect(path: Path | None = None, temp: Path | None = None) -> duckdb.DuckDBPyConnection:
    """A writing connection to `path` (None: in memory) with extensions switched off."""
    con = duckdb.connect(str(path) if path else ":memory:", config=dict(SETTINGS))
    con.execute("set memory_limit = '4GB'")
    con.execute("set preserve_insertion_order = true")
    con.execute(f"set max_temp_directory_size = '{_disk()}'")
    if temp:
        con.execute(f"set temp_directory = '{str(temp).replace(chr(39), chr(39) * 2)}'")
    return con


def _disk() -> str:
    """What may be laid down on the disk for a while; a setting that is none is told by its name."""
    found = os.environ.get(DISK_VARIABLE, DISK)
    if not re.fullmatch(r"[1-9]\d{0,5} ?[KMGT]i?B", found):
        raise OutcomesError(
            f"'{found}' is no amount of room", where=DISK_VARIABLE, hint="Write 50GB, for example."
        )
    return found


def run_models(
    con: duckdb.DuckDBPyConnection, models: Iterable[Model], progress: Progress | None = None
) -> None:
    """Create one table per model (a view for VIEWS) in the given order, in `con`'s database."""
    con.execute(macros())
    ordered = list(models)
    for number, model in enumerate(ordered, start=1):
        if progress:
            progress(model.name, number, len(ordered))
        kind = "view" if model.name in VIEWS else "table"
        con.execute(f"create or replace {kind} {model.name} as\n{model.sql}")
