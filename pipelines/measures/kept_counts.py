"""Cases counted when a snapshot is published, so that most questions read thousands of rows.

A table `counts_<group>` per group of kinds (GROUPS) holds how many cases of a measure there are by
month, site and at most one further dimension (`cut_value`), with part, reason, `mature` and what
the kind reads. Counts add up, so a selection of whole months, of sites, and of values of one
further dimension gets from them exactly what it would get from the cases; `question` is None for
any other.
`key` stands for the statement that counted and for the dimension: a measure that is defined
otherwise than at publication finds no rows, and then the cases are counted.
"""

from __future__ import annotations

import calendar
import hashlib
from functools import cache
from typing import Any, Final

from pipelines.measures.case_reason import reason_of
from pipelines.measures.catalogue import Measure
from pipelines.measures.filter import COLUMN_OF, Filter

SITES: Final = "sites"
FIELD_OF: Final = {
    "age_band": "age_bands",
    "sex": "sexes",
    "ethnic_group": "ethnic_groups",
    "imd_quintile": "imd_quintiles",
    "pattern": "patterns",
    "entry_cohort": "cohorts",
}
"""Dimension that a table can be cut by beside month and site -> its field of a filter."""
CUT_KINDS: Final = frozenset({"share", "count", "same_level"})
"""Kinds that are counted by the further dimensions too; of times and values there would be nearly
as many counts as cases."""
MANY_PARTS: Final = frozenset({"flag", "help_item", "rule", "screen_item"})
"""Cases with a row per rule, question or flag: counted by month and site only."""


GROUPS: Final = {
    "share": "hits",
    "count": "hits",
    "quantile": "values",
    "survival_median": "times",
    "survival_share": "times",
    "incidence": "times",
    "restricted_mean": "times",
    "same_level": "levels",
    "incidence_range": "ranges",
    "interval_incidence": "intervals",
    "interval_survival": "intervals",
    "kappa": "people",
}
"""Kind -> the table that holds its counts; kinds of one table read the same columns."""
TYPE_OF: Final = {
    "hit": "boolean",
    "value": "double",
    "entry": "integer",
    "exit": "integer",
    "event": "integer",
    "seen_without": "integer",
    "seen_with": "integer",
    "stratum": "integer",
    "expected": "integer",
    "recorded": "integer",
    "patient_id": "varchar",
}
"""The types in which a table holds what kinds read, whatever the measures' own."""


def digest(text: str) -> str:
    """Stands for a statement: another text, another digest."""
    return hashlib.sha256(text.encode()).hexdigest()[:15]


@cache
def key_of(text: str, cut: str) -> int:
    """The key of the rows that the statement `text` has counted by this further dimension."""
    return int(digest(f"{cut} {text}"), 16)


def whole_months(flt: Filter) -> bool:
    """Whether the period begins with a first and ends with a last of a month, or is open."""
    begins, ends = flt.period_from, flt.period_to
    last = ends is None or ends.day == calendar.monthrange(ends.year, ends.month)[1]
    return last and (begins is None or begins.day == 1)


def cut_of(flt: Filter, by: tuple[str, ...]) -> str | None:
    """The one further dimension that filter and breakdown need ("" for none); None for several."""
    needed = {name for name, field in FIELD_OF.items() if getattr(flt, field)}
    needed |= {name for name in by if name in FIELD_OF}
    return None if len(needed) > 1 else "".join(needed)


def cuts(measure: Measure) -> tuple[str, ...]:
    """The further dimensions that a measure is counted by, "" for none first."""
    further = measure.kind in CUT_KINDS and measure.cases not in MANY_PARTS
    return ("", *FIELD_OF) if further else ("",)


@cache
def counting(
    measure: Measure,
    cases: str,
    kind: tuple[tuple[str, str], ...],
    of: tuple[str, ...] | None = None,
) -> str:
    """The statement that counts the cases of a measure; `kind`: what is read, (column, its SQL).

    A group's `mature` is null where that of all its cases is, as `bool_and` has it. `cut` numbers
    the further dimension among `of`, from 1 on; None: the measure's `cuts`, and 0 is none of them.
    """
    further = [name for name in (cuts(measure) if of is None else of) if name]
    keys = ", ".join(("part", "reason", *(name for name, _ in kind)))
    sets = ", ".join(
        f"({', '.join(filter(None, ('month', 'site', cut, keys)))})"
        for cut in (cuts(measure) if of is None else of)
    )
    cut_value = f"coalesce({', '.join(further)})" if further else "null"
    at = " ".join(f"when grouping({name}) = 0 then {i}" for i, name in enumerate(further, 1))
    fields = ",\n        ".join(
        (
            "date_trunc('month', clock_date)::date as month",
            "coalesce(site_id, 'unknown') as site",
            *(f"coalesce({COLUMN_OF[FIELD_OF[name]]}, 'unknown') as {name}" for name in further),
            f"{measure.part or 'null::varchar'} as part",
            f"{reason_of(measure)} as reason",
            f"{measure.mature} as mature",
            *(
                f"case when {reason_of(measure)} is null then {sql} end::{TYPE_OF[name]} as {name}"
                for name, sql in kind
            ),
        )
    )
    only = f"\n    where {measure.only}" if measure.only else ""
    return (
        f"with cases as (\n{cases}\n),\n\n"
        f"counted as (\n    select\n        {fields}\n    from cases{only}\n)\n\n"
        f"select {f'case {at} else 0 end' if at else '0'} as cut,\n"
        f"    {cut_value}::varchar as cut_value,\n"
        f"    month, site, {keys}, bool_and(mature) as mature, count(*)::integer as n\n"
        f"from counted\ngroup by grouping sets ({sets})"
    )


def told_by(measure: Measure, flt: Filter, by: tuple[str, ...], totals: bool = False) -> str | None:
    """The further dimension ("" for none) whose counts answer a question; None: no counts do.

    `totals`: by what a file of totals counts, which is every measure by each of them, but for those
    with a row per rule, question or flag.
    """
    cut = cut_of(flt, by)
    known = cuts(measure)
    if totals and measure.cases not in MANY_PARTS:
        known = ("", *FIELD_OF)
    return cut if cut in known and whole_months(flt) else None


def question(
    measure: Measure, text: str, columns: tuple[str, ...], flt: Filter, by: tuple[str, ...]
) -> tuple[str, dict[str, Any]] | None:
    """The statement that answers from the counts as `case_query.grouped` does, and its parameters.

    `text` is the statement that counts the cases, as `key_of` takes it.
    """
    cut = told_by(measure, flt, by)
    if cut is None:
        return None
    wheres, given = ["key = $key"], dict[str, Any](key=key_of(text, cut))
    for field, sign in (("period_from", ">="), ("period_to", "<=")):
        if getattr(flt, field) is not None:
            wheres.append(f"month {sign} ${field}")
            given[field] = getattr(flt, field)
    for field, column in ((SITES, "site"), (FIELD_OF.get(cut, ""), "cut_value")):
        if field and getattr(flt, field):
            wheres.append(f"list_contains(${field}::varchar[], {column})")
            given[field] = list(getattr(flt, field))
    names = {"month": "coalesce(strftime(month, '%Y-%m'), 'unknown')", "site": "site"}
    split = [f"{names.get(name, 'cut_value')} as by_{i}" for i, name in enumerate(by)]
    keys = ", ".join((*(f"by_{i}" for i in range(len(by))), "part", "reason", *columns))
    text = (
        f"select {', '.join((*split, 'part', 'reason', *columns))},\n"
        "    coalesce(bool_and(mature), false) as mature, sum(n)::bigint as n\n"
        f"from counts_{GROUPS[measure.kind]}\nwhere {' and '.join(wheres)}\n"
        f"group by {keys}\norder by {keys}"
    )
    return text, given
