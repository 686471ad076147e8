"""Time to improvement: how many have improved, or escalated first, by each day."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard import text
from dashboard.charts.base import Cell, Chart, Table, nothing
from dashboard.theme import FONT, Palette, Spec, axis, layout, note, share_axis
from pipelines.measures.answers import Improvement, IncidenceStep
from pipelines.measures.types import Estimate

SHOWN_DAYS = 91
"""The plot ends a week after the last day of the risk table (84); few are followed beyond it."""
GUIDES = (42, 56)


def curve(found: Improvement, colours: Palette, meaning: str) -> Chart:
    """Cumulative incidence of improvement and of escalation, with limits and numbers at risk.

    `meaning` says what counts as improved: "pain down by at least 2 points and by 30%".
    """
    name = "Improved by each week since the first pain score"
    steps = [step for step in found.curve if step.day <= SHOWN_DAYS]
    if not steps:
        return nothing(
            name,
            "No curve: no episode in this selection has a first pain score and a later score or "
            "an escalation after it.",
            name,
        )
    if (found.last_day or 0) > SHOWN_DAYS:
        steps = [*steps, _held(steps[-1])]
    days = [step.day for step in steps]
    spec: Spec = {
        "data": [
            *_band(steps, "improved", colours.main_band),
            *_band(steps, "escalated", colours.other_band),
            _step(days, [s.improved for s in steps], "Improved", colours.main, "solid"),
            _step(days, [s.escalated for s in steps], "Escalated first", colours.other, "dash"),
        ],
        "layout": layout(
            colours,
            390,
            hovermode="x unified",
            xaxis=_weeks(found, colours),
            yaxis=share_axis(colours, "Share of those followed", range=[0, _top(steps)]),
            shapes=[_guide(day, colours) for day in GUIDES],
            annotations=_labels(steps, colours),
        ),
    }
    return Chart(_title(found), spec, _alt(found), _table(found, name), said=_said(found, meaning))


def _held(last: IncidenceStep) -> IncidenceStep:
    """The last step drawn on to the plot's edge, where follow-up goes beyond it."""
    return IncidenceStep(
        SHOWN_DAYS, last.n_at_risk, last.improved, last.improved_lower, last.improved_upper,
        last.escalated, last.escalated_lower, last.escalated_upper, last.still_open,
    )  # fmt: skip


def _step(days: list[int], values: list[float], name: str, colour: str, dash: str) -> Spec:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": days,
        "y": [round(value, 5) for value in values],
        "line": {"shape": "hv", "color": colour, "width": 3, "dash": dash},
        "hovertemplate": "%{y:.1%}",
    }


def _band(steps: Sequence[IncidenceStep], which: str, colour: str) -> list[Spec]:
    """The limits as a filled band, from the first day that has them."""
    rows = [
        (step.day, getattr(step, f"{which}_lower"), getattr(step, f"{which}_upper"))
        for step in steps
    ]
    rows = [row for row in rows if row[1] is not None and row[2] is not None]
    plain = {"shape": "hv", "width": 0}
    shared: Spec = {
        "type": "scatter", "mode": "lines", "x": [row[0] for row in rows], "hoverinfo": "skip",
        "line": plain,
    }  # fmt: skip
    return [
        {**shared, "y": [round(row[1], 5) for row in rows]},
        {
            **shared, "y": [round(row[2], 5) for row in rows],
            "fill": "tonexty", "fillcolor": colour,
        },
    ]  # fmt: skip


def _weeks(found: Improvement, colours: Palette) -> Spec:
    """Days in weeks, with the number still followed under each: two lines that cannot collide."""
    ends = min(SHOWN_DAYS, max(found.last_day or 0, 7))
    marks = [(day, n) for day, n in found.n_at_risk if day <= ends]
    return axis(
        colours,
        "Weeks since the first score;<br>below, number still followed",
        range=[-2, ends + 1],
        tickvals=[day for day, _ in marks],
        ticktext=[f"{day // 7}<br><b>{text.count(n)}</b>" for day, n in marks],
        ticks="outside",
        tickcolor=colours.muted,
        hoverformat="d",
    )


def _top(steps: Sequence[IncidenceStep]) -> float:
    highest = max(max(s.improved_upper or s.improved, s.escalated_upper or 0.0) for s in steps)
    return min(1.0, highest * 1.12 + 0.02)


def _guide(day: int, colours: Palette) -> Spec:
    return {
        "type": "line", "xref": "x", "yref": "paper", "x0": day, "x1": day, "y0": 0, "y1": 1,
        "line": {"color": colours.muted, "width": 1, "dash": "dot"}, "layer": "below",
    }  # fmt: skip


def _labels(steps: Sequence[IncidenceStep], colours: Palette) -> list[Spec]:
    """Names beside the lines instead of a key; the lower one goes below its line if it fits."""
    last = steps[-1]
    foot = last.escalated if last.escalated_lower is None else last.escalated_lower
    below = foot > 0.12 * _top(steps)
    placed = (
        ("Improved", last.improved, colours.main, "bottom", 4, last.improved),
        ("Escalated first", foot, colours.other, "top", -4, last.escalated)
        if below
        else ("Escalated first", last.escalated, colours.other, "bottom", 4, last.escalated),
    )
    return [
        note(
            colours, f"<b>{name} {text.percent(value, 0)}</b>", last.day, height, xanchor="right",
            yanchor=anchor, yshift=shift, font={"size": 13, "color": colour, "family": FONT},
        )
        for name, height, colour, anchor, shift, value in placed
    ]  # fmt: skip


def _title(found: Improvement) -> str:
    by_8_weeks = next(at for at in found.at if at.day == 56)
    improved, escalated = by_8_weeks.improved, by_8_weeks.escalated
    if isinstance(improved, Estimate) and isinstance(escalated, Estimate):
        return (
            f"{text.percent(improved.value)} improved and {text.percent(escalated.value)} "
            "escalated first within 8 weeks, by the day it was seen"
        )
    return "Too few followed to say how many improve within 8 weeks"


def _said(found: Improvement, meaning: str) -> str:
    gap = found.median_gap_days
    parts = [
        f"{text.count(found.n_followed)} of {text.plural(found.n_episodes, 'episode')} could be "
        f"followed. Improved: {meaning}. Shaded: 95% limits.",
    ]
    share = found.improved_by(56).share
    if isinstance(share, Estimate):
        parts.append(
            f"Whenever it was seen, an estimated {text.figure(share)} had improved within 8 weeks "
            f"({text.limits(share)})."
        )
    if gap is not None:
        parts.append(
            f"Improvement is dated on the day a score shows it: times read late where scores are "
            f"far apart (median gap {text.days(gap)}, diaries included). Where few are still "
            "followed, the curve can read too high."
        )
    return " ".join(parts)


def _alt(found: Improvement) -> str:
    said = [
        f"by {at.day // 7} weeks {text.figure(at.improved).lower()} improved and "
        f"{text.figure(at.escalated).lower()} escalated first"
        for at in found.at
    ]
    return (
        f"Two rising step curves over 12 weeks for {text.plural(found.n_followed, 'episode')}: "
        f"{'; '.join(said)}."
    )


def _table(found: Improvement, name: str) -> Table:
    risk = dict(found.n_at_risk)
    rows: list[tuple[Cell, ...]] = []
    for day, n in found.n_at_risk:
        step = _at(found.curve, day)
        if step is None or not n:
            continue
        rows.append(
            (
                f"{day // 7}",
                text.count(risk[day]),
                text.percent(step.improved),
                _range(step.improved_lower, step.improved_upper),
                text.percent(step.escalated),
                _range(step.escalated_lower, step.escalated_upper),
            )
        )
    columns = (
        "Weeks", "Still followed", "Improved", "95% limits", "Escalated first",
        "95% limits, escalated",
    )  # fmt: skip
    return Table(name, columns, tuple(rows))


def _at(curve_steps: Sequence[IncidenceStep], day: int) -> IncidenceStep | None:
    """The curve's state on a day: its last step up to it."""
    past = [step for step in curve_steps if step.day <= day]
    return past[-1] if past else None


def _range(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return text.NONE
    return f"{text.percent(low)} to {text.percent(high)}"
