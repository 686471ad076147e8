"""`outcomes access`: who looked at what, when, and took what away; and whether the log is whole."""

from __future__ import annotations

import csv
import datetime as dt
import json
import sys
from collections.abc import Iterator
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Column, Table

from pipelines import access, keys, surrogates
from pipelines.access.line import WORDS
from pipelines.access.log import begin_anew
from pipelines.cli_options import HomeOption, JsonOption, opened, plain
from pipelines.console import say
from pipelines.errors import OutcomesError, UsageError
from pipelines.home import Home
from pipelines.neutral import cell
from pipelines.sign_on import code

SHOWN: Final = 50
COLUMNS: Final = ("n", "at", "who", "mode", "what", "page", "case", "purpose", "detail")


def show_access(
    who: Annotated[
        str | None, typer.Option(help="Only this reader: the log's code, or an account's name.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="Only from this day on: 2026-06-30.")] = None,
    until: Annotated[str | None, typer.Option(help="Only up to this day, included.")] = None,
    case: Annotated[
        str | None, typer.Option(help="Only this case: its case number, or the episode's id.")
    ] = None,
    what: Annotated[str | None, typer.Option(help=f"Only: {', '.join(WORDS)}.")] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Check that no line is missing or changed.")
    ] = False,
    head: Annotated[
        bool, typer.Option("--head", help="Print count:digest, to be noted elsewhere.")
    ] = False,
    expect: Annotated[
        str | None, typer.Option(help="With --verify: a count:digest that --head printed before.")
    ] = None,
    anew: Annotated[
        str | None,
        typer.Option("--begin-anew", help="Put a log that is not whole aside; say why."),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, a line each.")] = False,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Who looked at what and took what away. With --verify exit code 2 where lines are wrong."""
    target = opened(home)
    if anew is not None:
        aside = begin_anew(target, access.local_reader(target), _why(anew))
        say(plain(f"The log until now is in {aside.name}. A new one is begun."))
        return
    if verify or head:
        _verify(target, head, _expected(expect), as_json)
        return
    if what is not None and what not in WORDS:
        raise UsageError(f"there is no '{what}'", "--what", f"Known: {', '.join(WORDS)}.")
    who = code(target, who) if who else who
    chosen = list(_chosen(target, who, _day(since, "--since"), _day(until, "--until"), case, what))
    if as_json:
        print(json.dumps([each.plain() for each in chosen], indent=1))
    elif as_csv:
        _write_csv(chosen)
    else:
        _print(chosen)


def _why(told: str) -> str:
    if len(told.strip()) < 5:
        raise UsageError("say why", "--begin-anew", 'As in: --begin-anew "disk was full"')
    return " ".join(told.split())


def _expected(told: str | None) -> tuple[int, str] | None:
    if told is None:
        return None
    count, _, last = told.partition(":")
    if not count.isdigit() or len(last) != 64:
        raise UsageError("this is no head", "--expect", "Write what --head printed.")
    return int(count), last


def _day(told: str | None, option: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(told) if told else None
    except ValueError:
        raise UsageError(f"'{told}' is no date", option, "Write 2026-06-30.") from None


def _verify(home: Home, head: bool, expected: tuple[int, str] | None, as_json: bool) -> None:
    found = access.check(home, expected)
    if found.wrong:
        if as_json:
            print(json.dumps({"whole": False, "wrong": found.wrong, "where": found.where}))
        raise OutcomesError(
            found.wrong,
            where=f"access log, {found.where}",
            hint="Compare with your backup. Nothing is shown until the log is whole, or put aside "
            "with --begin-anew WHY.",
        )
    if head:
        print(f"{found.count}:{found.last}")
    elif as_json:
        print(json.dumps({"whole": True, "lines": found.count, "last": found.last}))
    else:
        say(f"The access log is whole: {found.count:,} line{'' if found.count == 1 else 's'}.")


def _chosen(
    home: Home,
    who: str | None,
    since: dt.date | None,
    until: dt.date | None,
    case: str | None,
    what: str | None,
) -> Iterator[access.Entry]:
    if case is not None and not surrogates.is_number(case):
        case = surrogates.number(keys.key(home, keys.CASES), case)
    for each in access.entries(home):
        of, day = each.event, each.at.astimezone().date()
        if who is not None and of.who != who:
            continue
        if (since and day < since) or (until and day > until):
            continue
        if (case is None or of.case == case) and (what is None or of.what == what):
            yield each


def _write_csv(chosen: list[access.Entry]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    for each in chosen:
        row = each.plain()
        row["detail"] = json.dumps(row["detail"], ensure_ascii=False) if row["detail"] else ""
        writer.writerow([cell(row[name]) for name in COLUMNS])


def _print(chosen: list[access.Entry]) -> None:
    table = Table("Line", "When", Column("Who", overflow="fold"), "Mode", "What",
                  Column("Page, case, purpose", overflow="fold"))  # fmt: skip
    for each in chosen[-SHOWN:]:
        of = each.event
        table.add_row(
            str(each.n),
            f"{each.at.astimezone():%d/%m/%Y %H:%M}",
            plain(of.who),
            of.mode,
            WORDS.get(of.what, of.what),
            plain(" · ".join(filter(None, (of.page, of.case, of.purpose)))),
        )
    Console().print(table if chosen else "No such line.")
    if len(chosen) > SHOWN:
        say(f"the latest {SHOWN} of {len(chosen):,}; all of them with --json or --csv")
