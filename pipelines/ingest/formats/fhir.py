"""FHIR R4 QuestionnaireResponse as NDJSON: one resource a line, as the Bulk Data export gives it.

The profile's columns are short paths: `id`, `status`, `authored`, `encounter.reference`,
`subject.reference`, `meta.versionId`, and `item(LINKID)` for the answer to a question at any
depth (`item.item` or `answer.item`). Text, narrative, contained resources, authors and
identifiers are never read.

Options under [fhir]: `status` (which are data; the others are set aside by name), `questionnaire`
(canonical addresses with version; another one refuses the file), `data_absent` (reason code to
answer). A question without an item was not shown: its cell is ABSENT, never "no". Of several
versions of one resource in a file the highest counts, wherever it stands.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipelines.errors import Refusal
from pipelines.ingest.formats.delimited import line_ends, physical_lines
from pipelines.ingest.profile import Profile, ProfileError
from pipelines.ingest.records import ABSENT, Record
from pipelines.ingest.source import Source, opened

OPTIONS = ("status", "questionnaire", "data_absent")
STATUS = ("completed", "amended")
# FHIR's data-absent-reason codes (R4) as answers; any other reason is unknown.
DATA_ABSENT = {
    "not-asked": "not_asked",
    "asked-declined": "declined",
    "not-applicable": "na",
}
REASON = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
ITEM = re.compile(r"item\((?P<link>[^()]+)\)")
PLAIN = re.compile(r"[A-Za-z]+(\.[A-Za-z]+)?")
# A logical id, or a version of one: what a reference may end in.
LOGICAL = re.compile(r"[A-Za-z0-9.-]{1,64}")
Version = tuple[int, str, int]


@dataclass(frozen=True)
class _Options:
    status: tuple[str, ...]
    questionnaire: tuple[str, ...]
    data_absent: dict[str, str]


class _Malformed(ValueError):
    """The line is no resource that can be read; the text is the reason for setting it aside."""


def count(source: Source, profile: Profile) -> int:
    """Lines of the text, counted without parsing them."""
    if source.line_ends is not None:
        return source.line_ends
    with opened(source) as text:
        return line_ends(text)


def records(source: Source, profile: Profile) -> Iterator[Record]:
    """A synthetic header, then one record per line; superseded versions are set aside.

    Raises Refusal for a file that is no NDJSON or answers another questionnaire, ProfileError for
    a path or an option that does not exist.
    """
    options = _options(profile)
    paths = [_path(profile, header) for header in profile.columns]
    latest = _latest(source, profile, options)
    yield Record(0, list(profile.columns), synthetic=True)
    for line, text in _texts(source):
        if not text.strip():
            yield Record(line, [""] * len(paths))
            continue
        try:
            resource = _resource(text, options)
            if latest[str(resource.get("id", line))][2] != line:
                raise _Malformed("superseded_version")
            answers = _answers(resource, options)
            yield _record(line, resource, answers, paths, list(profile.columns))
        except _Malformed as why:
            yield Record(line, [], str(why))


def _record(
    line: int,
    resource: dict[str, Any],
    answers: dict[str, list[str]],
    paths: list[tuple[str, ...]],
    headers: list[str],
) -> Record:
    cells, several = [], {}
    for header, path in zip(headers, paths, strict=True):
        if path[0] != "item":
            cells.append(_plain(resource, path))
            continue
        found = answers.get(path[1])
        cells.append(found[0] if found and len(found) == 1 else ABSENT)
        if found and len(found) > 1:
            several[header] = tuple(found)
    return Record(line, cells, several=several)


def _texts(source: Source) -> Iterator[tuple[int, str]]:
    with opened(source) as text:
        yield from enumerate(physical_lines(source, text, 0), start=1)


def _latest(source: Source, profile: Profile, options: _Options) -> dict[str, Version]:
    """Per resource id the version that counts, with its line; the first pass over the file."""
    found: dict[str, Version] = {}
    for line, text in _texts(source):
        if line == 1 and text.strip() in ("{", "["):
            raise Refusal(
                source.path.name,
                "line 1",
                "this is one JSON document over several lines, not one resource a line",
                "Export it as NDJSON (Bulk Data).",
            )
        try:
            resource = _resource(text, options)
        except _Malformed:
            continue
        _check_questionnaire(source, profile, options, resource, line)
        meta = resource.get("meta")
        meta = meta if isinstance(meta, dict) else {}
        number = str(meta.get("versionId", ""))
        version = (int(number) if number.isascii() and number.isdigit() else 0,
                   str(meta.get("lastUpdated", "")), line)  # fmt: skip
        key = str(resource.get("id", line))
        found[key] = max(found.get(key, version), version)
    return found


def _check_questionnaire(
    source: Source, profile: Profile, options: _Options, resource: dict[str, Any], line: int
) -> None:
    if options.questionnaire and resource.get("questionnaire") not in options.questionnaire:
        raise Refusal(
            source.path.name,
            f"line {line}",
            f"it answers another questionnaire (or version) than profile {profile.id} knows",
            "Check what changed in it, then add it to questionnaire under [fhir].",
        )


def _resource(text: str, options: _Options) -> dict[str, Any]:
    """A response that is data; _Malformed names why the line is none."""
    try:
        found = json.loads(
            text,
            parse_float=str,
            parse_int=str,
            parse_constant=_no_constant,
            object_pairs_hook=_no_doubles,
        )
    except _Malformed:
        raise
    except (ValueError, RecursionError):
        raise _Malformed("malformed_json") from None
    if not isinstance(found, dict) or found.get("resourceType") != "QuestionnaireResponse":
        raise _Malformed("not_a_questionnaire_response")
    status = found.get("status")
    if status not in options.status:
        known = isinstance(status, str) and re.fullmatch(r"[a-z-]{1,24}", status)
        raise _Malformed(f"status_{str(status).replace('-', '_')}" if known else "no_status")
    return found


def _no_constant(name: str) -> Any:
    raise _Malformed("malformed_json")


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise _Malformed("duplicate_json_key")
    return dict(pairs)


def _plain(resource: dict[str, Any], path: tuple[str, ...]) -> str:
    value: Any = resource
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    if not isinstance(value, str):
        return ""
    return _reference(value) if path[-1] == "reference" else value


def _reference(value: str) -> str:
    """`Patient/abc` as `abc`, also with a version behind; anything else is no id of ours."""
    if value.startswith("#"):
        return ""
    parts = value.split("/_history/")[0].split("/")
    return parts[-1] if LOGICAL.fullmatch(parts[-1]) else ""


def _answers(resource: dict[str, Any], options: _Options) -> dict[str, list[str]]:
    """Every question's differing answers as text, at any depth; "" for an item without one."""
    found: dict[str, list[str]] = {}
    waiting = [resource]
    while waiting:
        node = waiting.pop()
        for item in _dicts(node.get("item")):
            link = str(item.get("linkId", ""))
            given = [_value(each, options) for each in _dicts(item.get("answer"))]
            known = found.setdefault(link, [])
            known.extend(each for each in dict.fromkeys(given or [_absent(item, options)])
                         if each not in known)  # fmt: skip
            waiting += [item, *_dicts(item.get("answer"))]
    # An item that stands twice, once unanswered: what was answered counts.
    return {link: [g for g in given if g] or given[:1] for link, given in found.items()}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _absent(node: dict[str, Any], options: _Options) -> str:
    """The answer that a data-absent-reason stands for, or "" without one."""
    for extension in _dicts(node.get("extension")):
        if extension.get("url") == REASON:
            return options.data_absent.get(str(extension.get("valueCode")), "unknown")
    return ""


def _value(answer: dict[str, Any], options: _Options) -> str:
    """value[x] as text: a code for a coding, the number of a quantity."""
    for key, value in answer.items():
        if not key.startswith("value"):
            continue
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, dict):
            inner = value.get("code") if key == "valueCoding" else value.get("value")
            return inner if isinstance(inner, str) else _absent(value, options)
        if isinstance(value, str):
            return value
    for key, node in answer.items():
        if key.startswith("_value") and isinstance(node, dict):
            return _absent(node, options)
    return _absent(answer, options)


def _options(profile: Profile) -> _Options:
    for key in profile.options:
        if key not in OPTIONS:
            near = difflib.get_close_matches(key, OPTIONS, 1)
            raise ProfileError(
                f"unknown key in [fhir]: '{key}'",
                where=profile.id,
                hint=f"Did you mean '{near[0]}'?" if near else None,
            )
    return _Options(
        tuple(profile.options.get("status", STATUS)),
        tuple(profile.options.get("questionnaire", ())),
        {**DATA_ABSENT, **profile.options.get("data_absent", {})},
    )


def _path(profile: Profile, header: str) -> tuple[str, ...]:
    if match := ITEM.fullmatch(header):
        return ("item", match["link"])
    if not PLAIN.fullmatch(header):
        raise ProfileError(
            f"'{header}' is no path of a questionnaire response",
            where=profile.id,
            hint="Write item(LINKID) for an answer, or a path such as encounter.reference.",
        )
    return tuple(header.split("."))
