"""Make a period's report: its files in a folder of the data home, and what it was made from."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dashboard import mode, own_sites, snapshots, store
from dashboard.launch import HOME_VARIABLE, MODE_VARIABLE
from dashboard.report.content import report
from dashboard.report.page import html
from dashboard.report.paper import NoBrowser, pdf
from dashboard.report.slides import slides
from dashboard.report.workbook import workbook
from dashboard.snapshots import NoSnapshot, Snapshot
from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.measures.types import MeasureError
from pipelines.periods import Period

FORMATS: Final = ("html", "pdf", "xlsx", "pptx")
FOLDER: Final = "reports"
COMMENTARY: Final = "commentary"
MADE_FROM: Final = "made_from.json"
LONGEST: Final = 20_000


@dataclass(frozen=True)
class Made:
    """The folder, its files, and what could not be made with the reason."""

    folder: Path
    files: tuple[Path, ...]
    missing: tuple[str, ...]


def commentary_file(home: Home, period: Period) -> Path:
    """Where the commentary of a period is kept, as plain text."""
    return home.root / COMMENTARY / f"{period.name}.txt"


def commentary(home: Home, period: Period) -> str:
    """The commentary of a period; empty where none was written."""
    path = commentary_file(home, period)
    try:
        return path.read_text(encoding="utf-8") if path.exists() else ""
    except UnicodeDecodeError:
        raise OutcomesError(
            "the commentary is not UTF-8 text", where=str(path), hint="Save it as UTF-8."
        ) from None


def keep_commentary(home: Home, period: Period, text: str) -> Path:
    """Keep a commentary with its period; the one before stays beside it, numbered."""
    if len(text) > LONGEST:
        raise OutcomesError(f"the commentary is longer than {LONGEST:,} characters")
    path = commentary_file(home, period)
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if path.exists() and path.read_text("utf-8", errors="replace") != text:
            number = 1 + len(list(path.parent.glob(f"{path.stem}.*.txt")))
            path.replace(path.with_name(f"{path.stem}.{number}.txt"))
        new = path.with_name(f".{path.name}.new")
        new.write_text(text, encoding="utf-8")
        new.replace(path)
    except OSError as error:
        raise OutcomesError(
            f"the commentary cannot be kept: {error.strerror or error}", where=str(path)
        ) from None
    return path


def make(
    home: Home,
    period: Period,
    sites: tuple[str, ...] = (),
    formats: Sequence[str] = FORMATS,
    out: Path | None = None,
    snapshot: Snapshot | None = None,
) -> Made:
    """Make the report of a period from a snapshot (the published one), in this process's mode.

    Files go to `out`, else to `reports/<period>-<mode>` of the home; what stood there is replaced
    file by file. OutcomesError where the data hold nothing of the period or nothing is published.
    SitesWithheld for a reader of some sites: commentary and files are the whole service's.
    A PDF that cannot be printed here, or reviews that cannot be read now, are named among the
    missing, with the reason.
    """
    own_sites.need_every_site()
    try:
        snapshot = snapshot or snapshots.published()
        _known(snapshot, sites)
        before = _last(home, period, sites)
        made = report(snapshot, period, sites, commentary(home, period), before)
    except (NoSnapshot, MeasureError) as error:
        raise OutcomesError(str(error)) from None
    folder = out or home.root / FOLDER / _name(period, sites)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        files = {kind: folder / f"outcomes-{period.name}.{kind}" for kind in FORMATS}
        page, missing, done = files["html"], list(made.left_out), []
        page.write_text(html(made), encoding="utf-8")
        for kind in formats:
            if kind != "html":  # an earlier one must not pass for this one
                files[kind].unlink(missing_ok=True)
            try:
                if kind == "pdf":
                    pdf(page, files[kind])
                elif kind == "xlsx":
                    workbook(made, files[kind])
                elif kind == "pptx":
                    slides(made, files[kind])
                done.append(files[kind])
            except NoBrowser as error:
                missing.append(f"{files[kind].name}: {error}")
        _note(folder, snapshot, period, sites)
    except OSError as error:
        raise OutcomesError(
            f"the report cannot be written: {error.strerror or error}",
            where=str(folder),
            hint="Choose a folder that you may write to: --out.",
        ) from None
    if "html" not in formats:
        page.unlink()
    return Made(folder, tuple(done), tuple(missing))


def _name(period: Period, sites: tuple[str, ...]) -> str:
    plain = [re.sub(r"[^\w-]", "_", site) for site in sites]
    return "-".join((period.name, mode.mode(), *plain))


def _known(snapshot: Snapshot, sites: tuple[str, ...]) -> None:
    known = [row["site_id"] for row in store.rows(snapshot, "sites")]
    for site in sites:
        if site not in known:
            raise OutcomesError(f"there is no site '{site}'", hint=f"Known: {', '.join(known)}.")


def _note(folder: Path, snapshot: Snapshot, period: Period, sites: tuple[str, ...]) -> None:
    found = {
        "period": period.name,
        "first": period.first.isoformat(),
        "last": period.last.isoformat(),
        "sites": list(sites),
        "mode": mode.mode(),
        "snapshot": snapshot.name,
        "rules": snapshot.rules,
    }
    (folder / MADE_FROM).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _last(home: Home, period: Period, sites: tuple[str, ...]) -> Snapshot | None:
    """The data of the latest report of an earlier period and these sites; None without them."""
    found: list[dict[str, Any]] = []
    for path in sorted((home.root / FOLDER).glob(f"*/{MADE_FROM}")):
        try:
            each = json.loads(path.read_text(encoding="utf-8"))
            if each["last"] < period.first.isoformat() and each["sites"] == list(sites):
                found.append(each)
        except (OSError, ValueError, KeyError):
            continue
    for each in sorted(found, key=lambda each: (each["last"], each["snapshot"]), reverse=True):
        try:
            return snapshots.named(str(each["snapshot"]))
        except NoSnapshot:
            continue
    return None


def in_process(home: Home, seen_by: str) -> None:
    """Let this process make reports of the home in a mode, from its cases: its owner asks."""
    os.environ[HOME_VARIABLE] = str(home.root)
    os.environ[MODE_VARIABLE] = seen_by
    snapshots.from_cases()
