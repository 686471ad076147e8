"""Answers that readers share: worked out once, bounded, and nobody's to change."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import plotly.graph_objects as go
import plotly.io
import plotly.tools
import pytest

from dashboard import kept, own_settings, ui
from dashboard.charts.base import Table
from pipelines.errors import OutcomesError


def test_many_who_ask_at_once_make_one_answer() -> None:
    cache, calls, entered = kept.Kept(), [], threading.Event()

    def slow() -> list[int]:
        calls.append(1)
        entered.wait(5)
        return [1]

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(cache.get, ("key",), slow) for _ in range(8)]
        entered.set()
        assert [each.result() for each in asked] == [[1]] * 8
    assert len(calls) == 1


def test_nobody_can_change_what_another_gets() -> None:
    cache = kept.Kept()
    cache.get(("key",), lambda: [1]).append(2)
    assert cache.get(("key",), lambda: pytest.fail("it is kept")) == [1]


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    parts: tuple[object, ...]


@dataclass
class Loose:
    name: str


def test_what_cannot_be_changed_is_handed_out_as_it_is() -> None:
    cache = kept.Kept()
    figure = Figure("a", (1.5, None, Figure("b", ())))
    assert cache.get(("key",), lambda: figure) is figure
    assert cache.get(("key",), lambda: pytest.fail("it is kept")) is figure
    assert cache.bytes > sys.getsizeof(figure) + sys.getsizeof(figure.parts)


@pytest.mark.parametrize("part", ([1], {"a": 1}, {1}, Loose("a"), bytearray(b"x")))
def test_a_part_that_can_be_changed_is_a_new_one_for_each_reader(part: object) -> None:
    cache = kept.Kept()
    found = Figure("a", (Figure("b", (part,)),))
    assert kept.frozen_bytes(found) is None
    first, second = (cache.get(("key",), lambda: found) for _ in range(2))
    assert first == second == found
    assert first.parts[0].parts[0] is not second.parts[0].parts[0]


def test_a_change_of_the_settings_takes_effect_at_once(tmp_path: Path) -> None:
    assert own_settings.charts(tmp_path).target("improvement_two_scores") is None
    for target in (0.5, 0.6):
        text = f"[targets]\nimprovement_two_scores = {target}\n"
        (tmp_path / "outcomes.toml").write_text(text, encoding="utf-8")
        assert own_settings.charts(tmp_path).target("improvement_two_scores") == target
    (tmp_path / "outcomes.toml").write_text("[targets]\nnone_such = 0.5\n", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(OutcomesError, match="none_such"):
            own_settings.charts(tmp_path)
    (tmp_path / "outcomes.toml").unlink()
    assert own_settings.charts(tmp_path).target("improvement_two_scores") is None


def test_an_error_reaches_the_reader_and_is_not_kept() -> None:
    cache = kept.Kept()

    def fails() -> int:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        cache.get(("key",), fails)
    assert cache.get(("key",), lambda: 7) == 7


def test_what_was_used_least_lately_goes_first() -> None:
    cache = kept.Kept(most=2500)
    for name in ("a", "b"):
        cache.get((name,), lambda: b"x" * 1000)
    cache.get(("a",), lambda: pytest.fail("it is kept"))
    cache.get(("c",), lambda: b"y" * 1000)
    assert cache.bytes <= 2500
    assert cache.get(("a",), lambda: b"") != b""
    assert cache.get(("b",), lambda: b"") == b""


def test_arguments_tell_answers_apart() -> None:
    seen = []

    @kept.kept
    def double(x: int, y: tuple[str, ...] = ()) -> str:
        seen.append(x)
        return f"{x} {y}"

    assert double(1) == double(1) == "1 ()"
    assert double(2) == "2 ()" and double(1, ("a",)) == "1 ('a',)"
    assert seen == [1, 2, 1]


def test_a_long_argument_is_not_held_by_its_key() -> None:
    cache_before, seen = kept.ALL.bytes, []

    @kept.kept
    def first(of: tuple[str, ...]) -> str:
        seen.append(of)
        return of[0]

    long = tuple(f"{n:0100}" for n in range(1000))
    other = ("other", *long[1:])
    asked = (long, (*long,), other, long)
    found = [first(kept.by_digest(each)) for each in asked]
    assert found == [long[0], long[0], "other", long[0]]
    assert seen == [long, other]
    assert 0 < kept.ALL.bytes - cache_before < 2000


def test_what_a_key_takes_counts() -> None:
    cache = kept.Kept(most=100_000)
    for n in range(50):
        cache.get((n, "x" * 10_000), lambda: 1)
    assert 50_000 < cache.bytes <= 100_000
    assert cache.get((49, "x" * 10_000), lambda: 2) == 1
    assert cache.get((0, "x" * 10_000), lambda: 2) == 2


def test_a_drawn_figure_is_sent_as_plotly_would_send_it() -> None:
    spec = {
        "data": [{"type": "scatter", "x": [1, 2], "y": [0.5, None]}, {"type": "bar", "x": ["a"]}],
        "layout": {"title": {"text": "Title"}, "xaxis": {"range": [0, 1]}},
    }

    def sent(figure: go.Figure) -> str:
        plain = plotly.tools.return_figure_from_figure_or_data(figure, validate_figure=True)
        return str(plotly.io.from_json(plotly.io.to_json(plain, validate=False)))

    assert sent(ui.figure(spec)) == sent(go.Figure(spec))


@pytest.mark.parametrize(
    "rows, kinds",
    [
        (((1, "a"), (2, None)), ("int64", "string")),
        (((1.0, "a"), (2.0, "b")), ("double", "string")),
        (((1, "a"), (None, "b")), ("double", "string")),
    ],
)
def test_cells_keep_their_types(rows, kinds) -> None:
    found = Table("Title", ("Number", "Word"), rows)
    sent = ui._frame(found.columns, found.rows, repr(found.rows))
    assert tuple(str(each.type).removeprefix("large_") for each in sent.schema) == kinds


def test_cells_of_several_types_are_left_to_be_mended() -> None:
    rows = ((1, "a"), ("suppressed", "b"))
    assert not hasattr(ui._frame(("Number", "Word"), rows, repr(rows)), "schema")


def test_a_page_sees_the_settings_as_they_were_when_it_began(tmp_path: Path) -> None:
    file, name = tmp_path / "outcomes.toml", "improvement_two_scores"

    def target() -> float | None:
        return own_settings.charts(tmp_path).target(name)

    file.write_text(f"[targets]\n{name} = 0.5\n", encoding="utf-8")
    with own_settings.looked_at_once():
        assert target() == 0.5
        file.write_text(f"[targets]\n{name} = 0.75\n", encoding="utf-8")
        assert target() == 0.5
    assert target() == 0.75
