"""A drafted profile as TOML, with a question where a person must decide."""

from __future__ import annotations

from pipelines.ingest import contract
from pipelines.ingest.draft import Draft, DraftColumn

DECIDE = "TODO"
# Units in a header that are not the canonical column's, with what makes the one of the other.
UNITS = {("distance_m", "km"): 1000, ("duration_s", "min"): 60, ("duration_s", "minutes"): 60}


def as_toml(found: Draft) -> str:
    """The profile's text. What is undecided stands in lines marked TODO."""
    mapped = {column.to for column in found.columns}
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
        "[file]",
        f'encodings = ["{found.encoding}"]',
        f'delimiter = "{_quoted(found.delimiter)}"',
        f"header_row = {found.header_row}",
        'extra_columns = "refuse"',
        "",
        *_dates(found),
        "[columns]",
        *(_column(found, column) for column in found.columns),
        "",
    ]
    for needed in contract.required(found.stream):
        if needed not in mapped:
            lines.append(f"# {DECIDE}: no column was recognised as {needed}; every row needs it.")
    tables: dict[str, list[DraftColumn]] = {}
    for column in found.columns:
        if column.codes and not column.finding:
            tables.setdefault(_table(found, column), []).append(column)
    for table, columns in tables.items():
        lines += _codes(table, columns)
    return "\n".join(lines).rstrip() + "\n"


def _dates(found: Draft) -> list[str]:
    settled = {c.formats[0] for c in found.columns if c.formats and not c.ambiguous}
    common = sorted(settled)[:1] or ["%Y-%m-%d"]
    return [
        "[dates]",
        f'formats = ["{common[0]}"]',
        f"# {DECIDE}: the last day that the export covers; or remove it and give --extract-date",
        'extract_date = "TODO"',
        "",
    ]


def _column(found: Draft, column: DraftColumn) -> str:
    name = f'"{_quoted(column.header)}"'
    if column.finding:
        return f"{name} = {{ drop = true }}  # holds or announces {column.finding}: never read"
    if column.to is None:
        why = "free text, dropped unread" if column.free_text else f"{DECIDE}: not recognised"
        return f"{name} = {{ drop = true }}  # {why}"
    parts = [f'to = "{column.to}"']
    note = ""
    if column.codes:
        parts.append(f'codes = "{_table(found, column)}"')
    if column.ambiguous:
        note = f"  # {DECIDE}: could be any of {', '.join(column.formats)}"
        parts.append('formats = ["TODO"]')
    elif _is_date(found, column) and not column.formats:
        note = f"  # {DECIDE}: no single format reads these; name all of them: formats = [...]"
    elif column.formats:
        parts.append(f'formats = ["{column.formats[0]}"]')
    if column.highest is not None and column.to.startswith("nprs") and column.highest > 10:
        note = f"  # {DECIDE}: values up to {column.highest:g}; is the scale 0-100? (scale = 0.1)"
    for word in column.header.casefold().replace("_", " ").split():
        if scale := UNITS.get((column.to, word)):
            parts.append(f"scale = {scale}")
            note = f"  # {DECIDE}: the header says {word}; is it so?"
    return f"{name} = {{ {', '.join(parts)} }}{note}"


def _is_date(found: Draft, column: DraftColumn) -> bool:
    return contract.columns(found.stream)[column.to or ""].kind == "date"


def _table(found: Draft, column: DraftColumn) -> str:
    """Answers share one table; other codes have one each."""
    name = column.to or ""
    return "answer" if contract.columns(found.stream)[name].kind == "answer" else name


def _codes(table: str, columns: list[DraftColumn]) -> list[str]:
    known: dict[str, list[str]] = {}
    asked: dict[str, list[str]] = {}
    for column in columns:
        for spelling, code in column.codes.items():
            if code is None:
                asked.setdefault(spelling, []).append(column.header)
            elif spelling not in known.setdefault(code, []):
                known[code].append(spelling)
    lines = [f"[codes.{table}]"]
    for code, spellings in known.items():
        listed = ", ".join(f'"{_quoted(s)}"' for s in spellings)
        lines.append(f"{code} = [{listed}]")
    for spelling, headers in asked.items():
        where = "; ".join(headers[:3])
        lines.append(f'# {DECIDE}: what does "{_quoted(spelling)}" mean? (in {where})')
    rare = sum(column.rare for column in columns)
    if rare:
        lines.append(f"# {rare} further spelling(s), rare or long, are not shown.")
    return [*lines, ""]


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
