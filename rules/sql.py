"""A rule set as SQL: one column per rule, and the two levels that bound the triage outcome."""

from __future__ import annotations

from rules.condition import to_sql
from rules.parts import Exercise
from rules.ruleset import Ruleset


def rule_column(rule_id: str) -> str:
    """The column that holds a rule's value."""
    return "r_" + rule_id.replace("-", "_")


def rule_columns(ruleset: Ruleset, prefix: str = "f.") -> str:
    """`condition as column` for every rule, comma-separated, over a fact table."""
    lines = [
        f"    {to_sql(rule.condition, prefix)} as {rule_column(rule.id)}" for rule in ruleset.rules
    ]
    return ",\n".join(lines)


def level_columns(ruleset: Ruleset, prefix: str = "") -> str:
    """One column per level above the lowest: any of its rules, three-valued."""
    lines = []
    for level in reversed(ruleset.levels):
        names = [
            prefix + rule_column(rule.id) for rule in ruleset.rules if rule.leads_to == level.code
        ]
        if names:
            lines.append(f"    ({' or '.join(names)}) as l_{level.code.lower()}")
    return ",\n".join(lines)


def bound_columns(ruleset: Ruleset, prefix: str = "") -> str:
    """`lb` is the highest level that is yes, `ub` the highest that is yes or unknown."""
    led_to = {rule.leads_to for rule in ruleset.rules}
    levels = [level for level in reversed(ruleset.levels) if level.code in led_to]
    at_least = " ".join(f"when {prefix}l_{v.code.lower()} is true then {v.rank}" for v in levels)
    at_most = " ".join(
        f"when {prefix}l_{v.code.lower()} is not false then {v.rank}" for v in levels
    )
    lowest = ruleset.levels[0].rank
    return (
        f"    case {at_least} else {lowest} end as lb,\n    case {at_most} else {lowest} end as ub"
    )


def trace_columns(ruleset: Ruleset, prefix: str = "") -> str:
    """Two lists side by side: every rule's id and its value, to be unfolded into rows."""
    ids = ", ".join(f"'{rule.id}'" for rule in ruleset.rules)
    values = ", ".join(prefix + rule_column(rule.id) for rule in ruleset.rules)
    return f"        unnest([{ids}]) as rule_id,\n        unnest([{values}]) as value"


def dose_columns(ruleset: Ruleset, entry: str = "l.", parameters: str = "p.") -> str:
    """How much of the leaflet's amount a diary entry reports, and whether it is exceeded.

    `dose_fraction` is 0 to 1, NULL where a field that the leaflet names is missing.
    """
    shares = " ".join(
        f"when '{e.code}' then {_share(e, entry, parameters)}" for e in ruleset.exercises
    )
    excess = " ".join(
        f"when '{e.code}' then {_excess(e, entry, parameters)}" for e in ruleset.exercises
    )
    case = f"case {entry}exercise_code"
    return (
        f"        {case} {shares} end as dose_fraction,\n        {case} {excess} end as over_dose"
    )


def _share(exercise: Exercise, entry: str, parameters: str) -> str:
    if exercise.any_of:
        field = entry + exercise.any_of
        return f"case when {field} > 0 then 1 when {field} is not null then 0 end"
    return " * ".join(
        f"share_done({entry}{field}, {_amount(least, field in exercise.around, '-', parameters)})"
        for field, (least, _) in exercise.amounts.items()
    )


def _excess(exercise: Exercise, entry: str, parameters: str) -> str:
    if exercise.any_of:
        return f"case when {entry}{exercise.any_of} is not null then false end"
    return " or ".join(
        f"{entry}{field} > {_amount(most, field in exercise.around, '+', parameters)}"
        for field, (_, most) in exercise.amounts.items()
    )


def _amount(value: int, around: bool, sign: str, parameters: str) -> str:
    return f"{value} * (1 {sign} {parameters}dose_around_tol)" if around else str(value)
