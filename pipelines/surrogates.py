"""Case numbers: what an episode is called in addresses and in the access log.

An episode's own id is the service's pseudonym: whoever has the service's list can tell the person
by it, and an address stays in histories, chats and screenshots. A case number is made from it with
a key that lies in the data home alone. The same episode has the same number in every snapshot of
a home, and another one in every other home.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Final

import duckdb

from pipelines.errors import OutcomesError

PREFIX: Final = "case-"
DIGITS: Final = "0123456789abcdefghijklmnopqrstuv"
LENGTH: Final = 12
"""Digits of five bits. Of five million episodes two share a number with a chance of 1 in 90,000;
then it opens neither (`episode_of`)."""
FORM: Final = re.compile(f"{PREFIX}[0-9a-v]{{{LENGTH}}}")
EPISODE: Final = "episode"
REVIEW: Final = "review"
BLOCK: Final = 64


def is_number(text: str) -> bool:
    """Whether this is written as case numbers are."""
    return FORM.fullmatch(text) is not None


def number(key: bytes, ident: str, kind: str = EPISODE) -> str:
    """The case number of an episode's id; of another kind of id a different one."""
    told = hmac.new(key, f"{kind}\x1f{ident}".encode(), hashlib.sha256).hexdigest()
    value = int(told[: LENGTH * 5 // 4], 16)
    digits = (DIGITS[(value >> (5 * place)) & 31] for place in reversed(range(LENGTH)))
    return PREFIX + "".join(digits)


def episode_of(cur: duckdb.DuckDBPyConnection, key: bytes, case: str) -> str | None:
    """The id of the episode with this case number in a snapshot; None where there is none.

    It is worked out anew for every episode, in the engine. OutcomesError where two episodes have
    the same number: neither must be shown in the other's place.
    """
    if not is_number(case):
        return None
    padded = key.ljust(BLOCK, b"\x00")
    own = cur.cursor()
    try:
        found = own.execute(
            FINDING,
            {
                "inner": bytes(each ^ 0x36 for each in padded) + f"{EPISODE}\x1f".encode(),
                "outer": bytes(each ^ 0x5C for each in padded),
                "wanted": _hex(case),
            },
        ).fetchall()
    finally:
        own.close()
    if len(found) > 1:
        raise OutcomesError(
            "two episodes have this case number",
            where=case,
            hint="Open the episode from a list, or type its own ID.",
        )
    return str(found[0][0]) if found else None


FINDING: Final = f"""
select distinct episode_id
from episode
where
    episode_id is not null
    and sha256($outer::blob || unhex(sha256($inner::blob || encode(episode_id))))[
        1:{LENGTH * 5 // 4}
    ] = $wanted
"""
"""HMAC-SHA-256 in the engine, as `number` has it."""


def _hex(case: str) -> str:
    value = 0
    for digit in case.removeprefix(PREFIX):
        value = value << 5 | DIGITS.index(digit)
    return f"{value:0{LENGTH * 5 // 4}x}"
