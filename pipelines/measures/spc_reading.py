"""A chart in plain words: which rule, since when, what it means and what it does not.

The same sentences serve page, terminal and report. They never say why something changed: a chart
does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pipelines.measures.spc_rare import RareChart
from pipelines.measures.spc_rules import Rule, State
from pipelines.measures.spc_types import AssuranceState, Signal, SpcChart
from pipelines.measures.types import MeasureError

VARIATION: Final[dict[State, str]] = {
    "common": "Common cause",
    "improve": "Special cause: improvement",
    "concern": "Special cause: concern",
    "neutral_high": "Special cause: higher",
    "neutral_low": "Special cause: lower",
    "not_enough_variation": "Not enough variation",
    "not_enough_points": "Not enough points",
}
"""The variation result in words."""
ASSURANCE: Final[dict[AssuranceState, str]] = {
    "consistently_meets": "Consistently meets the target",
    "hit_or_miss": "Hit or miss",
    "consistently_fails": "Consistently misses the target",
    "none": "No assurance result",
}
"""The assurance result in words."""
_MEANS: Final[dict[State, str]] = {
    "common": (
        "The figure goes up and down as it usually does. No single point needs an explanation."
    ),
    "improve": "The figure is better by more than its usual ups and downs.",
    "concern": "The figure is worse by more than its usual ups and downs.",
    "neutral_high": "The figure is higher by more than its usual ups and downs.",
    "neutral_low": "The figure is lower by more than its usual ups and downs.",
    "not_enough_variation": (
        "The points hardly differ, so there are no usual ups and downs to compare with."
    ),
    "not_enough_points": "It is too early for limits.",
}
_BACK: Final = (
    "The last point is within the usual ups and downs; the signal before it still deserves an "
    "explanation."
)
_NEUTRAL: Final = " Whether that is good cannot be told from the figure alone."
_NOT_SIGNAL: Final = (
    "It does not say why, and it is no proof: look for what changed, and expect a false alarm "
    "now and then."
)
_NOT_COMMON: Final = (
    "It does not say that the level is good enough: a process can be steady and poor."
)
_NOT_LIMITS: Final = "It does not say that nothing has changed."
_TARGET: Final[dict[AssuranceState, str]] = {
    "consistently_meets": (
        "Target {t}: consistently met. As things are, every point is to be expected on its good "
        "side."
    ),
    "hit_or_miss": (
        "Target {t}: hit or miss. It lies within the usual ups and downs, so chance alone decides "
        "whether a point meets it."
    ),
    "consistently_fails": (
        "Target {t}: consistently missed. Without a change to the process no point is to be "
        "expected on its good side."
    ),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """Sentences on one chart; an empty text means that there is nothing to say.

    `variation` and `assurance` are the two results in a few words (beside an icon). `headline`
    is the end of the series: rule and since when. `recent` is the most recent special cause where
    the end of the series is another or none. `notes` say what was left out and how it was read.
    """

    variation: str
    assurance: str
    headline: str
    recent: str
    means: str
    does_not: str
    target: str
    notes: tuple[str, ...]

    @property
    def text(self) -> str:
        """All of it, one paragraph."""
        parts = (self.headline, self.recent, self.means, self.does_not, self.target, *self.notes)
        return " ".join(part for part in parts if part)


def _plain_number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def read_chart(
    chart: SpcChart,
    labels: Sequence[str],
    *,
    figure: Callable[[float], str] = _plain_number,
) -> Reading:
    """The reading of a chart; `labels` names its points ("March 2026"), `figure` its values."""
    if len(labels) != len(chart.points):
        raise MeasureError("a chart's reading needs one label per point")
    signal = _at_end(chart)
    neutral = chart.state in ("neutral_high", "neutral_low")
    return Reading(
        variation=VARIATION[chart.state],
        assurance=ASSURANCE[chart.assurance.state],
        headline=_headline(chart, signal, labels, figure),
        recent=_recent(chart, signal, labels),
        means=_means(chart) + (_NEUTRAL if neutral else ""),
        does_not=(
            _NOT_SIGNAL if signal else _NOT_COMMON if chart.state == "common" else _NOT_LIMITS
        ),
        target=_target(chart, figure),
        notes=tuple(_notes(chart, signal, labels)),
    )


def read_rare(
    found: RareChart, labels: Sequence[str], *, figure: Callable[[float], str] = _plain_number
) -> Reading:
    """The reading of a t or g chart; `labels` names the event that ends each gap."""
    plain = read_chart(found.chart, labels, figure=figure)
    unit = "day" if found.chart.method == "t" else "case"
    notes = list(plain.notes)
    if found.open_gap is not None:
        said = f"Since the last event: {_count(found.open_gap.length, unit)} so far"
        if found.open_gap.beyond:
            said += ", already more than the upper limit, so that it will be a signal"
        notes.insert(0, f"{said}.")
    if found.same_day:
        notes.append(
            f"{_count(found.same_day, 'gap')} between events of one day: taken as half a day."
        )
    return Reading(
        plain.variation, plain.assurance, plain.headline, plain.recent, plain.means,
        plain.does_not, plain.target, tuple(notes),
    )  # fmt: skip


def _means(chart: SpcChart) -> str:
    latest = chart.latest_signal
    if chart.state == "common" and latest is not None and not _earlier(chart, latest):
        return _BACK
    return _MEANS[chart.state]


def _count(n: int, word: str) -> str:
    return f"{n:,} {word}" if n == 1 else f"{n:,} {word}s"


def _at_end(chart: SpcChart) -> Signal | None:
    """The signal that names the last point."""
    return next(
        (
            s
            for s in reversed(chart.signals)
            if s.current and (s.rule, s.side, s.start) == (chart.rule, chart.side, chart.since)
        ),
        None,
    )


def _centre(chart: SpcChart) -> str:
    return {"g": "the median", "t": "the centre line"}.get(chart.method, "the mean")


def _what(chart: SpcChart, signal: Signal) -> str:
    """`9 points in a row above the mean`."""
    n, high = len(signal.points), signal.side == "high"
    limit = "upper" if high else "lower"
    beyond = "above" if high else "below"
    words: dict[Rule, str] = {
        "outside": (
            f"a point {beyond} the {limit} limit"
            if n == 1
            else f"{n} points in a row {beyond} the {limit} limit"
        ),
        "trend": f"{n} points in a row {'rising' if high else 'falling'}",
        "two_in_three": (
            f"2 of 3 points in a row near the {limit} limit"
            if n == 2
            else f"{n} points near the {limit} limit, at least 2 of any 3 in a row"
        ),
        "shift": f"{n} points in a row {beyond} {_centre(chart)}",
    }
    return words[signal.rule]


def _when(signal: Signal, labels: Sequence[str]) -> str:
    first, last = labels[signal.start], labels[signal.end]
    if signal.start == signal.end:
        return f"in {first}"
    return f"since {first}" if signal.current else f"from {first} to {last}"


def _headline(
    chart: SpcChart,
    signal: Signal | None,
    labels: Sequence[str],
    figure: Callable[[float], str],
) -> str:
    if signal:
        said = f"{VARIATION[chart.state]}: {_what(chart, signal)}, {_when(signal, labels)}."
        if chart.state_since is not None and chart.state_since < signal.start:
            said += f" Every point since {labels[chart.state_since]} is such a signal."
        return said
    if chart.state == "common":
        return f"Common cause: no rule is broken at the end of the series{_level(chart, figure)}."
    if chart.state == "not_enough_variation":
        return chart.reason + _departures(chart, labels, figure)
    return chart.reason


def _level(chart: SpcChart, figure: Callable[[float], str]) -> str:
    """`, which runs around 12%, usually between 8% and 16%` of the last point with limits."""
    end = next((p for p in reversed(chart.points) if p.centre is not None), None)
    if end is None or end.centre is None:
        return ""
    said = f", which runs around {figure(end.centre)}"
    if end.lower is not None and end.upper is not None:
        return f"{said}, usually between {figure(end.lower)} and {figure(end.upper)}"
    return f"{said}, usually up to {figure(end.upper)}" if end.upper is not None else said


def _departures(chart: SpcChart, labels: Sequence[str], figure: Callable[[float], str]) -> str:
    """The points of the last phase that differ from its commonest value, while they are few."""
    start = chart.phases[-1].start if chart.phases else 0
    found = [
        (labels[i], p.value)
        for i, p in enumerate(chart.points)
        if i >= start and p.mature and p.value is not None
    ]
    values = [value for _, value in found]
    usual = max(values, key=lambda v: (values.count(v), -values.index(v)), default=None)
    other = [(label, value) for label, value in found if value != usual]
    if usual is None or not other or len(other) > 3:
        return ""
    said = "; ".join(f"{figure(value)} in {label}" for label, value in other)
    same = len(found) - len(other)
    return f" {same} of {len(found)} points are {figure(usual)}; the rest: {said}."


def _recent(chart: SpcChart, end: Signal | None, labels: Sequence[str]) -> str:
    latest = chart.latest_signal
    if end is not None:
        return ""
    if latest is None:
        judged = any(p.centre is not None for p in chart.points)
        return "There is no special cause anywhere in the series." if judged else ""
    said = (
        f"The most recent signal ({VARIATION[latest.state].removeprefix('Special cause: ')}): "
        f"{_what(chart, latest)}, {_when(latest, labels)}"
    )
    return f"{said}, before the limits were set anew." if _earlier(chart, latest) else f"{said}."


def _earlier(chart: SpcChart, signal: Signal) -> bool:
    return signal.phase < len(chart.phases) - 1


def _target(chart: SpcChart, figure: Callable[[float], str]) -> str:
    found = chart.assurance
    if found.target is None:
        return ""
    if found.state == "none":
        return f"Target {figure(found.target)}: no assurance result. {found.reason}"
    return _TARGET[found.state].format(t=figure(found.target))


def _notes(chart: SpcChart, signal: Signal | None, labels: Sequence[str]) -> list[str]:
    out = []
    final = chart.phases[-1] if chart.phases else None
    if final and final.start:
        why = f" ({final.began.reason})" if final.began.reason else ""
        out.append(f"Limits from {labels[final.start]}{why}; runs are counted afresh from there.")
    if final and final.trial and final.centre is not None:
        out.append(
            f"The limits rest on {_count(final.n_points, 'point')}, fewer than 12: trial limits, "
            "which move with each new point."
        )
    young = sum(not p.mature and p.value is not None for p in chart.points)
    if young:
        out.append(
            f"{_count(young, 'point')} too early to judge: shown, but in no limit and no rule."
        )
    out += _gap_notes(chart, signal)
    own = [p for p in chart.points if p.phase == len(chart.phases) - 1 and p.centre is not None]
    if 2 * sum(p.rule is not None for p in own) > len(own):
        out.append(
            "More than half of the points break a rule: the limits mix different levels. If a "
            "known change divides them, record it, and the limits begin anew there."
        )
    if chart.method == "p (Laney)":
        out.append(
            "The shares vary more between points than their numbers of cases explain, so the "
            "limits are widened for that (Laney)."
        )
    return out


def _gap_notes(chart: SpcChart, signal: Signal | None) -> list[str]:
    missing = sum(p.value is None for p in chart.points)
    if not missing:
        return []
    how = "their neighbours are compared" if chart.gaps == "bridge" else "no run passes over them"
    out = [f"{_count(missing, 'point')} without a figure: {how}."]
    if signal and signal.gaps:
        verb = "takes" if signal.gaps == 1 else "take"
        out.append(f"The signal passes over {_count(signal.gaps, 'point')} that {verb} no part.")
    return out
