"""The file's records sorted into what they are: header, data, and what is dropped and why."""

from __future__ import annotations

import datetime as dt
import difflib
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pipelines.errors import Refusal
from pipelines.ingest import formats
from pipelines.ingest.identifiers import header_finding
from pipelines.ingest.profile import Profile
from pipelines.ingest.records import Record
from pipelines.ingest.source import Source

BATCH = 50_000
AGAIN = "Fetch or export it again; nothing of it was kept."
# Records that are no rows of data; a footer that states the number of rows does not mean them.
NO_ROWS = ("preamble", "sep_line", "header", "repeated_header", "blank", "footer")


@dataclass
class Batch:
    """Data records of equal width: `cells` by source column, `lines` of origin, row hashes."""

    header: list[str]
    lines: list[int] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)
    # Per row: the lines of the physical records in it, and questions answered more than once.
    parts: list[tuple[int, ...]] = field(default_factory=list)
    several: list[Mapping[str, tuple[str, ...]]] = field(default_factory=list)
    # Records set aside before any cell is read: (line, reason, hash).
    aside: list[tuple[int, str, bytes]] = field(default_factory=list)


@dataclass
class Reading:
    """One pass over a file. `batches` yields data; the counts are complete when it ends."""

    source: Source
    profile: Profile
    preamble: list[str] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    total: int = 0
    footers: list[re.Match[str]] = field(default_factory=list)
    # The last record, if it has too few cells.
    short: Record | None = None

    def batches(self) -> Iterator[Batch]:
        """Data in batches of up to BATCH records. Raises Refusal for a wrong header."""
        header: list[str] | None = None
        seen: set[bytes] = set()
        batch = Batch([])
        wanted = self._wanted()
        for record in formats.records(self.source, self.profile):
            self.total += 0 if record.synthetic else len(record.lines)
            if record.drop:
                self.dropped[record.drop] += len(record.lines)
                continue
            if header is None:
                if not record.synthetic and record.line < self.profile.header_row:
                    self.dropped["preamble"] += 1
                    self.preamble.append(record.cells[0])
                    continue
                header = [cell.strip() for cell in record.cells]
                self._check_header(header)
                self.dropped["header"] += not record.synthetic
                batch = Batch(header)
                continue
            self._sort(record, header, batch, seen, wanted)
            if len(batch.lines) + len(batch.aside) >= BATCH:
                yield batch
                batch = Batch(header)
        if header is None:
            raise self._refusal(None, "there is no header line", "Check header_row in the profile.")
        self._check_end(len(header))
        yield batch

    def _wanted(self) -> tuple[str, frozenset[str]] | None:
        chosen = None if self.profile.long else self.profile.filter
        return (chosen["column"], frozenset(map(str, chosen["in"]))) if chosen else None

    def _sort(
        self,
        record: Record,
        header: list[str],
        batch: Batch,
        seen: set[bytes],
        wanted: tuple[str, frozenset[str]] | None,
    ) -> None:
        cells, size = record.cells, len(record.lines)
        self.short = None
        if not record.problem and (why := self._no_data(cells, header)):
            self.dropped[why] += size
            return
        digest = hashlib.blake2b("\x1f".join(cells).encode(), digest_size=16).digest()
        if record.problem or len(cells) != len(header):
            few = len(cells) < len(header)
            why = record.problem or ("too_few_cells" if few else "too_many_cells")
            self.short = record if why == "too_few_cells" else None
            batch.aside.extend((line, why, digest) for line in record.lines)
            return
        if wanted and cells[header.index(wanted[0])].strip() not in wanted[1]:
            self.dropped["filtered"] += size
            return
        # Rows of a long questionnaire were compared one by one when they were put together.
        if digest in seen and not self.profile.long:
            self.dropped["exact_duplicate"] += size
            return
        seen.add(digest)
        batch.lines.append(record.line)
        batch.rows.append(cells)
        batch.hashes.append(digest)
        batch.parts.append(record.lines)
        batch.several.append(record.several)

    def _no_data(self, cells: list[str], header: list[str]) -> str | None:
        if not any(cell.strip() for cell in cells):
            return "blank"
        if found := self._footer(cells):
            self.footers.append(found)
            return "footer"
        return "repeated_header" if [cell.strip() for cell in cells] == header else None

    def _footer(self, cells: list[str]) -> re.Match[str] | None:
        pattern = self.profile.footer
        if pattern is None:
            return None
        if self.profile.footer_required:  # its number may stand after a comma
            return pattern.match(self.profile.delimiter.join(cells))
        return pattern.search(cells[0])

    def _check_end(self, width: int) -> None:
        """Refuse a file that ends inside a row, or without the footer that it must have.

        A row with too few cells is set aside; as the last one, and without its line end, it is
        where the file was cut off.
        """
        contract = self.profile.schema != "raw"  # raw files have none, so no row is too short
        if contract and self.short and formats.unended(self.source, self.profile):
            raise self._refusal(
                f"line {self.short.line}",
                f"the file is cut off: it ends inside this row, after {len(self.short.cells)} of "
                f"its {width} cells",
                AGAIN,
            )
        if self.profile.footer_required:
            self._check_footer()

    def _check_footer(self) -> None:
        if not self.footers:
            raise self._refusal(
                f"line {self.total}",
                f"the file is cut off: it ends without the footer of profile {self.profile.id}",
                AGAIN,
            )
        stated = self.footers[-1].group(1) if self.footers[-1].re.groups else None
        rows = self.total - sum(self.dropped[reason] for reason in NO_ROWS)
        if stated is not None and int(stated.replace(",", "")) != rows:
            raise self._refusal(
                "footer", f"the footer states {stated} rows, the file holds {rows:,}", AGAIN
            )

    def _check_header(self, header: list[str]) -> None:
        line = f"line {self.profile.header_row}"
        for place, name in enumerate(header, start=1):
            what = header_finding(name)
            mapped = self.profile.columns.get(name)
            if what and not (mapped and (mapped.drop or mapped.to)):
                raise self._refusal(
                    f"{line}, column {place}",
                    f"the header announces {what}",
                    "Export without identifiers of people; nothing of the file was kept.",
                )
        doubled = [name for name, n in Counter(header).items() if n > 1 and name]
        if doubled:
            raise self._refusal(line, "a column name stands twice", "Name every column once.")
        missing = [name for name in self.profile.columns if name not in header]
        if missing:
            raise self._refusal(line, self._missing(missing, header), self._other_profile())
        extra = [n for n in header if n not in self.profile.columns]
        if extra and self.profile.extra_columns == "refuse":
            places = ", ".join(str(header.index(name) + 1) for name in extra)
            raise self._refusal(
                f"{line}, column {places}",
                f"{len(extra)} column(s) that profile {self.profile.id} does not know",
                'Map or drop them in the profile, or set extra_columns = "drop".',
            )

    def _missing(self, missing: list[str], header: list[str]) -> str:
        told = []
        for name in missing[:5]:
            near = difflib.get_close_matches(name, header, 1, cutoff=0.7)
            told.append(f"'{name}'" + (f" (nearest: '{near[0]}')" if near else ""))
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        return f"the header lacks {', '.join(told)}{more}"

    def _other_profile(self) -> str:
        return f"The file was read with profile {self.profile.id}; name another with --profile."

    def _refusal(self, place: str | None, reason: str, hint: str) -> Refusal:
        return Refusal(self.source.path.name, place, reason, hint)

    def extract_date(self, given: dt.date | None) -> dt.date:
        """The last day that the export covers: command, then file, then profile."""
        found = given or self._date_in_file() or self.profile.extract_date
        if found is None:
            raise self._refusal(
                None,
                "it is not known which day the export covers to",
                "Give it with --extract-date 2026-06-30, or in the profile under [dates].",
            )
        return found

    def _date_in_file(self) -> dt.date | None:
        pattern = self.profile.extract_date_from
        if pattern is None:
            return None
        for text in [*self.preamble, self.source.path.name]:
            match = pattern.search(text)
            if match:
                try:
                    fmt = self.profile.extract_date_format
                    return dt.datetime.strptime(match.group(1), fmt).date()
                except ValueError:
                    raise self._refusal(
                        None,
                        "the extract date in the file is not written as the profile says",
                        f"The profile expects {self.profile.extract_date_format}.",
                    ) from None
        return None
