"""A measure's table as a FHIR R4 MeasureReport: a summary, one group per part, strata per cut.

What R4 has no place for (the interval) is an extension of this program's own name; a withheld
or not estimable figure has a data-absent-reason instead of a number.
Source: HL7 FHIR R4 (4.0.1), resource MeasureReport; code systems measure-population and
data-absent-reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from pipelines.measures.catalogue import Measure, measure
from pipelines.measures.table import MeasureRow, MeasureTable, Suppressed
from pipelines.measures.types import Estimate, Median, NotEstimable

OWN: Final = "urn:sciatica-outcomes"
POPULATION: Final = "http://terminology.hl7.org/CodeSystem/measure-population"
NOTATION: Final = "http://terminology.hl7.org/CodeSystem/measure-improvement-notation"
ABSENT: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
UCUM: Final = "http://unitsofmeasure.org"
UNITS: Final = {"share": "1", "count": "1", "days": "d"}
DIRECTIONS: Final = {"up": "increase", "down": "decrease"}

Json = dict[str, Any]


@dataclass(frozen=True)
class Published:
    """What a report is of: the snapshot and its moment, the rules, the period, and who reports."""

    snapshot: str
    at: str
    rules: str
    first: date
    last: date
    service: str = ""


def measure_report(table: MeasureTable, published: Published) -> Json:
    """The table as one resource; its cut, where it has one, as strata of each part's group."""
    entry = measure(table.measure)
    found: Json = {
        "resourceType": "MeasureReport",
        "identifier": [
            {
                "system": f"{OWN}:report",
                "value": f"{published.snapshot}/{entry.id}/{published.first}/{published.last}"
                + "".join(f"/{each}" for each in table.by),
            }
        ],
        "status": "complete",
        "type": "summary",
        "measure": f"{OWN}:measure:{entry.id}|{published.rules}",
        "date": published.at,
        "period": {"start": published.first.isoformat(), "end": published.last.isoformat()},
    }
    if published.service:
        found["reporter"] = {"display": published.service}
    if entry.direction in DIRECTIONS:
        found["improvementNotation"] = {
            "coding": [{"system": NOTATION, "code": DIRECTIONS[entry.direction]}]
        }
    parts: dict[str | None, list[MeasureRow]] = {}
    for row in table.rows:
        parts.setdefault(row.part, []).append(row)
    found["group"] = [_group(entry, table.by, part, rows) for part, rows in parts.items()]
    return found


def _group(entry: Measure, by: tuple[str, ...], part: str | None, rows: list[MeasureRow]) -> Json:
    code: Json = {"coding": [{"system": f"{OWN}:measure", "code": entry.id, "display": entry.name}]}
    if part is not None:
        code["coding"].append({"system": f"{OWN}:part", "code": part})
    group: Json = {"code": code}
    if not by:
        return group | _figures(entry, rows[0])
    group["stratifier"] = [
        {
            "code": [{"coding": [{"system": f"{OWN}:dimension", "code": each}]} for each in by],
            "stratum": [_stratum(entry, by, row) for row in rows],
        }
    ]
    return group


def _stratum(entry: Measure, by: tuple[str, ...], row: MeasureRow) -> Json:
    parts = [
        {
            "code": {"coding": [{"system": f"{OWN}:dimension", "code": name}]},
            "value": {"coding": [{"system": f"{OWN}:{name}", "code": value}]},
        }
        for name, value in zip(by, row.by, strict=True)
    ]
    named: Json = {"value": parts[0]["value"]} if len(by) == 1 else {"component": parts}
    return named | _figures(entry, row)


def _figures(entry: Measure, row: MeasureRow) -> Json:
    """Populations and score of one figure."""
    result = row.result
    if isinstance(result, Suppressed):
        return {"measureScore": _absent("masked")}
    left_out = sum(n for _, n in result.exclusions)
    if isinstance(result, NotEstimable):
        counts = _populations(None, result.denominator, left_out)
        return {"population": counts, "measureScore": _absent("not-applicable")}
    top, whole = (
        (result.events, result.n)
        if isinstance(result, Median)
        else (result.numerator, result.denominator)
    )
    score: Json = (
        _absent("not-applicable") if result.value is None else _quantity(entry, result.value)
    )
    limits = _limits(entry, result)
    if limits:
        score["extension"] = [*score.get("extension", []), limits]
    return {"population": _populations(top, whole, left_out), "measureScore": score}


def _populations(top: int | None, whole: int, left_out: int) -> list[Json]:
    told = {"numerator": top, "denominator": whole, "denominator-exclusion": left_out}
    return [
        {"code": {"coding": [{"system": POPULATION, "code": code}]}, "count": n}
        for code, n in told.items()
        if n is not None
    ]


def _quantity(entry: Measure, value: float) -> Json:
    found: Json = {"value": value}
    if entry.unit in UNITS:
        found |= {"system": UCUM, "code": UNITS[entry.unit]}
    return found


def _limits(entry: Measure, result: Estimate | Median) -> Json | None:
    ends = {"low": result.lower, "high": result.upper}
    known = {name: _quantity(entry, end) for name, end in ends.items() if end is not None}
    if not known:
        return None
    return {"url": f"{OWN}:interval:{result.confidence * 100:g}", "valueRange": known}


def _absent(why: str) -> Json:
    return {"extension": [{"url": ABSENT, "valueCode": why}]}
