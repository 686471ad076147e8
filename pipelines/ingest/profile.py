"""A profile says how one service's export becomes the canonical columns. TOML, no code."""

from __future__ import annotations

import dataclasses
import datetime as dt
import difflib
import fnmatch
import hashlib
import re
import tomllib
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.errors import OutcomesError, Refusal
from pipelines.ingest import contract
from pipelines.ingest.answers_long import parts
from pipelines.ingest.date_formats import PATTERNS, ambiguous, unsupported

KEYS = {
    "profile": {"id", "version", "title", "stream", "source", "source_from", "supply", "schema"},
    "match": {"glob", "correction_glob"},
    "file": {
        "format", "encodings", "delimiter", "quote", "header_row", "footer", "footer_required",
        "null_tokens", "trim", "max_quarantine", "max_unmapped", "extra_columns", "filter",
        "multiline",
    },
    "dates": {
        "formats", "min", "timezone", "extract_date", "extract_date_from", "extract_date_format",
        "synthesize",
    },
    "privacy": {"ids"},
    "keys": {"row", "delete"},
    "xlsx": None,
    "parquet": None,
    "fhir": None,
    "long": {"key", "question", "answer", "require"},
    "columns": None,
    "constants": None,
    "absent": {"not_asked", "action"},
    "codes": None,
}  # fmt: skip
SUPPLIES = ("full", "append", "delta")
FORMATS = ("csv", "xlsx", "parquet", "fhir")
SCHEMAS = ("canonical", "raw")


class ProfileError(OutcomesError):
    """A profile that cannot be used; the message names the section and the key."""


@dataclass(frozen=True)
class Mapped:
    """One source column: where it goes and how its cells are read."""

    header: str
    to: tuple[str, ...]
    drop: bool = False
    codes: str | None = None
    formats: tuple[str, ...] = ()
    strip: str = ""
    scale: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Profile:
    """A checked profile; `digest` identifies its content."""

    id: str
    version: str
    title: str
    stream: str
    source: str
    supply: str
    digest: str
    globs: tuple[str, ...]
    columns: dict[str, Mapped]
    schema: str = "canonical"
    format: str = "csv"
    # What only this format or a long questionnaire needs; the format's module checks it.
    options: dict[str, Any] = field(default_factory=dict)
    long: dict[str, Any] | None = None
    source_from: re.Pattern[str] | None = None
    correction_globs: tuple[str, ...] = ()
    encodings: tuple[str, ...] = ("utf-8-sig",)
    delimiter: str = ","
    quote: str = '"'
    header_row: int = 1
    footer: re.Pattern[str] | None = None
    # Without its footer the file was cut off; a group in the pattern is the number of its rows.
    footer_required: bool = False
    null_tokens: frozenset[str] = frozenset({""})
    trim: bool = True
    max_quarantine: float = 0.02
    max_unmapped: float = 0.05
    extra_columns: str = "refuse"
    filter: dict[str, Any] | None = None
    multiline: bool = False
    formats: tuple[str, ...] = ("%Y-%m-%d",)
    timezone: str = "Europe/London"
    earliest: dt.date = dt.date(1900, 1, 1)
    extract_date: dt.date | None = None
    extract_date_from: re.Pattern[str] | None = None
    extract_date_format: str = "%Y-%m-%d"
    synthesize: dict[str, Any] | None = None
    ids: str = "keep"
    key: tuple[str, ...] = ()
    delete: dict[str, Any] | None = None
    constants: dict[str, str] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    codes: dict[str, dict[str, Any]] = field(default_factory=dict)
    # Lines that a draft left to a person and nobody settled.
    undecided: int = 0

    def for_file(self, name: str, source: str | None = None) -> Profile:
        """The profile as it holds for one file: its source, and whether it is a correction.

        Raises Refusal when the file's name does not tell the source.
        """
        changed: dict[str, Any] = {}
        if source is not None:
            changed["source"] = source
        elif self.source_from is not None:
            match = self.source_from.search(name)
            if match is None:
                raise Refusal(
                    name,
                    None,
                    "the file's name does not tell which service it is from",
                    f"Profile {self.id} reads it from '{self.source_from.pattern}'.",
                )
            changed["source"] = match.group(1)
        if any(fnmatch.fnmatchcase(name, glob) for glob in self.correction_globs):
            changed["supply"] = "delta"
        return dataclasses.replace(self, **changed) if changed else self

    @property
    def targets(self) -> set[str]:
        """The canonical columns that this profile fills."""
        return {name for column in self.columns.values() for name in column.to}

    @property
    def action_source(self) -> bool:
        """Does the export say what was done: a referral or an advice?"""
        return self.stream == "referral" or bool(
            self.targets & {"referral_destination", "disposition_recorded"}
        )


def read_profile(text: str, name: str) -> Profile:
    """Parse and check a profile; ProfileError names what is wrong and where."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"the profile is not valid TOML: {error}", where=name) from None
    for section, content in document.items():
        _known(name, "section", section, KEYS)
        allowed = KEYS[section]
        if allowed is not None:
            for key in content:
                _known(name, f"key in [{section}]", key, allowed)
    head = document.get("profile", {})
    for key in ("id", "version", "stream"):
        if key not in head:
            raise ProfileError(f"[profile] needs {key}", where=name)
    if ("source" in head) == ("source_from" in head):
        raise ProfileError("[profile] needs either source or source_from", where=name)
    stream, schema = head["stream"], head.get("schema", "canonical")
    if schema not in SCHEMAS:
        raise ProfileError(f"schema '{schema}' is none of {', '.join(SCHEMAS)}", where=name)
    if (schema == "raw") != (stream == "raw"):
        raise ProfileError('schema = "raw" and stream = "raw" go together', where=name)
    if schema != "raw" and stream not in contract.dictionary()["required"]:
        raise ProfileError(f"stream '{stream}' is none of triage, exercise_log, referral", name)
    form = document.get("file", {}).get("format", "csv")
    if form not in FORMATS:
        raise ProfileError(f"format '{form}' is none of {', '.join(FORMATS)}", where=name)
    supply = head.get("supply", "append")
    if supply not in SUPPLIES:
        raise ProfileError(f"supply '{supply}' is none of {', '.join(SUPPLIES)}", where=name)
    file, dates = document.get("file", {}), document.get("dates", {})
    columns = {} if schema == "raw" else _columns(name, stream, document)
    profile = Profile(
        id=head["id"],
        version=str(head["version"]),
        title=head.get("title", head["id"]),
        stream=stream,
        source=head.get("source", ""),
        source_from=_pattern(name, head.get("source_from")),
        supply=supply,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        globs=tuple(document.get("match", {}).get("glob", [])),
        correction_globs=tuple(document.get("match", {}).get("correction_glob", [])),
        columns=columns,
        schema=schema,
        format=form,
        options=document.get(form, {}),
        long=document.get("long"),
        encodings=tuple(file.get("encodings", ["utf-8-sig"])),
        delimiter=file.get("delimiter", ","),
        quote=file.get("quote", '"'),
        header_row=file.get("header_row", 1),
        footer=_pattern(name, file.get("footer")),
        footer_required=file.get("footer_required", False),
        null_tokens=frozenset({"", *file.get("null_tokens", [])}),
        trim=file.get("trim", True),
        max_quarantine=file.get("max_quarantine", 0.02),
        max_unmapped=file.get("max_unmapped", 0.05),
        extra_columns=file.get("extra_columns", "refuse"),
        filter=file.get("filter"),
        multiline=file.get("multiline", False),
        formats=tuple(dates.get("formats", ["%Y-%m-%d"])),
        timezone=dates.get("timezone", "Europe/London"),
        earliest=dates.get("min", dt.date(1900, 1, 1)),
        extract_date=dates.get("extract_date"),
        extract_date_from=_pattern(name, dates.get("extract_date_from")),
        extract_date_format=dates.get("extract_date_format", "%Y-%m-%d"),
        synthesize=dates.get("synthesize"),
        ids=document.get("privacy", {}).get("ids", "keep"),
        key=tuple(document.get("keys", {}).get("row", [])),
        delete=document.get("keys", {}).get("delete"),
        constants=document.get("constants", {}),
        absent=tuple(document.get("absent", {}).get("not_asked", [])),
        codes=document.get("codes", {}),
        undecided=sum("TODO:" in line for line in text.splitlines()),
    )
    if profile.footer_required and (profile.footer is None or profile.long):
        raise ProfileError(
            "footer_required needs a `footer`, and no [long]", where=f"{name}, section [file]"
        )
    if schema != "raw":
        _check_targets(name, profile)
        _check_dates(name, profile)
    return profile


def _known(name: str, what: str, key: str, allowed: Any) -> None:
    if key not in allowed:
        near = difflib.get_close_matches(key, list(allowed), 1)
        raise ProfileError(
            f"unknown {what}: '{key}'",
            where=name,
            hint=f"Did you mean '{near[0]}'?" if near else None,
        )


def _pattern(name: str, text: str | None) -> re.Pattern[str] | None:
    if text is None:
        return None
    try:
        return re.compile(text)
    except re.error as error:
        raise ProfileError(f"'{text}' is no regular expression: {error}", where=name) from None


def _columns(name: str, stream: str, document: Mapping[str, Any]) -> dict[str, Mapped]:
    found = {}
    allowed = {"to", "drop", "codes", "formats", "strip", "scale", "range", "type"}
    for header, entry in document.get("columns", {}).items():
        for key in entry:
            _known(name, f"key of column '{header}'", key, allowed)
        to = entry.get("to", [])
        to = (to,) if isinstance(to, str) else tuple(to)
        if not to and not entry.get("drop"):
            raise ProfileError(f"column '{header}' needs `to` or `drop = true`", where=name)
        if entry.get("codes") and entry["codes"] not in document.get("codes", {}):
            raise ProfileError(f"column '{header}': there is no [codes.{entry['codes']}]", name)
        low, high = entry.get("range", (None, None))
        found[header] = Mapped(
            header,
            to,
            drop=bool(entry.get("drop")),
            codes=entry.get("codes"),
            formats=tuple(entry.get("formats", ())),
            strip=entry.get("strip", ""),
            scale=entry.get("scale"),
            low=low,
            high=high,
        )
    if not found:
        raise ProfileError("the profile maps no column; [columns] is empty", where=name)
    return found


def _check_targets(name: str, profile: Profile) -> None:
    filtered = (profile.filter or {}).get("column")
    if filtered is not None and filtered not in profile.columns:
        raise ProfileError(
            f"filter: there is no column '{filtered}' under [columns]",
            where=name,
            hint="Map the column, or give it drop = true.",
        )
    known = contract.columns(profile.stream)
    for target in [*profile.targets, *profile.constants, *profile.absent]:
        item, _, part = target.partition("__")
        if part and item in known and part not in parts(item):
            listed = ", ".join(parts(item)) or "none"
            raise ProfileError(f"'{target}': the parts of {item} are: {listed}", where=name)
        if not target.startswith(("x_", "_")) and item not in known:
            near = difflib.get_close_matches(target, known, 1)
            raise ProfileError(
                f"'{target}' is no column of the {profile.stream} stream",
                where=name,
                hint=f"Did you mean '{near[0]}'?" if near else None,
            )
    given = profile.targets | set(profile.constants)
    if profile.synthesize:
        given |= set(profile.synthesize) - {"by"}
    for needed in contract.required(profile.stream):
        if needed not in given:
            raise ProfileError(f"no column is mapped to {needed}, which every row needs", name)


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _check_dates(name: str, profile: Profile) -> None:
    """A zone that exists, and no column whose text two formats read as different days."""
    if not isinstance(profile.extract_date, dt.date | None):
        raise ProfileError(
            f"extract_date = '{profile.extract_date}' is no date",
            where=f"{name}, [dates]",
            hint="Write it as extract_date = 2026-06-30, without quotes.",
        )
    if not _is_zone(profile.timezone):
        near = difflib.get_close_matches(profile.timezone, zoneinfo.available_timezones(), 1)
        raise ProfileError(
            f"there is no time zone '{profile.timezone}'",
            where=f"{name}, [dates]",
            hint=f"Did you mean '{near[0]}'?" if near else None,
        )
    lists = {"[dates]": profile.formats}
    lists |= {f"column '{m.header}'": m.formats for m in profile.columns.values() if m.formats}
    for place, formats in lists.items():
        for fmt in formats:
            if directive := unsupported(fmt):
                raise ProfileError(
                    f"'{directive}' in '{fmt}' is not supported",
                    where=f"{name}, {place}",
                    hint=f"Known: {' '.join(PATTERNS)}.",
                )
            if "%Y" not in fmt and "%y" not in fmt:
                raise ProfileError(
                    f"'{fmt}' is no format of a date",
                    where=f"{name}, {place}",
                    hint='Write it as "%d/%m/%Y" or "%Y-%m-%d".',
                )
        if clash := ambiguous(formats):
            raise ProfileError(
                f"a date could be read by '{clash[0]}' and by '{clash[1]}' as two different days",
                where=f"{name}, {place}",
                hint="Keep the format that the export really uses; ask its sender which it is.",
            )
