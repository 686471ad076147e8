"""Whether an access log is whole: every line follows upon the one before, none is missing."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines import keys
from pipelines.access.line import Head, digest, parsed
from pipelines.access.log import FOLDER, HEAD, begun_before, lines
from pipelines.home import Home


@dataclass(frozen=True, slots=True)
class Checked:
    """How many lines there are, the digest of the last, and the first thing that is wrong.

    `wrong` is empty for a whole log; `where` names the file and line.
    """

    count: int
    last: str
    wrong: str = ""
    where: str = ""


def check(home: Home, expected: tuple[int, str] | None = None) -> Checked:
    """Read every line. `expected` is a count and a digest that were noted elsewhere before.

    Whoever has the home, its key included, could write a whole new log: only a head that was
    noted outside tells that.
    """
    count, last, noted = 0, "", None if expected is None or expected[0] else ""
    at_head = ""
    head, wrong = _head(home)
    for path, number, line in lines(home):
        where = f"{path.name}, line {number}"
        try:
            entry, before = parsed(line)
        except ValueError:
            return Checked(count, last, "this is no line of an access log", where)
        if entry.n != count + 1:
            return Checked(count, last, f"line {count + 1} is missing before this one", where)
        if before != last:
            return Checked(count, last, "the line before this one is not as it was written", where)
        count, last = entry.n, digest(line)
        if expected is not None and count == expected[0]:
            noted = last
        if head is not None and count == head.count:
            at_head = last
    if wrong:
        return Checked(count, last, wrong, f"{FOLDER}/{HEAD}")
    if head is not None and count < head.count:
        return Checked(
            count, last, f"lines {count + 1} to {head.count} are missing at the end", head.file
        )
    if head is not None and head.count and at_head != head.last:
        return Checked(count, last, "this line is not as it was written", f"line {head.count}")
    if expected is not None and noted != expected[1]:
        return Checked(
            count, last, "the log is not the one whose head was noted", f"line {expected[0]}"
        )
    return Checked(count, last)


def _head(home: Home) -> tuple[Head | None, str]:
    path = home.root / FOLDER / HEAD
    try:
        return Head.opened(path.read_bytes(), keys.key(home, keys.ACCESS)), ""
    except FileNotFoundError:
        gone = begun_before(home) or any(True for _ in lines(home))
        return None, "the head of the log is gone" if gone else ""
    except (OSError, ValueError):
        return None, "the head of the log was changed or cannot be read"
