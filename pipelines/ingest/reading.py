"""The file's records sorted into what they are: header, data, and what is dropped and why."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from pipelines.errors import Refusal
from pipelines.ingest import formats
from pipelines.ingest.coded import Coded, Mask
from pipelines.ingest.formats.blocks import Block
from pipelines.ingest.header import check_header
from pipelines.ingest.profile import Profile
from pipelines.ingest.receipt import NO_ROWS
from pipelines.ingest.records import Record
from pipelines.ingest.rows import Gathering, Rows, coded, digest
from pipelines.ingest.source import Source

Progress = Callable[[str, int, int], None]
BATCH = 50_000
AGAIN = "Fetch or export it again; nothing of it was kept."


@dataclass
class Reading:
    """One pass over a file. `rows` yields the data; the counts are complete when it ends."""

    source: Source
    profile: Profile
    preamble: list[str] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    total: int = 0
    footers: list[re.Match[str]] = field(default_factory=list)
    # The last record, if it has too few cells.
    short: Record | None = None
    # Data records that wait to be coded together.
    _waiting: list[Record] = field(default_factory=list)

    def rows(self, progress: Progress | None = None) -> Rows:
        """The file's data rows, exact duplicates left out. Raises Refusal for a wrong header."""
        into: Gathering | None = None
        told = 0
        for piece in formats.pieces(self.source, self.profile):
            if isinstance(piece, Block):
                assert into is not None, "the header comes before every block"
                self._take_block(piece, into)
            elif into is None:
                into = self._above(piece)
            else:
                self.total += 0 if piece.synthetic else len(piece.lines)
                self._take(piece, into)
            if progress and self.total >= told + BATCH:
                told = self.total
                progress(f"reading {self.source.path.name}", told, self.source.lines)
        if into is None:
            raise self._refusal(None, "there is no header line", "Check header_row in the profile.")
        self._code(into)
        if progress:
            progress(f"reading {self.source.path.name}", self.total, self.source.lines)
        self._check_end(len(into.header))
        return self._unrepeated(into.rows())

    def _above(self, record: Record) -> Gathering | None:
        """A record before the data: dropped, or the header, from which on rows are gathered."""
        self.total += 0 if record.synthetic else len(record.lines)
        if record.drop:
            self.dropped[record.drop] += len(record.lines)
            return None
        if not record.synthetic and record.line < self.profile.header_row:
            self.dropped["preamble"] += 1
            self.preamble.append(record.cells[0])
            return None
        header = [cell.strip() for cell in record.cells]
        check_header(self.source.path.name, self.profile, header)
        self.dropped["header"] += not record.synthetic
        return Gathering(self.source, self.profile, header)

    def _take(self, record: Record, into: Gathering) -> None:
        """One record behind the header: dropped, set aside, or a row of data."""
        cells, size = record.cells, len(record.lines)
        self.short = None
        why = record.drop
        if not why and not record.problem:
            why = self._no_data(cells, into.header)
        if why:
            self.dropped[why] += size
            return
        problem = record.problem
        if not problem and len(cells) != len(into.header):
            problem = "too_few_cells" if len(cells) < len(into.header) else "too_many_cells"
        elif not problem and not all(map(_is_text, cells)):
            problem = "undecodable"
        if problem:
            self.short = record if problem == "too_few_cells" else None
            hashed = digest(cell.encode("utf-8", "replace").decode() for cell in cells)
            into.aside.extend((line, problem, hashed) for line in record.lines)
            return
        if self._filtered_out(cells, into.header):
            self.dropped["filtered"] += size
            return
        if len(record.lines) > 1:
            into.parts[record.line] = record.lines
        if record.several:
            into.several[record.line] = record.several
        self._waiting.append(record)
        if len(self._waiting) >= BATCH:
            self._code(into)

    def _filtered_out(self, cells: list[str], header: list[str]) -> bool:
        # Rows of a long questionnaire were filtered when they were put together.
        if self.profile.long or not self.profile.filter:
            return False
        place = header.index(self.profile.filter["column"])
        return cells[place].strip() not in map(str, self.profile.filter["in"])

    def _code(self, into: Gathering) -> None:
        """Hand on the records that wait."""
        waiting, self._waiting = self._waiting, []
        lines = np.array([record.line for record in waiting], np.int64)
        columns = [coded(cells) for cells in zip(*(r.cells for r in waiting), strict=True)]
        into.add(lines, columns)

    def _take_block(self, block: Block, into: Gathering) -> None:
        """Many rows at once; what is no data is told by each column's distinct texts."""
        self._code(into)
        self.total += len(block.lines) + len(block.others)
        gone = np.zeros(len(block.lines), np.bool_)
        for why, found in self._no_data_in(block.columns, into.header):
            found &= ~gone
            if found.any():
                self.dropped[why] += int(found.sum())
                gone |= found
        lines, arrays = block.lines, block.columns
        if gone.any():
            kept = pa.array(~gone)
            lines, arrays = lines[~gone], [column.filter(kept) for column in arrays]
        into.add(lines, arrays)
        for record in block.others:
            self._take(record, into)
        if not block.others or block.others[-1].line != block.last:
            self.short = None

    def _no_data_in(
        self, columns: list[pa.DictionaryArray], header: list[str]
    ) -> list[tuple[str, Mask]]:
        found = [("blank", _all(columns, [_is_blank] * len(columns)))]
        if footer := self.profile.footer:
            found.append(("footer", _which(columns[0], lambda text: bool(footer.search(text)))))
        found.append(("repeated_header", _all(columns, [_is_name(name) for name in header])))
        if chosen := self.profile.filter:
            wanted = frozenset(map(str, chosen["in"]))
            place = header.index(chosen["column"])
            other = _which(columns[place], lambda text: text.strip() not in wanted)
            found.append(("filtered", other))
        return found

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

    def _unrepeated(self, rows: Rows) -> Rows:
        """Leave out exact duplicates; answers of a long questionnaire were compared one by one."""
        if not self.profile.long:
            repeats = rows.repeats()
            if repeats.any():
                self.dropped["exact_duplicate"] += int(repeats.sum())
                rows.without(repeats)
        return rows

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
        rows = self.total - sum(self.dropped[reason] for reason in NO_ROWS)
        if self.stated is not None and self.stated != rows:
            raise self._refusal(
                "footer", f"the footer states {self.stated:,} rows, the file holds {rows:,}", AGAIN
            )

    @property
    def stated(self) -> int | None:
        """How many rows the file says that it has, where its footer must say so."""
        if not (self.profile.footer_required and self.footers and self.footers[-1].re.groups):
            return None
        return int(self.footers[-1].group(1).replace(",", ""))

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


def _all(columns: list[pa.DictionaryArray], tests: Sequence[Callable[[str], bool]]) -> Mask:
    """The rows in which every column's test is true; columns of few texts are asked first."""
    found = np.ones(len(columns[0]), np.bool_)
    for column, holds in sorted(
        zip(columns, tests, strict=True), key=lambda pair: len(pair[0].dictionary)
    ):
        found &= _which(column, holds)
        if not found.any():
            break
    return found


def _which(column: pa.DictionaryArray, holds: Callable[[str], bool]) -> Mask:
    return Coded(column.dictionary.to_pylist(), column.indices.to_numpy()).mask(holds)


def _is_blank(text: str) -> bool:
    return not text.strip()


def _is_name(name: str) -> Callable[[str], bool]:
    return lambda text: text.strip() == name


def _is_text(cell: str) -> bool:
    """Half a character pair, as JSON can spell it, is no text that could be kept."""
    return cell.isascii() or not any("\ud800" <= char <= "\udfff" for char in cell)
