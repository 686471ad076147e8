"""The page about the measures: which answers which question of the specification, and each one.

`python -m pipelines.measures.document > docs/measures.md` writes it; a test keeps it so.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pipelines.measures.catalogue import Measure, catalogue, reason_text

QUESTIONS: Final = {
    "K1": "Escalation to GP level or higher: at first contact, ever, and within 56 days",
    "K1b": "Escalation as recorded by the service",
    "K1c": "Escalation by day 56 from the first contact, resolution competing",
    "K2": "Share of each level, and of each criterion that holds or cannot be settled",
    "K3": "Time to improvement, and other instruments that show improvement",
    "K4": "Improved, or escalated first, by 42, 56 and 84 days",
    "K5": "Mean days without improvement up to day 84",
    "K6a": "How many are past 6 and 8 weeks, and who is next",
    "K6b": "Share past 6 and 8 weeks, with bounds, estimate and other definitions",
    "K6c": "Not reviewed around 8 weeks",
    "K7": "Appointment due for lack of improvement, at both bounds",
    "K8": "Exercises kept up, and the amount of each exercise",
    "K9a": "Safety and help questions answered",
    "K9b": "Safety screen sufficient",
    "K9c": "Safety known for the episode",
    "K9d": "Screened again at later contacts",
    "K9e": "Safety panel for the warning signs of cauda equina",
    "K10": "Agreement of what was done with the rules",
    "K11": "Red flags not acted on in time",
    "K11g": "GP triggers not acted on",
    "K12": "Days to action",
    "K13": "Referrals beyond the leaflet",
    "K14": "MRI, injection and surgery referrals within the leaflet's situations",
    "K15": "Pain that came back",
    "K16": "Data quality",
    "KW": "Waits, missed contacts and people who come back (not numbered in the specification)",
}
"""K-number -> the question that it answers."""


def markdown() -> str:
    """The page as Markdown."""
    known = catalogue().values()
    by_k = {k: [m for m in known if m.k_number == k] for k in QUESTIONS}
    parts = [
        "# The measures",
        "Written from `pipelines/measures/catalogue.toml` by "
        "`python -m pipelines.measures.document`; change that file, not this page. "
        "`outcomes measures NAME` prints any of them with its counts, who is left out by reason, "
        "and its interval; `--by` cuts it.",
        "## Which measure answers which question",
        _table(
            ("No.", "Question", "Measures"),
            [(k, QUESTIONS[k], ", ".join(f"`{m.id}`" for m in own)) for k, own in by_k.items()],
        ),
        "## Headline figures",
        "What terminal, Overview and report show first, and what each estimates. How often their "
        "intervals hold it over generated services is in `docs/estimators.md`.",
        _table(
            ("Measure", "What it estimates"),
            [(f"`{m.id}`", _sentence(m.truth)) for m in known if m.truth],
        ),
        "## Definitions that can be chosen",
        "The alternatives of improvement and persistence are measures beside the main ones: "
        "`improvement_by_definition` and `median_by_definition` (five published cuts of the pain "
        "score), `msk_hq_gain`, `global_change_better`, `improvement_by_day_interval`, "
        "`improvement_by_day_range`; "
        "`persistence_estimated_8_weeks`, `persistence_by_interval`, "
        "`persistence_needs_appointment`, `caseload_past_8_weeks` and `persistence_not_improved`. "
        "Those that change who is counted everywhere are parameters of the service "
        "(`[parameters]` in `outcomes.toml`, listed in `docs/rules.md`): what is a sign of "
        "improvement (`any_sign_points`, `any_sign_pct`, `h4_improvement_window`), when exercises "
        "count as tried (`tried_def`), the bound of 6 or 8 weeks (`h4_bound`), and the main cut "
        "of the pain score (`kpi_points`, `kpi_pct`, `kpi_combine`). `outcomes compare --set "
        "any_sign_pct=50` shows who would change before anybody decides.",
        "## Every measure",
    ]
    for k, own in by_k.items():
        parts += [f"### {k}: {QUESTIONS[k]}", *map(_entry, own)]
    return "\n\n".join(parts) + "\n"


def _entry(entry: Measure) -> str:
    left_out = "; ".join(reason_text(code) for code in entry.exclusions) or "nobody"
    lines = [
        f"**{entry.name}** (`{entry.id}`). {entry.definition}",
        f"- Counted: {entry.numerator}. Of: {entry.denominator}.",
        f"- Left out, each with its number: {left_out}.",
        f"- Clock: {entry.clock}. Source: {entry.source}.",
    ]
    return "\n".join([lines[0], "", *lines[1:]])


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    print(markdown(), end="")
