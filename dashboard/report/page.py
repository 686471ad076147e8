"""The report as one HTML file that needs nothing else: charts, tables, and a style for paper."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from html import escape
from typing import Final

from plotly.offline import get_plotlyjs

from dashboard.charts.base import Cell, Chart, Table
from dashboard.report.cells import readable, words
from dashboard.report.content import Report
from dashboard.theme import FONT

WIDTH: Final = 680
STYLE: Final = f"""
:root {{ color-scheme: light; }}
body {{ font: 16px/1.5 {FONT}; color: #12181C; background: #fff; margin: 0 auto;
  max-width: {WIDTH}px; padding: 24px 16px; }}
h1 {{ font-size: 28px; line-height: 1.2; margin: 0 0 4px; }}
h2 {{ font-size: 22px; border-top: 3px solid #005EB8; padding-top: 12px; margin: 40px 0 8px; }}
h3 {{ font-size: 17px; margin: 24px 0 4px; }}
table {{ border-collapse: collapse; width: 100%; font-size: 13px; margin: 8px 0 16px; }}
caption {{ text-align: left; font-weight: bold; padding: 4px 0; }}
th, td {{ text-align: left; vertical-align: top; padding: 4px 8px 4px 0;
  border-bottom: 1px solid #D8DDE0; }}
th {{ color: #4C6272; font-weight: bold; }}
th:first-child, td:first-child {{ min-width: 8em; }}
dl {{ display: grid; grid-template-columns: 150px 1fr; font-size: 14px; margin: 16px 0; }}
dt {{ color: #4C6272; }} dd {{ margin: 0; }}
summary {{ font-size: 13px; color: #005EB8; cursor: pointer; }}
.chart {{ min-height: 200px; overflow-x: auto; }}
.table {{ overflow-x: auto; }}
.commentary {{ border-left: 4px solid #005EB8; padding-left: 16px; white-space: pre-wrap; }}
.foot {{ font-size: 13px; color: #4C6272; border-top: 1px solid #D8DDE0; margin-top: 40px; }}
@media print {{
  body {{ padding: 0; font-size: 12px; }}
  h2, h3, caption, thead {{ break-after: avoid; }}
  .figure, tr {{ break-inside: avoid; }}
  details {{ display: none; }}
  .table {{ overflow: visible; }}
  @page {{ size: A4; margin: 15mm;
    @bottom-right {{ content: counter(page) " / " counter(pages); font: 10px {FONT};
      color: #4C6272; }} }}
}}
"""
DRAW: Final = """
for (const each of document.querySelectorAll('script[type="application/json"]')) {
  const spec = JSON.parse(each.textContent);
  spec.layout.width = Math.min(spec.layout.width, document.querySelector("main").clientWidth);
  Plotly.newPlot(each.dataset.at, spec.data, spec.layout, {staticPlot: true});
}
"""


def html(report: Report) -> str:
    """The whole file. It holds no moment of its making: the same data give the same bytes."""
    return "".join(
        (
            '<!doctype html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            f"<title>{escape(report.title)}, {escape(report.subtitle)}</title>\n",
            f"<style>{STYLE}</style>\n<script>{get_plotlyjs()}</script>\n</head>\n<body>\n<main>\n",
            *_body(report),
            f"</main>\n<script>{DRAW}</script>\n</body>\n</html>\n",
        )
    )


def _body(report: Report) -> Iterator[str]:
    yield f"<h1>{escape(report.title)}</h1>\n<p>{escape(report.subtitle)}</p>\n"
    yield "<h2>Commentary</h2>\n"
    said = report.commentary.strip() or "No commentary was written for this period."
    yield f'<div class="commentary">{escape(readable(said))}</div>\n'
    number = 0
    for section in report.sections:
        yield f"<h2>{escape(section.title)}</h2>\n"
        for block in section.blocks:
            if isinstance(block, str):
                yield f"<p>{escape(words(block))}</p>\n"
            elif isinstance(block, Table):
                yield _table(block)
            else:
                number += 1
                yield from _chart(block, number)
    yield "<h2>About this extract</h2>\n<dl>\n"
    for name, value in report.about:
        yield f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>\n"
    yield "</dl>\n<p class=foot>Retrospective audit and outcome analytics, not triage.</p>\n"


def _chart(chart: Chart, number: int) -> Iterator[str]:
    yield f'<div class="figure">\n<h3>{escape(words(chart.title))}</h3>\n'
    if chart.said:
        yield f"<p>{escape(words(chart.said))}</p>\n"
    if chart.spec is None:
        yield f"<p>{escape(words(chart.alt))}</p>\n"
    else:
        spec = copy.deepcopy(chart.spec)
        spec["layout"] |= {"width": WIDTH, "autosize": False}
        told = json.dumps(spec, sort_keys=True, default=str).replace("<", "\\u003c")
        at = f"chart-{number}"
        alt = escape(words(chart.alt))
        yield f'<div class="chart" id="{at}" role="img" aria-label="{alt}"></div>\n'
        yield f'<script type="application/json" data-at="{at}">{told}</script>\n'
    for mark in chart.recorded:
        yield f"<p>{mark.number}. {escape(mark.said())}</p>\n"
    yield "</div>\n"
    if chart.table.rows:
        summary = "<summary>The figures of this chart</summary>"
        yield f"<details>{summary}\n{_table(chart.table)}</details>\n"


def _table(table: Table) -> str:
    if not table.rows:
        return f"<p>{escape(table.title)}: none.</p>\n"
    heads = "".join(f'<th scope="col">{escape(each)}</th>' for each in table.columns)
    rows = "".join(f"<tr>{''.join(map(_cell, row))}</tr>\n" for row in table.rows)
    caption = f"<caption>{escape(words(table.title))}</caption>"
    # Wider than a telephone's screen, a table is moved sideways, by keyboard too.
    return (
        f'<div class="table" tabindex="0" role="region" aria-label="{escape(words(table.title))}">'
        f"<table>\n{caption}\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n"
        "</table></div>\n"
    )


def _cell(given: Cell) -> str:
    return f"<td>{'' if given is None else escape(words(str(given)))}</td>"
