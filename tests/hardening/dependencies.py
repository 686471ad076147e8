"""Every distribution that a user gets with this one, and what is to be known of it.

`python -m tests.hardening.dependencies` prints the table of `docs/dependencies.md`. It is made from
what is installed, without a network.
"""

from __future__ import annotations

import importlib.metadata as metadata
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

OWN: Final = "sciatica-outcomes"
EXTRAS: Final = ("auth", "postgres", "spark")
"""What a user may add; the rest is for tests and development."""
NATIVE: Final = (".so", ".pyd", ".dylib")
REACHES: Final = re.compile(
    rb"^\s*(?:import|from)\s+(?:socket|ssl|http\.client|urllib\.request|ftplib|smtplib|telnetlib|"
    rb"urllib3|requests|httpx|httpcore|aiohttp)\b",
    re.MULTILINE,
)
"""What a module imports that opens connections."""
APART: Final = re.compile(r"(^|/)(tests?|testing|_pytest|docs|examples?|benchmarks?)/")


@dataclass(frozen=True)
class Held:
    """One distribution: its name, version, licence, by what it comes, what it can do."""

    name: str
    version: str
    licence: str
    needed_by: tuple[str, ...]
    extra: bool
    native: bool
    connects: bool

    def row(self) -> str:
        """A line of the table; the version stands in constraints.txt."""
        cells = (
            self.name,
            self.licence,
            ", ".join(self.needed_by),
            "extra" if self.extra else "",
            "yes" if self.native else "",
            "yes" if self.connects else "",
        )
        return f"| {' | '.join(cells)} |"


def plain(name: str) -> str:
    """A distribution's name in the form that all indexes share."""
    return re.sub(r"[-_.]+", "-", name).lower()


def needs(name: str, extra: str = "") -> Iterator[Requirement]:
    """What a distribution needs on this machine, with an extra of it."""
    for each in metadata.distribution(name).requires or []:
        found = Requirement(each)
        if found.marker is None or found.marker.evaluate({"extra": extra}):
            yield found


def held() -> list[Held]:
    """All of them, by name, without our own."""
    by: dict[str, set[str]] = {}
    usual = _walk(OWN, "", by, set())
    everything = set(usual)
    for extra in EXTRAS:
        everything |= _walk(OWN, extra, by, set())
    names = sorted(everything - {OWN})
    return [_described(name, by[name], name not in usual) for name in names]


def _walk(name: str, extra: str, by: dict[str, set[str]], seen: set[str]) -> set[str]:
    """The names of a distribution and all that it needs; `by` gets who needs each."""
    seen.add(plain(name))
    for each in needs(name, extra):
        try:
            metadata.distribution(each.name)
        except metadata.PackageNotFoundError:
            continue  # on another machine only
        by.setdefault(plain(each.name), set()).add(plain(name))
        for wanted in ("", *each.extras):
            if plain(each.name) not in seen or wanted:
                _walk(each.name, wanted, by, seen)
    return seen


def _described(name: str, by: set[str], extra: bool) -> Held:
    found = metadata.distribution(name)
    files = [each for each in found.files or [] if not APART.search(str(each))]
    return Held(
        name,
        found.version,
        licence(found.metadata),
        tuple("this" if each == OWN else each for each in sorted(by)),
        extra,
        any(str(each).endswith(NATIVE) for each in files),
        any(_connects(Path(str(each.locate()))) for each in files if str(each).endswith(".py")),
    )


def _connects(path: Path) -> bool:
    try:
        return REACHES.search(path.read_bytes()) is not None
    except OSError:
        return False


def licence(told: metadata.PackageMetadata) -> str:
    """The licence as the distribution states it."""
    if told.get("License-Expression"):
        return str(told["License-Expression"])
    classes = [each for each in told.get_all("Classifier", []) if each.startswith("License ::")]
    if classes:
        return "; ".join(each.rsplit("::", 1)[1].strip() for each in classes)
    return str(told.get("License") or "none stated").split("\n")[0]


def table() -> str:
    """All of them, as Markdown."""
    head = (
        "| distribution | licence | needed by | only with | native code | can open connections |",
        "|---|---|---|---|---|---|",
    )
    return "\n".join((*head, *(each.row() for each in held())))


if __name__ == "__main__":
    print(table())
