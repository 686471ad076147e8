"""The rules, questions, exercises and open decisions as one page for people."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rules.condition import atoms
from rules.parts import CALLS, PREDICATES
from rules.ruleset import Ruleset


def markdown(ruleset: Ruleset, cases: Path | None = None) -> str:
    """The page as Markdown; `docs/rules.md` is this text, and a test keeps it so.

    `cases` is the folder of the worked cases, which are listed by title.
    """
    parts = [
        "# The rules",
        "Written from `rules/*.toml` and the worked cases by `python -m rules docs/cases`; change "
        "those files, not this page.",
        f"The rules come from the leaflet *{ruleset.leaflet['title']}* of the "
        f"{ruleset.leaflet['publisher']}: a {ruleset.leaflet['status']} whose review date, "
        f"{ruleset.leaflet['review_date']}, is past. They serve retrospective audit and outcome "
        "analytics. They are not a triage tool.",
        f"Rules as of `{ruleset.version}` (a hash of rules and parameters).",
        "## Triage outcomes",
        _table(
            ("Outcome", "What the leaflet asks for"),
            [(level.label, level.action) for level in reversed(ruleset.levels)],
        ),
        "## Criteria",
        "A rule is yes, no or unknown. An answer that is missing is unknown, never no. "
        "**Confirmed** is the highest outcome with a rule that is yes; **not ruled out** is the "
        "highest with a rule that is yes or unknown.",
        *_criteria(ruleset),
        "## What a condition may name",
        _table(
            ("Name", "Meaning"),
            [
                *((f"`{name}(question)`", text) for name, text in CALLS.items()),
                *((f"`{name}`", text) for name, text in PREDICATES.items()),
            ],
        ),
        "## Exercises",
        _table(("Exercise", "Amount that the leaflet names"), _exercises(ruleset)),
        "## Open decisions",
        "The leaflet leaves these open. A service overrides one in its `outcomes.toml` under "
        "`[parameters]`.",
        _table(("Parameter", "Default", "Why", "Source"), _parameters(ruleset)),
        "## Fixed on purpose",
        _table(("Name", "Decision"), [(f"`{k}`", v) for k, v in ruleset.fixed.items()]),
        *_worked(cases),
    ]
    return "\n\n".join(parts) + "\n"


def _criteria(ruleset: Ruleset) -> Iterable[str]:
    for level in reversed(ruleset.levels):
        found = [rule for rule in ruleset.rules if rule.leads_to == level.code]
        if not found:
            continue
        yield f"### {level.label}: any one of these"
        rows = []
        for rule in found:
            reading = "the leaflet's" if rule.reading == "leaflet" else "ours"
            questions = sorted(
                {a.name for a, _ in atoms(rule.condition) if a.name in ruleset.items}
            )
            asked = "; ".join(ruleset.items[code].wording for code in questions)
            rows.append(
                (
                    f"**{rule.title}** (`{rule.id}`)<br>{rule.description}",
                    f"`{rule.condition}`",
                    asked,
                    f"{rule.place}<br>Reading: {reading}. {rule.note}".strip(),
                )
            )
        yield _table(
            ("Criterion", "Condition", "Questions that it reads", "Place and reading"), rows
        )


def _worked(folder: Path | None) -> Iterable[str]:
    if folder is None:
        return
    yield "## Worked cases"
    yield "Run them, or your own, with `outcomes assure FILE`."
    for path in sorted(folder.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        yield f"### {document['section']}"
        yield "\n".join(f"- `{case['id']}` {case['title']}" for case in document["cases"])


def _exercises(ruleset: Ruleset) -> Iterable[tuple[str, str]]:
    names = {
        "hold_s": "hold, seconds",
        "reps": "repetitions",
        "duration_s": "seconds",
        "sets": "sets",
    }
    for exercise in ruleset.exercises:
        amounts = []
        for field, words in names.items():
            if field in exercise.amounts:
                low, high = exercise.amounts[field]
                amount = f"{low}" if low == high else f"{low} to {high}"
                around = "about " if field in exercise.around else ""
                amounts.append(f"{words}: {around}{amount}")
        if exercise.daily:
            amounts.append("every day, gradually further; no amount named")
        yield exercise.title, "; ".join(amounts)


def _parameters(ruleset: Ruleset) -> Iterable[tuple[str, ...]]:
    for parameter in ruleset.parameters.values():
        shown = _shown(parameter.default)
        yield (
            f"`{parameter.name}`",
            f"{shown} {parameter.unit}".strip(),
            parameter.why,
            parameter.source,
        )


def _shown(value: Any) -> str:
    if value is None:
        return "off"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {each}" for key, each in value.items())
    return str(value)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)
