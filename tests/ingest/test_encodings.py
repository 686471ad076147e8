"""One table in every encoding, container, line end and delimiter that a profile may declare."""

from __future__ import annotations

import codecs
import dataclasses
import gzip
import itertools
import zipfile

import pytest

from pipelines.errors import Refusal
from pipelines.ingest import formats
from pipelines.ingest.profile import read_profile
from pipelines.ingest.reading import Reading
from pipelines.ingest.source import examine

HEADER = ["id", "day", "name of the clinic", "note"]
# Signs that lie elsewhere in every encoding; £ and é are in all of them, € and – not in latin-1.
COMMON = [["E-1", "01/03/2026", "Café £5", ""], ["E-2", "02/03/2026", "Ångström ½", "x"]]
WINDOWS = ["E-3", "03/03/2026", "Quay – €", "‘y’"]
MARKS = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
# How the bytes are written, and what the profile declares.
ENCODINGS = [
    ("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-8", "utf-8-sig"), ("cp1252", "cp1252"),
    ("latin-1", "latin-1"), ("utf-16-le", "utf-16"), ("utf-16-be", "utf-16"),
]  # fmt: skip


def profile(encodings, delimiter=",", more=""):
    return read_profile(
        '[profile]\nid = "t"\nversion = "1"\nstream = "triage"\nsource = "s"\n'
        f'[file]\nencodings = {list(encodings)}\ndelimiter = "{delimiter}"\n{more}\n'
        '[columns]\n"id" = { to = "episode_id" }\n"day" = { to = "contact_date" }\n'
        '"name of the clinic" = { to = "site_id" }\n"note" = { to = "x_note" }\n',
        "t",
    )


def packed(path, content: bytes, container: str):
    if container == "gzip":
        content = gzip.compress(content)
    if container == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
            out.writestr("export.csv", content)
    else:
        path.write_bytes(content)
    return path


def read(path, chosen):
    source = examine(path, chosen.encodings)
    source = dataclasses.replace(source, lines=formats.count(source, chosen))
    reading = Reading(source, chosen)
    rows = reading.rows()
    return source, reading, [[c.at(n) for c in rows.columns] for n in range(len(rows))]


@pytest.mark.parametrize(("written", "declared"), ENCODINGS)
def test_the_same_rows_come_out_of_every_encoding_container_and_dialect(
    written, declared, tmp_path
):
    table = [*COMMON] if written == "latin-1" else [*COMMON, WINDOWS]
    containers, ends, marks = ("plain", "gzip", "zip"), ("\n", "\r\n", "\r"), (",", ";", "\t", "|")
    ways = itertools.product(containers, ends, marks)
    for number, (container, end, mark) in enumerate(ways):
        text = end.join(mark.join(cells) for cells in [HEADER, *table]) + end * (number % 2)
        content = MARKS.get(written, b"") + text.encode(written)
        path = packed(tmp_path / f"{number}.csv", content, container)
        source, reading, rows = read(path, profile([declared], mark.replace("\t", "\\t")))
        assert rows == table, (container, end, mark)
        assert source.lines == len(table) + 1
        assert dict(reading.dropped) == {"header": 1}


@pytest.mark.parametrize(
    ("written", "declared"),
    [("cp1252", "utf-8"), ("utf-16-le", "utf-8"), ("utf-16-be", "cp1252"), ("utf-8", "utf-16")],
)
def test_an_encoding_that_is_not_declared_is_refused(written, declared, tmp_path):
    text = "\n".join(",".join(cells) for cells in [HEADER, *COMMON, WINDOWS]) + "\n"
    path = packed(tmp_path / "e.csv", MARKS.get(written, b"") + text.encode(written), "plain")
    with pytest.raises(Refusal, match=r"UTF-16|none of the profile's encodings|NUL"):
        read(path, profile([declared]))


def test_the_first_declared_encoding_that_fits_is_taken(tmp_path):
    text = "\n".join(",".join(cells) for cells in [HEADER, *COMMON, WINDOWS]) + "\n"
    for written in ("utf-8", "cp1252"):
        path = packed(tmp_path / f"{written}.csv", text.encode(written), "plain")
        source, _, rows = read(path, profile(["utf-8-sig", "cp1252"]))
        assert source.encoding == ("utf-8-sig" if written == "utf-8" else "cp1252")
        assert rows == [*COMMON, WINDOWS]


def test_what_stands_around_and_between_the_rows_is_dropped_by_name(tmp_path):
    header = ",".join(HEADER)
    lines = [
        "Report of the service", "", header, ",".join(COMMON[0]), header, ",,,",
        ",".join(COMMON[1]), ",".join(COMMON[1]), '"Total, all",2,,', "",
    ]  # fmt: skip
    path = packed(tmp_path / "e.csv", "\r\n".join(lines).encode(), "plain")
    chosen = profile(["utf-8"], more="header_row = 3\nfooter = '^Total'")
    source, reading, rows = read(path, chosen)
    assert rows == COMMON
    assert source.lines == 9
    assert dict(reading.dropped) == {
        "preamble": 2, "header": 1, "repeated_header": 1, "blank": 1, "exact_duplicate": 1,
        "footer": 1,
    }  # fmt: skip
