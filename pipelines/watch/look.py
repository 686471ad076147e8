"""One look into the inbox: offer what is new, publish, and write the digest."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from pipelines import snapshot as snapshots
from pipelines.build import build
from pipelines.errors import OutcomesError
from pipelines.home import Home, replace
from pipelines.ingest.door import ingest_file
from pipelines.ingest.receipt import list_receipts
from pipelines.neutral import cell
from pipelines.watch.digest import FILE, PUBLISHED, REFUSED, Item, news
from pipelines.watch.inbox import Inbox

FOLDER = "digests"
COLUMNS = ("kind", "about", "n", "said", "case")


@dataclass
class Look:
    """What became of one look: items by kind, whether all went well, and the digest's file."""

    items: list[Item] = field(default_factory=list)
    failed: bool = False
    digest: Path | None = None


def look(home: Home, inbox: Inbox, settle: float, wait: float = 0.0, cases: bool = False) -> Look:
    """Offer the files that are new, publish when one was taken in, and write what is new.

    With nothing new it does nothing and writes nothing; rows that an earlier look took in and could
    not publish are published now. A refused file, and data that cannot be
    published, are items of the digest: the data published before stay, and are said to.
    """
    offers = inbox.pending(settle)
    found = Look()
    behind = _behind(home)
    if not offers and not behind:
        return found
    taken = behind
    with home.lock("watch", wait):
        for offer in offers:
            try:
                receipt = ingest_file(home, offer.path)
            except OutcomesError as error:
                found.failed = True
                hint = f" {error.hint}" if error.hint else ""
                said = f"{error.where or offer.path.name}: {error.what}.{hint}"
                found.items.append(Item(REFUSED, offer.path.name, 1, said))
                continue
            taken = taken or not receipt.unchanged
            told = "unchanged" if receipt.unchanged else f"{receipt.records.accepted:,} rows"
            aside = (
                f", {receipt.records.quarantined:,} set aside"
                if receipt.records.quarantined
                else ""
            )
            found.items.append(
                Item(FILE, receipt.name, receipt.records.accepted, f"{receipt.name}: {told}{aside}")
            )
        inbox.offered(offers)
    if taken:
        _publish(home, wait, found, cases)
    found.digest = _write(home, found)
    return found


def _behind(home: Home) -> bool:
    """Whether something was taken in since the published data were made."""
    published = snapshots.current(home)
    newest = max((receipt.ingested_at for receipt in list_receipts(home)), default="")
    return bool(newest) and (published is None or published.meta()["created_at"] < newest)


def _publish(home: Home, wait: float, found: Look, cases: bool) -> None:
    before = snapshots.current(home)
    try:
        info = build(home, wait=wait)
    except OutcomesError as error:
        found.failed = True
        kept = f"{before.name} stays published" if before else "nothing is published yet"
        found.items.append(Item(PUBLISHED, "", 0, f"Not published: {error.what}. {kept}."))
        return
    found.items.append(Item(PUBLISHED, info.name, 1, f"{info.name} is published"))
    with _opened(before) as old, _opened(info) as new:
        assert new is not None
        found.items += news(home, old, new, cases)


@contextlib.contextmanager
def _opened(info: snapshots.SnapshotInfo | None) -> Iterator[duckdb.DuckDBPyConnection | None]:
    """A snapshot to read; None where there is none, or where its file is damaged or gone."""
    con = None
    if info is not None:
        with contextlib.suppress(snapshots.DamagedSnapshot):
            con = snapshots.open_readonly(info.path)
    try:
        yield con
    finally:
        if con is not None:
            con.close()


def _write(home: Home, found: Look) -> Path:
    """The digest as Markdown and CSV, named by the moment; the Markdown's path."""
    now = dt.datetime.now(dt.UTC)
    folder = home.root / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{now:%Y%m%dT%H%M%SZ}.md"
    number = 1
    while path.exists():
        number += 1
        path = folder / f"{now:%Y%m%dT%H%M%SZ}-{number}.md"
    _save(path.with_suffix(".csv"), _csv(found))
    _save(path, markdown(found, now))
    return path


def markdown(found: Look, now: dt.datetime) -> str:
    """The digest as a page: what failed first."""
    lines = [f"# What is new, {now:%d/%m/%Y %H:%M} UTC", ""]
    if found.failed:
        lines += ["**Something was refused or not published; see below.**", ""]
    kinds = sorted({item.kind for item in found.items}, key=lambda kind: (kind != REFUSED, kind))
    for kind in kinds:
        lines += [f"## {kind.capitalize()}", ""]
        lines += [f"- {_plain(item.said)}" for item in found.items if item.kind == kind]
        lines.append("")
    return "\n".join(lines)


def _csv(found: Look) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([cell(getattr(item, name)) for name in COLUMNS] for item in found.items)
    return out.getvalue()


def _plain(said: str) -> str:
    """On one line, without signs that Markdown or HTML would take for markup."""
    one = " ".join(said.split())
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>#|" else sign for sign in one)


def _save(path: Path, text: str) -> None:
    new = path.with_name(f".{path.name}.new")
    new.write_text(text, encoding="utf-8")
    replace(new, path)
