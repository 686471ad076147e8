"""The definitions of all measures, read from `catalogue.toml` and checked."""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import MISSING, dataclass, fields
from functools import cache
from importlib import resources
from typing import Any, Final, get_args

from pipelines.measures.spc_rules import Direction
from pipelines.measures.types import MeasureError, Unit

FORMATS: Final = (
    "percent_0",
    "percent_1",
    "points_1",
    "days_0",
    "score_0",
    "integer",
    "decimal_2",
)
CHARTS: Final = (
    "p_chart",
    "xmr_chart",
    "t_chart",
    "g_chart",
    "incidence_curve",
    "survival_curve",
    "bars",
    "parts",
    "matrix",
    "number",
)


KINDS: Final = (
    "share",
    "count",
    "quantile",
    "survival_median",
    "survival_share",
    "incidence",
    "incidence_range",
    "restricted_mean",
    "interval_incidence",
    "interval_survival",
    "same_level",
    "kappa",
)


@dataclass(frozen=True, slots=True)
class Measure:
    """One entry: what is counted, over whom, who is left out, and how it is shown.

    `cases` names the file of `cases/`, `kind` the estimator; `hit`, `value`, `exit`, `reason`,
    `mature` and `part` the columns of the cases that it reads, `only` the one that says which
    cases it is about. `parts` lists the values of `part` in their order; with `whole` each case is
    in exactly one of them and they share one denominator, so that they add up. `at` are days on
    the clock (times) or the quantile, `cause` the event of an incidence. `stock` marks a state on
    the day the data end, which has no series by month. `clustered` marks a share whose rows are
    finer than episodes (contacts, actions, triggers), whose limits take those of one person
    together. `truth` of a headline measure says what it estimates, which is all that makes it one.
    `target` is a share or number to compare with, where the service has set none of its own.
    """

    id: str
    k_number: str
    name: str
    definition: str
    numerator: str
    denominator: str
    exclusions: tuple[str, ...]
    clock: str
    direction: Direction
    unit: Unit
    format: str
    chart: str
    source: str
    kind: str
    cases: str
    hit: str = "hit"
    value: str = "value"
    exit: str = "exit"
    reason: str = "reason"
    mature: str = "mature"
    only: str = ""
    part: str = ""
    parts: tuple[str, ...] = ()
    whole: bool = False
    at: tuple[float, ...] = ()
    cause: int = 1
    stock: bool = False
    clustered: bool = False
    truth: str = ""
    target: float | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All measures by id, and the plain words for each reason of exclusion by code."""

    measures: dict[str, Measure]
    reasons: dict[str, str]


KEYS: Final = tuple(field.name for field in fields(Measure) if field.name != "id")
NEEDED: Final = tuple(
    field.name for field in fields(Measure) if field.name != "id" and field.default is MISSING
)


def parse(text: str) -> Catalogue:
    """Catalogue text -> measures by id, and the reasons for exclusion in plain words.

    MeasureError on a key that is unknown (with the nearest known one), missing, empty, of the
    wrong type or outside its list of values, and on a top-level table other than `measure`.
    """
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MeasureError(f"catalogue.toml cannot be read: {error}") from error
    for name in found:
        if name not in ("measure", "reason"):
            raise MeasureError(f"catalogue.toml: unknown table [{name}]; expected [measure.<id>]")
    reasons = found.get("reason", {})
    measures = {name: _measure(name, entry) for name, entry in found.get("measure", {}).items()}
    for entry in measures.values():
        for code in entry.exclusions:
            if code not in reasons:
                raise MeasureError(
                    f"catalogue.toml, [measure.{entry.id}]: exclusion {code!r} is not in [reason]"
                )
    return Catalogue(measures, {code: str(text) for code, text in reasons.items()})


def _measure(name: str, entry: Any) -> Measure:
    where = f"catalogue.toml, [measure.{name}]"
    if not (name.isascii() and name.isidentifier() and name == name.lower()):
        raise MeasureError(f"{where}: an id is written in snake_case")
    if not isinstance(entry, dict):
        raise MeasureError(f"{where}: must be a table")
    for key in entry:
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known keys: {', '.join(KEYS)}"
            raise MeasureError(f"{where}: unknown key {key!r}{hint}")
    missing = [key for key in NEEDED if key not in entry]
    if missing:
        raise MeasureError(f"{where}: {', '.join(missing)} missing")
    for key, value in entry.items():
        _check_value(f"{where}, {key}", key, value)
    if entry.get("clustered") and (entry["kind"] != "share" or entry.get("whole")):
        raise MeasureError(f"{where}: clustered is for shares that do not add up to a whole")
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in entry.items()}
    return Measure(name, **values)


_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "direction": get_args(Direction),
    "unit": get_args(Unit),
    "format": FORMATS,
    "chart": CHARTS,
    "kind": KINDS,
}
COLUMN: Final = re.compile(r"[a-z][a-z0-9_]*")


def _check_value(where: str, key: str, value: Any) -> None:
    if key in ("whole", "stock", "clustered"):
        if not isinstance(value, bool):
            raise MeasureError(f"{where}: must be true or false")
        return
    if key in ("exclusions", "parts"):
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            raise MeasureError(f"{where}: must be a list of reasons (an empty list for none)")
        return
    if key in ("at", "cause", "target"):
        numbers = value if key == "at" and isinstance(value, list) else [value]
        if not all(isinstance(v, int | float) and not isinstance(v, bool) for v in numbers):
            raise MeasureError(f"{where}: must be a number (for `at` a list of numbers)")
        return
    if not isinstance(value, str) or not value.strip():
        raise MeasureError(f"{where}: must be a text that is not empty")
    if key in (
        "cases",
        "hit",
        "value",
        "exit",
        "reason",
        "mature",
        "only",
        "part",
    ) and not COLUMN.fullmatch(value):
        raise MeasureError(f"{where}: {value!r} must be a name in snake_case")
    choices = _CHOICES.get(key)
    if choices and value not in choices:
        near = difflib.get_close_matches(value, choices, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise MeasureError(f"{where}: {value!r} is none of {', '.join(choices)}{hint}")


@cache
def _packaged() -> Catalogue:
    file = resources.files("pipelines.measures").joinpath("catalogue.toml")
    return parse(file.read_text(encoding="utf-8"))


def catalogue() -> dict[str, Measure]:
    """All packaged measures by id, in their order in the file (a copy: change it freely)."""
    return dict(_packaged().measures)


def measure(name: str) -> Measure:
    """One entry; MeasureError with the nearest id for an unknown one."""
    known = _packaged().measures
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise MeasureError(f"there is no measure {name!r}{hint}")
    return known[name]


def reason_text(code: str) -> str:
    """Plain words for a reason of exclusion; the code itself where none are known."""
    return _packaged().reasons.get(code, code)
