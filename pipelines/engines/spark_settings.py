"""Which Spark to use and how: the section [spark] of `outcomes.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.settings_lines import place

LOCAL: Final = "local[*]"
SECTION: Final = "spark"
DATABRICKS: Final = "databricks"
TEXTS: Final = ("master", "remote", "landing", "results", "results_here")
HINT: Final = "docs/at_size.md has the section [spark]. The published snapshot is unchanged."


@dataclass(frozen=True)
class SparkSettings:
    """`master` (local[2], spark://host:7077) or `remote` (sc://host, or `databricks`).

    `landing` is where the workers see the home's landing folder, `results` where they write and
    `results_here` where this machine sees that; all of them the home itself by default.
    """

    master: str = LOCAL
    remote: str = ""
    landing: str = ""
    results: str = ""
    results_here: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_local(self) -> bool:
        """Whether Spark runs inside this process."""
        return not self.remote and self.master.startswith("local")


def spark_settings(home: Home, master: str | None = None) -> SparkSettings:
    """The home's settings, with `master` in place of its own; OutcomesError names a wrong line."""
    given = home.config().get(SECTION, {})
    if not isinstance(given, dict):
        raise _wrong(home, None, "write settings as name = value under it")
    for name, value in given.items():
        if name == "options":
            if not isinstance(value, dict):
                raise _wrong(home, name, "options are a table: [spark.options]")
        elif name not in TEXTS:
            raise _wrong(
                home, name, f"there is no such setting; known: {', '.join(TEXTS)}, options"
            )
        elif not isinstance(value, str):
            raise _wrong(home, name, "write it as text, in quotation marks")
    texts = {name: given[name] for name in TEXTS if name in given}
    if master:
        texts |= {"master": master, "remote": ""}
    if texts.get("results") and "://" in texts["results"] and not texts.get("results_here"):
        raise _wrong(home, "results", "say where this machine sees that folder: results_here")
    options = {name: _text(value) for name, value in given.get("options", {}).items()}
    return SparkSettings(**texts, options=options)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _wrong(home: Home, name: str | None, why: str) -> OutcomesError:
    return OutcomesError(why, where=place(home.config_file, SECTION, name), hint=HINT)


def results_folder(settings: SparkSettings, scratch: Path) -> tuple[str, Path]:
    """Where the workers write the result tables, and where this machine reads them."""
    if not settings.results:
        return str(scratch / "results"), scratch / "results"
    own = settings.results.rstrip("/") + "/outcomes-results"
    here = Path(settings.results_here or settings.results) / "outcomes-results"
    return own, here
