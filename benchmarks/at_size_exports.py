"""Exports in the shape of the size budgets: 1.2 contacts and 20 diary rows an episode.

    python -m benchmarks.at_size_exports FOLDER EPISODES

The sample service has 1.85 contacts and 2.6 diary rows an episode. Here later contacts are thinned
to 1.2 an episode, and half of the episodes keep a diary of some forty rows: two to four exercises a
day, with the day's pain, which falls in most. The diary comes as one file per service and half
year, in the order in which an app's database writes it: by day, episodes mixed. As in `multiplied`,
a service of `--of` episodes is written over and over under other pseudonyms.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv
from pyarrow import compute

from benchmarks.diary import EXERCISES, IMPOSSIBLE_DATE, NO_EPISODE, REPEATED
from benchmarks.multiplied import BASE, PSEUDONYM, parts
from sample_data import generate

LATER_CONTACTS = 24
"""Of a hundred contacts that are not their episode's first, so many stay."""
KEEPERS, DAYS, MOST_DAYS = 0.5, 13.7, 70
SERVICES = {"RE": "riverside", "ME": "moorland"}
LAST = np.datetime64("2026-06-30")
Mask = npt.NDArray[np.bool_]


def write(folder: Path, episodes: int, of: int = BASE) -> list[Path]:
    """Write exports of at least `episodes` episodes into `folder`; the files, by name.

    Raises ValueError when either is less than 1.
    """
    if of < 1 or episodes < 1:
        raise ValueError("at least one episode, made of at least one")
    folder.mkdir(parents=True, exist_ok=True)
    of = min(of, episodes)
    copies = -(-episodes // of)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        generate(Path(scratch), of)
        small = {
            path.name.removesuffix(".gz"): gzip.decompress(path.read_bytes())
            for path in sorted(Path(scratch).glob("*.csv.gz"))
            if "_app_" not in path.name
        }
    first = {}
    for name, text in small.items():
        if "riage" in name:
            small[name] = text = _thinned(text)
            first |= _first_days(text)
        _copied(folder / name, text, copies)
    for name, text in _diaries(first):
        _copied(folder / name, text, copies)
    return sorted(folder.glob("*.csv"))


def _thinned(text: bytes) -> bytes:
    """The records without most of the contacts that are not their episode's first."""
    top, body, footer = parts(text)
    kept = [
        line
        for line in body.splitlines(keepends=True)
        if line.split(b",", 1)[0].endswith(b"-1") or zlib.crc32(line) % 100 < LATER_CONTACTS
    ]
    end = b"*** End of report, %d rows\r\n" % len(kept) if footer else b""
    return top + b"".join(kept) + end


def _first_days(text: bytes) -> dict[str, np.datetime64]:
    """Episode -> the day of its first contact, where that is a day."""
    top, body, _ = parts(text)
    header = top.decode("cp1252").splitlines()[-1] + "\r\n"
    found = {}
    for row in csv.DictReader(io.StringIO(header + body.decode("cp1252"))):
        ref = row.get("Contact ref") or row.get("contact_id") or ""
        episode = row.get("Pathway ref") or row.get("episode_id") or ""
        day = row.get("contact_date") or "-".join(
            reversed((row.get("Date of contact") or "").split("/"))
        )
        if ref.endswith("-1") and episode[:2] in SERVICES:
            try:
                found[episode] = np.datetime64(day, "D")
            except ValueError:
                continue
    return found


def _diaries(first: dict[str, np.datetime64]) -> Iterator[tuple[str, bytes]]:
    """File name and text of one copy's diary, for each service and half year."""
    dice = np.random.default_rng(1)
    rows = _rows(dice, first)
    half = rows["day"].astype("datetime64[M]").astype(int) // 6
    for prefix, service in SERVICES.items():
        own = np.char.startswith(rows["episode"], prefix)
        for number in np.unique(half[own]):
            at = np.nonzero(own & (half == number))[0]
            name = f"{service}_app_adherence_{1970 + number // 2}H{1 + number % 2}.csv"
            yield name, _text({key: each[at] for key, each in rows.items()}, dice)


def _rows(
    dice: np.random.Generator, first: dict[str, np.datetime64]
) -> dict[str, npt.NDArray[np.generic]]:
    """One entry per diary row, by day: episode, day, exercise and the day's pain."""
    keepers = np.array(sorted(first))[dice.random(len(first)) < KEEPERS]
    began = np.array([first[each] for each in keepers])
    days = np.minimum(dice.geometric(1 / DAYS, len(keepers)), MOST_DAYS)
    who = np.repeat(np.arange(len(keepers)), days)
    gaps = dice.integers(1, 4, len(who))
    upto = np.cumsum(gaps)
    starts = np.cumsum(days) - days
    offset = upto - np.repeat(upto[starts] - gaps[starts], days)
    slope = np.repeat(dice.uniform(-0.01, 0.12, len(keepers)), days)
    level = np.repeat(dice.integers(3, 10, len(keepers)), days)
    pain = np.clip(np.rint(level - slope * offset + dice.normal(0, 0.8, len(who))), 0, 10)
    each_day = dice.integers(2, 5, len(who))
    at = np.repeat(np.arange(len(who)), each_day)
    day = (np.repeat(began, days) + offset)[at]
    order = np.lexsort((dice.random(len(at)), day))
    order = order[day[order] <= LAST]
    at = at[order]
    return {"episode": keepers[who[at]], "day": day[order], "pain": pain[at].astype(np.int64)}


def _text(rows: dict[str, npt.NDArray[np.generic]], dice: np.random.Generator) -> bytes:
    """The rows as the app exports them, with the faults of real exports."""
    size = len(rows["day"])
    which = dice.choice(len(EXERCISES), size, p=[0.1245] * 8 + [0.004])
    episode = compute.if_else(
        pa.array(dice.random(size) < NO_EPISODE), "", pa.array(rows["episode"])
    )
    date = compute.if_else(
        pa.array(dice.random(size) < IMPOSSIBLE_DATE), "2025-02-31", _texts(rows["day"])
    )
    table = pa.table(
        {
            "patient_code": episode,
            "date": date,
            "synced_at": _texts(rows["day"] + dice.integers(0, 3, size)),
            "exercise_name": pa.array(EXERCISES).take(pa.array(which)),
            "completed": compute.if_else(pa.array(dice.random(size) < 0.85), "true", "false"),
            "sets_completed": _some(dice.integers(1, 3, size), which == 4),
            "reps": _some(dice.integers(3, 16, size), _among(which, (0, 2, 3, 5))),
            "hold": _some(dice.integers(2, 7, size) * 5, _among(which, (0, 1))),
            "time": _some(dice.integers(1, 7, size) * 10, _among(which, (4, 6))),
            "distance_km": _some(dice.integers(2, 40, size) / 10, which == 7),
            "pain": _some(dice.integers(0, 11, size), dice.random(size) < 0.9),
            "avg_pain_today": _some(rows["pain"], dice.random(size) < 0.6),
        }
    )
    again = np.sort(np.append(np.arange(size), np.nonzero(dice.random(size) < REPEATED)[0]))
    out = io.BytesIO()
    options = pyarrow.csv.WriteOptions(quoting_style="none", quoting_header="none")
    pyarrow.csv.write_csv(table.take(pa.array(again)), out, options)
    return out.getvalue()


def _texts(values: npt.NDArray[np.generic]) -> pa.Array:
    return pa.array(values).cast(pa.string())


def _some(values: npt.NDArray[np.generic], filled: Mask) -> pa.Array:
    """The values as text where `filled`, else an empty cell."""
    return compute.if_else(pa.array(filled), _texts(values), "")


def _among(which: npt.NDArray[np.int64], chosen: tuple[int, ...]) -> Mask:
    return np.isin(which, chosen)


def _copied(target: Path, text: bytes, copies: int) -> None:
    top, body, footer = parts(text)
    with target.open("wb") as out:
        out.write(top + body)
        for number in range(1, copies):
            out.write(PSEUDONYM.sub(rb"\g<1>%02d-" % number, body))
        if footer:
            out.write(b"*** End of report, %d rows\r\n" % (int(footer) * copies))


def main() -> None:
    """The command."""
    words = argparse.ArgumentParser(description="Exports in the shape of the size budgets.")
    words.add_argument("folder", type=Path)
    words.add_argument("episodes", type=int)
    words.add_argument("--of", type=int, default=BASE)
    asked = words.parse_args()
    for path in write(asked.folder, asked.episodes, asked.of):
        print(f"{path.stat().st_size:>14,} {path.name}")


if __name__ == "__main__":
    main()
