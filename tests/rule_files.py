"""Copies of the rule files that a test may spoil."""

from __future__ import annotations

from importlib import resources
from pathlib import Path


def copied(folder: Path) -> Path:
    """The packaged rule files, copied into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for entry in resources.files("rules").iterdir():
        if entry.name.endswith(".toml"):
            (folder / entry.name).write_text(entry.read_text(encoding="utf-8"), encoding="utf-8")
    return folder


def spoil(folder: Path, name: str, old: str, new: str) -> Path:
    """Replace one place of a copied file, which must hold it."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder
