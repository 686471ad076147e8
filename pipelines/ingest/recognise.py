"""Which canonical column a vendor's column may be: told by its header and by what its cells are.

A header alone deceives ("Leg pain" is an answer here and a score there), so a proposal needs cells
of the kind that the canonical column takes. Where two columns claim a header with equal right,
none is proposed: the draft asks.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from pipelines import landing_tables as landing
from pipelines.ingest import contract
from pipelines.ingest.date_formats import shape

DATE_FORMATS = (
    "%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d %b %Y", "%d-%b-%Y",
    "%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%d.%m.%y", "%d-%b-%y", "%d %b %y", "%d %B %Y", "%Y%m%d",
    "%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M",
    "%d/%m/%y %H:%M", "%d-%b-%y %H:%M", "%d %b %Y %H:%M:%S", "%d-%b-%Y %H:%M", "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%S%z",
)  # fmt: skip
MONTHS = ("%m/%Y", "%m/%y", "%Y-%m", "%b %Y", "%b-%y", "%b %y", "%B %Y")
NUMBER = re.compile(r"-?\d+(\.\d+)?")
OF_TEN = re.compile(r"(-?\d+(?:\.\d+)?)( ?/ ?10)")
# So much alike are two headers that mean the same; a pattern's match counts as much as CERTAIN.
NEAR, CERTAIN = 0.82, 0.92
# A header that asks after the healthy state: its "yes" is no sign.
HEALTHY = re.compile(r"\b(normal\w*|intact|preserved|no change|unchanged|able|denies|denied|nad)\b")
MOST_CODES = 25
LATEST = dt.datetime(2200, 1, 1)


@dataclass
class Looks:
    """What the filled cells of a column are. `dates` are the formats that read nearly all."""

    counts: Counter[str]
    dates: tuple[str, ...] = ()
    months: str | None = None
    numbers: bool = False
    strip: str = ""
    low: float | None = None
    high: float | None = None

    @property
    def filled(self) -> int:
        """How many cells hold anything."""
        return sum(self.counts.values())

    @property
    def few(self) -> bool:
        """Are there few enough different values to be codes?"""
        return len(self.counts) <= MOST_CODES

    def suits(self, kind: str, name: str) -> bool:
        """May a canonical column of this kind hold such cells? True of an empty column."""
        if not self.counts:
            return True
        if kind == "date":
            return bool(self.dates)
        if kind in ("number", "count", "float"):
            return self.numbers
        if self.dates:
            return kind == "text"
        coded = name == "attendance" or name == "imd_quintile"
        if kind in ("answer", "closed"):
            tens = self.numbers and self.high is not None and self.high > 1 and not coded
            return self.few and not tens
        if kind == "open":
            return self.few or name == "site_id"
        return not (kind == "id" and self.few and self.filled > 2 * MOST_CODES)


def looks(values: Sequence[str]) -> Looks:
    """What these cells of one column are."""
    counts = Counter(value for value in values if value)
    found = Looks(counts)
    total = found.filled
    if not total:
        return found
    bare = {value: OF_TEN.fullmatch(value) for value in counts}
    if ends := {match.group(2) for match in bare.values() if match}:
        found.strip = max(ends, key=len)
    read = {v: float(m.group(1) if m else v) for v, m in bare.items() if m or NUMBER.fullmatch(v)}
    found.numbers = sum(counts[v] for v in read) >= 0.9 * total
    found.low, found.high = min(read.values(), default=None), max(read.values(), default=None)
    found.dates, found.months = _dates(counts)
    return found


def _dates(counts: Counter[str]) -> tuple[tuple[str, ...], str | None]:
    """Every format that reads most cells; and one of months that reads what is left."""
    total = sum(counts.values())
    good = {fmt: {v for v in counts if reads(v, fmt)} for fmt in DATE_FORMATS}
    sizes = {fmt: sum(counts[v] for v in values) for fmt, values in good.items()}
    # A format that reads more of the cells is better: 31/01 settles what 05/04 leaves open.
    most = max(sizes.values())
    if most < 0.5 * total:
        return (), None
    best = tuple(fmt for fmt, size in sizes.items() if size == most)
    left = set(counts) - good[best[0]]
    months = {fmt: sum(counts[v] for v in left if reads(v, fmt)) for fmt in MONTHS}
    month = max(months, key=lambda fmt: months[fmt])
    enough = most + months[month] >= 0.9 * total
    return (best if enough else ()), (month if months[month] else None)


def reads(value: str, fmt: str) -> bool:
    """Is the text a day that a format reads, and one that an export may hold?"""
    if not shape(fmt).fullmatch(value):
        return False
    try:
        found = dt.datetime.strptime(value, fmt)
    except ValueError:
        return False
    return found.year >= 1900 and found.replace(tzinfo=None) < LATEST


def plain(name: str) -> str:
    """A header or a spelling in lower case, with signs as single spaces."""
    return re.sub(r"[\W_]+", " ", name.casefold().replace("’", "'")).strip()


@cache
def packaged(name: str) -> dict[str, Any]:
    """One of the word lists beside this module."""
    return tomllib.loads(resources.files("pipelines.ingest").joinpath(name).read_text("utf-8"))


@dataclass
class Recognised:
    """Per header: the canonical column that is proposed, or several that claim it alike."""

    to: dict[str, str] = field(default_factory=dict)
    claimed: dict[str, tuple[str, ...]] = field(default_factory=dict)


def recognise(columns: Mapping[str, Looks], stream: str) -> Recognised:
    """Propose a canonical column for each header; every one is given away once."""
    found = Recognised()
    claims: list[tuple[float, str, str]] = []
    for header, seen in columns.items():
        mine = _claims(header, seen, stream)
        best = max((score for score, _ in mine), default=0.0)
        first = [name for score, name in mine if score == best]
        if len(first) > 1:
            found.claimed[header] = tuple(first)
        else:
            claims += [(score, header, name) for score, name in mine]
    place = list(columns).index
    given: set[str] = set()
    for _, header, name in sorted(claims, key=lambda c: (-c[0], place(c[1]), c[2])):
        if header not in found.to and name not in given:
            found.to[header] = name
            given.add(name)
    return found


def _claims(header: str, seen: Looks, stream: str) -> list[tuple[float, str]]:
    """(how alike, canonical column) for all that may be meant by a header with such cells."""
    title, known = plain(header), contract.columns(stream)
    scores: dict[str, float] = {}
    for name, patterns in packaged("signs.toml")[stream].items():
        if any(re.search(pattern, title) for pattern in patterns):
            scores[name] = CERTAIN
    words = packaged("synonyms.toml")[stream]
    for name in known:
        for word in (name, *words.get(name, ())):
            alike = difflib.SequenceMatcher(None, title, plain(word)).ratio()
            if alike >= NEAR:
                scores[name] = max(scores.get(name, 0.0), alike)
    for name in [n for n in scores if n in landing.TIMED and seen.dates]:
        # "Numb since" with dates in it tells when a sign began, not whether it is there.
        scores[f"{name}_since"] = scores.pop(name)
    return [(s, name) for name, s in scores.items() if seen.suits(known[name].kind, name)]


def fit(columns: Mapping[str, Looks], stream: str) -> float:
    """How well columns fit a stream: mapped ones, the required ones counting most."""
    found = set(recognise(columns, stream).to.values())
    needed = contract.required(stream)
    return len(found) / max(len(columns), 1) + sum(name in found for name in needed) / len(needed)


def meanings(name: str, kind: str) -> dict[str, str]:
    """Spellings of a coded column whose meaning is certain, in plain lower case."""
    table = "destination" if name in ("disposition_recorded", "referral_destination") else name
    known = packaged("spellings.toml").get(table, {})
    told = {word: code for code, words in known.items() for word in words}
    if kind == "answer":
        answers = contract.dictionary()["answers"]
        return {plain(w): code for code, words in answers.items() for w in words if plain(w)} | told
    codes = contract.columns(_stream_of(name))[name].codes
    return {plain(code): code for code in codes} | told


def _stream_of(name: str) -> str:
    return next(each for each in landing.STREAMS if name in contract.columns(each))
