"""What FHIR R4 (4.0.1) allows a MeasureReport to be, written down from the specification's page.

Element -> (type, at least, at most). It stands apart from the program that writes the reports.
"""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise

MANY = 10**9
URI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=|-]|%[0-9A-Fa-f]{2})+"
)
DATE_TIME = re.compile(r"\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?)?)?")
CODES = {
    "status": {"complete", "pending", "error"},
    "type": {"individual", "subject-list", "summary", "data-collection"},
    "http://terminology.hl7.org/CodeSystem/measure-population": {
        *("initial-population", "numerator", "numerator-exclusion", "denominator"),
        *("denominator-exclusion", "denominator-exception", "measure-population"),
        *("measure-population-exclusion", "measure-observation"),
    },
    "http://terminology.hl7.org/CodeSystem/measure-improvement-notation": {"increase", "decrease"},
    "http://hl7.org/fhir/StructureDefinition/data-absent-reason": {
        *("unknown", "asked-unknown", "temp-unknown", "not-asked", "asked-declined", "masked"),
        *("not-applicable", "unsupported", "as-text", "error", "not-a-number"),
        *("negative-infinity", "positive-infinity", "not-performed", "not-permitted"),
    },
}
ONE, SOME, NEEDED = (0, 1), (0, MANY), (1, 1)
TYPES: dict[str, dict[str, tuple[str, tuple[int, int]]]] = {
    "MeasureReport": {
        "resourceType": ("text", NEEDED),
        "identifier": ("Identifier", SOME),
        "status": ("code", NEEDED),
        "type": ("code", NEEDED),
        "measure": ("uri", NEEDED),
        "date": ("dateTime", ONE),
        "reporter": ("Reference", ONE),
        "period": ("Period", NEEDED),
        "improvementNotation": ("CodeableConcept", ONE),
        "group": ("Group", SOME),
    },
    "Group": {
        "code": ("CodeableConcept", ONE),
        "population": ("Population", SOME),
        "measureScore": ("Quantity", ONE),
        "stratifier": ("Stratifier", SOME),
    },
    "Population": {"code": ("CodeableConcept", ONE), "count": ("integer", ONE)},
    "Stratifier": {"code": ("CodeableConcept", SOME), "stratum": ("Stratum", SOME)},
    "Stratum": {
        "value": ("CodeableConcept", ONE),
        "component": ("Component", SOME),
        "population": ("Population", SOME),
        "measureScore": ("Quantity", ONE),
    },
    "Component": {"code": ("CodeableConcept", NEEDED), "value": ("CodeableConcept", NEEDED)},
    "CodeableConcept": {"coding": ("Coding", SOME), "text": ("text", ONE)},
    "Coding": {"system": ("uri", ONE), "code": ("code", ONE), "display": ("text", ONE)},
    "Identifier": {"system": ("uri", ONE), "value": ("text", ONE)},
    "Reference": {"display": ("text", ONE)},
    "Period": {"start": ("dateTime", ONE), "end": ("dateTime", ONE)},
    "Quantity": {
        "extension": ("Extension", SOME),
        "value": ("decimal", ONE),
        "unit": ("text", ONE),
        "system": ("uri", ONE),
        "code": ("code", ONE),
    },
    "Extension": {
        "url": ("uri", NEEDED),
        "valueCode": ("code", ONE),
        "valueRange": ("Range", ONE),
    },
    "Range": {"low": ("Quantity", ONE), "high": ("Quantity", ONE)},
}


def faults(report: dict) -> list[str]:
    """Where a MeasureReport is not what FHIR R4 allows; empty where it is."""
    found = list(_element(report, "MeasureReport", "MeasureReport"))
    if report.get("type") == "data-collection" and "group" in report:
        found.append("mrp-1: a data collection has no groups")
    for group in report.get("group", []):
        for stratifier in group.get("stratifier", []):
            for stratum in stratifier.get("stratum", []):
                if ("value" in stratum) == ("component" in stratum):
                    found.append("mrp-2: a stratum is a value or components")
    dates = [str(report.get("period", {}).get(name, "")) for name in ("start", "end")]
    found += [f"per-1: {a} is after {b}" for a, b in pairwise(dates) if a > b]
    return found


def _element(given: object, kind: str, at: str):
    if not isinstance(given, dict):
        yield f"{at}: no {kind}"
        return
    if not given:
        yield f"ele-1: {at} has neither a value nor children"
    allowed = TYPES[kind]
    for name in given.keys() - allowed.keys():
        yield f"{at}.{name}: there is no such element"
    for name, (of, (least, most)) in allowed.items():
        if name not in given:
            if least:
                yield f"{at}.{name}: missing"
            continue
        value = given[name]
        if isinstance(value, list) != (most > 1):
            yield f"{at}.{name}: a list where there can be one, or one where there can be several"
            continue
        if value == []:
            yield f"{at}.{name}: an empty list"
        for each in value if isinstance(value, list) else [value]:
            yield from (_element if of in TYPES else _plain)(each, of, f"{at}.{name}")
    if kind == "Extension" and sum(name.startswith("value") for name in given) != 1:
        yield f"ext-1: {at} has not one value"
    if kind == "Quantity" and "code" in given and "system" not in given:
        yield f"qty-3: {at} has a code without its system"
    if kind in ("Coding", "Extension"):
        codes = CODES.get(given.get("system") or given.get("url"))
        code = given.get("code") or given.get("valueCode")
        if codes is not None and code not in codes:
            yield f"{at}: {code} is no code of its system"


def _plain(given: object, kind: str, at: str):
    fits = {
        "text": lambda: isinstance(given, str) and given.strip() != "",
        "code": lambda: isinstance(given, str) and re.fullmatch(r"\S+( \S+)*", given),
        "uri": lambda: isinstance(given, str) and URI.fullmatch(given),
        "dateTime": lambda: _moment(given),
        "integer": lambda: isinstance(given, int) and not isinstance(given, bool),
        "decimal": lambda: isinstance(given, int | float) and not isinstance(given, bool),
    }
    if not fits[kind]():
        yield f"{at}: {given!r} is no {kind}"
    codes = CODES.get(at.removeprefix("MeasureReport."))
    if codes is not None and given not in codes:
        yield f"{at}: {given!r} is not one of its codes"


def _moment(given: object) -> bool:
    if not isinstance(given, str) or not DATE_TIME.fullmatch(given):
        return False
    return len(given) < 10 or bool(date.fromisoformat(given[:10]))
