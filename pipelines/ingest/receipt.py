"""What became of a file: its load report, and the refusals."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipelines.errors import Refusal
from pipelines.home import Home, replace

# Records that are no rows of data; a footer that states the number of rows does not mean them.
NO_ROWS = ("preamble", "sep_line", "header", "repeated_header", "blank", "footer")


@dataclass
class Records:
    """The balance of a file: every physical record is in exactly one of these."""

    physical: int = 0
    accepted: int = 0
    quarantined: int = 0
    dropped: dict[str, int] = field(default_factory=dict)

    @property
    def balanced(self) -> bool:
        """physical = accepted + quarantined + dropped."""
        return self.physical == self.accepted + self.quarantined + sum(self.dropped.values())

    @property
    def rows(self) -> int:
        """Rows of data: what is neither above nor below the table, nor its header."""
        return self.physical - sum(self.dropped.get(reason, 0) for reason in NO_ROWS)


@dataclass
class Receipt:
    """An accepted file's load report, as stored beside its rows."""

    file_id: str
    name: str
    sha256: str
    bytes: int
    source: str
    stream: str
    supply: str
    profile: str
    profile_version: str
    profile_hash: str
    extract_date: dt.date
    ingested_at: str
    sequence: int
    encoding: str
    action_source: bool
    # Rows in landing: fewer than accepted records where several make one.
    landed: int = 0
    # Of these, rows that were taken out again since; all of them where the file was withdrawn.
    forgotten: int = 0
    withdrawn: bool = False
    # Share of rows that are alone in their site, bands and month (risk of re-identification).
    singled_out: float | None = None
    columns: dict[str, str] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    records: Records = field(default_factory=Records)
    quarantine: dict[str, int] = field(default_factory=dict)
    cells: dict[str, dict[str, int]] = field(default_factory=dict)
    first_date: str | None = None
    last_date: str | None = None
    warnings: list[str] = field(default_factory=list)
    # Rows that the file says it has, where it says so.
    stated: int | None = None
    unchanged: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain data; dates as ISO text."""
        found = asdict(self)
        found["extract_date"] = self.extract_date.isoformat()
        del found["unchanged"]
        return found

    def save(self, folder: Path) -> None:
        """Write receipt.json."""
        self.write(folder / "receipt.json")

    def write(self, path: Path) -> None:
        """Write the load report to this path."""
        text = json.dumps(self.to_json(), indent=1, sort_keys=True)
        path.write_text(text, encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Receipt:
        """Read receipt.json of a landing folder."""
        found = json.loads((folder / "receipt.json").read_text(encoding="utf-8"))
        found["extract_date"] = dt.date.fromisoformat(found["extract_date"])
        found["records"] = Records(**found["records"])
        found.setdefault("landed", found["records"].accepted)
        return cls(**found)


def list_receipts(home: Home) -> list[Receipt]:
    """Every accepted file's load report, in the order of ingest."""
    if not home.landing.is_dir():
        return []
    folders = [p.parent for p in home.landing.glob("*/*/receipt.json")]
    return sorted(
        (Receipt.read(folder) for folder in folders if not folder.name.startswith(".")),
        key=lambda receipt: receipt.sequence,
    )


def record_refusal(home: Home, refusal: Refusal, sha256: str | None) -> None:
    """Keep why a file was refused: its name, hash, place and reason, nothing of its content."""
    now = dt.datetime.now(dt.UTC)
    content = {
        "name": refusal.file,
        "sha256": sha256,
        "place": refusal.place,
        "reason": refusal.reason,
        "hint": refusal.hint,
        "refused_at": now.isoformat(timespec="seconds"),
    }
    mark = (sha256 or "0" * 12)[:12]
    target = home.refused / f"{now:%Y%m%dT%H%M%S%f}-{mark}.json"
    draft = home.refused / f".{target.name}"
    draft.write_text(json.dumps(content, indent=1, sort_keys=True), encoding="utf-8")
    replace(draft, target)


def list_refusals(home: Home) -> list[dict[str, Any]]:
    """Every refusal on record, oldest first."""
    if not home.refused.is_dir():
        return []
    paths = sorted(p for p in home.refused.glob("*.json") if not p.name.startswith("."))
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]
