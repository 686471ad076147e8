"""Releases of shared figures: an append-only record in the data home, and its verification.

`releases/0001.json`, … each hold what one release added: months with their counts (which contain
small numbers: the folder is as private as the rest of the home, and holds no case), and which lines
are shown. Each names the digest of the one before; `.releases.json` names the home, how many there
are and the digest of the last. Whatever does not fit is refused: shared figures are shown from a
whole record or not at all.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

import duckdb

from pipelines import journal
from pipelines.errors import OutcomesError
from pipelines.home import Home, fsync_file, fsync_folder, replace, telling_of_the_disk
from pipelines.measures.disclosure.families import FAMILIES, group_of
from pipelines.measures.disclosure.release import TIME_ALONE, Frozen
from pipelines.measures.disclosure.rules import Rules
from pipelines.measures.release_counts import CUTS, Key, extended
from pipelines.snapshot import SnapshotInfo

Progress = Callable[[str, int, int], None]
FOLDER: Final = "releases"
ANCHOR: Final = ".releases.json"
VERB: Final = "release"
RESTORE: Final = (
    "Put the folder `releases` and the file `.releases.json` back from one backup of this data "
    "home. Until then no figure is shared: without the record of what was shared before, small "
    "numbers could be worked out from two publications."
)
PEOPLE: Final = "people: "
"""Marks the account of how many people a group of families is of."""


class NotReleased(OutcomesError):
    """Nothing has been released from this data home yet."""


class ReleasesDamaged(OutcomesError):
    """The record of releases is missing in part, changed, unreadable or of another home."""


@dataclass(frozen=True, slots=True)
class Release:
    """What one release was: its number, moment, snapshot and rules, and how many months it added.

    `added` by the family's first measure; a family without new months is not in it.
    """

    number: int
    at: str
    snapshot: str
    rules: str
    data_to: str
    added: dict[str, tuple[str, ...]]

    @property
    def day(self) -> dt.date:
        """The day on which it was made, in the reader's own time zone."""
        return dt.datetime.fromisoformat(self.at).astimezone().date()


@dataclass(frozen=True, slots=True)
class Released:
    """All that has been released from a home, and the digest of the last record."""

    home: str
    releases: tuple[Release, ...]
    families: dict[Key, Frozen]
    digest: str

    @property
    def last(self) -> Release:
        """The latest release."""
        return self.releases[-1]


def stamp(home: Home) -> str:
    """Changes with every release: what a cache of shared figures has for its key."""
    try:
        return hashlib.sha256((home.root / ANCHOR).read_bytes()).hexdigest()
    except OSError:
        return ""


def released(home: Home) -> Released:
    """All releases of this home. NotReleased where there is none, ReleasesDamaged in any doubt."""
    found = _read(home)
    if found is None:
        raise NotReleased(
            "nothing has been released yet, so there is no shared figure",
            where=str(home.root),
            hint="Make a release of the published data: outcomes release",
        )
    return found


@dataclass(frozen=True, slots=True)
class Plan:
    """What a release is of: families, cuts, the last day of the months that may be in it.

    `rules` None: counts are small below the service's `suppress_below`, as in the snapshot.
    """

    families: tuple[Key, ...] = FAMILIES
    cuts: tuple[str, ...] = CUTS
    until: dt.date | None = None
    rules: Rules | None = None


def make(
    home: Home,
    info: SnapshotInfo,
    con: duckdb.DuckDBPyConnection,
    plan: Plan | None = None,
    wait: float = 0.0,
    progress: Progress | None = None,
) -> Released | None:
    """Release every settled month of a snapshot that has not been released; None for none.

    `con` is a connection on the snapshot. The home is locked while it is decided. `progress` is
    told what is being decided, how many families were and how many there are.
    """
    plan = plan or Plan()
    begun = 0

    def begin(family: Key) -> None:
        nonlocal begun
        if progress:
            progress(f"deciding {family[0].replace('_', ' ')}", begun, len(plan.families))
        begun += 1

    with home.lock(VERB, wait), telling_of_the_disk(home.root):
        before = _read(home)
        known = {} if before is None else before.families
        meta = dict(con.execute("select key, value from meta").fetchall())
        data_to = dt.date.fromisoformat(meta.get("data_to_earliest") or meta["data_to"])
        last = min(data_to, plan.until or data_to)
        rules = plan.rules or _rules(con)
        after = dict(known)
        for group, families in _groups(plan.families, known).items():
            whole = (f"{PEOPLE}{group}",)
            people = known.get(whole, Frozen())
            cuts = [cut for cut in people.counts if cut != TIME_ALONE] or plan.cuts
            was = {family: known.get(family, Frozen()) for family in families}
            grown, people = extended(con, was, people, last, rules, cuts, begin)
            if people.months:
                after |= {whole: people, **grown}
        record = _record(before, after, info, meta)
        if not record["families"]:
            return None
        with journal.logged(home, VERB) as event:
            event["number"] = record["number"]
            _write(home, record)
        return _read(home)


def _rules(con: duckdb.DuckDBPyConnection) -> Rules:
    (below,) = con.execute("select suppress_below from param_set").fetchall()[0]
    return Rules(threshold=below)


def _groups(families: tuple[Key, ...], known: dict[Key, Frozen]) -> dict[str, list[Key]]:
    """Families by the people that they count, without those whose measures were released
    otherwise: their people were counted with others, and to begin anew would give both."""
    found: dict[str, list[Key]] = {}
    for family in families:
        if family in known or not any(set(family) & set(other) for other in known):
            found.setdefault(group_of(family), []).append(family)
    return found


def _record(
    before: Released | None, after: dict[Key, Frozen], info: SnapshotInfo, meta: dict[str, str]
) -> dict[str, Any]:
    known = {} if before is None else before.families
    return {
        "number": 1 if before is None else before.last.number + 1,
        "home": secrets.token_hex(16) if before is None else before.home,
        "before": "" if before is None else before.digest,
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "snapshot": info.name,
        "rules": meta.get("ruleset_version", ""),
        "data_to": meta["data_to"],
        "families": [
            _added(family, known.get(family, Frozen()), now)
            for family, now in after.items()
            if now.months != known.get(family, Frozen()).months
        ],
    }


def _added(family: Key, before: Frozen, now: Frozen) -> dict[str, Any]:
    return {
        "measures": list(family),
        "months": list(now.months[len(before.months) :]),
        "counts": {
            cut: [
                [*at, kinds] for at, kinds in counts.items() if at not in before.counts.get(cut, ())
            ]
            for cut, counts in now.counts.items()
        },
        "lines": {
            cut: [
                [*node, hidden]
                for node, hidden in lines.items()
                if node not in before.hidden.get(cut, ())
            ]
            for cut, lines in now.hidden.items()
        },
    }


def _write(home: Home, record: dict[str, Any]) -> None:
    """The record first, the anchor last: a release that was cut off has never been."""
    folder = home.root / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    content = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
    _put(_path(home, record["number"]), content)
    anchor = {
        "home": record["home"],
        "count": record["number"],
        "last": hashlib.sha256(content).hexdigest(),
    }
    _put(home.root / ANCHOR, json.dumps(anchor).encode())


def _put(path: Path, content: bytes) -> None:
    new = path.with_name(f".new-{path.name.lstrip('.')}")
    with contextlib.suppress(FileNotFoundError):
        new.unlink()
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
        handle.write(content)
    fsync_file(new)
    replace(new, path)
    fsync_folder(path.parent)


def _path(home: Home, number: int) -> Path:
    return home.root / FOLDER / f"{number:04d}.json"


def _read(home: Home) -> Released | None:
    """Everything, checked link by link; None where nothing says that there ever was a release."""
    anchor = _anchor(home)
    if anchor is None:
        if any((home.root / FOLDER).glob("*.json")) or _logged(home):
            _damaged(home.root / ANCHOR, "releases were made, but the file that names them is gone")
        return None
    try:
        whose, count, last = str(anchor["home"]), int(anchor["count"]), str(anchor["last"])
    except (KeyError, TypeError, ValueError):
        _damaged(home.root / ANCHOR, "the file that names the releases cannot be read")
    if count < _logged(home):
        _damaged(home.root / ANCHOR, "later releases were made than the record tells of")
    digest, releases = "", []
    families: dict[Key, Frozen] = {}
    for number in range(1, count + 1):
        path = _path(home, number)
        record, own = _load(path)
        if record.get("home") != whose:
            _damaged(path, "this release was made in another data home")
        if record.get("number") != number or record.get("before") != digest:
            _damaged(path, "this release does not follow upon the one before it")
        digest = own
        try:
            for added in record["families"]:
                key = tuple(added["measures"])
                families[key] = _joined(families.get(key, Frozen()), added)
            releases.append(_told(record))
        except (AttributeError, KeyError, TypeError, ValueError):
            _damaged(path, "this release cannot be read")
    if digest != last:
        _damaged(_path(home, count), "this release is not as it was written")
    return Released(whose, tuple(releases), families, digest)


def _anchor(home: Home) -> dict[str, Any] | None:
    try:
        found = json.loads((home.root / ANCHOR).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        _damaged(home.root / ANCHOR, "the file that names the releases cannot be read")
    if not isinstance(found, dict):
        _damaged(home.root / ANCHOR, "the file that names the releases cannot be read")
    return found


def _load(path: Path) -> tuple[dict[str, Any], str]:
    try:
        content = path.read_bytes()
        found = json.loads(content)
    except FileNotFoundError:
        _damaged(path, "this release is missing")
    except (OSError, ValueError):
        _damaged(path, "this release cannot be read")
    if not isinstance(found, dict):
        _damaged(path, "this release cannot be read")
    return found, hashlib.sha256(content).hexdigest()


def _joined(before: Frozen, added: dict[str, Any]) -> Frozen:
    counts = {
        cut: {
            **before.counts.get(cut, {}),
            **{(str(m), v): {str(k): int(n) for k, n in kinds.items()} for m, v, kinds in rows},
        }
        for cut, rows in added["counts"].items()
    }
    hidden = {
        cut: {**before.hidden.get(cut, {}), **{(str(s), v): bool(h) for s, v, h in rows}}
        for cut, rows in added["lines"].items()
    }
    return Frozen((*before.months, *map(str, added["months"])), counts, hidden)


def _told(record: dict[str, Any]) -> Release:
    added = {each["measures"][0]: tuple(each["months"]) for each in record["families"]}
    return Release(
        int(record["number"]), str(record["at"]), str(record["snapshot"]),
        str(record["rules"]), str(record["data_to"]), added,
    )  # fmt: skip


def _logged(home: Home) -> int:
    """The highest number of a release that the log of this home tells of; 0 without a log."""
    highest = 0
    with contextlib.suppress(OSError, UnicodeDecodeError):
        for line in (home.log / journal.NAME).read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(ValueError, TypeError, AttributeError):
                event = json.loads(line)
                if event.get("verb") == VERB and event.get("outcome") == "done":
                    highest = max(highest, int(event["number"]))
    return highest


def _damaged(path: Path, what: str) -> NoReturn:
    raise ReleasesDamaged(what, where=str(path), hint=RESTORE)
