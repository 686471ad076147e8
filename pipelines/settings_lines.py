"""On which line of a settings file something stands, so that a refusal can say so."""

from __future__ import annotations

import re
from pathlib import Path


def line_of(text: str, section: str, key: str | None = None) -> int | None:
    """The line of a key of `[section]`, else of the section; None where neither is to be found.

    A key may also stand as `[section.key]`, as `section.key = …`, or in `section = { … }`.
    """
    name = rf"[\"']?{re.escape(section)}[\"']?"
    own = rf"[\"']?{re.escape(key)}[\"']?" if key else None
    found, inside = None, False
    for number, line in enumerate(text.splitlines(), start=1):
        if re.match(r"\s*\[", line):
            inside = bool(re.match(rf"\s*\[\[?\s*{name}\s*\]", line))
            if own and re.match(rf"\s*\[\s*{name}\s*\.\s*{own}\s*\]", line):
                return number
        elif own and (_sets(line, rf"{name}\s*\.\s*{own}") or (inside and _sets(line, own))):
            return number
        if found is None and (inside or re.match(rf"\s*(\[\s*)?{name}\s*[.=]", line)):
            found = number
    return found


def _sets(line: str, name: str) -> bool:
    return re.match(rf"\s*{name}\s*[.=]", line) is not None


def place(path: Path, section: str, key: str | None = None) -> str:
    """`outcomes.toml, line 7, section [parameters]`, with the path in full."""
    line = line_of(path.read_text(encoding="utf-8"), section, key)
    return f"{path}{f', line {line}' if line else ''}, section [{section}]"
