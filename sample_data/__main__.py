"""`python -m sample_data --out FOLDER --episodes N --seed S`: write a set of exports."""

from __future__ import annotations

import argparse
from pathlib import Path

from sample_data import world
from sample_data.generate import generate


def main() -> None:
    """Read the arguments and write the files."""
    parser = argparse.ArgumentParser(prog="python -m sample_data", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the files")
    parser.add_argument("--episodes", type=int, default=world.DEMO_EPISODES)
    parser.add_argument("--seed", type=int, default=world.DEMO_SEED)
    given = parser.parse_args()
    truth = generate(given.out, given.episodes, given.seed)
    for name, rows in truth["rows"].items():
        print(f"{name}: {rows:,} rows")


if __name__ == "__main__":
    main()
