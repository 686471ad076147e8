"""What would become of a file under a profile, without writing anything anywhere."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines import landing_tables as landing
from pipelines.errors import Refusal
from pipelines.ingest import formats
from pipelines.ingest.balance import check_balance, check_tolerances
from pipelines.ingest.guarding import guarded
from pipelines.ingest.mapping import Mapper
from pipelines.ingest.profile import Profile
from pipelines.ingest.reading import Reading
from pipelines.ingest.receipt import Records
from pipelines.ingest.rows import Rows
from pipelines.ingest.source import examine

HELP = (
    *("help_1_unmanageable", "help_2_sleep_impact", "help_2_med_helps"),
    *("help_3_worsening", "help_tried", "help_improving"),
)
MOST_LINES = 10


@dataclass
class DryRun:
    """What a profile makes of a file: balance, what would be set aside or unknown, coverage.

    `answers` counts the codes of each safety and help question over accepted rows; `aside` has the
    first lines of each reason; `cells` counts (column, reason) of cells that become unknown, and
    `spellings` are the short codes among them. `undecided` lines of the profile are marked TODO.
    """

    file: str
    profile: str
    extract_date: dt.date
    records: Records
    mapping: dict[str, str]
    unread: list[str]
    aside: dict[str, list[int]] = field(default_factory=dict)
    cells: dict[str, dict[str, int]] = field(default_factory=dict)
    spellings: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    undecided: int = 0
    # Why the door would refuse the file for all that is told here; None where it would not.
    refusal: Refusal | None = None
    answers: dict[str, dict[str, int]] = field(default_factory=dict)
    singled_out: float | None = None

    @property
    def findings(self) -> list[str]:
        """What a person should look at before taking the file in; empty when nothing."""
        found = [f"{len(self.not_asked)} of 15 safety questions are never asked"] * bool(
            self.not_asked
        )
        if self.records.quarantined:
            found.append(f"{self.records.quarantined:,} row(s) would be set aside")
        unknown = sum(n for reasons in self.cells.values() for n in reasons.values())
        if unknown:
            found.append(f"{unknown:,} cell(s) cannot be read and would be unknown")
        if self.refusal:
            found.append(f"it would be refused: {self.refusal.reason}")
        if self.undecided:
            found.append(f"{self.undecided} line(s) of the profile are still marked TODO")
        return found

    @property
    def not_asked(self) -> list[str]:
        """Safety questions that no accepted row has an answer to, not even an empty one."""
        return [
            item
            for item in landing.SCREEN
            if item in self.answers and set(self.answers[item]) <= {"not_asked"}
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain data; dates as ISO text."""
        found = dataclasses.asdict(dataclasses.replace(self, refusal=None))
        found["refusal"] = self.refusal and {
            "place": self.refusal.place,
            "reason": self.refusal.reason,
            "hint": self.refusal.hint,
        }
        found["extract_date"] = self.extract_date.isoformat()
        return {**found, "findings": self.findings}


def dry_run(path: Path, profile: Profile, given: dt.date | None = None) -> DryRun:
    """Read the whole file as the door would; raises Refusal as the door would.

    A file of which more is unusable than is tolerated is told of all the same, with `refusal`: what
    is told of it is what a person needs to mend the profile.
    """
    profile = profile.for_file(path.name)
    source = examine(path, profile.encodings, profile.format in formats.BINARY)
    source = dataclasses.replace(source, lines=formats.count(source, profile))
    reading = Reading(source, profile)
    rows = reading.rows()
    mapper = Mapper(profile, "dry-run", reading.extract_date(given), guarded(source, profile, rows))
    found, reasons = _read(reading, rows, mapper)
    check_balance(source, found.records)
    try:
        check_tolerances(source, profile, found.records, reasons, mapper)
    except Refusal as refusal:
        found.refusal = refusal
    return found


def _read(reading: Reading, rows: Rows, mapper: Mapper) -> tuple[DryRun, Counter[str]]:
    source, profile = reading.source, reading.profile
    columns, accepted, set_aside = mapper.map(rows)
    aside: dict[str, list[int]] = {}
    for line, reason, _ in set_aside:
        lines = aside.setdefault(reason, [])
        if len(lines) < MOST_LINES:
            lines.append(line)
    reasons = Counter(reason for _, reason, _ in set_aside)
    asked = (*landing.SCREEN, *HELP) if profile.stream == "triage" else ()
    answers: dict[str, Counter[str]] = {item: Counter() for item in asked}
    for item in asked:
        given = columns[item].take(accepted)
        for code, n in zip(given.values, given.counts.tolist(), strict=True):
            answers[item].update({str(code): n} if n else {})
    _several(mapper, answers)
    cells: dict[str, dict[str, int]] = {}
    for (column, reason), n in sorted(mapper.issues.cells.items()):
        cells.setdefault(column, {})[reason] = n
    found = DryRun(
        file=source.path.name,
        profile=profile.id,
        extract_date=mapper.extract_date,
        records=Records(
            source.lines, mapper.accepted, sum(reasons.values()), dict(reading.dropped)
        ),
        mapping={m.header: ", ".join(m.to) for m in profile.columns.values() if not m.drop},
        unread=[h for h in rows.header if h not in profile.columns or profile.columns[h].drop],
        aside=aside,
        cells=cells,
        spellings=mapper.issues.spellings(),
        undecided=profile.undecided,
        answers={item: dict(counts) for item, counts in answers.items()},
        singled_out=mapper.singled.share() if asked else None,
    )
    return found, reasons


def _several(mapper: Mapper, answers: dict[str, Counter[str]]) -> None:
    """Questions asked in parts or answered more than once are asked, though their cell is not."""
    for row in mapper.answers.rows:
        if row["item"] in answers:
            answers[row["item"]]["kept apart"] += 1
