"""One episode on one line of time: pain above; contacts, exercise, triggers and actions below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dashboard import text
from dashboard.charts.base import Chart, Table, nothing
from dashboard.theme import FONT, Palette, Spec, axis, layout, note

LANE = 52
MARK_ROOM = 70
LANES = ("Contacts", "Exercise diary", "Triggers", "Actions on record")


@dataclass(frozen=True)
class Event:
    """Something that happened on a day, in one of the lanes; `words` says what."""

    lane: str
    day: date
    words: str


@dataclass(frozen=True)
class Score:
    """A pain score of 0 to 10 and where it comes from."""

    day: date
    value: float
    origin: str


@dataclass(frozen=True)
class Mark:
    """A day that the others are read against, as a line across all lanes: onset, 8 weeks."""

    day: date
    words: str


def timeline(
    events: Sequence[Event],
    scores: Sequence[Score],
    colours: Palette,
    marks: Sequence[Mark] = (),
) -> Chart:
    """Scores as a line over lanes of events; the table lists all of it in order of time.

    `marks` further than MARK_ROOM days from the first and last event stay in the table alone.
    """
    name = "What happened when"
    if not events and not scores:
        return nothing(name, "Nothing dated is on record for this episode.", name)
    lanes = [lane for lane in LANES if any(event.lane == lane for event in events)]
    drawn = _near(marks, events, scores)
    height = 200 if scores else 40
    data = [_lane(lane, place, events, colours) for place, lane in enumerate(lanes)]
    if scores:
        data.append(_scores(scores, colours))
    share = LANE * len(lanes) / (LANE * len(lanes) + height)
    spec: Spec = {
        "data": data,
        "layout": layout(
            colours,
            height + LANE * len(lanes) + 60,
            xaxis=axis(
                colours, type="date", tickformat="%-d %b<br>%Y", hoverformat="%-d %B %Y", nticks=7,
                anchor="y" if lanes else "y2", showgrid=True, range=_span(events, scores, drawn),
            ),
            yaxis=axis(
                colours, range=[len(lanes) - 0.6, -0.75], domain=[0, share],
                showticklabels=False, showline=False,
            ),
            yaxis2=axis(
                colours, "Pain, 0 to 10", range=[-0.4, 10.6], domain=[min(0.98, share + 0.06), 1],
                tickvals=[0, 2, 4, 6, 8, 10], showgrid=True, visible=bool(scores),
            ),
            annotations=_lane_labels(lanes, colours)
            + [_mark_label(mark, colours) for mark in drawn],
            shapes=[_mark_line(mark, colours) for mark in drawn],
        ),
    }  # fmt: skip
    if drawn:
        spec["layout"]["margin"] = {**spec["layout"]["margin"], "t": 32}
    return Chart(name, spec, _alt(events, scores, marks), _table(name, events, scores, marks))


def _near(marks: Sequence[Mark], events: Sequence[Event], scores: Sequence[Score]) -> list[Mark]:
    """The marks that have room: a distant one would press everything else into a corner."""
    days = [event.day for event in events] + [score.day for score in scores]
    room = timedelta(days=MARK_ROOM)
    return [mark for mark in marks if min(days) - room <= mark.day <= max(days) + room]


def _lane_labels(lanes: Sequence[str], colours: Palette) -> list[Spec]:
    return [
        note(
            colours, lane, 0, place, xref="paper", xanchor="left", yanchor="bottom", yshift=9,
            font={"size": 12, "color": colours.text, "family": FONT}, bgcolor=colours.background,
        )
        for place, lane in enumerate(lanes)
    ]  # fmt: skip


def _mark_line(mark: Mark, colours: Palette) -> Spec:
    day = mark.day.isoformat()
    return {
        "type": "line", "xref": "x", "yref": "paper", "x0": day, "x1": day, "y0": 0, "y1": 1,
        "line": {"color": colours.muted, "width": 1, "dash": "dash"}, "layer": "below",
    }  # fmt: skip


def _mark_label(mark: Mark, colours: Palette) -> Spec:
    return note(
        colours, mark.words, mark.day.isoformat(), 1, xref="x", yref="paper", yanchor="bottom"
    )


def _span(events: Sequence[Event], scores: Sequence[Score], marks: Sequence[Mark]) -> list[str]:
    """From a little before the first day to a little after the last, at least three weeks.

    Around a single day the axis would otherwise count hours and repeat the date.
    """
    days = [event.day for event in events] + [score.day for score in scores]
    days += [mark.day for mark in marks]
    first, last = min(days), max(days)
    room = timedelta(days=max(2, (last - first).days // 25, (21 - (last - first).days) // 2))
    return [(first - room).isoformat(), (last + room).isoformat()]


def _lane(lane: str, place: int, events: Sequence[Event], colours: Palette) -> Spec:
    looks = {
        "Contacts": ("circle", colours.main, 13),
        "Exercise diary": ("line-ns", colours.main, 12),
        "Triggers": ("triangle-up", colours.other, 13),
        "Actions on record": ("square", colours.soft, 11),
    }
    symbol, colour, size = looks[lane]
    mine = [event for event in events if event.lane == lane]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": lane,
        "x": [event.day.isoformat() for event in mine],
        "y": [place] * len(mine),
        "marker": {
            "symbol": symbol, "color": colour, "size": size, "line": {"width": 2, "color": colour},
        },
        "text": [event.words for event in mine],
        "hovertemplate": "%{x}: %{text}<extra></extra>",
        "cliponaxis": False,
    }  # fmt: skip


def _scores(scores: Sequence[Score], colours: Palette) -> Spec:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": "Pain",
        "yaxis": "y2",
        "x": [score.day.isoformat() for score in scores],
        "y": [score.value for score in scores],
        "line": {"color": colours.main, "width": 2},
        "marker": {
            "size": 9,
            "color": [
                colours.main if score.origin == "contact" else colours.background
                for score in scores
            ],
            "line": {"width": 2, "color": colours.main},
        },
        "text": [score.origin for score in scores],
        "hovertemplate": "%{x}: %{y:g} (%{text})<extra></extra>",
        "cliponaxis": False,
    }


def _alt(events: Sequence[Event], scores: Sequence[Score], marks: Sequence[Mark]) -> str:
    days = [event.day for event in events] + [score.day for score in scores]
    counted = [
        f"{text.count(sum(event.lane == lane for event in events))} in {lane.lower()}"
        for lane in LANES
    ]
    said = f"Timeline from {text.day(min(days))} to {text.day(max(days))}: {', '.join(counted)}."
    if scores:
        said += f" Pain {scores[0].value:g} at first, {scores[-1].value:g} at last."
    if marks:
        said += f" {'; '.join(f'{mark.words}: {text.day(mark.day)}' for mark in marks)}."
    return said


def _table(
    name: str, events: Sequence[Event], scores: Sequence[Score], marks: Sequence[Mark]
) -> Table:
    rows = [(event.day, event.lane, event.words) for event in events]
    rows += [(s.day, "Pain", f"{s.value:g} of 10 ({s.origin})") for s in scores]
    rows += [(mark.day, "For comparison", mark.words) for mark in marks]
    rows.sort(key=lambda row: (row[0], row[1]))
    lines = tuple((text.day(day), kind, words) for day, kind, words in rows)
    return Table(name, ("Day", "What", "Detail"), lines)
