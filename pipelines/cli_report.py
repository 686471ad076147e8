"""`outcomes report`: the paper for a board, and the commentary that is kept with its period."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from pipelines import access
from pipelines.cli_options import HomeOption, JsonOption, opened, plain
from pipelines.console import say
from pipelines.errors import UsageError

MODES = ("service", "shared")


def report(
    period: Annotated[str, typer.Option(help="2026-06, 2026/27-Q1, 2026/27, or 2026-04..2026-06.")],
    site: Annotated[list[str] | None, typer.Option(help="Only this site; may be repeated.")] = None,
    mode: Annotated[
        str, typer.Option(help="service: exact, for the service; shared: small numbers hidden.")
    ] = "service",
    commentary: Annotated[
        Path | None, typer.Option(help="A text file to keep as the period's commentary.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the files.")] = None,
    formats: Annotated[
        str, typer.Option("--format", help="Any of html, pdf, xlsx, pptx, with commas.")
    ] = "html,pdf,xlsx,pptx",
    purpose: Annotated[str, typer.Option(help="What it is for; kept in the access log.")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """The report of a period: HTML, PDF, workbook and slides. Exit code 1 where one is missing."""
    # Only here: the pages' libraries take a second to load. Outside a server Streamlit warns of
    # every cache that it keeps in memory.
    from streamlit import logger

    logger.set_log_level("ERROR")
    from dashboard.report import make as reports
    from pipelines.periods import period as parsed

    if mode not in MODES:
        raise UsageError(f"there is no mode '{mode}'", "--mode", f"Known: {', '.join(MODES)}.")
    wanted = tuple(each.strip() for each in formats.split(",") if each.strip())
    unknown = [each for each in wanted if each not in reports.FORMATS]
    if unknown or not wanted:
        raise UsageError(
            f"there is no format '{', '.join(unknown)}'",
            "--format",
            f"Known: {', '.join(reports.FORMATS)}.",
        )
    found = parsed(period)
    at = opened(home)
    reports.in_process(at, mode)
    if commentary is not None:
        reports.keep_commentary(at, found, _text(commentary))
    detail = {"period": found.name, "sites": list(site or ()), "formats": list(wanted)}
    who = access.local_reader(at)
    event = access.Event(who, mode, "report", "outcomes report", purpose=purpose, detail=detail)
    access.record(at, event, durable=True)
    made = reports.make(at, found, tuple(site or ()), wanted, out)
    if as_json:
        told = {
            "folder": str(made.folder),
            "files": [path.name for path in made.files],
            "missing": list(made.missing),
        }
        print(json.dumps(told, indent=1))
    else:
        for path in made.files:
            say(plain(path))
        for each in made.missing:
            say(plain(f"Missing: {each}"), error=True)
    if made.missing:
        raise typer.Exit(1)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UsageError(
            "the commentary is not UTF-8 text", str(path), "Save it as UTF-8."
        ) from None
    except OSError as error:
        raise UsageError(f"it cannot be read: {error.strerror}", str(path)) from None
