"""A first draft of a profile from a file, for a person to finish.

It shows short codes that occur often and nothing else of the file's content; where it cannot
decide (a date that could be read two ways, a code that could mean anything) it writes a question,
not a guess, and the profile is refused until the question is answered.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from itertools import islice
from pathlib import Path

from pipelines.errors import Refusal
from pipelines.ingest import contract, formats
from pipelines.ingest.date_formats import shape
from pipelines.ingest.identifiers import ColumnGuard, header_finding
from pipelines.ingest.profile import read_profile
from pipelines.ingest.source import Source, examine

MOST_ROWS = 20_000
OFTEN = 5
MOST_CODES = 25
LONG = 40
DELIMITERS = (",", ";", "\t", "|")
DATE_FORMATS = (
    "%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d %b %Y", "%d-%b-%Y",
    "%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M",
    "%d %b %Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z",
)  # fmt: skip
NEAR = 0.78
CODE = re.compile(r"[A-Za-z0-9 ./_+&'()<>-]{1,32}")


@dataclass
class DraftColumn:
    """What is proposed for one column of the file, and why.

    `codes` are its short frequent spellings with the answer they are read as (None: a person must
    say); `formats` the date formats that fit every value, none chosen where they contradict.
    """

    header: str
    to: str | None = None
    finding: str | None = None
    free_text: bool = False
    codes: dict[str, str | None] = field(default_factory=dict)
    rare: int = 0
    formats: tuple[str, ...] = ()
    ambiguous: bool = False
    highest: float | None = None


@dataclass
class Draft:
    """A proposal for a whole file."""

    path: Path
    stream: str
    encoding: str
    delimiter: str
    header_row: int
    columns: list[DraftColumn]


def draft(path: Path) -> Draft:
    """Look at the first rows of a delimited file and propose a profile; Refusal where it cannot."""
    wide = path.is_file() and path.open("rb").read(2) in (b"\xff\xfe", b"\xfe\xff")
    source = examine(path, ("utf-16",) if wide else ("utf-8-sig", "cp1252"))
    delimiter, header_row, rows = _table(source)
    header = [cell.strip() for cell in rows[0]]
    body = [row for row in rows[1:] if len(row) == len(header)]
    stream = max(("triage", "exercise_log", "referral"), key=lambda name: _fit(header, name))
    targets = _targets(header, stream)
    columns = [
        _column(name, [row[place].strip() for row in body], targets.get(name), stream)
        for place, name in enumerate(header)
    ]
    return Draft(path, stream, source.encoding, delimiter, header_row, columns)


def _table(source: Source) -> tuple[str, int, list[list[str]]]:
    """Delimiter, header line and rows: what gives most rows of one width above one cell."""
    best: tuple[int, str, int, list[list[str]]] = (0, ",", 1, [])
    for mark in DELIMITERS:
        text = (
            '[profile]\nid = "draft"\nversion = "1"\nstream = "raw"\nschema = "raw"\n'
            f'source = "draft"\n[file]\nmultiline = true\ndelimiter = "{_toml(mark)}"\n'
        )
        try:
            found = list(islice(formats.records(source, read_profile(text, "draft")), MOST_ROWS))
        except Refusal:
            continue
        widths = Counter(len(r.cells) for r in found if len(r.cells) > 1)
        if not widths:
            continue
        width, times = widths.most_common(1)[0]
        if times * width > best[0]:
            at = next(n for n, r in enumerate(found) if len(r.cells) == width)
            rows = [r.cells for r in found[at:] if r.cells]
            best = (times * width, mark, found[at].line, rows)
    if not best[3]:
        raise Refusal(
            source.path.name,
            None,
            "no table was found in it",
            "Name the delimiter and the header's line in a profile of your own.",
        )
    return best[1], best[2], best[3]


@cache
def synonyms() -> dict[str, dict[str, list[str]]]:
    """What services call the canonical columns, per stream."""
    text = resources.files("pipelines.ingest").joinpath("synonyms.toml").read_text("utf-8")
    return {stream: dict(names) for stream, names in tomllib.loads(text).items()}


def _plain(name: str) -> str:
    return re.sub(r"[\s_?.:]+", " ", name).strip().casefold()


def _scores(header: list[str], stream: str) -> list[tuple[float, str, str]]:
    """(likeness, header, canonical column), best first."""
    known = {name: [_plain(name)] for name in contract.columns(stream)}
    for name, words in synonyms()[stream].items():
        known[name] += [_plain(word) for word in words]
    found = []
    for title in header:
        for name, words in known.items():
            likeness = max(difflib.SequenceMatcher(None, _plain(title), w).ratio() for w in words)
            if likeness >= NEAR:
                found.append((likeness, title, name))
    return sorted(found, key=lambda each: (-each[0], header.index(each[1]), each[2]))


def _targets(header: list[str], stream: str) -> dict[str, str]:
    """Each column's nearest canonical one; every canonical column is given away once."""
    given: dict[str, str] = {}
    for _, title, name in _scores(header, stream):
        if title not in given and name not in given.values():
            given[title] = name
    return given


def _fit(header: list[str], stream: str) -> float:
    """How well a header fits a stream: mapped columns, the required ones counting most."""
    found = set(_targets(header, stream).values())
    needed = contract.required(stream)
    return len(found) / max(len(header), 1) + sum(name in found for name in needed) / len(needed)


def _column(header: str, values: list[str], to: str | None, stream: str) -> DraftColumn:
    found = DraftColumn(header, to)
    counts = Counter(value for value in values if value)
    guard = ColumnGuard(header, kept_as_is=to is None)
    guard.look(counts.items())
    finding = guard.finding()
    announced = None if to else header_finding(header)
    found.finding = announced or (finding[0] if finding else None)
    found.free_text = sum(n for v, n in counts.items() if len(v) > LONG) > 0.2 * sum(
        counts.values()
    )
    if found.finding or to is None:
        return found
    kind = contract.columns(stream)[to].kind
    if kind == "date":
        _dates(found, counts)
    elif kind in ("answer", "closed"):
        _codes(found, counts, kind, stream)
    elif kind in ("number", "count", "float"):
        numbers = [float(v) for v in counts if re.fullmatch(r"-?\d+(\.\d+)?", v)]
        found.highest = max(numbers, default=None)
    return found


def _dates(found: DraftColumn, counts: Counter[str]) -> None:
    """Every format that reads nearly all values; contradicting ones leave the choice open."""
    total = sum(counts.values())
    fits = []
    for fmt in DATE_FORMATS:
        pattern = shape(fmt)
        good = sum(n for value, n in counts.items() if pattern.fullmatch(value) and _is(value, fmt))
        if total and good >= 0.95 * total:
            fits.append((good, fmt))
    # A format that reads more of the values is better: 31/01 settles what 05/04 leaves open.
    most = max((good for good, _ in fits), default=0)
    found.formats = tuple(fmt for good, fmt in fits if good == most)
    found.ambiguous = len(found.formats) > 1


def _is(value: str, fmt: str) -> bool:
    try:
        dt.datetime.strptime(value, fmt)
    except ValueError:
        return False
    return True


def _codes(found: DraftColumn, counts: Counter[str], kind: str, stream: str) -> None:
    """Frequent short spellings, with what they mean where that is certain."""
    if kind == "answer":
        table = contract.dictionary()["answers"]
        known = {_plain(word): code for code, words in table.items() for word in words}
    else:
        assert found.to is not None
        known = {_plain(code): code for code in contract.columns(stream)[found.to].codes}
    for value, n in counts.most_common():
        if _plain(value) in known:
            # However rare: a "Yes" that is left out would become unknown.
            found.codes[value] = known[_plain(value)]
        elif n >= OFTEN and len(found.codes) < MOST_CODES and _shows(value):
            found.codes[value] = None
        else:
            found.rare += 1


def _shows(value: str) -> bool:
    """Is this a short code that tells nothing of a person?"""
    return bool(CODE.fullmatch(value)) and not re.search(r"\d{5}", value)


def _toml(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
