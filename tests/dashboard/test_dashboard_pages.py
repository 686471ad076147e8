"""Every page under the test runner, in its states, with values checked against the measures."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import freshness, text
from pipelines.measures.catalogue import measure
from pipelines.measures.evaluate import evaluate
from pipelines.measures.filter import Filter
from pipelines.measures.headline import three_answers
from pipelines.measures.types import Estimate
from rules.ruleset import load
from tests import numbers
from tests.dashboard import handmade
from tests.dashboard.conftest import PAGES, Opener, unfold

ESCALATED = ["A_AND_E", "URGENT", "GP"]


def words(at: AppTest) -> str:
    """All running text of a page, as one string."""
    blocks = [*at.title, *at.header, *at.subheader, *at.markdown, *at.caption, *at.info]
    return "\n".join(str(block.value) for block in [*blocks, *at.warning])


def specs(at: AppTest) -> dict[str, dict[str, Any]]:
    """Chart specifications on the page by key."""
    return {str(chart.key): json.loads(chart.proto.spec) for chart in at.get("plotly_chart")}


def one_site(cursor: duckdb.DuckDBPyConnection) -> str:
    """The site with most episodes."""
    found = cursor.execute("select site_id from episode group by 1 order by count(*) desc, 1")
    return str(found.fetchall()[0][0])


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_page_runs(open_page: Opener, demo_home: Path, page: str, theme: str) -> None:
    at = open_page(demo_home, page, theme)
    assert not at.exception
    assert len(at.title) == 1
    said = words(at)
    assert "What you decide here" in said
    assert "draft past its review date, May 2022" in said
    assert "Rules from a leaflet marked draft, review date May 2022 (past)" in said
    assert "days old" in said


@pytest.mark.parametrize("page", PAGES)
def test_page_runs_without_rows(open_page: Opener, empty_home: Path, page: str) -> None:
    at = open_page(empty_home, page)
    assert not at.exception
    assert "0 episodes" in words(at)
    if page == "overview":
        assert [metric.value for metric in at.metric] == [
            "Not estimable",
            "Not estimable",
            "0 episodes",
            "Not estimable",
        ]
    if page == "episode":
        assert "No episode matches these filters" in words(at)
    if page != "exercise":  # its rows are the leaflet's exercises, which are always eight
        assert not at.get("plotly_chart")


def test_cards_equal_the_measures(
    open_page: Opener, demo_home: Path, cursor: duckdb.DuckDBPyConnection
) -> None:
    at = open_page(demo_home)
    found = three_answers(cursor, Filter())
    confirmed, improved = found.escalation.confirmed, found.improvement.improved_by(56)
    past = found.persistence.by_interval_8_weeks
    assert isinstance(confirmed, Estimate)
    assert isinstance(improved.share, Estimate) and isinstance(past, Estimate)
    flags = evaluate(cursor, "red_flags_not_in_time", Filter())
    late = {row.part: row.result for row in flags.rows}["confirmed"]
    assert isinstance(late, Estimate)
    assert [metric.value for metric in at.metric] == [
        text.percent(confirmed.value),
        text.percent(improved.share.value),
        text.plural(found.persistence.now.total, "episode"),
        text.plural(int(late.value), "trigger"),
    ]
    # Each card carries interval and n.
    said = words(at)
    assert text.limits(confirmed) in said
    assert text.ratio(confirmed) in said
    assert text.ratio(found.improvement.two_scores) in said
    assert text.figure(found.persistence.share_8_weeks.worst) in said
    assert text.limits(improved.share) in said and text.limits(past) in said
    assert text.figure(found.persistence.share_8_weeks.share) in said
    assert text.figure(found.improvement.median) in said


def test_cards_equal_plain_counts(
    open_page: Opener, demo_home: Path, cursor: duckdb.DuckDBPyConnection
) -> None:
    """An oracle of its own: the counts straight from the snapshot."""
    at = open_page(demo_home)
    row = cursor.execute(
        "select count(*) filter (where first_lb >= 2), count(*), "
        "count(*) filter (where persisting_now) from episode where n_evaluated >= 1"
    ).fetchone()
    assert row is not None
    escalated, n, persisting = row
    assert at.metric[0].value == f"{100 * escalated / n:.1f}%"
    assert at.metric[2].value == f"{persisting:,} episode" + ("" if persisting == 1 else "s")


def test_periods_are_compared_over_complete_months(
    open_page: Opener, demo_home: Path, cursor: duckdb.DuckDBPyConnection
) -> None:
    """The demo's last months can still change: they are in no comparison, and that is said."""
    at = open_page(demo_home, **{"from": "January 2026", "compare": ["Previous period"]})
    said = words(at)
    assert "⇄ Previous period: not compared, as this is a state on 30 Jun 2026" in said
    row = cursor.execute(
        "select count(*) filter (where first_lb >= 2), count(*) from episode "
        "where n_evaluated >= 1 and first_contact_date >= '2025-07-01' "
        "and first_contact_date < '2026-01-01'"
    ).fetchone()
    assert row is not None
    whole = f"⇄ Previous period, July to December 2025: {100 * row[0] / row[1]:.1f}%"
    assert f"{whole} ({row[0]} of {row[1]:,})" in said
    # Improvement is complete to March only, so the three months before are compared.
    rows = evaluate(
        cursor, "improvement_by_day_interval", Filter(date(2025, 10, 1), date(2025, 12, 31))
    ).rows
    share = next(row.result for row in rows if row.part == "day 56")
    assert isinstance(share, Estimate)
    assert f"⇄ Previous period, October to December 2025: {100 * share.value:.0f}%" in said
    assert "Complete months only: now is January to March 2026" in said
    assert "()" not in said


def test_bars_add_up_to_all_episodes(
    open_page: Opener, demo_home: Path, cursor: duckdb.DuckDBPyConnection
) -> None:
    shares = specs(open_page(demo_home))["levels"]["data"][0]["x"]
    assert len(shares) == 6
    assert sum(shares) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("page", sorted(set(PAGES) - {"episode", "behind"}))
def test_every_chart_has_alt_text_and_a_table(
    open_page: Opener, demo_home: Path, page: str
) -> None:
    at = open_page(demo_home, page)
    drawn = [chart for chart in at.get("plotly_chart") if not str(chart.key).startswith("spark")]
    assert len(at.get("plotly_chart")) > len(drawn) > 0 or page != "overview"
    for chart in at.get("plotly_chart"):
        assert len(chart.proto.alt) > 40
        config = json.loads(chart.proto.config)
        assert config["displayModeBar"] is False
    twins = [e for e in at.expander if e.label.startswith("View as table")]
    assert len(twins) == len(drawn)
    assert not any([*each.table, *each.dataframe] for each in twins)
    if drawn:
        at = unfold(at)
        twins = [e for e in at.expander if e.label.startswith("View as table")]
    assert [len([*each.table, *each.dataframe]) for each in twins] == [1] * len(drawn)
    assert not at.exception


def test_theme_changes_colours_only(open_page: Opener, demo_home: Path) -> None:
    light = specs(open_page(demo_home, theme="light"))["levels"]
    dark = specs(open_page(demo_home, theme="dark"))["levels"]
    assert light["data"][0]["x"] == dark["data"][0]["x"]
    assert light["data"][0]["marker"]["color"] != dark["data"][0]["marker"]["color"]


def test_deep_link_gives_the_filtered_figures(
    open_page: Opener, demo_home: Path, cursor: duckdb.DuckDBPyConnection
) -> None:
    site = one_site(cursor)
    months = [
        row[0]
        for row in cursor.execute(
            "select distinct date_trunc('month', first_contact_date)::date from episode "
            "where first_contact_date is not null order by 1"
        ).fetchall()
    ]
    begins, ends = months[1], months[-2]
    names = dict(cursor.execute("select site_id, name from site").fetchall())
    at = open_page(
        demo_home,
        **{"from": text.month(begins), "to": text.month(ends), "site": [names.get(site) or site]},
    )
    assert not at.exception
    following = date(ends.year + ends.month // 12, ends.month % 12 + 1, 1)
    row = cursor.execute(
        "select count(*) filter (where first_lb >= 2), count(*) from episode "
        "where n_evaluated >= 1 and site_id = ? and first_contact_date >= ? "
        "and first_contact_date < ?",
        [site, begins, following],
    ).fetchone()
    assert row is not None and row[1] > 0
    assert at.metric[0].value == f"{100 * row[0] / row[1]:.1f}%"
    assert text.month(begins) in at.caption[0].value


def test_filters_survive_a_change_of_page(
    open_page: Opener, demo_home: Path, cursor: duckdb.DuckDBPyConnection
) -> None:
    at = open_page(demo_home)
    site = one_site(cursor)
    at.multiselect(key="site").set_value([site]).run()
    filtered = at.metric[0].value
    at.switch_page("views/episode.py").run()
    assert at.multiselect(key="site").value == [site]
    at.switch_page("views/overview.py").run()
    assert at.multiselect(key="site").value == [site]
    assert at.metric[0].value == filtered


def test_period_the_wrong_way_round_is_turned(open_page: Opener, demo_home: Path) -> None:
    at = open_page(demo_home)
    months = at.selectbox(key="from").options
    first, last = months[1], months[-1]
    at.selectbox(key="from").select(last)
    at.selectbox(key="to").select(first)
    at.run()
    assert not at.exception
    assert "its two ends are taken the other way" in words(at)


@pytest.mark.parametrize(
    ("choice", "condition"),
    [
        ({"outcome": ESCALATED}, "n_evaluated >= 1 and first_lb >= 2"),
        ({"outcome": ["NOT_SETTLED"]}, "n_evaluated >= 1 and first_lb = 0 and first_ub > 0"),
        ({"show": "past_8_weeks"}, "n_evaluated >= 1 and persisting_now"),
        ({"show": "crossing_soon"}, "n_evaluated >= 1 and crossing_soon"),
        ({}, "true"),
    ],
)
def test_list_holds_as_many_as_the_figure_says(
    open_page: Opener,
    demo_home: Path,
    cursor: duckdb.DuckDBPyConnection,
    monkeypatch: pytest.MonkeyPatch,
    choice: dict[str, Any],
    condition: str,
) -> None:
    # From old data nobody is listed as next; the demo's are old.
    monkeypatch.setattr(freshness, "_age", lambda snapshot: 1)
    at = open_page(demo_home, "episode")
    if "outcome" in choice:
        at.multiselect(key="outcome").set_value(choice["outcome"])
    if "show" in choice:
        at.selectbox(key="show").set_value(choice["show"])
    at.run()
    row = cursor.execute(f"select count(*) from episode where {condition}").fetchone()
    assert row is not None
    if row[0]:
        assert f"**{text.plural(row[0], 'episode')}" in words(at)
        assert len(at.dataframe[0].value) == min(row[0], 500)
    else:
        assert "No episode matches" in words(at)


def test_choosing_a_row_opens_the_episode_and_the_button_closes_it(
    open_page: Opener, demo_home: Path
) -> None:
    at = open_page(demo_home, "episode")
    wanted = at.dataframe[0].value["Episode"].iloc[2]
    at.text_input(key="episode_id").input(wanted).run()
    assert not at.exception
    assert f"Episode {wanted}" in [block.value for block in at.header]
    assert at.query_params["episode"] == numbers.of_episode(demo_home, wanted)
    at.button[0].click().run()
    assert not at.exception
    assert "episode" not in at.query_params
    assert len(at.dataframe) == 1


def test_the_episode_shows_every_rule_the_facts_the_audit_and_the_source_row(
    open_page: Opener, demo_home: Path, cursor: duckdb.DuckDBPyConnection
) -> None:
    at = open_page(demo_home, "episode", of_episode="STORY-05-FOOT-BLANK")
    assert not at.exception
    told = words(at)
    row = cursor.execute("select line from contact where contact_id = 'STORY-05-FOOT-BLANK-1'")
    (line,) = row.fetchall()[0]
    for rule in load().rules:
        assert rule.title in told, rule.id
    assert "✓ **Floppy foot** applies, leads to **Urgent care**" in told
    assert "To settle it: Wiping with toilet paper feels different" in told
    assert "✗ 17 rules ruled out, and why" in [each.label for each in at.expander]
    assert "5 days since onset, 05/01/2026: not past 6 weeks" in told
    assert "Exercises not tried: the person said no on 10/01/2026" in told
    assert "**Cannot be audited**, as the level is not settled: Urgent care on record." in told
    assert "in time: 1 day allowed (Referral: Urgent care)" in told
    assert f"Source: Riverside_LegPain_Triage_2026H1.csv.gz, line {line}" in told


def test_a_snapshot_without_its_rules_says_what_to_do(
    open_page: Opener, snapshot_file: Path, tmp_path: Path
) -> None:
    row = {"episode_key": 1, "episode_id": "A", "base_episode_id": "A", "part": 1, "source": "s"}
    handmade.publish(snapshot_file, tmp_path, {"episode": [row]}, "outcomes-1.duckdb")
    with duckdb.connect(str(tmp_path / "snapshots" / "outcomes-1.duckdb")) as con:
        con.execute("drop table rule_file")
    at = open_page(tmp_path, "episode", of_episode="A")
    assert not at.exception
    assert "does not hold the rules that it was classified by" in at.error[0].value
    assert "outcomes build" in at.error[0].value


def test_unknown_episode_names_near_ones(open_page: Opener, demo_home: Path) -> None:
    at = open_page(demo_home, "episode")
    at.text_input(key="episode_id").input("no-such-episode").run()
    assert not at.exception
    assert "There is no episode “no-such-episode”" in at.warning[0].value
    assert "Nearest ids:" in at.warning[0].value


def test_unknown_episode_in_an_empty_snapshot(open_page: Opener, empty_home: Path) -> None:
    at = open_page(empty_home, "episode")
    at.text_input(key="episode_id").input("x").run()
    assert not at.exception
    assert "There are no episodes at all" in at.warning[0].value


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("past_8_weeks", {}),
        ("episode", {"show": "Crossing 8 weeks within 14 days"}),
        ("behind", {"measure": measure("crossing_soon").name}),
    ],
)
def test_nobody_is_listed_as_next_from_old_data(
    open_page: Opener, demo_home: Path, monkeypatch: pytest.MonkeyPatch,
    page: str, query: dict[str, str],
) -> None:  # fmt: skip
    at = open_page(demo_home, page, **query)
    assert not at.exception
    assert "nobody is listed" in words(at)
    assert page == "past_8_weeks" or not at.dataframe
    # With data of yesterday they are.
    monkeypatch.setattr(freshness, "_age", lambda snapshot: 1)
    at = open_page(demo_home, page, **query)
    assert not at.exception
    assert "nobody is listed" not in words(at)
    assert page == "past_8_weeks" or at.dataframe


def test_new_data_are_announced_and_taken_when_the_reader_says_so(
    open_page: Opener, snapshot_file: Path, tmp_path: Path
) -> None:
    episode = {"episode_key": 1, "episode_id": "A", "n_evaluated": 0, "n_contacts": 0}
    handmade.publish(snapshot_file, tmp_path, {"episode": [episode]}, "outcomes-1.duckdb")
    at = open_page(tmp_path)
    assert "1 episode ·" in at.caption[0].value
    second = {**episode, "episode_key": 2, "episode_id": "B"}
    both = {"episode": [episode, second]}
    handmade.publish(snapshot_file, tmp_path, both, "outcomes-2.duckdb")
    at.run()
    assert not at.exception
    assert "Newer data were published" in words(at)
    assert "1 episode ·" in next(c.value for c in at.caption if "Covers" in c.value)
    [button] = [b for b in at.button if b.label == "Show the newer data"]
    # Published after the offer was drawn and before it is taken: the newest is what was asked for.
    three = {"episode": [episode, second, {**episode, "episode_key": 3, "episode_id": "C"}]}
    handmade.publish(snapshot_file, tmp_path, three, "outcomes-3.duckdb")
    button.click().run()
    assert "Newer data were published" not in words(at)
    assert "3 episodes ·" in next(c.value for c in at.caption if "Covers" in c.value)


def test_older_data_can_be_looked_at_as_published(
    open_page: Opener, snapshot_file: Path, tmp_path: Path
) -> None:
    episode = {"episode_key": 1, "episode_id": "A", "n_evaluated": 0, "n_contacts": 0}
    handmade.publish(snapshot_file, tmp_path, {"episode": [episode]}, "outcomes-1.duckdb")
    handmade.publish(snapshot_file, tmp_path, {}, "outcomes-2.duckdb")
    with duckdb.connect(str(tmp_path / "snapshots" / "outcomes-1.duckdb")) as con:
        con.execute("update meta set value = '2026-05-01 09:00:00' where key = 'created_at'")
    at = open_page(tmp_path, published="1 May 2026, 09:00")
    assert "1 episode ·" in words(at)
    at = open_page(tmp_path)
    assert "0 episodes ·" in words(at)


@pytest.mark.parametrize("fewer", [0, 1])
def test_events_that_are_too_many_to_be_rare_are_drawn_by_month(
    open_page: Opener,
    demo_home: Path,
    cursor: duckdb.DuckDBPyConnection,
    monkeypatch: pytest.MonkeyPatch,
    fewer: int,
) -> None:
    table = evaluate(cursor, "ces_present", Filter())
    (found,) = (row.result for row in table.rows)
    assert isinstance(found, Estimate) and found.numerator
    monkeypatch.setattr("dashboard.rare_events.MOST_EVENTS", found.numerator - fewer)
    at = open_page(demo_home, "audit")
    assert not at.exception
    drawn = specs(at)
    assert ("time_ces_present_" in drawn) == bool(fewer)
    assert ("rare_ces_present_0" in drawn) == (not fewer)
    said = f"{found.numerator} events are in this selection, too many to be drawn from one to"
    assert (said in words(at)) == bool(fewer)
