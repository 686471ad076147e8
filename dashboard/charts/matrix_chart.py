"""What the rules ask for against what was recorded, level by level."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard import text
from dashboard.charts.base import Chart, Table, nothing
from dashboard.theme import Palette, Spec, axis, layout
from pipelines.measures.matrix import Matrix

NAME = "What the rules ask for, and what was recorded"


def matrix_chart(found: Matrix, labels: Sequence[str], colours: Palette) -> Chart:
    """A cell per pair of levels, most urgent first; agreement lies on the diagonal."""
    if not found.total:
        return nothing(NAME, "No fully screened episode of this selection can be judged.", NAME)
    size = len(labels)
    order = list(reversed(range(size)))
    cells = [[found.counts[e][r] for r in order] for e in order]
    same = sum(found.counts[i][i] for i in range(size))
    below = sum(found.counts[e][r] for e in range(size) for r in range(e))
    words = [labels[i] for i in order]
    most = max(map(max, cells))
    spec: Spec = {
        "data": [
            {
                "type": "heatmap",
                "z": [[_depth(n, most) for n in row] for row in cells],
                "x": list(range(size)),
                "y": list(range(size)),
                "zmin": 0,
                "zmax": 1,
                "colorscale": [[0, colours.background], [1, colours.main_band]],
                "showscale": False,
                "xgap": 2,
                "ygap": 2,
                "hoverinfo": "skip",
            }
        ],
        "layout": layout(
            colours,
            360,
            xaxis=axis(
                colours, "Recorded", tickvals=list(range(size)), ticktext=words, side="top",
                showline=False,
            ),
            yaxis=axis(
                colours, "By the rules", tickvals=list(range(size)), ticktext=words,
                autorange="reversed", showline=False,
            ),
            annotations=[
                {
                    "x": c, "y": r, "showarrow": False,
                    "text": f"<b>{text.count(n)}</b>" if r == c else text.count(n),
                    "font": {"size": 15, "color": colours.text},
                }
                for r, row in enumerate(cells)
                for c, n in enumerate(row)
            ],
        ),
    }  # fmt: skip
    said = (
        f"{text.count(same)} of {text.plural(found.total, 'episode')} on the diagonal; "
        f"{text.count(below)} recorded below what the rules ask for."
    )
    rows = tuple((words[i], *(text.count(n) for n in row)) for i, row in enumerate(cells))
    return Chart(
        f"{NAME}: {text.percent(same / found.total)} the same",
        spec,
        f"Table of five by five levels. {said}",
        Table(NAME, ("By the rules", *(f"Recorded: {word}" for word in words)), rows),
        f"{said} Rows: by the rules; columns: recorded.",
    )


def _depth(n: int, most: int) -> float:
    """How dark a cell is; the root, so that small counts are seen beside large ones."""
    return 0.0 if not n else round(max(0.15, (n / most) ** 0.5), 3)
