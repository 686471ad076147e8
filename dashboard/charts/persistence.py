"""Still symptomatic past 8 weeks: the count in its parts, and the share month by month."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard import text
from dashboard.charts import marks
from dashboard.charts.base import Chart, Table, around, cells, estimates, hover, nothing, shares
from dashboard.charts.marks import Mark
from dashboard.theme import (
    ROW,
    Palette,
    Spec,
    axis,
    layout,
    legend,
    months_axis,
    note,
    rows,
    share_axis,
    target_line,
)
from pipelines.measures.answers import CountParts, Persistence
from pipelines.measures.series import MonthlySeries, MonthPoint
from pipelines.measures.types import Estimate, NotEstimable


def parts(found: Persistence, colours: Palette) -> Chart:
    """Open and past 8 weeks now: all, arrived that way, crossed while with us, not improved."""
    name = "Open now and past 8 weeks"
    if not found.n_episodes:
        return nothing(name, "No episode in this selection has been seen.", name)
    now = _four(found.now)
    if not found.now.total:
        alt = "No episode of this selection is open and past 8 weeks now."
        return Chart(name, None, alt, _parts_table(found, name), said=_parts_words(found))
    values = [n for _, n in now]
    spec: Spec = {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "y": list(range(len(values))),
                "x": values,
                "width": 0.36,
                "marker": {"color": [colours.main, colours.soft, colours.soft, colours.other]},
                "hoverinfo": "x",
            }
        ],
        "layout": layout(
            colours,
            50 + ROW * len(values),
            xaxis=axis(
                colours, "Episodes", range=[0, max(1, *values) * 1.05], showgrid=True, nticks=5,
                tickformat=",d",
            ),
            **rows(colours, [f"{word} <b>{text.count(n)}</b>" for word, n in now]),
        ),
    }  # fmt: skip
    alt = "Bar chart of counts: " + "; ".join(f"{word} {text.count(n)}" for word, n in now) + "."
    title = (
        f"{name}: {text.plural(found.now.total, 'episode')}, "
        f"{text.count(found.now.not_improved)} of them not improved"
    )
    return Chart(title, spec, alt, _parts_table(found, name), said=_parts_words(found))


def _four(counts: CountParts) -> list[tuple[str, int]]:
    return [
        ("Open now and past 8 weeks", counts.total),
        ("Of these, arrived past 8 weeks", counts.arrived),
        ("Of these, crossed 8 weeks while with us", counts.crossed),
        ("Of these, not improved", counts.not_improved),
    ]


def _parts_words(found: Persistence) -> str:
    soon = found.crossing_soon
    more = text.plural(soon, "more open episode") if soon else "No more open episodes"
    said = f"{more} will cross 8 weeks within 14 days."
    if found.now.cohort_unknown:
        said += (
            f" For {text.count(found.now.cohort_unknown)} the onset is too vague to say whether "
            "they arrived past 8 weeks or crossed with us."
        )
    return said


def _parts_table(found: Persistence, name: str) -> Table:
    def line(word: str, pick: str) -> tuple[str, str, str]:
        now, ever = getattr(found.now, pick), getattr(found.ever, pick)
        return word, text.count(now), text.count(ever)

    lines = (
        line("Past 8 weeks", "total"),
        line("Arrived past 8 weeks", "arrived"),
        line("Crossed 8 weeks while with us", "crossed"),
        line("Arrived or crossed: not known", "cohort_unknown"),
        line("Of all: improved", "improved"),
        line("Of all: not improved", "not_improved"),
        line("Of those: escalated first", "escalated_first"),
        line("Of all: improvement not measured", "improvement_unknown"),
    )
    return Table(name, ("Part", "Open now", "Ever"), lines)


def by_month(
    series: MonthlySeries,
    colours: Palette,
    recorded: Sequence[Mark] = (),
    target: float | None = None,
) -> Chart:
    """Share still symptomatic at 8 weeks by month of first contact; young months are hollow."""
    name = "Share still symptomatic past 8 weeks, by month of first contact"
    known = [p for p in series.points if isinstance(p.estimate, Estimate)]
    if not known:
        return nothing(
            name, "No episode in this selection has a known status 8 weeks after onset.", name
        )
    ripe = [p for p in known if p.mature]
    young = [p for p in known if not p.mature]
    data = [_possible(known, colours)]
    if ripe:
        data.append(_points("Month complete", ripe, colours, colours.main))
    if young:
        data.append(_points("Too early to say", young, colours, colours.background))
    goal: list[Spec] = []
    if target is not None:
        months = [p.month.isoformat() for p in series.points]
        data.append(target_line(months, target, colours))
        goal = [note(
            colours, f"target {target * 100:g}%", 1.0, target, xref="paper",
            xanchor="right", yanchor="bottom",
        )]  # fmt: skip
    spec: Spec = {
        "data": data,
        "layout": layout(
            colours,
            360,
            showlegend=True,
            # The numbers of recorded changes stand where the key would begin.
            legend=legend(y=1.08) if recorded else legend(),
            shapes=marks.lines(recorded, colours),
            annotations=[*marks.numbers(recorded, colours), *goal],
            barmode="overlay",
            hovermode="x unified",
            xaxis=months_axis(colours),
            yaxis=share_axis(colours, "Share of those with known status", range=[0, 1.03]),
        ),
    }
    lines = tuple(_row(point) for point in series.points)
    columns = (
        "Month of first contact", "Past 8 weeks", "Share", "Interval", "At best", "At worst",
        "Month",
    )  # fmt: skip
    table = Table(name, columns, lines)
    alt = _alt(ripe, young) + marks.alt(recorded)
    if target is not None:
        alt += f" Target {target * 100:g}%."
    title = f"{name}: {_finding(ripe)}"
    return Chart(title, spec, alt, table, said=_SAID, recorded=tuple(recorded))


_SAID = (
    "Pale bars run from the best case (everyone without later information recovered) to the worst "
    "(nobody did). Hollow months are not judged: recoveries come to light before persistence can."
)


def _possible(points: Sequence[MonthPoint], colours: Palette) -> Spec:
    """From the best to the worst case of each month, as a pale bar behind its point."""
    best = [_bound(p, "best") for p in points]
    worst = [_bound(p, "worst") for p in points]
    return {
        "type": "bar",
        "name": "Best to worst case",
        "x": [p.month.isoformat() for p in points],
        "base": [round(low, 5) for low in best],
        "y": [round(high - low, 5) for low, high in zip(best, worst, strict=True)],
        "width": 1000 * 60 * 60 * 24 * 14,
        "marker": {"color": colours.main_band},
        "customdata": [
            f"{text.percent(low)} to {text.percent(high)}"
            for low, high in zip(best, worst, strict=True)
        ],
        "hovertemplate": "%{customdata}",
    }


def _bound(point: MonthPoint, which: str) -> float:
    result = getattr(point.bounds, which, None)
    if isinstance(result, Estimate):
        return result.value
    assert isinstance(point.estimate, Estimate)
    return point.estimate.value


def _points(name: str, points: Sequence[MonthPoint], colours: Palette, fill: str) -> Spec:
    results = estimates([p.estimate for p in points])
    return {
        "type": "scatter",
        "mode": "lines+markers" if fill == colours.main else "markers",
        "name": name,
        "x": [p.month.isoformat() for p in points],
        "y": shares(results),
        "line": {"color": colours.main, "width": 2},
        "marker": {"color": fill, "size": 9, "line": {"width": 2, "color": colours.main}},
        "error_y": {**around(results), "color": colours.main, "thickness": 1, "width": 0},
        "customdata": hover(results),
        "hovertemplate": "%{customdata}",
    }


def _alt(ripe: Sequence[MonthPoint], young: Sequence[MonthPoint]) -> str:
    said = f"Point chart. {text.plural(len(ripe), 'complete month')}"
    if ripe:
        low = min(ripe, key=lambda p: p.estimate.value)  # type: ignore[union-attr]
        high = max(ripe, key=lambda p: p.estimate.value)  # type: ignore[union-attr]
        said += (
            f", from {text.figure(low.estimate)} in {text.month(low.month)} to "
            f"{text.figure(high.estimate)} in {text.month(high.month)}"
        )
    return f"{said}; {text.plural(len(young), 'hollow month')} for which it is too early to say."


def _finding(ripe: Sequence[MonthPoint]) -> str:
    """How wide the unknown leaves it, over the months that are judged."""
    if not ripe:
        return "too early to say in all months"
    low, high = min(_bound(p, "best") for p in ripe), max(_bound(p, "worst") for p in ripe)
    return f"anywhere from {text.percent(low, 0)} to {text.percent(high, 0)} in a month"


def _row(point: MonthPoint) -> tuple[str, ...]:
    if isinstance(point.estimate, NotEstimable):
        state = "too early to say" if not point.mature else "nobody with known status"
    else:
        state = "complete" if point.mature else "too early to say"
    bounds = point.bounds
    best = text.figure(bounds.best) if bounds else text.NONE
    worst = text.figure(bounds.worst) if bounds else text.NONE
    return text.month(point.month), *cells(point.estimate), best, worst, state
