"""Rows of people who are left out are taken out of landing; the load reports say how many."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines import landing_tables as landing
from pipelines.engines.duck import connect
from pipelines.erasure.register import EPISODE, PERSON, Register
from pipelines.home import Home, fsync_file, fsync_folder, replace
from pipelines.ingest.reading import Progress
from pipelines.ingest.receipt import Receipt, list_receipts
from pipelines.ingest.writing import FORMAT, SOUGHT_BY

DAYS = {
    "triage": ("contact_date", "close_date"),
    "exercise_log": ("log_date",),
    "referral": ("referral_date",),
}
BESIDE = ("cells", "quarantine", "answers")


@dataclass
class Purged:
    """What was taken out: landing rows by stream, episodes, files that were written anew."""

    rows: dict[str, int] = field(default_factory=dict)
    episodes: set[tuple[str, str]] = field(default_factory=set)
    files: list[str] = field(default_factory=list)

    def take(self, receipt: Receipt, named: dict[str, int]) -> None:
        """Count a file's episodes, each with its rows; nothing where there are none."""
        if named:
            self.rows[receipt.stream] = self.rows.get(receipt.stream, 0) + sum(named.values())
            self.episodes |= {(receipt.source, each) for each in named}
            self.files.append(receipt.name)


def folder(home: Home, receipt: Receipt) -> Path:
    """Where a file's rows lie."""
    return home.landing / receipt.stream / receipt.file_id


def rows_of(home: Home, receipt: Receipt) -> Path | None:
    """The Parquet file of a file's rows; None for one taken in raw, which has no contract."""
    path = folder(home, receipt) / "rows.parquet"
    return path if receipt.stream in landing.STREAMS and path.exists() else None


def link_people(home: Home, register: Register) -> int:
    """Put the episodes of every person on the register on it as well; how many are new.

    Diaries and referrals know episodes only. The caller holds the home's lock.
    """
    new = 0
    for receipt, path in _with_rows(home):
        if receipt.stream != "triage":
            continue
        found: dict[str, list[str]] = {}
        for person, episode in _query(
            "select distinct patient_id, episode_id from read_parquet(?) "
            "where patient_id is not null",
            path,
        ):
            why = register.why(PERSON, receipt.source, person)
            if why and not register.why(EPISODE, receipt.source, episode):
                found.setdefault(why, []).append(episode)
        for why, episodes in found.items():
            new += register.add(EPISODE, receipt.source, episodes, why)
    return new


def quiet_since(home: Home, before: dt.date) -> dict[str, list[str]]:
    """Episodes by source that have nothing dated on or after `before` in any file ever taken in."""
    last: dict[tuple[str, str], dt.date] = {}
    for receipt, path in _with_rows(home):
        days = ", ".join(f"max({name})" for name in DAYS[receipt.stream])
        for episode, *dates in _query(
            f"select episode_id, {days} from read_parquet(?) group by episode_id", path
        ):
            key = (receipt.source, episode)
            known = [last[key]] if key in last else []
            if told := [each for each in dates if each] + known:
                last[key] = max(told)
    found: dict[str, list[str]] = {}
    for (source, episode), day in sorted(last.items()):
        if day < before:
            found.setdefault(source, []).append(episode)
    return found


def episodes_in(home: Home) -> set[tuple[str, str]]:
    """Source and id of every episode that landing holds a row of."""
    return {
        (receipt.source, episode)
        for receipt, path in _with_rows(home)
        for (episode,) in _query("select distinct episode_id from read_parquet(?)", path)
    }


def affected(home: Home, register: Register) -> Purged:
    """What `purge` would take out now."""
    found = Purged()
    for receipt, path in _with_rows(home):
        found.take(receipt, _named(path, receipt, register))
    return found


def purge(home: Home, register: Register, progress: Progress | None = None) -> Purged:
    """Write every file of landing anew that holds rows of episodes on the register, without them.

    Can be run again after it was interrupted: what a load report says was forgotten is always
    what it landed less what is there. The caller holds the home's lock.
    """
    found = Purged()
    receipts = list(_with_rows(home))
    for number, (receipt, path) in enumerate(receipts):
        if progress:
            progress("leaving out", number, len(receipts))
        named = _named(path, receipt, register)
        if named:
            gone = _without(path, pa.array(sorted(named), pa.string()))
            for name in BESIDE:
                _without_lines(path.with_name(f"{name}.parquet"), gone)
            found.take(receipt, named)
        _count(path, receipt)
    if progress and receipts:
        progress("leaving out", len(receipts), len(receipts))
    return found


def _named(path: Path, receipt: Receipt, register: Register) -> dict[str, int]:
    """Episodes of a file that are on the register, each with its number of rows."""
    counted = _query("select episode_id, count(*) from read_parquet(?) group by episode_id", path)
    return {episode: n for episode, n in counted if register.why(EPISODE, receipt.source, episode)}


def forget_file(home: Home, receipt: Receipt) -> int:
    """Empty a file's folder of every row; how many there were. Its load report stays."""
    at = folder(home, receipt)
    n = receipt.landed - receipt.forgotten
    for path in sorted(at.glob("*.parquet")):
        _write(path, pq.read_schema(path), ())
    receipt.forgotten, receipt.withdrawn = receipt.landed, True
    _save(at, receipt)
    return n


def _with_rows(home: Home) -> Iterator[tuple[Receipt, Path]]:
    for receipt in list_receipts(home):
        path = rows_of(home, receipt)
        if path is not None:
            yield receipt, path


def _query(text: str, path: Path) -> list[tuple[Any, ...]]:
    con = connect(temp=path.parent)  # what does not fit into memory stays in the home
    try:
        return con.execute(text, [str(path)]).fetchall()
    finally:
        con.close()


def _without(path: Path, episodes: pa.Array) -> set[int]:
    """Write the rows anew without those of some episodes; the lines of those that went."""
    gone: set[int] = set()
    source = pq.ParquetFile(path)

    def kept() -> Iterator[pa.Table]:
        for number in range(source.num_row_groups):
            group = source.read_row_group(number)
            hit = pc.is_in(group["episode_id"], value_set=episodes)
            gone.update(group.filter(hit)["line"].to_pylist())
            yield group.filter(pc.invert(hit))

    try:
        _write(path, source.schema_arrow, kept())
    finally:
        source.close()
    return gone


def _without_lines(path: Path, gone: set[int]) -> None:
    if not path.exists():
        return
    table = pq.read_table(path)
    hit = pc.is_in(table["line"], value_set=pa.array(sorted(gone), pa.int64()))
    if pc.any(hit).as_py():
        _write(path, table.schema, [table.filter(pc.invert(hit))])


def _write(path: Path, schema: pa.Schema, tables: Any) -> None:
    draft = path.with_name(f".{path.name}.new")
    rows = path.name == "rows.parquet" and "line" in schema.names
    how: dict[str, Any] = (
        {
            "use_dictionary": [name for name in schema.names if name != "line"],
            "write_statistics": [name for name in SOUGHT_BY if name in schema.names],
            **FORMAT,
        }
        if rows
        else {}
    )
    with pq.ParquetWriter(draft, schema, **how) as out:
        for table in tables:
            if table.num_rows:
                out.write_table(table)
    fsync_file(draft)
    replace(draft, path)


def _count(path: Path, receipt: Receipt) -> None:
    forgotten = receipt.landed - int(pq.read_metadata(path).num_rows)
    if forgotten != receipt.forgotten:
        receipt.forgotten = forgotten
        _save(path.parent, receipt)


def _save(at: Path, receipt: Receipt) -> None:
    draft = at / ".receipt.json.new"
    receipt.write(draft)
    fsync_file(draft)
    replace(draft, at / "receipt.json")
    fsync_folder(at)
