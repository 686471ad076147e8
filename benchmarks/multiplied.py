"""Exports of any size in minutes: those of a smaller service, many times, each with its own people.

    python -m benchmarks.multiplied FOLDER EPISODES [--of 20000]

The generator draws each person singly: 25 minutes of CPU for a million episodes. A benchmark needs
as many rows, people and groups, but not as many different ones. So a service of `--of` episodes is
generated, and its files are written over and over under other pseudonyms (`RE-001eef` becomes
`RE07-001eef` in the seventh copy). Dates, sites and answers repeat: figures of such exports are
those of the smaller service, only surer. Speed that depends on how often a value repeats (the size
of compressed files, the number of groups) is therefore a little too good; say so beside it.
"""

from __future__ import annotations

import argparse
import gzip
import re
import shutil
import tempfile
from pathlib import Path

from sample_data import generate

BASE = 20_000
PSEUDONYM = re.compile(rb"\b(RE|ME|P|STORY)-")
FOOTER = re.compile(rb"\*\*\* End of report, (\d+) rows\r\n\Z")


def multiplied(folder: Path, episodes: int, of: int = BASE) -> list[Path]:
    """Write exports of at least `episodes` episodes into `folder`; the files, by name.

    Raises ValueError when either is less than 1.
    """
    if of < 1 or episodes < 1:
        raise ValueError("at least one episode, made of at least one")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        small = Path(scratch) / "small"
        generate(small, min(of, episodes))
        copies = -(-episodes // of)
        files = sorted(small.glob("*.csv.gz"))
        for path in files:
            _copied(path, folder / path.name, copies)
        shutil.copyfile(small / "truth.json", folder / "truth_of_one_copy.json")
    return [folder / path.name for path in files]


def _copied(path: Path, target: Path, copies: int) -> None:
    top, body, footer = parts(gzip.decompress(path.read_bytes()))
    with gzip.open(target, "wb", compresslevel=1) as out:
        out.write(top + body)
        for number in range(1, copies):
            out.write(PSEUDONYM.sub(rb"\g<1>%02d-" % number, body))
        if footer:
            rows = int(footer) * copies
            out.write(b"*** End of report, %d rows\r\n" % rows)


def parts(text: bytes) -> tuple[bytes, bytes, bytes]:
    """What stands above the records and their header, the records, the rows that a footer names."""
    start = text.index(b"\r\n\r\n") + 4 if text.startswith(b"Riverside") else 0
    end = b"\r\n" if b"\r\n" in text[start : start + 65_536] else b"\n"
    start = text.index(end, start) + len(end)
    found = FOOTER.search(text)
    return text[:start], text[start : found.start() if found else len(text)], (
        found[1] if found else b""
    )  # fmt: skip


def main() -> None:
    """The command."""
    words = argparse.ArgumentParser(description="Exports of a small service, many times.")
    words.add_argument("folder", type=Path)
    words.add_argument("episodes", type=int)
    words.add_argument("--of", type=int, default=BASE)
    asked = words.parse_args()
    for path in multiplied(asked.folder, asked.episodes, asked.of):
        print(f"{path.stat().st_size:>12,} {path.name}")


if __name__ == "__main__":
    main()
