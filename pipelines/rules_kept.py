"""The rules of a snapshot: kept beside what they classified, read again to explain it."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Final

import duckdb

from pipelines.errors import OutcomesError
from pipelines.landing_tables import ANSWERS
from pipelines.params import NAMES
from rules.errors import RulesError
from rules.ruleset import Ruleset, from_texts

RULES: Final = ("rule_file", "parameter")
"""The tables that hold them."""


class RulesNotKept(OutcomesError):
    """A snapshot does not hold the rules that it was classified by, or they cannot be read."""


def fitting(ruleset: Ruleset) -> Ruleset:
    """The same rule set; RulesError with file and line where the models do not fit it.

    The models read these questions and these parameters, no other and none less.
    """
    for file, table, given, wanted in (
        ("items.toml", "item", set(ruleset.items), set(ANSWERS)),
        ("parameters.toml", "parameter", set(ruleset.parameters), set(NAMES)),
    ):
        for name in sorted(given - wanted):
            raise ruleset.file(file).named(table, name, f"no model reads this {table}")
        for name in sorted(wanted - given):
            why = f"after this last one the {table} {name} is missing; the models read it"
            raise ruleset.file(file).fault(table, why)
    return ruleset


def keep_rules(con: duckdb.DuckDBPyConnection, ruleset: Ruleset) -> None:
    """Write the rule files and the parameter values into the attached database `snap`."""
    con.execute("create table snap.rule_file (name varchar, text varchar)")
    con.executemany(
        "insert into snap.rule_file values (?, ?)", [list(each) for each in ruleset.texts.items()]
    )
    con.execute(
        "create table snap.parameter (name varchar, value varchar, standard varchar, unit varchar, "
        "why varchar, source varchar, ord integer)"
    )
    con.executemany(
        "insert into snap.parameter values (?, ?, ?, ?, ?, ?, ?)",
        [
            [
                *(p.name, json.dumps(ruleset.values[p.name]), json.dumps(p.check(p.default))),
                *(p.unit, p.why, p.source, number),
            ]
            for number, p in enumerate(ruleset.parameters.values(), start=1)
        ],
    )


def kept_rules(cur: duckdb.DuckDBPyConnection) -> Ruleset:
    """The rule set that classified the snapshot. Raises RulesNotKept.

    It is known to be the same one by its version, a hash over rules and parameters.
    """
    try:
        texts = cur.execute("select name, text from rule_file order by name").fetchall()
        values = cur.execute("select name, value from parameter order by name").fetchall()
        (version,) = cur.execute("select ruleset_version from run").fetchall()[0]
    except (duckdb.CatalogException, IndexError):
        raise RulesNotKept(
            "this snapshot does not hold the rules that it was classified by",
            hint="It is from an earlier version: publish anew with outcomes build.",
        ) from None
    try:
        found = _read(tuple(texts), tuple(values))
    except RulesError as error:
        raise RulesNotKept(
            f"the rules that this snapshot holds cannot be read by this version: {error}",
            hint="Publish anew with outcomes build.",
        ) from None
    if found.version != version:
        raise RulesNotKept(
            f"the rules that this snapshot holds are not the ones ({version}) that classified it",
            hint="Publish anew with outcomes build.",
        )
    return found


@lru_cache(maxsize=8)
def _read(texts: tuple[tuple[str, str], ...], values: tuple[tuple[str, str], ...]) -> Ruleset:
    return from_texts(dict(texts), {name: json.loads(value) for name, value in values})
