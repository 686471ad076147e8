"""Read a file of worked cases, and tell on which line something stands."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from pipelines.assure_schema import CaseError
from pipelines.errors import UsageError

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def read_cases(path: Path) -> Any:
    """The document of a case file; UsageError names file and line where it is no JSON."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UsageError("the case file does not exist", where=str(path)) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UsageError("the case file is not UTF-8 text", where=f"{path}, line {line}") from None
    except OSError as error:
        raise UsageError(f"it cannot be read: {error.strerror}", where=str(path)) from None
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(
            f"the case file is not valid JSON: {error.msg} at column {error.colno}",
            where=f"{path}, line {error.lineno}",
        ) from None
    except RecursionError:
        raise UsageError("brackets are nested too deeply", where=str(path)) from None
    lines, twice = places(text)
    if twice:
        name = twice[-1]
        raise UsageError(
            f"'{name}' stands twice in one table", where=f"{path}, line {lines[twice]}"
        )
    return document


def place(path: Path, document: Any, error: CaseError) -> str:
    """The file and the line that an error is about."""
    lines, _ = places(path.read_text(encoding="utf-8-sig"))
    cases = document.get("cases", []) if isinstance(document, dict) else []
    at = [n for n, c in enumerate(cases) if isinstance(c, dict) and c.get("id") == error.case]
    if not at:
        return str(path)
    # The last of several cases of one id is the one that is too many.
    wanted: tuple[Any, ...] = ("cases", at[-1], *error.path)
    while wanted not in lines:
        wanted = wanted[:-1]
    return f"{path}, line {lines[wanted]}"


def places(text: str) -> tuple[dict[tuple[Any, ...], int], tuple[Any, ...] | None]:
    """Line of every value of a valid JSON text by its path, and the first key that stands twice."""
    found: dict[tuple[Any, ...], int] = {}
    twice: tuple[Any, ...] | None = None
    stack: list[list[Any]] = []  # of each open bracket: its kind, and the key or number inside
    line, seen = 1, 0
    for match in TOKEN.finditer(text):
        line, seen = line + text.count("\n", seen, match.start()), match.start()
        token = match.group()
        if token in "}]":
            stack.pop()
        elif token == ",":
            stack[-1][1] = stack[-1][1] + 1 if stack[-1][0] == "[" else None
        elif stack and stack[-1] == ["{", None]:
            stack[-1][1] = json.loads(token)
            path = tuple(each[1] for each in stack)
            if path in found and twice is None:
                twice = path
            found[path] = line
        elif token != ":":
            found.setdefault(tuple(each[1] for each in stack), line)
            if token in "{[":
                stack.append([token, None if token == "{" else 0])
    return found, twice
