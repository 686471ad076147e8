"""Nasty files of our own making: what a real export can look like on a bad day."""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from pathlib import Path

HEAD = "episode_id,contact_date,score,remark\r\n"
ROWS = "".join(f"E-{n},2026-03-{n % 28 + 1:02d},{n % 11},ok\r\n" for n in range(200))
GOOD = HEAD + ROWS


def write_all(folder: Path) -> list[Path]:
    """Write every file into `folder` and return their paths."""
    found = []
    for name, content in sorted(files().items()):
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        found.append(path)
    return found


def files() -> dict[str, str | bytes]:
    """Every file by name."""
    return {**_shapes(), **_bytes(), **_archives()}


def _shapes() -> dict[str, str | bytes]:
    return {
        "good.csv": GOOD,
        "ragged.csv": HEAD + ROWS.replace(",ok\r\n", "\r\n", 3).replace(",ok\r\n", ",ok,x\r\n", 2),
        "open_quote_first.csv": HEAD + '"E-x,2026-03-01,1,ok\r\n' + ROWS,
        "open_quote_last.csv": GOOD + 'E-x,2026-03-01,1,"ok\r\n',
        "quote_in_the_middle.csv": GOOD + 'E-x,2026-03-01,1,"o"k"\r\n' + ROWS,
        "inch_marks.csv": GOOD + 'E-x,2026-03-01,1,5" tall\r\n',
        "quoted_line_ends.csv": GOOD + 'E-x,2026-03-01,1,"two\nlines"\r\n',
        "line_3_mb.csv": GOOD + "x" * 3_000_000 + "\r\n" + ROWS,
        "line_40_mb.csv": GOOD + "x" * 40_000_000 + "\r\n" + ROWS,
        "header_only.csv": HEAD,
        "blank_lines.csv": HEAD + "\r\n\r\n" + ROWS + "\r\n",
        "header_twice.csv": GOOD + GOOD,
        "doubled_column.csv": GOOD.replace("remark", "score"),
        "reordered.csv": "score,remark,contact_date,episode_id\r\n1,ok,2026-03-01,E-1\r\n",
        "sep_line.csv": "sep=,\r\n" + GOOD,
        "totals.csv": GOOD + "Total,200,,\r\n",
        "formulas.csv": GOOD + '=1+1,@SUM(A1),+1,"-2+3"\r\n',
        "bidi_ids.csv": GOOD + "E\u202e1,2026-03-01,1,ok\r\nE\u200b1,2026-03-01,1,ok\r\n",
        "one_column.csv": "episode_id\r\n" + "\r\n".join(f"E-{n}" for n in range(50)),
        "wide.csv": ",".join(f"c{n}" for n in range(3000)) + "\r\n" + ",".join(["1"] * 3000),
        "semicolons.csv": GOOD.replace(",", ";"),
        "tabs.tsv": GOOD.replace(",", "\t"),
        "vertical_tabs.csv": GOOD.replace("ok\r\n", "o\x0bk\x0c\x85\u2028\r\n", 5),
    }


def _bytes() -> dict[str, str | bytes]:
    dice = random.Random(1)
    return {
        "empty.csv": b"",
        "only_line_ends.csv": b"\r\n\r\n\n",
        "nul.csv": GOOD.encode()[:500] + b"\0" + GOOD.encode()[500:],
        "cr_only.csv": GOOD.replace("\r\n", "\r"),
        "mixed_line_ends.csv": HEAD + ROWS.replace("\r\n", "\n", 50).replace("\r\n", "\r", 50),
        "bom.csv": b"\xef\xbb\xbf" + GOOD.encode(),
        "utf16.csv": GOOD.encode("utf-16"),
        "utf16_without_bom.csv": GOOD.encode("utf-16-le"),
        "utf16_odd.csv": GOOD.encode("utf-16")[:-1],
        "cp1252.csv": GOOD.replace("ok", "Müller–’").encode("cp1252"),
        "half_a_character.csv": GOOD.encode() + "é".encode()[:1],
        "noise.csv": bytes(dice.randrange(256) for _ in range(20_000)),
        "cut_mid_row.csv": GOOD.encode()[:-9],
        "spreadsheet.csv": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512),
    }


def _archives() -> dict[str, str | bytes]:
    packed = gzip.compress(GOOD.encode(), mtime=0)
    return {
        "good.csv.gz": packed,
        "truncated.csv.gz": packed[:-100],
        "cut_by_four_bytes.csv.gz": packed[:-4],
        "two_streams.csv.gz": packed + gzip.compress(ROWS.encode(), mtime=0),
        "rubbish_behind.csv.gz": packed + b"rubbish",
        "not_gzip.csv.gz": GOOD.encode(),
        "gzip_of_gzip.csv.gz": gzip.compress(packed, mtime=0),
        "good.zip": _zip({"export.csv": GOOD.encode()}),
        "two.zip": _zip({"a.csv": GOOD.encode(), "b.csv": GOOD.encode()}),
        "escape.zip": _zip({"../../escape.csv": GOOD.encode()}),
        "bomb.zip": _zip({"bomb.csv": b"0" * 80_000_000}),
        "truncated.zip": _zip({"export.csv": GOOD.encode()})[:-40],
    }


def _zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
