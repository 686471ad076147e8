"""The guard at the door: columns that hold identifiers of people are refused.

What it looks for: NHS numbers (ten digits that pass modulus 11, judged by the column's hit rate,
because one ten-digit pseudonym in eleven passes by chance), full postcodes, e-mail addresses,
telephone numbers, names, and headers that announce such things. What it cannot find: names that
are on no list, and text that merely describes someone; free-text columns are dropped unread.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

HEADERS = {
    "an NHS number": r"\bnhs[ _.-]*(no|num|number|nr|id)?\b(?!.*(site|trust|org))",
    "a date of birth": r"\b(dob|d\.o\.b\.?|birth ?date|date[ _-]of[ _-]birth)\b",
    "a name": r"\b(fore|sur|first|last|given|family|full|patient|middle|maiden)[ _-]?names?\b"
    r"|^names?$",
    "an address": r"\b(post ?code|zip ?code|home address|address( line)?)\b|^address",
    "a telephone number": r"\b(tele)?phone\b(?! ?(review|contact|call))|\bmobile( no| number)?\b",
    "an e-mail address": r"\be-?mail\b",
}
NHS = re.compile(r"\d{3}[ -]?\d{3}[ -]?\d{4}")
POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}", re.I)
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
PHONE = re.compile(r"(\+44 ?\(?0?\)?|0)[1-9]\d{1,4}[ -]?\d{3,4}[ -]?\d{3,4}")
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
    """Ten digits (spaces and hyphens allowed in 3-3-4) whose check digit is right, modulus 11."""
    if not NHS.fullmatch(text):
        return False
    digits = [int(c) for c in text if c.isdigit()]
    check = 11 - sum(d * (10 - i) for i, d in enumerate(digits[:9])) % 11
    return len(set(digits)) > 1 and (0 if check == 11 else check) == digits[9]


def header_finding(header: str) -> str | None:
    """What a header announces, or None."""
    plain = re.sub(r"[_\s]+", " ", header).strip().casefold()
    for what, pattern in HEADERS.items():
        if re.search(pattern, plain):
            return what
    return None


@dataclass
class ColumnGuard:
    """Counts what a column's values look like, over as many batches as there are."""

    header: str
    seen: Counter[str] = field(default_factory=Counter)

    def look(self, values: Iterable[tuple[str, int]]) -> None:
        """Take (distinct value, how often) of one batch."""
        for value, times in values:
            text = value.strip()
            if not text:
                continue
            self.seen["values"] += times
            if NHS.fullmatch(text):
                self.seen["ten digits"] += times
                self.seen["an NHS number"] += times if valid_nhs_number(text) else 0
            elif POSTCODE.fullmatch(text):
                self.seen["a postcode"] += times
            elif EMAIL.search(text):
                self.seen["an e-mail address"] += times
            elif PHONE.fullmatch(text):
                self.seen["a telephone number"] += times
            elif text.replace(" ", "").isalpha():
                self.seen["words"] += times
                if any(word in NAMES for word in text.casefold().split()):
                    self.seen["a name"] += times

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
        names = self.seen["a name"]
        if names >= LEAST_HITS and names > LEAST_SHARE * self.seen["words"]:
            return "a name", names
        return None

    @property
    def masks(self) -> bool:
        """Too few NHS numbers to refuse the file, too many to be chance: mask the cells."""
        nhs = self.seen["an NHS number"]
        return 0 < nhs < LEAST_HITS and nhs > LEAST_SHARE * self.seen["ten digits"]
