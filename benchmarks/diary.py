"""An exercise app's export of any size, in the order in which an app's database writes it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv
from pyarrow import compute

EXERCISES = (
    *("Knees to chest", "Prayer stretch", "Knee rolls", "Bridging", "Sciatic nerve slider"),
    *("Squats", "Marching on the spot", "Walking", "Plank"),
)
STEP = 500_000
ROWS_PER_EPISODE = 20
DAYS = 900
# Faults per row, as the sample exports have them; none that stops the bare count of the CSV.
IMPOSSIBLE_DATE, NO_EPISODE, REPEATED = 0.0008, 0.0005, 0.003
Mask = npt.NDArray[np.bool_]


def write(path: Path, rows: int, seed: int = 1) -> None:
    """Write about `rows` lines: by day, episodes mixed, with the faults of real exports."""
    dice = np.random.default_rng(seed)
    episodes = max(1, rows // ROWS_PER_EPISODE)
    with path.open("wb") as out:
        for start in range(0, rows, STEP):
            piece = _piece(dice, start, min(STEP, rows - start), rows, episodes)
            options = pyarrow.csv.WriteOptions(
                include_header=start == 0, quoting_style="none", quoting_header="none"
            )
            pyarrow.csv.write_csv(piece, out, options)


def _piece(dice: np.random.Generator, start: int, size: int, rows: int, episodes: int) -> pa.Table:
    day = np.datetime64("2024-01-01") + (start + np.arange(size)) * DAYS // rows
    which = dice.choice(len(EXERCISES), size, p=[0.1245] * 8 + [0.004])
    dates = compute.if_else(dice.random(size) < IMPOSSIBLE_DATE, "2025-02-31", _text(day))
    ids = compute.binary_join_element_wise(
        "RI", _text(dice.integers(0, episodes, size) * 7919 % 16_777_216), "-"
    )
    table = pa.table(
        {
            "patient_code": compute.if_else(dice.random(size) < NO_EPISODE, "", ids),
            "date": dates,
            "synced_at": _text(day + dice.integers(0, 3, size)),
            "exercise_name": pa.array(EXERCISES).take(pa.array(which)),
            "completed": compute.if_else(dice.random(size) < 0.85, "true", "false"),
            "sets_completed": _some(dice.integers(1, 3, size), which == 4),
            "reps": _some(dice.integers(3, 16, size), _among(which, (0, 2, 3, 5))),
            "hold": _some(dice.integers(2, 7, size) * 5, _among(which, (0, 1))),
            "time": _some(dice.integers(1, 7, size) * 10, _among(which, (4, 6))),
            "distance_km": _some(dice.integers(2, 40, size) / 10, which == 7),
            "pain": _some(dice.integers(0, 11, size), dice.random(size) < 0.9),
            "avg_pain_today": _some(dice.integers(0, 11, size), dice.random(size) < 0.4),
        }
    )
    again = np.sort(np.append(np.arange(size), np.nonzero(dice.random(size) < REPEATED)[0]))
    return table.take(pa.array(again))


def _text(values: npt.NDArray[np.generic]) -> pa.Array:
    return pa.array(values).cast(pa.string())


def _some(values: npt.NDArray[np.generic], filled: Mask) -> pa.Array:
    """The values as text where `filled`, else an empty cell."""
    return compute.if_else(pa.array(filled), _text(values), "")


def _among(which: npt.NDArray[np.int64], chosen: Sequence[int]) -> Mask:
    return np.isin(which, chosen)
