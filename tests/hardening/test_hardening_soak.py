"""The soak in short: a small home, a few readers, a publication every few seconds, one kill."""

from __future__ import annotations

import pytest

from benchmarks import soak
from benchmarks.soak_publishing import EVERY_SITE, Pipeline, Publications
from benchmarks.soak_readers import Found, Seen
from pipelines.home import Home


def test_readers_see_whole_figures_of_one_publication_while_data_are_published(
    worked_home: Home,
) -> None:
    """It ends when that has happened, not after a time."""

    def enough(pipeline: Pipeline, seen: Seen) -> bool:
        whole = seen.pages > 12 and len(seen.figures) >= 4
        return whole and pipeline.published >= 1 and pipeline.killed >= 1

    plan = soak.Plan(6, readers=2, home=worked_home.root, every=1.0, pause=1.5,
                     more=200 * 2**20, first_kill=1, enough=enough)  # fmt: skip
    result = soak.soak(plan)
    assert result.wrong == []
    assert enough(result.pipeline, result.seen)
    assert result.checked >= 4


@pytest.mark.parametrize(
    ("memory", "is_flat"),
    [
        ([200, 300, 300, 300, 300, 300, 300, 300], True),
        ([200, 300, 300, 300, 320, 320, 330, 330], True),
        ([200, 300, 300, 300, 350, 400, 450, 500], False),
        ([200, 250, 300, 350, 400, 450, 500, 550], False),
    ],
)
def test_memory_that_grows_is_noticed(memory: list[int], is_flat: bool) -> None:
    assert soak.flat([each * 2**20 for each in memory]) is is_flat


def test_figures_that_differ_are_noticed() -> None:
    seen = Seen()
    seen.figure(("", "", "a"), "1")
    seen.figure(("", "", "b"), "2")
    seen.figure(("", "", "a"), "1")
    with pytest.raises(Found, match="different figures"):
        seen.figure(("", "", "a"), "2")


def test_what_is_published_is_read_from_the_files(worked_home: Home) -> None:
    published = Publications(worked_home)
    published.look()
    published.look()
    (name,) = published.held
    assert [each for _, each in published.since] == [name]
    total = published.held[name][EVERY_SITE]
    assert total == sum(n for site, n in published.held[name].items() if site) > 100
    assert published.with_episodes(total) == [name]
    assert published.with_episodes(total + 1) == []
