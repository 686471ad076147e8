"""A drafted profile as TOML, with a question where a person must decide."""

from __future__ import annotations

from functools import cache

import rules.ruleset
from pipelines import landing_tables as landing
from pipelines.ingest import contract
from pipelines.ingest.draft import Draft, DraftColumn
from pipelines.ingest.draft_frame import escaped as _quoted
from pipelines.ingest.recognise import plain

DECIDE = "TODO"
# Units in a header that are not the canonical column's, with what makes the one of the other.
UNITS = {
    ("distance_m", "km"): 1000, ("distance_m", "miles"): 1609.344, ("duration_s", "min"): 60,
    ("duration_s", "mins"): 60, ("duration_s", "minutes"): 60,
}  # fmt: skip
WORST = "worst pain is not the score that is followed (now, or on average); to keep it beside"


def as_toml(found: Draft) -> str:
    """The profile's text. What is undecided stands in lines marked TODO."""
    mapped = {column.to for column in found.columns}
    key = [name for name in ("contact_id", "log_id", "referral_id") if name in mapped]
    lines = [
        f"# A draft, to be finished by hand: every line marked {DECIDE} is a decision that the",
        "# file alone does not settle.",
        "",
        "[profile]",
        'id = "my-service"',
        'version = "1"',
        f'stream = "{found.stream}"',
        f'source = "my-service"  # {DECIDE}: what is the service called?',
        "# append: files add up; full: each replaces all before; delta: rows replace rows.",
        'supply = "append"',
        "",
        "[match]",
        f'glob = ["*{_quoted("".join(found.path.suffixes[-2:]))}"]  # {DECIDE}: narrower',
        "",
        *_file(found),
        *_dates(found),
        *(["[keys]", f'row = ["{key[0]}"]', ""] if key else []),
        "[columns]",
        *(_column(found, column) for column in found.columns),
        "",
        *_lacking(found, mapped),
    ]
    tables: dict[str, list[DraftColumn]] = {}
    for column in found.columns:
        if column.codes and not column.finding:
            tables.setdefault(_table(found, column), []).append(column)
    for table, columns in tables.items():
        lines += _codes(table, columns)
    if any(column.decile for column in found.columns):
        lines += [
            "[codes.quintile]",
            *(f'{n} = ["{2 * n - 1}", "{2 * n}"]' for n in range(1, 6)),
        ]
    return "\n".join(lines).rstrip() + "\n"


def _file(found: Draft) -> list[str]:
    frame = found.frame
    text = [f'encodings = ["{found.encoding}"]', f'delimiter = "{_quoted(frame.delimiter)}"']
    lines = [
        "[file]",
        *(text if frame.format == "csv" else [f'format = "{frame.format}"']),
        *([] if frame.format == "parquet" else [f"header_row = {frame.header_row}"]),
        'extra_columns = "refuse"',
    ]
    if frame.format == "csv" and any(set(cell) & {"\n", "\r"} for r in frame.rows for cell in r):
        lines.append("multiline = true  # cells hold line ends")
    if frame.footer:
        lines.append(f"footer = '{frame.footer}'")
    if frame.counted:
        lines.append("footer_required = true  # the number in it is the number of rows")
    return [*lines, ""]


def _dates(found: Draft) -> list[str]:
    lines = ["[dates]", f'formats = ["{found.date_format}"]']
    if found.frame.extract:
        pattern, fmt = found.frame.extract
        return [
            *lines,
            f"# {DECIDE}: is the date above the table the last day that the export covers?",
            f"extract_date_from = '{pattern}'",
            f'extract_date_format = "{fmt}"',
            "",
        ]
    return [
        *lines,
        f"# {DECIDE}: the last day that the export covers; or remove it and give --extract-date",
        'extract_date = "TODO"',
        "",
    ]


def _lacking(found: Draft, mapped: set[str | None]) -> list[str]:
    """What no column was recognised as: what every row needs, and safety questions."""
    needed = contract.required(found.stream)
    lines = [
        f"# {DECIDE}: no column was recognised as {name}; every row needs it."
        for name in needed
        if name not in mapped
    ]
    unasked = [item for item in landing.SCREEN if item not in mapped]
    if found.stream == "triage" and unasked:
        lines.append(
            f"# {DECIDE}: no column was recognised for these safety questions. Map them if"
        )
        lines.append("# the file has them; what it does not ask stays unknown, and is never a no.")
        lines += [f"#   {item}: {_wording(item)}" for item in unasked]
    return [*lines, ""] if lines else []


@cache
def _wordings() -> dict[str, str]:
    return {item.code: item.wording for item in rules.ruleset.load().items.values()}


def _wording(name: str) -> str:
    return _wordings().get(name, "")


def _column(found: Draft, column: DraftColumn) -> str:
    name = f'"{_quoted(column.header)}"'
    if column.finding:
        return f"{name} = {{ drop = true }}  # holds or announces {column.finding}: never read"
    if column.to is None:
        return f"{name} = {{ drop = true }}  # {_unmapped(column)}"
    parts = [f'to = "{column.to}"']
    notes = []
    if column.codes:
        parts.append(f'codes = "{_table(found, column)}"')
    if column.healthy:
        notes.append("it asks for the healthy state, so yes and no are exchanged: is it so?")
    if column.decile:
        parts.append('codes = "quintile"')
        notes.append("tenths become fifths: is 1 the most deprived?")
    if column.strip:
        parts.append(f'strip = "{column.strip.strip()}"')
    formats, note = _formats(found, column)
    parts += formats
    notes += note
    if column.highest is not None and column.to.startswith("nprs") and column.highest > 10:
        parts.append("scale = 0.1, range = [0, 100]")
        notes.append(f"values up to {column.highest:g}; is the scale 0-100?")
    for word in plain(column.header).split():
        if scale := UNITS.get((column.to, word)):
            parts.append(f"scale = {scale}")
            notes.append(f"the header says {word}; is it so?")
    told = f"  # {DECIDE}: {'; '.join(notes)}" if notes else ""
    if not told and column.to in landing.SCREEN:
        told = f"  # {_wording(column.to)}"
    return f"{name} = {{ {', '.join(parts)} }}{told}"


def _unmapped(column: DraftColumn) -> str:
    if column.free_text:
        return "free text, dropped unread"
    if column.claimed:
        claimed = ", ".join(column.claimed)
        return f"{DECIDE}: could be any of {claimed}; if it asks them all at once, leave it"
    if "worst" in plain(column.header):
        return f'{WORST}: to = "x_worst_pain"'
    return f"{DECIDE}: not recognised; it holds {column.holds}"


def _formats(found: Draft, column: DraftColumn) -> tuple[list[str], list[str]]:
    """The key `formats` of a date column where it needs one, and what a person must say to it."""
    if not column.formats:
        return [], []
    months = [column.months] if column.months and (column.to or "").startswith("onset_") else []
    chosen = f"formats = [{', '.join(_listed([column.formats[0], *months]))}]"
    if not column.ambiguous:
        own = months or column.formats[0] != found.date_format
        return ([chosen] if own else []), []
    note = f"could be any of {', '.join(column.formats)}"
    settled = {c.formats[0] for c in found.columns if len(c.formats) == 1}
    if column.formats[0] in settled:
        return [chosen], [f"{note}; other dates of the file are {column.formats[0]}"]
    return ['formats = ["TODO"]'], [note]


def _listed(texts: list[str]) -> list[str]:
    return [f'"{_quoted(text)}"' for text in texts]


def _table(found: Draft, column: DraftColumn) -> str:
    """Answers share one table; other codes, and questions asked the other way round, do not."""
    name = column.to or ""
    if column.healthy:
        return "answer_exchanged"
    plain_answer = contract.columns(found.stream)[name].kind == "answer"
    return "answer" if plain_answer and name != "red_flags_summary" else name


def _codes(table: str, columns: list[DraftColumn]) -> list[str]:
    known: dict[str, list[str]] = {}
    asked: dict[str, list[str]] = {}
    other = {"yes": "no", "no": "yes"} if table == "answer_exchanged" else {}
    for column in columns:
        for spelling, code in column.codes.items():
            if code is None:
                asked.setdefault(spelling, []).append(column.header)
            elif spelling not in known.setdefault(other.get(code, code), []):
                known[other.get(code, code)].append(spelling)
    lines = [f"[codes.{table}]"]
    for code, spellings in known.items():
        lines.append(f"{code} = [{', '.join(_listed(spellings))}]")
    for spelling, headers in asked.items():
        where = "; ".join(_quoted(header) for header in headers[:3])
        lines.append(f'# {DECIDE}: what does "{_quoted(spelling)}" mean? (in {where})')
    if asked:
        columns_known = {c.to for c in columns}
        lines.append(f"# It may mean: {', '.join(_possible(columns_known, known))}")
    rare = sum(column.rare for column in columns)
    if rare:
        lines.append(
            f"# {rare} further spelling(s), rare or long, are not shown; "
            "`outcomes profile check` counts them."
        )
    return [*lines, ""]


def _possible(names: set[str | None], known: dict[str, list[str]]) -> list[str]:
    """The codes that a spelling may be given."""
    for stream in landing.STREAMS:
        for name, column in contract.columns(stream).items():
            if name in names and column.codes:
                return list(column.codes)
    return list(contract.dictionary()["answers"]) or list(known)
