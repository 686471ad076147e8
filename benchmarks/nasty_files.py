"""Offer every nasty file to the door and see what became of it.

    python -m benchmarks.nasty_files [FOLDER...] [--table FILE.md]

Every file goes through the raw profile: every record as text, in one dialect that is fixed
before it is read. It ends in exactly one of three ways: loaded with the right cells (equal to the
expectation stored beside it, else to a second reader that shares nothing with the door's),
loaded in part with the rest set aside by line and reason, or refused with a reason. A record that
is in none of these is silent loss, and there must be none. Exit code 1 when there is any.
"""

from __future__ import annotations

import argparse
import collections
import datetime as dt
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.nasty_own import write_all
from benchmarks.plain_csv import parse
from pipelines.errors import Refusal
from pipelines.home import Home
from pipelines.ingest import formats
from pipelines.ingest.door import ingest_file
from pipelines.ingest.profile import Profile, read_profile
from pipelines.ingest.source import examine, opened

PROFILE = """
[profile]
id = "raw-{number}"
version = "1"
stream = "raw"
schema = "raw"
source = "nasty"
[file]
encodings = [{encodings}]
delimiter = {delimiter}
multiline = true
"""
SUFFIXES = (".csv", ".tsv", ".gz", ".zip", ".txt")


@dataclass(frozen=True)
class Outcome:
    """What became of one file: `how` is right, part, refused, wrong or lost."""

    path: Path
    how: str
    detail: str
    records: int = 0
    seconds: float = 0.0


def dialect(path: Path) -> tuple[str, str]:
    """Encodings and delimiter as a person who looks at the file would write them."""
    head = path.open("rb").read(4096)
    encodings = '"utf-16"' if head[:2] in (b"\xff\xfe", b"\xfe\xff") else '"utf-8-sig", "cp1252"'
    text = head.decode("utf-16" if "16" in encodings else "latin-1", errors="replace")
    counts = {mark: text.count(mark) for mark in ",;\t|"}
    return encodings, max(counts, key=lambda mark: counts[mark]) if any(counts.values()) else ","


def offer(home: Home, path: Path, number: int) -> Outcome:
    """Put one file through the door and judge what came of it."""
    encodings, mark = dialect(path)
    text = PROFILE.format(number=number, encodings=encodings, delimiter=json.dumps(mark))
    own = home.root / f"raw-{number}.toml"
    own.write_text(text, encoding="utf-8")
    started = time.perf_counter()
    try:
        with home.lock("nasty"):
            receipt = ingest_file(home, path, profile=own, extract_date=dt.date(2026, 1, 1))
    except Refusal as refusal:
        how = "lost" if not refusal.reason else "refused"
        if refusal.reason and ("announces" in refusal.reason or "look like" in refusal.reason):
            # Refused for what it holds, not for how it is written: judge the reader all the same.
            try:
                rows, aside = in_memory(path, read_profile(text, "raw"))
            except Refusal as other:
                return Outcome(path, how, other.reason)
            judged, detail = judge(path, rows, aside, encodings, mark)
            how = "guarded" if judged in ("right", "part") else judged
            return Outcome(path, how, detail or refusal.reason)
        return Outcome(path, how, refusal.reason, seconds=time.perf_counter() - started)
    folder = home.landing / "raw" / receipt.file_id
    rows = [each["cells"] for each in pq.read_table(folder / "rows.parquet").to_pylist()]
    how, detail = judge(path, rows, receipt.records.quarantined, encodings, mark)
    seconds = time.perf_counter() - started
    return Outcome(path, how, detail, receipt.records.physical, seconds)


def in_memory(path: Path, profile: Profile) -> tuple[list[list[str]], int]:
    """What the door's reader makes of a file of which nothing may be kept."""
    found = list(formats.records(examine(path, profile.encodings), profile))
    return [r.cells for r in found if r.cells and not r.problem], sum(
        bool(r.problem) for r in found
    )


def judge(
    path: Path, rows: list[list[str]], aside: int, encodings: str, mark: str
) -> tuple[str, str]:
    """Compare the rows that were read with what the second reader makes of the file."""
    names = tuple(name.strip(' "') for name in encodings.split(","))
    with opened(examine(path, names)) as text:
        expected = parse(text.read(), mark)
    if expected is None:
        return "lost", "a quote stays open to the end of the file, and the door did not say so"
    cells = [each for each in expected if each]
    malformed = sum(each is None for each in expected)
    if len(rows) + aside < len(cells) + malformed:
        return "lost", f"{len(cells) + malformed} records, {len(rows)} loaded"
    if rows != cells or aside != malformed:
        return "wrong", "the cells are not those that the second reader sees"
    stored = path.with_suffix(".json")
    if stored.exists():
        wanted = [list(each.values()) for each in json.loads(stored.read_text(encoding="utf-8"))]
        # The stored expectations have no header row, and write every line end inside a cell as LF.
        if lf_only(wanted) != lf_only(rows[1:]):
            return "wrong", "the cells are not those of the stored expectation"
    return ("part" if malformed else "right"), f"{malformed} malformed" if malformed else ""


def lf_only(rows: list[list[str]]) -> list[list[str]]:
    """The cells with each line end inside them written as LF."""
    return [[str(cell).replace("\r\n", "\n") for cell in each] for each in rows]


def run(folders: list[Path]) -> list[Outcome]:
    """Every file of the folders through a home of its own."""
    files = sorted(
        path
        for folder in folders
        for path in ([folder] if folder.is_file() else folder.rglob("*"))
        if path.is_file() and path.suffix.casefold() in SUFFIXES
    )
    found = []
    for number, path in enumerate(files):
        with tempfile.TemporaryDirectory() as scratch:
            found.append(offer(Home.open(Path(scratch) / "home"), path, number))
    return found


def table(found: list[Outcome], folders: list[Path]) -> str:
    """The figures per collection, as Markdown."""
    lines = [
        "| collection | files | loaded, right cells | loaded, rest set aside "
        "| refused, with reason "
        "| refused for identifiers, read right | wrong cells | silent loss |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for folder in folders:
        mine = [each for each in found if each.path.is_relative_to(folder)]
        counts = collections.Counter(each.how for each in mine)
        row = [counts[how] for how in ("right", "part", "refused", "guarded", "wrong", "lost")]
        lines.append(f"| {folder.name} | {len(mine)} | {' | '.join(map(str, row))} |")
    return "\n".join(lines)


def main() -> int:
    """Print the table and every file that was not simply loaded."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--table", type=Path, help="write the table to this file too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        own = Path(scratch) / "our own"
        own.mkdir()
        write_all(own)
        folders = [*options.folders, own]
        found = run(folders)
        figures = table(found, folders)
    print(figures)
    reasons = collections.Counter(
        "".join("#" if c.isdigit() else c for c in each.detail)[:70]
        for each in found
        if each.how in ("refused", "part", "guarded")
    )
    for reason, n in reasons.most_common():
        print(f"{n:5}  {reason}")
    bad = [each for each in found if each.how in ("wrong", "lost")]
    for each in bad:
        print(f"{each.how.upper()}  {each.path.name}: {each.detail}")
    slow = max(found, key=lambda each: each.seconds, default=None)
    if slow:
        print(f"slowest: {slow.path.name}, {slow.seconds:.1f} s")
    if options.table:
        options.table.write_text(figures + "\n", encoding="utf-8")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
