"""Tables of the data quality page: files, checks, flags."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard import drill, store, text, ui
from dashboard.charts.base import Table
from dashboard.ui import View
from pipelines import words

KINDS: Final = {
    "flag": "Noticed and cleaned",
    "orphan": "Without an episode",
    "set aside": "Rows set aside",
}
SIGNS: Final = {"pass": "✓ pass", "fail": "△ fail", "error": "✗ error"}


def files(view: View) -> None:
    """Every file that is in these data: its records, and that they add up."""
    rows = store.rows(view.snapshot, "files")
    total = sum(row["physical"] for row in rows)
    lost = sum(row["unaccounted"] for row in rows)
    kept = sum(row["accepted"] for row in rows)
    aside = sum(row["quarantined"] for row in rows)
    st.markdown(
        f"{text.plural(len(rows), 'file')} with {text.plural(total, 'record')}: "
        f"{text.count(kept)} accepted, {text.count(aside)} set aside, "
        f"{text.count(total - kept - aside - lost)} dropped with a reason, "
        f"**{text.count(lost)} not accounted for**. Files that were refused are not in the data; "
        "`outcomes files` lists them too."
    )
    columns = (
        "File", "Service", "Stream", "Profile", "Data to", "Records", "Accepted", "Set aside",
        "Dropped", "Not accounted for", "In use",
    )  # fmt: skip
    found = Table("Load report", columns, tuple(_file(row) for row in rows))
    ui.table(found)
    ui.download(found, "files")


def _file(row: store.Row) -> tuple[str, ...]:
    counts = ("physical", "accepted", "quarantined", "dropped", "unaccounted")
    return (
        row["name"],
        row["source"],
        row["stream"].replace("_", " "),
        row["profile"],
        text.day(row["extract_date"]),
        *(text.count(row[key]) for key in counts),
        "yes" if row["in_use"] else "replaced",
    )


def checks(view: View) -> None:
    """Each check with its verdict, those that failed first."""
    rows = store.rows(view.snapshot, "checks")
    failed = sum(row["status"] in ("fail", "error") for row in rows)
    st.markdown(
        f"{text.plural(len(rows), 'result')}; **{text.plural(failed, 'check')} failed or could "
        "not be run**. A failed check says what the export is like; it does not stop a publication "
        "unless it is fatal."
    )
    columns = ("Check", "Part", "Result", "Wrong", "Of", "Allowed", "Why")
    named = drill.part_words(view)
    found = Table("Checks of data quality", columns, tuple(_check(row, named) for row in rows))
    ui.table(found)
    ui.download(found, "checks")


def _check(row: store.Row, named: drill.Words) -> tuple[str, ...]:
    return (
        row["title"],
        named(row["part"]) if row["part"] else text.NONE,
        SIGNS.get(row["status"], f"– {row['status']}"),
        text.NONE if row["n_violated"] is None else text.count(row["n_violated"]),
        text.NONE if row["n_rows"] is None else text.count(row["n_rows"]),
        text.NONE if row["threshold"] is None else text.percent(row["threshold"]),
        row["why"] or text.NONE,
    )


def _capital(said: str) -> str:
    return said[:1].upper() + said[1:]


def flags(view: View) -> None:
    """What was cleaned, left without an episode, or set aside."""
    rows = store.rows(view.snapshot, "flags")
    found = Table(
        "Flags, orphans and rows set aside",
        ("Kind", "What", "Rows", "Episodes"),
        tuple(
            (
                KINDS.get(row["kind"], row["kind"]),
                _capital(text.said(words.FLAGS, row["name"])),
                text.count(row["n_rows"]),
                text.count(row["n_episodes"]),
            )
            for row in rows
        ),
    )
    ui.table(found)
    ui.download(found, "flags")
