"""The names of a pair: the file of cases, and the file of totals beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

CASES: Final = "outcomes-"
TOTALS: Final = "totals-"


def totals_of(cases: Path) -> Path:
    """Where the totals of a snapshot (or of one that is being built) are."""
    if cases.name.startswith(CASES):
        return cases.with_name(TOTALS + cases.name.removeprefix(CASES))
    return cases.with_name(f"{cases.stem}.{TOTALS.rstrip('-')}{cases.suffix}")


def cases_of(totals: Path) -> Path:
    """The snapshot that a file of totals belongs to; of a snapshot itself."""
    if totals.name.startswith(TOTALS):
        return totals.with_name(CASES + totals.name.removeprefix(TOTALS))
    return totals


def is_totals(path: Path | str) -> bool:
    """Whether this is a file of totals."""
    return Path(path).name.startswith(TOTALS)


def without_cases(folder: Path) -> list[Path]:
    """Files of totals whose snapshot is gone."""
    return [each for each in folder.glob(f"{TOTALS}*.duckdb") if not cases_of(each).exists()]
