"""The rules, questions, exercises and open decisions as one page for people."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rules.condition import And, Atom, Condition, Not, Or, atoms
from rules.parameters import Parameter
from rules.parts import CALLS, PREDICATES, READ_FROM, WORKED_OUT, Rule
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
        "## From contacts to the episode",
        "Each contact is judged by itself: an answer is not carried to the next, but for a history "
        "of cancer. A day takes the worst of its contacts, an episode the worst of its days. A "
        "safety question that was left open counts as no for the episode where it is answered no "
        f"within {ruleset.values['backfill_no_days']} days (`backfill_no_days`). A later contact "
        "at which no safety question was answered adds what it confirms, and no doubt about "
        "safety. Advisory items outside the leaflet are shown and never decide the outcome.",
        "## What a condition may name",
        "Each is yes, no or unknown, like an answer.",
        _table(
            ("Name", "Meaning", "How it is worked out"),
            [
                *((f"`{name}(question)`", text, WORKED_OUT[name]) for name, text in CALLS.items()),
                *((f"`{name}`", text, WORKED_OUT[name]) for name, text in PREDICATES.items()),
            ],
        ),
        "## Exercises",
        _table(("Exercise", "Amount that the leaflet names"), _exercises(ruleset)),
        "## Open decisions",
        "The leaflet leaves these open. A service overrides one in its `outcomes.toml` under "
        '`[parameters]`, as `h4_bound = "lower"`; what else it may be stands beside the default. '
        "Try it first: `outcomes compare --set h4_bound=lower` tells whom it changes.",
        _table(("Parameter", "Default", "May be", "Why", "Source"), _parameters(ruleset)),
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
            rows.append(
                (
                    f"**{rule.title}** (`{rule.id}`)<br>{rule.description}",
                    f"{_words(rule.condition, ruleset)}<br>`{rule.condition}`",
                    _asked(rule, ruleset),
                    f"{rule.place}<br>Reading: {reading}. {rule.note}".strip(),
                )
            )
        yield _table(("Criterion", "Yes where", "What it is read from", "Place and reading"), rows)


def _asked(rule: Rule, ruleset: Ruleset) -> str:
    """The questions and data that a rule is read from, those behind its predicates included."""
    questions, data = [], []
    for atom, _ in atoms(rule.condition):
        behind, without = READ_FROM.get(atom.call or atom.name, ((), ""))
        without = without if _timed(atom, ruleset) else ""
        questions += [code for code in (atom.name, *behind) if code in ruleset.items]
        data += [without] if without else []
    read = [*(ruleset.items[code].wording for code in questions), *data]
    return "; ".join(dict.fromkeys(read))


def _timed(atom: Atom, ruleset: Ruleset) -> bool:
    """False for a sign of the urgent list that counts wherever it is there."""
    item = ruleset.items.get(atom.name)
    urgent = item is not None and item.group == "urgent"
    return not (atom.call and urgent) or atom.name in ruleset.values["urg_timing_items"]


def _words(tree: Condition, ruleset: Ruleset, inside: bool = False) -> str:
    """A condition in words: `Pain in the back or leg and …`; brackets where it is nested."""
    match tree:
        case Atom():
            if tree.call:
                return CALLS[tree.call] if _timed(tree, ruleset) else "the sign is present"
            item = ruleset.items.get(tree.name)
            return f"“{item.wording}”" if item else PREDICATES[tree.name]
        case Not(part):
            return f"not: {_words(part, ruleset, True)}"
        case And(parts) | Or(parts):
            joint = " **and** " if isinstance(tree, And) else " **or** "
            told = joint.join(_words(part, ruleset, True) for part in parts)
            return f"({told})" if inside else told


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
        unit = parameter.unit if parameter.default is not None else ""
        yield (
            f"`{parameter.name}`",
            f"{shown} {unit}".strip(),
            _allowed(parameter),
            parameter.why,
            parameter.source,
        )


def _allowed(parameter: Parameter) -> str:
    """What a parameter may be set to."""
    kinds = {
        "boolean": "true or false",
        "text": "one line of text",
        "dates": "a list of dates",
        "by_level": "days by level",
    }
    if parameter.choices:
        several = "any of " if isinstance(parameter.default, list) else ""
        listed = ", ".join(f"`{choice}`" for choice in parameter.choices)
        found = several + listed
    else:
        found = kinds.get(parameter.type, "")
    if parameter.min is not None and parameter.max is not None:
        found = f"{found + ', ' if found else ''}{parameter.min:g} to {parameter.max:g}"
    return f"{found}, or `off`" if parameter.off else found


def _shown(value: Any) -> str:
    if value is None:
        return "off"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {each}" for key, each in value.items())
    return str(value)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)
