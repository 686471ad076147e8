"""What the installed packages import is what their distribution says that it needs."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
OWN = ("dashboard", "pipelines", "rules", "sample_data")


def imported(text: str) -> set[str]:
    """Top-level names of all absolute imports, those inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module).split(".")[0])
    return found


def declared() -> set[str]:
    """Names of the distributions in [project.dependencies], in the form that metadata uses."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = (re.match(r"[A-Za-z0-9._-]+", each)[0] for each in project["dependencies"])
    return {re.sub(r"[-_.]+", "-", name).lower() for name in names}


OPTIONAL = {"pyspark", "databricks"}
"""Imported inside functions of these files alone, with words for those who lack them."""
WITH_OPTIONAL = {Path("pipelines/engines/spark.py"), Path("pipelines/engines/spark_session.py")}


def test_what_an_extra_brings_is_imported_only_when_it_is_asked_for() -> None:
    for package in OWN:
        for path in sorted((ROOT / package).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            if not imported(text) & OPTIONAL:
                continue
            assert path.relative_to(ROOT) in WITH_OPTIONAL
            at_once = [node for node in ast.parse(text).body if not isinstance(node, ast.If)]
            for node in at_once:
                if isinstance(node, ast.Import | ast.ImportFrom):
                    assert not imported(ast.unparse(node)) & OPTIONAL, path


def test_every_import_is_a_declared_dependency() -> None:
    # The tests run with more installed than a user has, so a missing one would not be noticed.
    known, needed = packages_distributions(), declared()
    ours = {*OWN, *sys.stdlib_module_names}
    used = {}
    for package in OWN:
        for path in sorted((ROOT / package).rglob("*.py")):
            for name in imported(path.read_text(encoding="utf-8")) - ours - OPTIONAL:
                used.setdefault(name, path.relative_to(ROOT))
    assert len(used) > 8
    for name, path in used.items():
        sources = {re.sub(r"[-_.]+", "-", each).lower() for each in known.get(name, [])}
        assert sources & needed, f"{path} imports {name}, which pyproject.toml does not need"
