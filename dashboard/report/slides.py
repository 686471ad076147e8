"""The headline slides, with charts that can be edited in a presentation."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION
from pptx.util import Inches, Pt

from dashboard.charts.base import Chart, Table
from dashboard.report.cells import number, readable, typed, words
from dashboard.report.content import Report

BLUE: Final = RGBColor(0x00, 0x5E, 0xB8)
GREY: Final = RGBColor(0x4C, 0x62, 0x72)
BLACK: Final = RGBColor(0x21, 0x2B, 0x32)
LINES: Final = ("Figure", "Centre", "Lower limit", "Upper limit")
SUMMARY: Final = ("Measure", "Figure", "Interval", "Variation", "Assurance")
TITLE_ONLY: Final = 5
WIDE, HIGH = 110, 20
"""Letters of a line and lines of a slide, at the size in which words are written."""


def slides(report: Report, path: Path) -> None:
    """Write the slides to `path`: title, summary, a slide per control chart, about the extract."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(13.333), Inches(7.5)
    first = deck.slides.add_slide(deck.slide_layouts[0])
    first.shapes.title.text = report.title
    first.placeholders[1].text = f"{report.subtitle}\n{dict(report.about).get('Mode', '')}"
    for box, top in ((first.shapes.title, 2.3), (first.placeholders[1], 4.0)):
        box.left, box.top = Inches(0.6), Inches(top)  # the layout's own are for a narrower slide
        box.width, box.height = Inches(12.1), Inches(1.5)
    for section in report.sections:
        for block in section.blocks:
            if isinstance(block, Table) and set(SUMMARY) <= set(block.columns):
                _table(deck, block)
            elif isinstance(block, Chart) and set(LINES) <= set(block.table.columns):
                _control(deck, block)
    for part, said in enumerate(pages(readable(report.commentary.strip()))):
        _words(deck, "Commentary, continued" if part else "Commentary", said)
    about = "\n".join(words(f"{name}: {value}") for name, value in report.about)
    _words(deck, "About this extract", about)
    deck.save(str(path))


def pages(said: str) -> list[str]:
    """A text in parts that each fit on a slide, cut between words; nothing of it is lost but the
    white space at which it is cut. None for an empty text."""
    lines = [
        part
        for line in said.splitlines()
        for part in textwrap.wrap(line, WIDE, replace_whitespace=False) or [""]
    ]
    return ["\n".join(lines[at : at + HIGH]) for at in range(0, len(lines), HIGH)]


def _slide(deck: Any, title: str) -> Any:
    slide = deck.slides.add_slide(deck.slide_layouts[TITLE_ONLY])
    box = slide.shapes.title
    box.left, box.top, box.width, box.height = Inches(0.6), Inches(0.3), Inches(12.1), Inches(1)
    box.text_frame.text = title
    box.text_frame.word_wrap = True
    box.text_frame.paragraphs[0].font.size = Pt(26)
    return slide


def _table(deck: Any, table: Table) -> None:
    slide = _slide(deck, table.title)
    places = [table.columns.index(name) for name in SUMMARY]
    shape = slide.shapes.add_table(
        len(table.rows) + 1, len(places), Inches(0.6), Inches(1.4), Inches(12.1), Inches(5.4)
    )
    cells = [SUMMARY, *([row[place] for place in places] for row in table.rows)]
    for at, row in enumerate(cells):
        for column, cell in enumerate(row):
            box = shape.table.cell(at, column)
            box.text = words(str(cell if cell is not None else ""))
            box.text_frame.paragraphs[0].font.size = Pt(12)
            box.margin_top = box.margin_bottom = Inches(0.02)
    shape.table.columns[0].width = Inches(4)
    for column in range(1, len(places)):
        shape.table.columns[column].width = Inches(8.1 / (len(places) - 1))


def _control(deck: Any, chart: Chart) -> None:
    slide = _slide(deck, words(chart.title))
    data = CategoryChartData()
    table = chart.table
    data.categories = [str(row[0]) for row in table.rows]
    for name in (*LINES, *(("Target",) if "Target" in table.columns else ())):
        place = table.columns.index(name)
        data.add_series(name, [number(row[place]) for row in table.rows])
    shape = slide.shapes.add_chart(
        XL_CHART_TYPE.LINE_MARKERS, Inches(0.6), Inches(1.4), Inches(12.1), Inches(4.6), data
    )
    drawn = shape.chart
    drawn.has_legend = True
    drawn.legend.position = XL_LEGEND_POSITION.BOTTOM
    drawn.legend.include_in_layout = False
    drawn.value_axis.tick_labels.number_format = _format(
        [row[table.columns.index("Figure")] for row in table.rows]
    )
    drawn.value_axis.tick_labels.number_format_is_linked = False
    for series, colour in zip(drawn.plots[0].series, (BLUE, GREY, GREY, GREY, BLACK), strict=False):
        series.format.line.color.rgb = colour
        series.format.line.width = Pt(2.25 if colour == BLUE else 1)
        series.smooth = False
        if colour != BLUE:
            series.marker.style = None
    _alt(shape, words(chart.alt))
    marked = "; ".join(each.said() for each in chart.recorded)
    said = " ".join((chart.said, f"Recorded changes: {marked}." if marked else ""))
    _text(slide, words(said.strip()), Inches(6.1))


def _alt(shape: Any, said: str) -> None:
    shape._element.nvGraphicFramePr.cNvPr.set("descr", said)


def _format(cells: Sequence[object]) -> str:
    forms = [typed(each)[1] for each in cells if isinstance(each, str)]
    return next((form for form in forms if form.endswith("%")), "General")


def _words(deck: Any, title: str, said: str) -> None:
    slide = _slide(deck, title)
    _text(slide, said, Inches(1.4))


def _text(slide: Any, said: str, top: Any) -> None:
    box = slide.shapes.add_textbox(Inches(0.6), top, Inches(12.1), Inches(1))
    box.text_frame.word_wrap = True
    box.text_frame.text = said
    for paragraph in box.text_frame.paragraphs:
        paragraph.font.size = Pt(14)
