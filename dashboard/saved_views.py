"""Views kept by name: a page and its choices, in one small file of the data home.

A view is an address and nothing else: no figure, no episode. The file lies beside the snapshots,
so views outlive new data; each belongs to the mode in which it was saved. A file that is not what
this module writes is told and never written over.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from filelock import FileLock, Timeout

from dashboard.pages import PAGES
from pipelines.home import fsync_file, fsync_folder
from pipelines.home import replace as put_in_place
from pipelines.ingest.identifiers import holds_nhs_number
from pipelines.measures.disclosure.rules import MODES, Mode

FILE: Final = "views.json"
LOCK: Final = ".views.lock"
VERSION: Final = 1
MOST: Final = 50
LONGEST_NAME: Final = 60
LONGEST_VALUE: Final = 200
MOST_VALUES: Final = 40
LARGEST_FILE: Final = 1_000_000
WAIT_SECONDS: Final = 3.0

NEVER_KEPT: Final = frozenset({"episode", "find", "case"})
"""What may hold an episode's id, in whatever mode: a kept one would outlive the data."""

Choices = tuple[tuple[str, tuple[str, ...]], ...]


class NotSaved(ValueError):
    """Nothing was changed; the message says why and what to do."""


@dataclass(frozen=True)
class SavedView:
    """`page` is the page's place in the address, `choices` its keys with their values."""

    name: str
    mode: Mode
    page: str
    choices: Choices = ()

    @property
    def address(self) -> str:
        """The view as a path: `/escalation?site=Harbour+Street`."""
        asked = urlencode([(key, value) for key, values in self.choices for value in values])
        return f"/{self.page}" + (f"?{asked}" if asked else "")


@dataclass(frozen=True)
class Kept:
    """All views of the home; `problem` says what is wrong with the file, if anything is."""

    views: tuple[SavedView, ...] = ()
    problem: str = ""

    def of(self, mode: Mode) -> list[SavedView]:
        """The views of one mode by name."""
        return sorted((v for v in self.views if v.mode == mode), key=lambda v: v.name.casefold())


def kept(home: Path) -> Kept:
    """What the home keeps; nothing where there is no file, a problem where it is no such file."""
    file = home / FILE
    try:
        if file.stat().st_size > LARGEST_FILE:
            return Kept(problem=_not_usable(file, "it is too large"))
        return Kept(_views(json.loads(file.read_text(encoding="utf-8"))))
    except FileNotFoundError:
        return Kept()
    except OSError as error:
        return Kept(problem=_not_usable(file, error.strerror or str(error)))
    except UnicodeDecodeError:
        return Kept(problem=_not_usable(file, "it is not UTF-8 text"))
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}: {error.msg}"
        return Kept(problem=_not_usable(file, where))
    except (ValueError, RecursionError) as error:
        return Kept(problem=_not_usable(file, str(error)))


def _not_usable(file: Path, why: str) -> str:
    return (
        f"Saved views cannot be used: {file.name} in the data home is not as this program writes "
        f"it ({why}). Mend the file or move it away; nothing else depends on it."
    )


def _views(found: Any) -> tuple[SavedView, ...]:
    """The views of a parsed file; ValueError with the place of the first fault."""
    if not isinstance(found, dict) or set(found) != {"version", "views"}:
        raise ValueError("it must have `version` and `views`, and nothing else")
    if found["version"] != VERSION:
        raise ValueError(f"version {found['version']!r} is not {VERSION}")
    if not isinstance(found["views"], list):
        raise ValueError("`views` is no list")
    views = tuple(_view(each, number) for number, each in enumerate(found["views"], 1))
    if len({(v.mode, v.name) for v in views}) < len(views):
        raise ValueError("two views of a mode have the same name")
    return views


def _view(found: Any, number: int) -> SavedView:
    where = f"view {number}"
    if not isinstance(found, dict) or set(found) != {"name", "mode", "page", "choices"}:
        raise ValueError(f"{where} must have name, mode, page and choices, and nothing else")
    if found["mode"] not in MODES:
        raise ValueError(f"{where}: there is no mode {found['mode']!r}")
    addresses = {page.address for page in PAGES if found["mode"] in page.modes}
    if found["page"] not in addresses:
        raise ValueError(f"{where}: this mode has no page {found['page']!r}")
    if not isinstance(found["name"], str) or _fault_of_name(found["name"]):
        raise ValueError(f"{where}: its name cannot be used")
    choices = found["choices"]
    if not isinstance(choices, dict) or not all(map(_is_values, choices.values())):
        raise ValueError(f"{where}: choices must be lists of texts")
    return SavedView(found["name"], found["mode"], found["page"], _without_ids(choices))


def _is_values(found: Any) -> bool:
    return isinstance(found, list) and all(isinstance(each, str) for each in found)


def _without_ids(choices: Mapping[str, Sequence[str]]) -> Choices:
    """Choices as they may be kept: no episode, no endless text."""
    return tuple(
        (key, tuple(value for value in values[:MOST_VALUES] if len(value) <= LONGEST_VALUE))
        for key, values in sorted(choices.items())
        if key not in NEVER_KEPT and values
    )


def _fault_of_name(name: str) -> str:
    if not name.strip():
        return "Write a name first."
    if len(name) > LONGEST_NAME or not name.isprintable() or name != name.strip():
        return f"A name is one line of at most {LONGEST_NAME} characters."
    if holds_nhs_number(name):
        return "The name holds what looks like an NHS number; choose another one."
    return ""


def save(
    home: Path, mode: Mode, page: str, choices: Mapping[str, Sequence[str]], name: str
) -> SavedView:
    """Keep a view under a name, in the place of the mode's view of that name if there is one.

    NotSaved for a name that cannot be used, for one view too many, and where the file cannot be
    written.
    """
    view = SavedView(_usable(name), mode, page, _without_ids(choices))

    def change(views: Sequence[SavedView]) -> list[SavedView]:
        others = [v for v in views if (v.mode, v.name) != (mode, view.name)]
        if sum(v.mode == mode for v in others) >= MOST:
            raise NotSaved(f"There are {MOST} saved views already; delete one first.")
        return [*others, view]

    _change(home, change)
    return view


def rename(home: Path, mode: Mode, old: str, new: str) -> None:
    """Give a view another name; NotSaved where there is no such view or the name is taken."""
    wanted = _usable(new)

    def change(views: Sequence[SavedView]) -> list[SavedView]:
        _need(views, mode, old)
        if wanted != old and any((v.mode, v.name) == (mode, wanted) for v in views):
            raise NotSaved(f"There is a view “{wanted}” already; choose another name.")
        return [replace(v, name=wanted) if (v.mode, v.name) == (mode, old) else v for v in views]

    _change(home, change)


def delete(home: Path, mode: Mode, name: str) -> None:
    """Remove a view; NotSaved where there is no such view."""

    def change(views: Sequence[SavedView]) -> list[SavedView]:
        _need(views, mode, name)
        return [v for v in views if (v.mode, v.name) != (mode, name)]

    _change(home, change)


def _usable(name: str) -> str:
    found = " ".join(name.split())
    fault = _fault_of_name(found)
    if fault:
        raise NotSaved(fault)
    return found


def _need(views: Sequence[SavedView], mode: Mode, name: str) -> None:
    if not any((v.mode, v.name) == (mode, name) for v in views):
        raise NotSaved(f"There is no view “{name}” any more.")


def _change(home: Path, change: Callable[[Sequence[SavedView]], list[SavedView]]) -> None:
    """Read, change and write while nobody else does."""
    with _locked(home):
        found = kept(home)
        if found.problem:
            raise NotSaved(found.problem)
        _write(home, change(found.views))


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    """A lock of its own: the home's is held for minutes while exports are taken in."""
    if not home.is_dir():  # the lock would make it
        raise NotSaved("There is no data home to keep a view in.")
    lock = FileLock(home / LOCK, mode=0o600)
    try:
        lock.acquire(timeout=WAIT_SECONDS)
    except Timeout:
        raise NotSaved("Someone else is saving a view just now; try again.") from None
    except OSError as error:
        raise NotSaved(_not_written(error)) from None
    try:
        yield
    finally:
        lock.release()


def _not_written(error: OSError) -> str:
    return f"The data home cannot be written: {error.strerror or error}. Nothing was changed."


def _write(home: Path, views: Sequence[SavedView]) -> None:
    content = {
        "version": VERSION,
        "views": [
            {
                "name": v.name, "mode": v.mode, "page": v.page,
                "choices": {key: list(values) for key, values in v.choices},
            }
            for v in views
        ],
    }  # fmt: skip
    beside = home / f".{FILE}.new"
    try:
        beside.touch(mode=0o600)
        beside.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
        fsync_file(beside)
        put_in_place(beside, home / FILE)
        if os.name == "posix":
            fsync_folder(home)
    except OSError as error:
        raise NotSaved(_not_written(error)) from None
