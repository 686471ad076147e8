"""Invented exports of two invented services, and the truth that made them.

Nobody in these files exists. `demo_files()` and `correction_files()` are what `outcomes demo`
takes in; `generate()` makes such a set of any size.
"""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

from sample_data.generate import generate

__all__ = ["correction_files", "demo_files", "generate", "truth"]


def _folder() -> Path:
    return Path(str(resources.files("sample_data").joinpath("files")))


def demo_files() -> list[Path]:
    """The committed exports in the order of their extract dates, without the correction."""
    return sorted(p for p in _folder().glob("*.csv.gz") if "correction" not in p.name)


def correction_files() -> list[Path]:
    """The committed correction of a month that was published before."""
    return sorted(_folder().glob("*correction*.csv.gz"))


def truth() -> dict[str, Any]:
    """What the generator put in: rates, built-in situations, faults, named episodes."""
    found: dict[str, Any] = json.loads((_folder() / "truth.json").read_text(encoding="utf-8"))
    return found
