"""CPU of a day's new files to a published snapshot, beside that of a full build.

    python -m benchmarks.one_day FOLDER [--episodes 100000] [--again]

Exports of `--episodes` episodes are written into FOLDER (`benchmarks.multiplied`), taken in and
published. Then the files of a next day come from both services: as many contacts, diary entries
and referrals as an average day of the exports has, half of the contacts of people who are new. They
are published by a build that works out what they touch, and by a full build in a copy of the home;
both snapshots are compared, table by table. `--again` uses the home that is in FOLDER.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import gzip
import io
import resource
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from benchmarks.multiplied import multiplied
from pipelines.build import build
from pipelines.home import Home
from pipelines.ingest.door import ingest_file

DAY: Final = dt.date(2026, 7, 1)
SPAN: Final = 912
"""Days that the exports are of."""
BUDGET: Final = 0.05
RIVERSIDE, MOORLAND = "%d/%m/%Y", "%Y-%m-%d"


def cpu() -> float:
    """Seconds of processor time of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def next_day(exports: Path, folder: Path) -> list[Path]:
    """The files of the day after the exports of `exports`, written into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        _triage(exports / "Riverside_LegPain_Triage_2026H1.csv.gz", folder, RIVERSIDE, 5),
        _triage(exports / "moorland_triage_2026.csv.gz", folder, MOORLAND, 2.5),
        _diary(exports / "riverside_app_adherence.csv.gz", folder),
        _diary(exports / "moorland_app_adherence.csv.gz", folder),
        _referrals(exports / "moorland_referrals.csv.gz", folder),
    ]


def _read(path: Path) -> tuple[list[str], list[list[str]]]:
    """What stands above the header with it, and the records; a footer is left out."""
    text = gzip.decompress(path.read_bytes()).decode("cp1252")
    top = text.split("\r\n\r\n")[0] + "\r\n\r\n" if text.startswith("Riverside") else ""
    header, *rows = csv.reader(io.StringIO(text.removeprefix(top), newline=""))
    return [top, *header], [row for row in rows if len(row) == len(header)]


def _write(path: Path, top: str, header: list[str], rows: list[list[str]], footer: str) -> Path:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([header, *rows])
    path.write_bytes(gzip.compress((top + out.getvalue() + footer).encode("cp1252"), 1))
    return path


def _triage(path: Path, folder: Path, form: str, times: float) -> Path:
    (top, *header), rows = _read(path)
    n = max(2, round(len(rows) * times / SPAN))
    step = max(1, len(rows) // n)
    found = []
    for place, row in enumerate(rows[::step][:n]):
        contact, episode, person = (f"{each}-D" for each in row[:3])
        if place % 2:  # somebody who is known comes again
            episode, person = row[1:3]
        found.append([contact, episode, person, *row[3:8], DAY.strftime(form), *row[9:]])
    if form == MOORLAND:
        return _write(folder / "moorland_triage_2026-07.csv.gz", "", header, found, "")
    top = f"{top.splitlines()[0]}\r\nData to: {DAY:%d/%m/%Y}\r\n\r\n"
    footer = f"*** End of report, {len(found)} rows\r\n"
    return _write(folder / "Riverside_LegPain_Triage_2026H2.csv.gz", top, header, found, footer)


def _diary(path: Path, folder: Path) -> Path:
    (_, *header), rows = _read(path)
    late = [row for row in rows if row[1] >= "2026-06-01"]
    chosen = late[:: max(1, len(late) * SPAN // max(1, len(rows)))]
    day = DAY.isoformat()
    found = [[row[0], day, day, *row[3:]] for row in chosen]
    return _write(folder / path.name.replace("_app", "_2026-07_app"), "", header, found, "")


def _referrals(path: Path, folder: Path) -> Path:
    (_, *header), rows = _read(path)
    chosen = rows[:: max(1, SPAN)]
    found = [[f"{row[0]}-D", row[1], DAY.isoformat(), *row[3:]] for row in chosen]
    return _write(folder / "moorland_referrals_2026-07.csv.gz", "", header, found, "")


def _timed(what: Callable[[], Any]) -> tuple[float, Any]:
    begun = cpu()
    found = what()
    return cpu() - begun, found


def prepared(folder: Path, episodes: int) -> Home:
    """A home with the exports published."""
    exports = folder / "exports"
    multiplied(exports, episodes)
    home = Home.open(folder / "home")
    taken, _ = _timed(lambda: [_door(home, path, None) for path in _base(exports)])
    spent, _ = _timed(lambda: build(home, full=True))
    print(f"exports taken in: {taken:.1f} s of CPU; first full build: {spent:.1f} s", flush=True)
    return home


def _base(exports: Path) -> list[Path]:
    return [path for path in sorted(exports.glob("*.csv.gz")) if "correction" not in path.name]


def measure(folder: Path, home: Home) -> bool:
    """Publish the next day in both ways and print what each cost; whether the budget is kept."""
    copy = Home.open(folder / "copy")
    shutil.rmtree(copy.root)
    shutil.copytree(home.root, copy.root)
    days = next_day(folder / "exports", folder / "day")
    told: list[str] = []
    for each in (home, copy):
        spent, _ = _timed(lambda each=each: [_door(each, path, DAY) for path in days])
        print(f"the day's {len(days)} files taken in: {spent:.1f} s of CPU", flush=True)
    wall = time.perf_counter()
    short, carried = _timed(lambda: build(home, tell=told.append))
    wall = time.perf_counter() - wall
    print(
        f"{' '.join(told)} {short:.1f} s of CPU, {wall:.1f} s by the clock, "
        f"{carried.size / 1e6:.0f} MB",
        flush=True,
    )
    full, whole = _timed(lambda: build(copy, full=True))
    print(
        f"a full build: {full:.1f} s of CPU, {whole.size / 1e6:.0f} MB; the day costs "
        f"{short / full:.1%} of it (budget {BUDGET:.0%})",
        flush=True,
    )
    return short <= BUDGET * full


def _door(home: Home, path: Path, day: dt.date | None) -> None:
    with home.lock("benchmark"):
        ingest_file(home, path, extract_date=day, source=path.name.split("_")[0].lower())


def main() -> None:
    """The command."""
    words = argparse.ArgumentParser(description="A day's new files beside a full build.")
    words.add_argument("folder", type=Path)
    words.add_argument("--episodes", type=int, default=100_000)
    words.add_argument("--again", action="store_true")
    asked = words.parse_args()
    home = (
        Home.open(asked.folder / "home") if asked.again else prepared(asked.folder, asked.episodes)
    )
    raise SystemExit(0 if measure(asked.folder, home) else 1)


if __name__ == "__main__":
    main()
