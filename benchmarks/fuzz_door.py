"""Coverage-guided fuzzing of the door's decoder, readers and mapper.

    pip install -e '.[fuzz]'
    python -m benchmarks.fuzz_door --minutes 12 [--corpus FOLDER]

Atheris (libFuzzer) mutates whole files and keeps those that reach new lines of `pipelines.ingest`.
Each goes through everything that an ingest does before it writes: scan, decode, count, read, guard,
map, balance. A finding is any exception that is no refusal for people, a file that does not
balance, two readers that disagree about a text, or a file that takes longer than twenty seconds or
more than two gigabytes. Each place in the code is told once. Exit code 1 when there is any finding.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gzip
import io
import json
import re
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

EXTRACT = dt.date(2026, 6, 30)
HEAD = "id,cid,date,onset,how long,numb,part,pain,odd,note,type"
ROWS = (
    "E-1,C-1,01/03/2026,01/02/2026,2-6 weeks,yes,no,5,aa,some text,triage",
    "E-2,C-2,02/03/2026 10:30,02/2026,,no,,3.5/10,b,,review",
    "E-2,C-3,31/02/2026,,long,maybe,yes,11,,x,admin",
)
BASE = """
[profile]
id = "fuzzed"
version = "1"
stream = "triage"
source = "s"
[file]
format = "{format}"
max_quarantine = 1.0
max_unmapped = 1.0
null_tokens = ["-"]
extra_columns = "drop"
footer = '^Total'
{options}
[dates]
formats = ["%d/%m/%Y", "%d/%m/%Y %H:%M", "%m/%Y", "%Y-%m-%dT%H:%M:%S%z"]
[keys]
row = ["contact_id"]
delete = {{ column = "contact_type", values = ["admin"] }}
[columns]
{columns}
[codes.band]
"2-6 weeks" = [14, 41]
[codes.odd]
A = ["aa"]
"""
WIDE = """
"id" = { to = "episode_id" }
"cid" = { to = "contact_id" }
"date" = { to = ["contact_date", "contact_time"] }
"onset" = { to = "onset_date" }
"how long" = { to = ["onset_earliest", "onset_latest"], codes = "band" }
"numb" = { to = "ces_2_wiping" }
"part" = { to = "ces_1_saddle__genitals" }
"pain" = { to = "nprs", strip = "/10" }
"odd" = { to = "x_odd", codes = "odd" }
"note" = { drop = true }
"type" = { to = "contact_type" }
"""
FHIR = """
"id" = { to = "contact_id" }
"encounter.reference" = { to = "episode_id" }
"authored" = { to = "contact_date" }
"item(q)" = { to = "ces_1_saddle" }
"item(p)" = { to = "nprs" }
"""
LONG = """
"id" = { to = "episode_id" }
"cid" = { to = "contact_id" }
"date" = { to = "contact_date" }
"numb" = { to = "ces_1_saddle" }
"pain" = { to = "nprs" }
[long]
key = "cid"
question = "question"
answer = "answer"
"""
# What a file's first byte chooses: format, options of [file], columns.
KINDS = (
    ("csv", 'encodings = ["utf-8-sig", "cp1252"]', WIDE),
    ("csv", 'encodings = ["utf-8-sig", "latin-1"]\nmultiline = true', WIDE),
    ("csv", 'encodings = ["utf-16"]\ndelimiter = ";"', WIDE),
    ("csv", 'encodings = ["utf-8-sig"]\nheader_row = 3\ntrim = false', WIDE),
    ("csv", 'encodings = ["utf-8-sig"]', LONG),
    ("fhir", 'encodings = ["utf-8"]', FHIR),
    ("xlsx", "", WIDE),
    ("parquet", "", WIDE),
)


def profiles() -> list[str]:
    """The profile of each kind, as TOML."""
    return [
        BASE.format(format=form, options=options, columns=columns)
        for form, options, columns in KINDS
    ]


def seeds() -> list[bytes]:
    """Files to begin with: a good one of each kind, and some that are packed."""
    text = "\r\n".join([HEAD, *ROWS, "Total,3"]) + "\r\n"
    quoted = text.replace("some text", '"some, ""text"" \n of two lines"')
    long = "id,cid,date,question,answer\nE-1,C-1,01/03/2026,numb,yes\nE-1,C-1,01/03/2026,pain,5\n"
    resource = {
        "resourceType": "QuestionnaireResponse",
        "id": "r1",
        "status": "completed",
        "encounter": {"reference": "Encounter/E-1"},
        "authored": "2026-03-02T23:30:00+00:00",
        "item": [
            {"linkId": "q", "answer": [{"valueBoolean": True}, {"valueString": "no"}]},
            {"linkId": "g", "item": [{"linkId": "p", "answer": [{"valueInteger": 5}]}]},
        ],
    }
    table = [line.split(",") for line in (HEAD, *ROWS)]
    book = openpyxl.Workbook()
    for row in table:
        book.active.append(row)
    workbook, columns = io.BytesIO(), io.BytesIO()
    book.save(workbook)
    names, *rows = table
    pq.write_table(pa.table(dict(zip(names, zip(*rows, strict=True), strict=True))), columns)
    found = [
        (0, text.encode()),
        (0, gzip.compress(text.encode(), mtime=0)),
        (0, quoted.replace("\n of", " of").encode("cp1252")),
        (1, quoted.encode()),
        (2, text.replace(",", ";").encode("utf-16")),
        (3, b"pre\namble\n" + text.encode()),
        (4, long.encode()),
        (5, json.dumps(resource).encode() + b"\n"),
        (6, workbook.getvalue()),
        (7, columns.getvalue()),
    ]
    return [bytes([kind]) + content for kind, content in found]


def attempt() -> Callable[[bytes], str]:
    """A function that puts one file through the door: what it came to; raises what it finds."""
    from pipelines.errors import OutcomesError
    from pipelines.ingest import formats
    from pipelines.ingest.dry_run import dry_run
    from pipelines.ingest.formats import blocks
    from pipelines.ingest.profile import read_profile
    from pipelines.ingest.source import examine

    blocks.FIRST, blocks.BLOCK = 60, 80  # so that short texts have many blocks
    known = [read_profile(text, "fuzzed") for text in profiles()]
    path = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None)) / "f.csv"

    def tried(data: bytes) -> str:
        if not data:
            return "nothing"
        profile = known[data[0] % len(known)]
        path.write_bytes(data[1:])
        try:
            found = dry_run(path, profile, EXTRACT)
        except OutcomesError as refusal:
            if "were counted" in str(refusal):
                raise AssertionError("the file does not balance") from refusal
            return "refused"
        assert found.records.balanced
        source = examine(path, profile.encodings, profile.format in formats.BINARY)
        if profile.format == "csv" and blocks.suits(source, profile):
            quick = _cells(formats.pieces(source, profile), blocks.Block)
            assert quick == _cells(formats.records(source, profile), blocks.Block), "readers differ"
        return "taken in"

    return tried


def _cells(pieces: object, block: type) -> list[tuple[int, list[str]]]:
    found = []
    for piece in pieces:  # type: ignore[attr-defined]
        if isinstance(piece, block):
            columns = [column.to_pylist() for column in piece.columns]  # type: ignore[attr-defined]
            rows = zip(*columns, strict=True)
            found += [(n, list(r)) for n, r in zip(piece.lines.tolist(), rows, strict=True)]  # type: ignore[attr-defined]
            found += [(each.line, each.cells) for each in piece.others]  # type: ignore[attr-defined]
        else:
            found.append((piece.line, piece.cells))
    return sorted((line, cells if any(cells) else []) for line, cells in found)


def child(findings: Path, arguments: list[str]) -> None:
    """Fuzz until the time is over; each new kind of finding becomes a file."""
    import atheris

    with atheris.instrument_imports(include=["pipelines.ingest", "pipelines.errors"]):
        tried = attempt()
    seen: set[str] = set()

    def one(data: bytes) -> None:
        try:
            tried(data)
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            place = next(f for f in reversed(frames) if "benchmarks" in f.filename or
                         "pipelines" in f.filename)  # fmt: skip
            name = f"{type(error).__name__}-{Path(place.filename).stem}-{place.lineno}"
            if name not in seen:
                seen.add(name)
                (findings / f"{name}.bin").write_bytes(data)
                (findings / f"{name}.txt").write_text(traceback.format_exc())

    atheris.Setup([sys.argv[0], *arguments], one)
    atheris.Fuzz()


def main() -> int:
    """Run the fuzzer in a process of its own and tell what it found."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--corpus", type=Path, help="keep what reached new lines here")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options, rest = parser.parse_known_args()
    if options.child:
        child(options.child, rest)
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        findings, corpus = Path(scratch) / "findings", options.corpus or Path(scratch) / "corpus"
        for folder in (findings, corpus):
            folder.mkdir(parents=True, exist_ok=True)
        for number, content in enumerate(seeds()):
            (corpus / f"seed-{number}").write_bytes(content)
        command = [sys.executable, "-m", "benchmarks.fuzz_door", "--child", str(findings)]
        command += [str(corpus), f"-max_total_time={options.minutes * 60:.0f}", "-timeout=20"]
        command += ["-rss_limit_mb=2048", "-max_len=20000", "-print_final_stats=1"]
        command += [f"-artifact_prefix={findings}/"]
        told = subprocess.run(command, capture_output=True, text=True, check=False).stderr
        runs = re.search(r"number_of_executed_units:\s*(\d+)", told)
        reached = re.findall(r"cov: (\d+)", told)
        print(
            f"{int(runs[1]) if runs else 0:,} files in {options.minutes:g} minutes; "
            f"{reached[0] if reached else '?'} places of the code reached at the beginning, "
            f"{reached[-1] if reached else '?'} at the end"
        )
        if not runs:
            print(told[-3000:])
        found = sorted(findings.iterdir())
        for path in found:
            print(path.name)
            if path.suffix == ".txt":
                print(path.read_text())
            else:
                print(repr(path.read_bytes()[:400]))
        print(f"{len([p for p in found if p.suffix != '.txt'])} finding(s)")
        return 1 if found or not runs else 0


if __name__ == "__main__":
    sys.exit(main())
