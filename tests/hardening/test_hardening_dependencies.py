"""What a user gets with this distribution: known, pinned, under a licence that may be used.

Known holes are no matter of this test, which has no network: `docs/dependencies.md` names the
command for a person who has one.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.hardening.dependencies import Held, held, plain, table

ROOT = Path(__file__).parents[2]
LICENCES = re.compile(
    r"(?i)\b(MIT(-0|-CMU)?|(0|2-Clause |3-Clause )?BSD(-[23]-Clause)?|Apache([- ]2\.0)?|ISC|Zlib|"
    r"PSF-2\.0|CC0-1\.0)\b"
)
ON_TERMS = {
    "certifi": "MPL-2.0: a list of certificates, unchanged",
    "psycopg": "LGPL-3.0: an extra, unchanged and apart",
    "psycopg-binary": "LGPL-3.0: an extra, unchanged and apart",
}
OWN_CONNECTIONS = {
    "pipelines/engines/spark_session.py": "whether a Spark answers at the address that was set",
    "dashboard/at_once.py": "an option of the server's own socket",
    "dashboard/launch.py": "whether a port is free, and whether the own server answers",
    "dashboard/sign_on/gate.py": "reading cookies",
    "dashboard/sign_on/provider.py": "reading cookies",
}
"""Files of ours that import what can open connections, or what lies beside it."""
IMPORTS = re.compile(
    r"^\s*(?:import|from)\s+(?:socket|ssl|http|urllib\.request|urllib3|httpx|requests|smtplib|"
    r"ftplib|aiohttp)\b",
    re.MULTILINE,
)


@pytest.fixture(scope="module")
def found() -> list[Held]:
    return held()


def pins() -> dict[str, str]:
    """Name -> version, as constraints.txt has it."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    assert len({plain(name) for name, _ in pairs}) == len(pairs), "each once"
    return {plain(name): version for name, version in pairs}


def test_what_is_installed_is_what_is_pinned(found: list[Held]) -> None:
    pinned = pins()
    assert len(found) > 50
    other = [(each.name, each.version, pinned.get(each.name)) for each in found
             if pinned.get(each.name) != each.version]  # fmt: skip
    assert other == []


def test_what_is_declared_is_bounded_below_and_holds_the_pin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    optional = project["optional-dependencies"]
    for text in [*project["dependencies"], *optional["auth"], *optional["postgres"]]:
        wanted = Requirement(text)
        assert any(each.operator in (">=", "==") for each in wanted.specifier), text
        assert wanted.specifier.contains(pins()[plain(wanted.name)]), text
        assert wanted.url is None, "from an index, not from an address"


def test_every_licence_may_be_used(found: list[Held]) -> None:
    for each in found:
        parts = re.split(r" (?:AND|OR) |; ", each.licence)
        fine = all(LICENCES.search(part) and "GPL" not in part for part in parts)
        assert fine or each.name in ON_TERMS, f"{each.name}: {each.licence}"


def test_the_page_lists_all_of_them() -> None:
    """A new one, one with native code, one that can open connections: somebody has to look."""
    page = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    assert table() in page, "python -m tests.hardening.dependencies prints it"


def test_own_modules_open_no_connections_but_those_that_are_listed() -> None:
    there = {
        str(path.relative_to(ROOT))
        for folder in ("dashboard", "pipelines", "rules", "sample_data")
        for path in (ROOT / folder).rglob("*.py")
        if IMPORTS.search(path.read_text("utf-8"))
    }
    assert there == set(OWN_CONNECTIONS)
