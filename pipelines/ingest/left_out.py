"""Rows of people who are left out: they go before any of their cells is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from pipelines.erasure.register import EPISODE, PERSON, Register
from pipelines.ingest.cast import rekeyed
from pipelines.ingest.coded import Coded, Mask
from pipelines.ingest.profile import Profile
from pipelines.ingest.rows import Rows

Canonical = Callable[[str], str | None]


@dataclass
class LeftOut:
    """Physical records left out by reason, and the episodes of the people they belong to."""

    records: Counter[str] = field(default_factory=Counter)
    episodes: dict[str, str] = field(default_factory=dict)


def leave_out(rows: Rows, profile: Profile, key: bytes | None, register: Register) -> LeftOut:
    """Take the rows of everybody on the register out of `rows`, and say how many and whose.

    An id is compared as the export writes it and as landing would hold it, re-keyed with `key`.
    """
    found = LeftOut()
    if not register.size:
        return found

    def canonical(raw: str) -> str | None:
        text = raw.strip() if profile.trim else raw
        return None if text in profile.null_tokens else text

    people = _columns(rows, profile, "patient_id")
    episodes = _columns(rows, profile, "episode_id")
    gone = np.zeros(len(rows), np.bool_)
    for columns, kind in ((people, PERSON), (episodes, EPISODE)):
        for column in columns:
            # Of a person's episode a row without the person's id goes too.
            also = found.episodes if kind == EPISODE else {}
            why = [
                _why(register, kind, profile.source, text, key)
                or also.get(rekeyed(text, key) if key and text else text or "")
                for text in map(canonical, column.values)
            ]
            for reason in sorted({each for each in why if each}):
                hit = Coded([each == reason for each in why], column.codes).mask(bool) & ~gone
                found.records[reason] += _records(rows, hit)
                gone |= hit
                if kind == PERSON:
                    found.episodes |= {
                        (rekeyed(text, key) if key else text): reason
                        for each in episodes
                        for value in each.take(hit).used().values
                        if (text := canonical(value)) is not None
                    }
    if gone.any():
        rows.without(gone)
        rows.columns = [column.used() for column in rows.columns]
    return found


def _columns(rows: Rows, profile: Profile, name: str) -> list[Coded]:
    mapped = [profile.columns.get(header) for header in rows.header]
    pairs = zip(mapped, rows.columns, strict=True)
    return [column for each, column in pairs if each and not each.drop and name in each.to]


def _why(
    register: Register, kind: str, source: str, text: str | None, key: bytes | None
) -> str | None:
    if text is None:
        return None
    found = register.why(kind, source, text)
    return found or (register.why(kind, source, rekeyed(text, key)) if key else None)


def _records(rows: Rows, hit: Mask) -> int:
    lines = rows.lines[hit].tolist()
    return sum(len(rows.parts.get(line, (line,))) for line in lines)
