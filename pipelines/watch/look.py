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

from pipelines import access
from pipelines import snapshot as snapshots
from pipelines.access import rows
from pipelines.build import build
from pipelines.erasure.published import is_pending
from pipelines.errors import OutcomesError
from pipelines.home import Home, replace, telling_of_the_disk
from pipelines.ingest.door import ingest_file
from pipelines.ingest.receipt import list_receipts
from pipelines.measures.types import MeasureError
from pipelines.neutral import cell
from pipelines.watch.digest import FILE, NOT_TOLD, PUBLISHED, REFUSED, TAKEN, Item, news
from pipelines.watch.inbox import Inbox, Offer

FOLDER = "digests"
COLUMNS = ("kind", "about", "n", "said", "case")


@dataclass
class Look:
    """What became of one look: items by kind, whether all went well, and the digest's file."""

    items: list[Item] = field(default_factory=list)
    failed: bool = False
    digest: Path | None = None


def look(
    home: Home, inbox: Inbox, settle: float, wait: float = 0.0, cases: str | None = None
) -> Look:
    """Offer the files that are new, publish when one was taken in, and write what is new.

    What is new is told against the data of the last digest: a look that was killed, or data that
    somebody published by hand since, are told at the next. With nothing new it does nothing and
    writes nothing; rows that an earlier look took in and could not publish are published now. A
    refused file, and data that cannot be published, are items of the digest: the data published
    before stay, and are said to. `cases` is the purpose for which single cases are named (None:
    counts alone). HomeLocked where another looks and does not end within `wait`.
    """
    with inbox.alone(wait):
        return _look(home, inbox, settle, wait, cases)


def _look(home: Home, inbox: Inbox, settle: float, wait: float, cases: str | None) -> Look:
    offers = inbox.pending(settle)
    found = Look()
    taken = _behind(home)
    if inbox.told is None and (offers or taken):
        published = snapshots.current(home)
        inbox.remember([], published.name if published else "", "")
    since = _told_last(home, inbox.told)
    with home.lock("watch", wait) if offers else contextlib.nullcontext():
        for offer in offers:
            taken = _offer(home, offer, found) or taken
    failure = _publish(home, wait, found) if taken else ""
    now = snapshots.current(home)
    told_now = now is not None and (since is None or now.name != since.name)
    if now is not None and told_now:
        found.items.append(Item(PUBLISHED, now.name, 1, f"{now.name} is published"))
        found.items += _news(home, since, now, cases)
        found.failed = found.failed or any(item.kind == NOT_TOLD for item in found.items)
    elif failure and not offers and failure == inbox.failure:
        found.items.clear()  # told before; with no news nothing is written
    with telling_of_the_disk(home.root):
        if found.items:
            found.digest = _write(home, found)
        if found.items or failure != inbox.failure:
            inbox.remember(offers, now.name if now else "", failure)
    return found


def _offer(home: Home, offer: Offer, found: Look) -> bool:
    """Offer one file to the door; whether it brought anything new."""
    try:
        receipt = ingest_file(home, offer.path)
    except (OutcomesError, OSError) as error:
        found.failed = True
        said = f"{offer.path.name}: {error}."
        if isinstance(error, OutcomesError):
            hint = f" {error.hint}" if error.hint else ""
            said = f"{error.where or offer.path.name}: {error.what}.{hint}"
        found.items.append(Item(REFUSED, offer.path.name, 1, said))
        return False
    records = receipt.records
    told = "unchanged" if receipt.unchanged else f"{records.accepted:,} rows"
    aside = f", {records.quarantined:,} set aside" if records.quarantined else ""
    found.items.append(Item(FILE, receipt.name, records.accepted, f"{receipt.name}: {told}{aside}"))
    return not receipt.unchanged


def _told_last(home: Home, told: str | None) -> snapshots.SnapshotInfo | None:
    """The data that the last digest told of, None for none; those before where they are pruned."""
    if told is None:
        return snapshots.current(home)
    if not told:
        return None
    oldest_last = snapshots.listed(home)
    earlier = (info for info in oldest_last if info.name <= told)
    return next(earlier, oldest_last[-1] if oldest_last else None)


def _behind(home: Home) -> bool:
    """Whether something was taken in, or left out, since the published data were made."""
    if is_pending(home):
        return True
    published = snapshots.current(home)
    newest = max((receipt.ingested_at for receipt in list_receipts(home)), default="")
    return bool(newest) and (published is None or published.meta()["created_at"] < newest)


def _publish(home: Home, wait: float, found: Look) -> str:
    """Publish, or say why not and which data stay; the reason, empty where it was done."""
    try:
        build(home, wait=wait)
    except (OutcomesError, OSError, duckdb.Error) as error:
        found.failed = True
        before = snapshots.current(home)
        kept = f"{before.name} stays published" if before else "nothing is published yet"
        what = error.what if isinstance(error, OutcomesError) else str(error).splitlines()[0]
        said = f"Not published: {what}. {kept}."
        found.items.append(Item(PUBLISHED, "", 0, said))
        return said
    return ""


def _news(
    home: Home,
    since: snapshots.SnapshotInfo | None,
    now: snapshots.SnapshotInfo,
    cases: str | None,
) -> list[Item]:
    """What is new in the published data; that it could not be told, where it could not."""
    with _opened(since) as old, _opened(now) as new:
        try:
            if new is None:
                raise OutcomesError("the published data cannot be read")
            return _marked(home, now, cases, list(news(home, old, new, cases is not None)))
        except (OutcomesError, MeasureError, duckdb.Error) as error:
            said = f"What is new could not be worked out: {' '.join(str(error).split())}"
            return [Item(NOT_TOLD, now.name, 0, said)]


def _marked(
    home: Home, now: snapshots.SnapshotInfo, cases: str | None, found: list[Item]
) -> list[Item]:
    """The items, after the mark of whoever takes the single cases that they name."""
    named = sum(bool(item.case) for item in found)
    if not named:
        return found
    who = access.local_reader(home)
    mark = rows.take(home, who, "auditor", "outcomes watch", cases, now.name, named)
    return [Item(TAKEN, who, named, ". ".join(mark.words())), *found]


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
        lines += ["**Something was refused, not published or not told; see below.**", ""]
    kinds = sorted({item.kind for item in found.items}, key=_order)
    for kind in kinds:
        lines += [f"## {kind.capitalize()}", ""]
        lines += [f"- {_plain(item.said)}" for item in found.items if item.kind == kind]
        lines.append("")
    return "\n".join(lines)


def _order(kind: str) -> tuple[bool, bool, str]:
    """What failed first, then who took the cases that are named."""
    return kind not in (REFUSED, NOT_TOLD), kind != TAKEN, kind


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
