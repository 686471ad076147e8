"""Run two rule sets over everything in landing and put what they make of it side by side."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipelines.build import worked_out
from pipelines.compare.changes import Change, Transitions, changes, transitions
from pipelines.compare.rules import differences
from pipelines.engines.duck import connect
from pipelines.home import Home, telling_of_the_disk
from pipelines.measures.catalogue import measure
from pipelines.measures.evaluate import evaluate
from pipelines.measures.filter import Filter
from pipelines.measures.table import Shown
from pipelines.snapshot import open_readonly
from pipelines.snapshot_tables import write_snapshot
from rules.ruleset import Ruleset

SCRATCH = ".compare-"
Progress = Callable[[str, float], None]
# What a change of the rules is judged by, in the order of the three questions and the audit.
HEADLINE = (
    "escalation_confirmed",
    "escalation_not_ruled_out",
    "improvement_by_day_interval",
    "time_to_improvement_median",
    "improvement_by_day",
    "persisting_ever",
    "persistence_by_interval",
    "persistence_share_8_weeks",
    "agreement",
    "red_flags_not_in_time",
)


@dataclass(frozen=True)
class Headline:
    """One headline measure under both rule sets; `part` is a day or the like, where it has one."""

    measure: str
    name: str
    part: str | None
    before: Shown
    after: Shown


@dataclass(frozen=True)
class Comparison:
    """Both versions, what differs in them, how the headline moves, and every changed episode."""

    before_version: str
    after_version: str
    differences: tuple[str, ...]
    n_episodes: int
    headline: tuple[Headline, ...]
    changes: tuple[Change, ...]
    n_changed: int
    transitions: Transitions


def compare(
    home: Home,
    before: Ruleset,
    after: Ruleset,
    progress: Progress | None = None,
    most: int | None = None,
) -> Comparison:
    """Run both rule sets over everything in landing and tell what differs.

    `progress` is told in words what is done, and how much of all is. At most `most` changed
    episodes are told one by one, the first by id (None: all); they are counted exactly whatever
    it is. Raises OutcomesError when nothing was ingested, or where the data home cannot be
    written.
    """
    _sweep(home)
    tell = progress or (lambda _words, _share: None)
    with (
        telling_of_the_disk(home.root),
        # Inside the home: rows about people lie nowhere else.
        tempfile.TemporaryDirectory(prefix=f"{SCRATCH}{os.getpid()}-", dir=home.root) as folder,
    ):
        paths = []
        sides = (("before", before, "rules in use"), ("after", after, "rules to try"))
        for number, (name, ruleset, words) in enumerate(sides):
            path = Path(folder) / f"{name}.duckdb"
            with worked_out(home, ruleset, Path(folder), _part(tell, words, number)) as made:
                write_snapshot(made[0], path, home, ruleset, made[1])
            paths.append(path)
        tell("measures under both", 0.9)
        headline = _headline(*(_figures(path) for path in paths))
        con = connect(temp=Path(folder))
        try:
            for name, path in zip(("old", "new"), paths, strict=True):
                escaped = str(path).replace("'", "''")
                con.execute(f"attach '{escaped}' as {name} (read_only)")
            tell("episodes that change", 0.95)
            moved = transitions(con)
            changed = changes(con, before.values, after.values, most)
            (n,) = con.execute("select count(*) from old.episode").fetchall()[0]
        finally:
            con.close()
    return Comparison(
        before.version,
        after.version,
        tuple(differences(before, after)),
        n,
        headline,
        tuple(changed),
        moved.n_episodes,
        moved,
    )


def _part(tell: Progress, words: str, number: int) -> Callable[[str, int, int], None]:
    """The progress of one of two sides, which take nine tenths of the time together."""

    def told(model: str, done: int, of: int) -> None:
        tell(f"{words}: {model.replace('_', ' ')}", 0.45 * (number + done / of))

    return told


def leftovers(home: Home, pid: int) -> list[Path]:
    """What a comparison of that process left in the home, if it was killed."""
    return list(home.root.glob(f"{SCRATCH}{pid}-*"))


def _sweep(home: Home) -> None:
    """Remove what a killed comparison left behind; a younger one may still be running."""
    yesterday = time.time() - 24 * 3600
    for left in home.root.glob(f"{SCRATCH}*"):
        with contextlib.suppress(OSError):
            if left.stat().st_mtime < yesterday:
                shutil.rmtree(left)


def _figures(path: Path) -> dict[tuple[str, str | None], Shown]:
    con = open_readonly(path)
    try:
        return {
            (name, row.part): row.result
            for name in HEADLINE
            for row in evaluate(con, name, Filter()).rows
        }
    finally:
        con.close()


def _headline(
    before: dict[tuple[str, str | None], Shown], after: dict[tuple[str, str | None], Shown]
) -> tuple[Headline, ...]:
    """The measures side by side; a part that one side lacks (a day never reached) is left out."""
    return tuple(
        Headline(name, measure(name).name, part, before[name, part], after[name, part])
        for name, part in before
        if (name, part) in after
    )
