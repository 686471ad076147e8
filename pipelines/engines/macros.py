"""The shared macros, put into a model's tree: Spark has none that every platform allows."""

from __future__ import annotations

from functools import cache

import sqlglot
from sqlglot import exp

from pipelines.engines.project import macros


def inline_macros(tree: exp.Expr) -> exp.Expr:
    """The tree with each call of a macro replaced by its definition."""
    while calls := [
        each for each in tree.find_all(exp.Anonymous) if each.name.lower() in known_macros()
    ]:
        call = calls[0]
        names, body = known_macros()[call.name.lower()]
        given = dict(zip(names, call.expressions, strict=True))
        put = exp.Paren(this=_filled(body.copy(), given))
        if call is tree:
            tree = put
        else:
            call.replace(put)
    return tree


def _filled(body: exp.Expr, given: dict[str, exp.Expr]) -> exp.Expr:
    def fill(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and not node.table and node.name in given:
            return _whole(given[node.name].copy())
        return node

    return body.transform(fill)


def _whole(node: exp.Expr) -> exp.Expr:
    """In brackets where what surrounds it could bind more tightly."""
    loose = isinstance(node, exp.Binary | exp.Not | exp.Is | exp.In | exp.Between)
    return exp.Paren(this=node) if loose else node


@cache
def known_macros() -> dict[str, tuple[list[str], exp.Expr]]:
    """Each macro's parameters and its definition, by its name."""
    found = {}
    for each in sqlglot.parse(macros(), read="duckdb"):
        if isinstance(each, exp.Create):
            names = [parameter.name for parameter in each.this.expressions]
            found[each.this.this.name] = (names, each.expression)
    return found
