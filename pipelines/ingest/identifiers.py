"""The guard at the door: columns that hold identifiers of people are refused.

What it looks for: NHS numbers (ten digits in any spacing that pass modulus 11, judged by the
column's hit rate, because one ten-digit pseudonym in eleven passes by chance), full postcodes,
dates of birth, e-mail addresses, telephone numbers, names, and headers that announce such things,
alone in a cell or inside its text; and free text where a column would be kept as it is. What it
cannot find: names that are on no list, and text that merely describes someone; that is why
free-text columns are dropped unread.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import compute

HEADERS = {
    "an NHS number": r"\bnhs[ _.-]*(no|num|number|nr|id)?\b(?!.*(site|trust|org))",
    "a date of birth": r"\b(dob|d\.o\.b\.?|birth ?date|date[ _-]of[ _-]birth)\b",
    "a name": r"\b(fore|sur|first|last|given|family|full|patient|middle|maiden)[ _-]?names?\b"
    r"|^names?$",
    "an address": r"\b(post ?code|zip ?code|home address|address( line)?)\b|^address",
    "a telephone number": r"\b(tele)?phone\b(?! ?(review|contact|call))|\bmobile( no| number)?\b",
    "an e-mail address": r"\be-?mail\b",
}
SPACING = re.compile(r"[\s\u00a0\u2007\u2009\u202f.\-\u2010\u2011\u2013]")
TEN = re.compile(r"\d{10}")
TEN_WITHIN = re.compile(r"(?<!\d)\d{3}[ -]?\d{3}[ -]?\d{4}(?!\d)")
POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}", re.I)
POSTCODE_WITHIN = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b")
DATE = re.compile(r"(?:(\d{4})-\d{2}-\d{2}|\d{1,2}[/.-]\d{1,2}[/.-](\d{4}))(?: .*)?")
# Dates of birth of adults lie long ago and over many years; no other date of an export does.
ADULT_YEARS = 16
BIRTH_YEARS = 12
WORDY = 5
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
PHONE = re.compile(r"(\+44 ?\(?0?\)?|0)[1-9]\d{1,4}[ -]?\d{3,4}[ -]?\d{3,4}")
NAME_LIKE = re.compile(r"[^\W\d_]+(?:[ ,.'\u2019_-]+[^\W\d_]+)*\.?")
LEAST_HITS = 3
LEAST_SHARE = 0.2
NAMES = frozenset(
    """
    alan alice amanda amy andrew angela ann anna anne anthony barbara ben benjamin brian carol
    caroline catherine charles charlotte chloe chris christine christopher claire colin daniel
    david dawn debbie deborah diane donna dorothy edward elizabeth ellie emily emma eric eva
    fatima fiona frank gareth gary george gillian graham grace hannah harry heather helen ian
    isla jack jacob james jane janet jason jean jennifer jessica joan joanne john jonathan
    joseph josh joshua joyce julia julie karen kate katherine kathleen keith kelly ken kenneth
    kevin kim laura lauren leah lee lesley liam linda lisa louise lucy luke malcolm margaret
    maria mark martin mary matthew maureen megan michael michelle mohammed muhammad natalie neil
    nicholas nicola nigel noah oliver olivia pamela patricia patrick paul pauline peter philip
    rachel raymond rebecca richard robert roger ronald rosemary ruth ryan sam samantha samuel
    sandra sarah sean sharon sheila shirley simon sophie stephanie stephen steven stuart susan
    thomas tim timothy tom tony tracey tracy trevor valerie victoria wendy william yvonne
    """.split()  # noqa: SIM905
)


def valid_nhs_number(text: str) -> bool:
    """Ten digits in any spacing whose check digit is right, modulus 11.

    A spreadsheet's trailing ".0" is no digit of it. Ten equal digits are no number of anyone.
    """
    bare = ten_digits(text)
    if bare is None:
        return False
    digits = [int(c) for c in bare]
    check = 11 - sum(d * (10 - i) for i, d in enumerate(digits[:9])) % 11
    return len(set(digits)) > 1 and (0 if check == 11 else check) == digits[9]


def holds_nhs_number(text: str) -> bool:
    """Is a valid NHS number the text, or inside it?"""
    return valid_nhs_number(text) or any(map(valid_nhs_number, TEN_WITHIN.findall(text)))


def ten_digits(text: str) -> str | None:
    """The ten digits that a text consists of, whatever parts them, or None."""
    bare = SPACING.sub("", text.strip().removesuffix(".0"))
    return bare if bare.isascii() and TEN.fullmatch(bare) else None


# What an opaque id is made of: nothing else has these signs alone. Such a text is no date (it has
# a letter), no name (it has a digit) and no e-mail address or telephone number.
OPAQUE = "^[A-Za-z0-9_-]{1,64}$"
MIXED = "[A-Za-z].*[0-9]|[0-9].*[A-Za-z]"
COUNT = "^[0-9]{1,8}$"
NOT_OPAQUE = "[0-9]{3}-?[0-9]{3}-?[0-9]{4}|^[A-Za-z]{1,2}[0-9][A-Za-z0-9]?[0-9][A-Za-z]{2}$"


def opaque(values: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Which of the texts a guard would find nothing in, told by their signs alone.

    True only of ids of letters and digits that hold neither ten digits nor a postcode, and of
    numbers shorter than a telephone number.
    """
    texts = pa.array(values, pa.string())
    found = [compute.match_substring_regex(texts, each) for each in (OPAQUE, MIXED, NOT_OPAQUE)]
    ids = compute.and_not(compute.and_(found[0], found[1]), found[2])
    told = compute.or_(ids, compute.match_substring_regex(texts, COUNT))
    return np.asarray(told.to_numpy(zero_copy_only=False), np.bool_)


def header_finding(header: str) -> str | None:
    """What a header announces, or None."""
    plain = re.sub(r"[_\s]+", " ", header).strip().casefold()
    for what, pattern in HEADERS.items():
        if re.search(pattern, plain):
            return what
    return None


def _whole(text: str) -> str | None:
    """What the whole text is, or an e-mail address anywhere in it."""
    if EMAIL.search(text):
        return "an e-mail address"
    if POSTCODE.fullmatch(text):
        return "a postcode"
    return "a telephone number" if PHONE.fullmatch(text) else None


@dataclass
class ColumnGuard:
    """Counts what a column's values look like, over as many batches as there are."""

    header: str
    # Would the column be kept as it is? Then free text is a finding too.
    kept_as_is: bool = False
    seen: Counter[str] = field(default_factory=Counter)
    years: Counter[int] = field(default_factory=Counter)

    def look_at_all(self, values: Sequence[str], counts: npt.NDArray[np.int64]) -> None:
        """Take a whole column: its distinct values, and how many rows have each of them.

        The many that can be told at a glance to be nothing of anyone's are only counted.
        """
        doubtful = ~opaque(values)
        self.seen["values"] += int(counts[~doubtful].sum())
        places = np.nonzero(doubtful & (counts > 0))[0].tolist()
        self.look((values[place], int(counts[place])) for place in places)

    def look(self, values: Iterable[tuple[str, int]]) -> None:
        """Take (distinct value, how often) of one batch."""
        for value, times in values:
            text = value.strip()
            if not text:
                continue
            self.seen["values"] += times
            if len(text) > 40 and text.count(" ") >= WORDY:
                self.seen["free text"] += times
            if ten_digits(text):
                self.seen["ten digits"] += times
                self.seen["an NHS number"] += times if valid_nhs_number(text) else 0
            elif what := _whole(text):
                self.seen[what] += times
            elif birth := DATE.fullmatch(text):
                self.seen["dates"] += times
                self.years[int(birth.group(1) or birth.group(2))] += times
            elif NAME_LIKE.fullmatch(text):
                self.seen["words"] += times
                if any(word in NAMES for word in re.split(r"[^\w]+|_", text.casefold())):
                    self.seen["a name"] += times
            elif len(text) > 10:
                self._within(text, times)

    def _within(self, text: str, times: int) -> None:
        """Look inside a longer text."""
        if holds_nhs_number(text):
            self.seen["ten digits"] += times
            self.seen["an NHS number"] += times
        if POSTCODE_WITHIN.search(text):
            self.seen["a postcode"] += times

    def finding(self) -> tuple[str, int] | None:
        """What the column holds and how many such values, or None when it may pass."""
        nhs = self.seen["an NHS number"]
        if nhs >= LEAST_HITS and nhs > LEAST_SHARE * self.seen["ten digits"]:
            return "an NHS number", nhs
        if self.seen["an e-mail address"]:
            return "an e-mail address", self.seen["an e-mail address"]
        for what in ("a postcode", "a telephone number"):
            if self.seen[what] >= LEAST_HITS:
                return what, self.seen[what]
        if self._births():
            return "a date of birth", self.seen["dates"]
        wordy = self.seen["free text"]
        if self.kept_as_is and wordy >= LEAST_HITS and wordy > LEAST_SHARE * self.seen["values"]:
            return "free text", wordy
        names = self.seen["a name"]
        if names >= LEAST_HITS and names > LEAST_SHARE * self.seen["words"]:
            return "a name", names
        return None

    def _births(self) -> bool:
        last = dt.date.today().year - ADULT_YEARS
        old = sum(n for year, n in self.years.items() if year <= last)
        many = len([year for year in self.years if year <= last]) >= BIRTH_YEARS
        return many and old > self.seen["values"] / 2

    @property
    def masks(self) -> bool:
        """Too few NHS numbers to refuse the file, too many to be chance: mask the cells."""
        nhs = self.seen["an NHS number"]
        return 0 < nhs < LEAST_HITS and nhs > LEAST_SHARE * self.seen["ten digits"]
