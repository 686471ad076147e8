"""A first draft of a profile from a file, for a person to finish.

It shows short codes that occur more than once and nothing else of the file's content; where it
cannot decide (a date that could be read two ways, a code that could mean anything) it writes a
question, not a guess, and the profile is refused until the question is answered.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.errors import Refusal
from pipelines.ingest import contract, formats
from pipelines.ingest.draft_frame import Frame, format_of, framed
from pipelines.ingest.identifiers import NAMES, ColumnGuard, header_finding
from pipelines.ingest.recognise import (
    HEALTHY,
    MOST_CODES,
    Looks,
    fit,
    looks,
    meanings,
    plain,
    recognise,
)
from pipelines.ingest.source import examine

OFTEN = 5
# In a column of so few different values a code that occurs twice is no remark on one person.
FEW = 12
LONG = 40
STREAMS = ("triage", "exercise_log", "referral")
# Of columns that name people nothing is shown, whatever list their names are on.
PEOPLE = re.compile(
    r"\b(clinician|staff|therapist|practitioner|physio(therapist)?|consultant|doctor|nurse|carer|"
    r"(seen|entered|typed|recorded|created|assessed|reported) by|user|contact person|next of kin|"
    r"owner|author|signed|interpreter)\b"
)
LIKE_A_NAME = re.compile(r"[A-Z][a-z'’-]+(,? [A-Z][a-z'’-]+)+")
CODE = re.compile(r"[A-Za-z0-9 ./_+&'()<>-]{1,32}")


@dataclass
class DraftColumn:
    """What is proposed for one column of the file, and why.

    `codes` are its short frequent spellings with the answer they are read as (None: a person must
    say); `formats` the date formats that fit every value, none chosen where they contradict;
    `claimed` are canonical columns that fit equally well; `holds` says in words what is in it.
    """

    header: str
    to: str | None = None
    finding: str | None = None
    free_text: bool = False
    codes: dict[str, str | None] = field(default_factory=dict)
    rare: int = 0
    formats: tuple[str, ...] = ()
    months: str | None = None
    ambiguous: bool = False
    highest: float | None = None
    strip: str = ""
    claimed: tuple[str, ...] = ()
    healthy: bool = False
    decile: bool = False
    holds: str = ""


@dataclass
class Draft:
    """A proposal for a whole file. `date_format` is the one that most of its dates have."""

    path: Path
    stream: str
    encoding: str
    frame: Frame
    columns: list[DraftColumn]
    date_format: str

    @property
    def header_row(self) -> int:
        """The line of the header."""
        return self.frame.header_row

    @property
    def delimiter(self) -> str:
        """What parts its cells."""
        return self.frame.delimiter


def draft(path: Path) -> Draft:
    """Look at the first rows of a file and propose a profile; Refusal where it cannot."""
    form = format_of(path) if path.is_file() else "csv"
    wide = path.is_file() and path.open("rb").read(2) in (b"\xff\xfe", b"\xfe\xff")
    encodings = ("utf-16",) if wide else ("utf-8-sig", "cp1252")
    source = examine(path, encodings, form in formats.BINARY)
    frame = framed(source, form)
    header = [cell.strip() for cell in frame.rows[0]]
    _check_names(path, frame, header)
    body = [row for row in frame.rows[1:] if len(row) == len(header)]
    seen = {name: looks([row[place].strip() for row in body]) for place, name in enumerate(header)}
    open_ = {name: each for name, each in seen.items() if not header_finding(name)}
    stream = max(STREAMS, key=lambda name: fit(open_, name))
    found = recognise(open_, stream)
    columns = [
        _column(name, seen[name], found.to.get(name), found.claimed.get(name, ()), stream)
        for name in dict.fromkeys(header)
    ]
    return Draft(path, stream, source.encoding, frame, columns, _settle_dates(columns, seen))


def _check_names(path: Path, frame: Frame, header: list[str]) -> None:
    """Raise Refusal for a name that stands twice: no profile could tell the columns apart."""
    for place, name in enumerate(header, start=1):
        if name and header.index(name) + 1 < place:
            raise Refusal(
                path.name,
                f"line {frame.header_row}, columns {header.index(name) + 1} and {place}",
                "two columns have the same name",
                "Name every column once; the door refuses such a file.",
            )


def _column(
    header: str, seen: Looks, to: str | None, claimed: tuple[str, ...], stream: str
) -> DraftColumn:
    found = DraftColumn(header, to, claimed=claimed)
    guard = ColumnGuard(header, kept_as_is=to is None)
    guard.look(seen.counts.items())
    finding = guard.finding()
    announced = None if to else header_finding(header)
    found.finding = announced or (finding[0] if finding else None)
    long = sum(n for v, n in seen.counts.items() if len(v) > LONG)
    found.free_text = long > 0.2 * seen.filled
    if found.finding:
        return found
    if to is None:
        found.holds = _holds(header, seen)
        return found
    kind = contract.columns(stream)[to].kind
    found.strip = seen.strip if seen.numbers else ""
    if kind == "date":
        found.formats, found.months = seen.dates, seen.months
        found.ambiguous = len(found.formats) > 1
    elif kind in ("answer", "closed"):
        found.healthy = kind == "answer" and bool(HEALTHY.search(plain(header)))
        _codes(found, seen.counts, meanings(to, kind))
    elif kind in ("number", "count", "float"):
        found.highest = seen.high
    elif to == "imd_quintile":
        whole = seen.numbers and seen.low is not None and seen.low >= 1
        high = seen.high or 0
        found.decile = whole and (high > 5 or "decile" in plain(header)) and high <= 10
    return found


def _codes(found: DraftColumn, counts: Counter[str], known: dict[str, str]) -> None:
    """Frequent short spellings, with what they mean where that is certain."""
    least = 2 if len(counts) <= FEW else OFTEN
    for value, n in counts.most_common():
        if plain(value) in known:
            # However rare: a "Yes" that is left out would become unknown.
            found.codes[value] = known[plain(value)]
        elif n >= least and len(found.codes) < MOST_CODES and _shows(value):
            found.codes[value] = None
        else:
            found.rare += 1


def _shows(value: str) -> bool:
    """Is this a short code that tells nothing of a person?"""
    if not CODE.fullmatch(value) or re.search(r"\d{5}", value):
        return False
    return not any(word in NAMES for word in plain(value).split())


def _holds(header: str, seen: Looks) -> str:
    """What is in a column that was not recognised, so that a person need not look it up."""
    if not seen.counts:
        return "nothing: every cell is empty"
    if seen.dates:
        return f"dates ({' or '.join(seen.dates)})"
    if seen.numbers and not seen.few:
        return f"numbers from {seen.low:g} to {seen.high:g}"
    least = 2 if len(seen.counts) <= FEW else OFTEN
    shown = [v for v, n in seen.counts.most_common(6) if n >= least and _shows(v)]
    if PEOPLE.search(plain(header)) or any(LIKE_A_NAME.fullmatch(v) for v in seen.counts):
        shown = []
    if seen.few and shown:
        more = len(seen.counts) - len(shown)
        return "codes: " + ", ".join(shown) + (f" and {more} more" if more else "")
    if len(seen.counts) > 0.9 * seen.filled:
        return "values that are nearly all different"
    return f"{len(seen.counts):,} different values"


def _settle_dates(columns: list[DraftColumn], seen: dict[str, Looks]) -> str:
    """The format of most dates; a column that fits it and others is put down to it first."""
    sizes: Counter[str] = Counter()
    for column in columns:
        if len(column.formats) == 1:
            sizes[column.formats[0]] += seen[column.header].filled
    if not sizes:
        return "%Y-%m-%d"
    common = sizes.most_common(1)[0][0]
    for column in columns:
        if column.ambiguous and common in column.formats:
            column.formats = (common, *(f for f in column.formats if f != common))
    return common
