"""Take in a file: examined, guarded, mapped, balanced, and only then kept; or refused whole."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import os
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import landing_tables as landing
from pipelines.erasure import leave
from pipelines.erasure.register import EPISODE, Register
from pipelines.errors import OutcomesError, Refusal
from pipelines.home import Home, fsync_file, fsync_folder, replace, telling_of_the_disk
from pipelines.ingest import formats, issues, raw
from pipelines.ingest.balance import check_balance, check_tolerances
from pipelines.ingest.coded import Coded, Places
from pipelines.ingest.guarding import guarded
from pipelines.ingest.left_out import leave_out
from pipelines.ingest.mapping import Mapper
from pipelines.ingest.profile import Profile
from pipelines.ingest.profile_choice import choose
from pipelines.ingest.reading import Progress, Reading
from pipelines.ingest.receipt import Receipt, Records, list_receipts, record_refusal
from pipelines.ingest.source import Source, examine
from pipelines.ingest.writing import write
from pipelines.journal import logged

QUARANTINE = pa.schema(
    [
        ("file_id", pa.string()),
        ("line", pa.int64()),
        ("reason", pa.string()),
        ("record_hash", pa.string()),
    ]
)

WITHDRAWN = "this file was withdrawn from the data home and is not taken in again"


def ingest_file(
    home: Home,
    path: Path,
    *,
    profile: str | Path | None = None,
    source: str | None = None,
    extract_date: dt.date | None = None,
    progress: Progress | None = None,
    correction: bool = False,
) -> Receipt:
    """Take one export into landing and return its load report.

    `source` names the service in place of the profile's. With `correction` its rows replace
    earlier ones of the same key. The caller holds the home's lock. The same bytes with the same
    profile change nothing (`unchanged` is then true). Raises Refusal, on record in the home,
    when the file is refused: nothing of its content is kept.
    """
    with logged(home, "ingest") as event, telling_of_the_disk(home.root):
        receipt = _offered(home, path, profile, source, extract_date, progress, correction)
        event |= {"file_id": receipt.file_id, "bytes": receipt.bytes, "profile": receipt.profile}
        event |= {"unchanged": receipt.unchanged, "records": dataclasses.asdict(receipt.records)}
        return receipt


def _offered(
    home: Home,
    path: Path,
    profile: str | Path | None,
    source: str | None,
    extract_date: dt.date | None,
    progress: Progress | None,
    correction: bool,
) -> Receipt:
    sweep(home)
    digest: str | None = None
    try:
        if not path.exists():
            raise Refusal(path.name, None, "the file does not exist", "Check the path.")
        leave.register_opted_out(home)
        chosen = choose(home, path, profile).for_file(path.name, source)
        if correction:
            chosen = _correcting(path, chosen)
        found = examine(path, chosen.encodings, chosen.format in formats.BINARY)
        digest = found.sha256
        found = dataclasses.replace(found, lines=formats.count(found, chosen))
        return _taken(home, found, chosen, extract_date, progress)
    except Refusal as refusal:
        record_refusal(home, refusal, digest)
        raise
    except OutcomesError as error:
        # A profile that cannot be used, a key that is missing: the file was offered all the same.
        record_refusal(home, Refusal(path.name, error.where, error.what, error.hint), digest)
        raise


def _correcting(path: Path, profile: Profile) -> Profile:
    if not profile.key:
        raise Refusal(
            path.name,
            None,
            f"profile {profile.id} names no key, so it is not known which rows this corrects",
            "Name the columns that make a row's key: row = [...] under [keys].",
        )
    return dataclasses.replace(profile, supply="delta")


def sweep(home: Home) -> None:
    """Remove what an interrupted ingest left behind. The caller holds the lock."""
    for left in home.landing.glob(".tmp-*"):
        shutil.rmtree(left, ignore_errors=True)


def _taken(
    home: Home,
    source: Source,
    profile: Profile,
    given: dt.date | None,
    progress: Progress | None,
) -> Receipt:
    receipts = list_receipts(home)
    file_id = f"{source.sha256[:16]}-{profile.digest[:8]}"
    for receipt in receipts:
        if receipt.file_id == file_id:
            if receipt.withdrawn:
                raise Refusal(source.path.name, None, WITHDRAWN)
            receipt.unchanged = True
            return receipt
    _check_name(source, profile, receipts)
    folder = home.landing / f".tmp-{os.getpid()}-{file_id}"
    try:
        folder.mkdir(parents=True, mode=0o700)
        take = _raw if profile.schema == "raw" else _mapped
        register = Register.open(home)
        before = register.size
        receipt = take(source, profile, file_id, folder, given, receipts, progress, register)
        receipt.save(folder)
        for written in folder.iterdir():
            fsync_file(written)
        target = home.landing / profile.stream / file_id
        target.parent.mkdir(mode=0o700, exist_ok=True)
        replace(folder, target)
        fsync_folder(target.parent)
        if register.size > before:  # episodes that other files may have rows of
            leave.apply(home, progress)
        return receipt
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(folder, ignore_errors=True)


def _mapped(
    source: Source,
    profile: Profile,
    file_id: str,
    folder: Path,
    given: dt.date | None,
    receipts: list[Receipt],
    progress: Progress | None,
    register: Register,
) -> Receipt:
    """Read, guard, leave people out, map, balance, and only then write a file of a stream."""
    reading = Reading(source, profile)
    rows = reading.rows(progress)
    if progress:
        progress(f"checking {source.path.name}", 0, len(rows))
    mapper = Mapper(profile, file_id, reading.extract_date(given), guarded(source, profile, rows))
    left = leave_out(rows, profile, mapper.key, register)
    for episode, why in left.episodes.items():
        register.add(EPISODE, profile.source, [episode], why)
    found, accepted, aside = mapper.map(rows)
    quarantine = Counter(reason for _, reason, _ in aside)
    dropped = dict(reading.dropped + left.records)
    records = Records(source.lines, mapper.accepted, len(aside), dropped)
    check_balance(source, records)
    check_tolerances(source, profile, records, quarantine, mapper)
    if progress:
        progress(f"checking {source.path.name}", len(rows), len(rows))
    write(folder / "rows.parquet", mapper, found, accepted, rows.lines, progress)
    _write_beside(folder, mapper, aside)
    days = _days(found[mapper.required[1]], accepted)
    receipt = _receipt(source, profile, mapper, records, quarantine, days, receipts)
    return dataclasses.replace(receipt, stated=reading.stated)


def _raw(
    source: Source,
    profile: Profile,
    file_id: str,
    folder: Path,
    given: dt.date | None,
    receipts: list[Receipt],
    progress: Progress | None,
    register: Register,
) -> Receipt:
    """Guard and write a file without a contract: every record as text."""
    raw.guard(source, profile)
    records, aside = raw.write(source, profile, file_id, folder)
    check_balance(source, records)
    quarantine = [_aside(file_id, each) for each in aside]
    pq.write_table(pa.Table.from_pylist(quarantine, QUARANTINE), folder / "quarantine.parquet")
    pq.write_table(issues.SCHEMA.empty_table(), folder / "cells.parquet")
    counted = Counter(reason for _, reason, _ in aside)
    mapper = Mapper(profile, file_id, given or dt.date.today())
    mapper.landed = records.accepted
    receipt = _receipt(source, profile, mapper, records, counted, [], receipts)
    if register.size:
        receipt.warnings.append("taken in raw: people who are left out were not looked for")
    return receipt


def _check_name(source: Source, profile: Profile, receipts: list[Receipt]) -> None:
    """One name, other bytes: only a declared correction or a replacing supply may do that."""
    same = [r for r in receipts if r.name == source.path.name and r.profile == profile.id]
    if profile.supply == "append" and any(r.sha256 != source.sha256 for r in same):
        raise Refusal(
            source.path.name,
            None,
            "a file of this name with other content was taken in before",
            "If it corrects the earlier one: outcomes ingest --correction",
        )


def _write_beside(folder: Path, mapper: Mapper, aside: list[tuple[int, str, bytes]]) -> None:
    """Write what was set aside, the cell ledger, and answers that a row cannot hold."""
    aside_rows = [_aside(mapper.file_id, each) for each in sorted(aside)]
    pq.write_table(pa.Table.from_pylist(aside_rows, QUARANTINE), folder / "quarantine.parquet")
    pq.write_table(mapper.issues.table(), folder / "cells.parquet")
    if mapper.answers.rows:
        answers = pa.Table.from_pylist(mapper.answers.rows, landing.arrow_schema("landing_answer"))
        pq.write_table(answers, folder / "answers.parquet")


def _days(column: Coded, accepted: Places) -> list[dt.date]:
    """The first and the last day of the accepted rows; nothing without any."""
    counts = column.take(accepted).counts.tolist()
    found = [day for day, n in zip(column.values, counts, strict=True) if n]
    return [min(found), max(found)] if found else []


def _aside(file_id: str, each: tuple[int, str, bytes]) -> dict[str, Any]:
    line, reason, digest = each
    return {"file_id": file_id, "line": line, "reason": reason, "record_hash": digest.hex()}


def _receipt(
    source: Source,
    profile: Profile,
    mapper: Mapper,
    records: Records,
    quarantine: Counter[str],
    days: list[dt.date],
    receipts: list[Receipt],
) -> Receipt:
    cells: dict[str, dict[str, int]] = {}
    for (column, reason), n in sorted(mapper.issues.cells.items()):
        cells.setdefault(column, {})[reason] = n
    warnings = []
    if days and days[-1] > mapper.extract_date:
        warnings.append("some rows are dated after the extract date; they are kept and left out")
    return Receipt(
        file_id=mapper.file_id,
        name=source.path.name,
        sha256=source.sha256,
        bytes=source.size,
        source=profile.source,
        stream=profile.stream,
        supply=profile.supply,
        profile=profile.id,
        profile_version=profile.version,
        profile_hash=profile.digest,
        extract_date=mapper.extract_date,
        ingested_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        sequence=max((r.sequence for r in receipts), default=0) + 1,
        encoding=source.encoding,
        action_source=profile.action_source,
        landed=mapper.landed,
        singled_out=mapper.singled.share() if profile.stream == "triage" else None,
        columns={m.header: ", ".join(m.to) for m in profile.columns.values() if not m.drop},
        absent=sorted(set(profile.absent)),
        records=records,
        quarantine=dict(quarantine),
        cells=cells,
        first_date=days[0].isoformat() if days else None,
        last_date=days[-1].isoformat() if days else None,
        warnings=warnings,
    )
