"""Digests of what rows rest on besides the files: the program's own text, and the settings."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

import pipelines
import rules
from pipelines.home import Home

TEXTS: Final = (".py", ".sql", ".toml")


@cache
def code_digest() -> str:
    """Stands for every line of code, SQL and TOML of `pipelines` and `rules`."""
    digest = hashlib.sha256()
    for package in (pipelines, rules):
        for folder in sorted(package.__path__):
            for path in sorted(Path(folder).rglob("*")):
                if path.suffix in TEXTS and path.is_file():
                    told = f"{path.relative_to(folder).as_posix()}\0".encode()
                    digest.update(told + path.read_bytes() + b"\0")
    return digest.hexdigest()


def settings_digest(home: Home) -> str:
    """Stands for the whole of outcomes.toml, whatever of it a build reads."""
    there = home.config_file.read_bytes() if home.config_file.exists() else b""
    return hashlib.sha256(there).hexdigest()
