"""The dashboard as a person meets it: in a browser, over the network, with a keyboard."""

from __future__ import annotations

import re
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import duckdb
import pytest

from tests import numbers
from tests.browser.conftest import Visit, Visitor

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

# One group: one worker, one server, one browser.
pytestmark = pytest.mark.browser

# Each kind of page twice each time, in either width and theme; all of them in the long runs.
SEEN = [
    pytest.param(
        kind,
        width,
        theme,
        marks=[] if (width == 1440) == (theme == "light") else [pytest.mark.deep],
    )
    for kind in ("overview", "list", "episode")
    for width in (1440, 390)
    for theme in ("light", "dark")
]

# Faults of Streamlit itself, (rule, selector): nothing that the dashboard writes.
# Sectioned navigation and the small charts in st.metric have them too; neither is used here.
ALLOWED: set[tuple[str, str]] = set()
INSIDE = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")


def choose_site(visit: Visit, which: int = 0) -> str:
    """Pick a site in the side bar; its name."""
    box = visit.page.locator(".st-key-site")
    box.locator("input").click()
    options = visit.page.get_by_role("option")
    options.first.wait_for()
    names = [n for n in options.all_inner_texts() if not n.lower().startswith("select all")]
    name = str(names[which]).strip()
    visit.page.get_by_role("option", name=name, exact=True).click()
    visit.page.keyboard.press("Escape")
    visit.wait_for_query("site=")
    # The address is there before the figures: the line on what they cover tells that they follow.
    covers = visit.page.locator("[data-testid=stMain] [data-testid=stCaptionContainer]").first
    covers.filter(has_text=name).wait_for()
    visit.settle()
    return name


def first_figure(visit: Visit) -> Any:
    """What the first chart plots, as the browser has it."""
    return visit.page.evaluate(
        "(() => { const p = document.querySelector('.st-key-levels .js-plotly-plot');"
        " return Array.from(p._fullData[0].x); })()"
    )


def test_first_chart_appears(visit: Visitor) -> None:
    page = visit()
    page.wait_for_charts(8)
    assert page.page.locator("h1").all_inner_texts() == ["Overview"]
    assert len(page.values()) == 4
    figures = page.page.get_by_role("figure")
    assert figures.count() >= 8
    assert "Control chart of" in (figures.first.get_attribute("aria-label") or "")


def test_filter_changes_figure_and_address_and_a_deep_link_repeats_them(visit: Visitor) -> None:
    page = visit()
    page.wait_for_charts(8)
    before, drawn = page.values(), first_figure(page)
    site = choose_site(page)
    page.page.wait_for_timeout(500)
    after = page.values()
    assert after != before
    assert first_figure(page) != drawn
    assert parse_qs(page.query)["site"] == [site]

    again = visit(f"/?{page.query}")
    again.wait_for_charts(8)
    assert again.values() == after
    assert first_figure(again) == first_figure(page)


def test_filter_is_kept_across_pages_and_back(visit: Visitor) -> None:
    page = visit()
    site = choose_site(page)
    values = page.values()
    page.page.get_by_role("link", name=re.compile("Episodes")).first.click()
    page.page.wait_for_selector("h1:has-text('Episodes')")
    page.settle()
    assert parse_qs(page.query)["site"] == [site]
    said = page.page.locator("[data-testid=stMain] [data-testid=stCaptionContainer]")
    assert site in said.first.inner_text()
    page.page.get_by_role("link", name=re.compile("Overview")).first.click()
    page.page.wait_for_selector("h1:has-text('Overview')")
    page.settle()
    assert parse_qs(page.query)["site"] == [site]
    assert page.values() == values


def test_link_from_a_figure_to_its_episodes_keeps_the_filter(visit: Visitor) -> None:
    page = visit()
    site = choose_site(page)
    label = page.page.locator("[data-testid=stMetricValue]").nth(2).inner_text()
    page.page.get_by_role("link", name=re.compile("open now and past 8 weeks")).click()
    page.page.wait_for_selector("h1:has-text('Episodes')")
    page.settle()
    query = parse_qs(page.query)
    assert query["site"] == [site]
    assert query["show"] == ["Open now and past 8 weeks"]
    count = label.split()[0]
    said = page.page.locator("[data-testid=stMain]").inner_text()
    assert f"{count} episode" in said or (count == "0" and "No episode matches" in said)


def test_row_opens_an_episode_and_the_button_leads_back(visit: Visitor) -> None:
    page = visit("/episodes")
    grid = page.page.locator("[data-testid=stDataFrame]")
    grid.wait_for()
    page.page.wait_for_timeout(800)
    grid.click(position={"x": 18, "y": 54})
    page.wait_for_query("episode=")
    (number,) = parse_qs(page.query)["episode"]
    assert number.startswith("case-")
    assert page.page.get_by_text(f"In addresses and in the access log: {number}").count() == 1
    page.wait_for_charts(1)
    assert "Source:" in page.page.locator("[data-testid=stMain]").inner_text()
    page.page.get_by_role("button", name=re.compile("Back to the list")).click()
    grid.wait_for()
    page.settle()
    assert "episode" not in parse_qs(page.query)


def test_nothing_leaves_the_machine(visit: Visitor, any_episode: str) -> None:
    page = visit()
    page.wait_for_charts(8)
    page.go(f"/episodes?episode={any_episode}")
    page.wait_for_charts(1)
    outside = [url for url in page.requests if not url.startswith(INSIDE)]
    assert len(page.requests) > 20
    assert outside == []
    assert page.complaints == []


@pytest.mark.parametrize(("kind", "width", "theme"), SEEN)
def test_accessible(
    visit: Visitor, any_episode: str, kind: str, width: int, theme: Literal["light", "dark"]
) -> None:
    path = {"overview": "/", "list": "/episodes", "episode": f"/episodes?episode={any_episode}"}
    page = visit(path[kind], width, theme)
    if kind != "list":
        page.wait_for_charts(1)
    page.page.wait_for_timeout(500)
    found = axe.Axe().run(page.page).response["violations"]
    faults = {
        (violation["id"], " ".join(node["target"]), node["failureSummary"][:200])
        for violation in found
        for node in violation["nodes"]
        if (violation["id"], " ".join(node["target"])) not in ALLOWED
    }
    assert faults == set()
    # Nothing is wider than the screen.
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width


def test_all_can_be_reached_by_keyboard(visit: Visitor) -> None:
    """Tab goes through filters and tables in order, and never gets stuck."""
    page = visit()
    page.wait_for_charts(8)
    seen = []
    for _ in range(60):
        page.page.keyboard.press("Tab")
        seen.append(
            page.page.evaluate(
                "(() => { const e = document.activeElement;"
                " return (e.getAttribute('aria-label') || e.innerText || e.tagName).trim(); })()"
            )
        )
    said = "\n".join(seen)
    assert "Site" in seen
    for wanted in ("First contact from", "More filters", "View as table", "How these figures"):
        assert wanted in said
    assert "Produced with Plotly" not in said


@pytest.fixture
def any_episode(snapshot_file: Path) -> str:
    """The number of an episode with triggers, open rules and several contacts: the longest page."""
    con = duckdb.connect(str(snapshot_file), read_only=True)
    try:
        row = con.execute(
            "select e.episode_id from episode as e join rule_trace as t using (episode_key) "
            "group by e.episode_id, e.n_contacts "
            "order by count(*) filter (where t.value) > 0 desc, "
            "count(*) filter (where t.value is null) > 0 desc, e.n_contacts desc, 1 limit 1"
        ).fetchone()
    finally:
        con.close()
    assert row is not None
    return numbers.of_episode(snapshot_file.parents[1], str(row[0]))


def test_server_answers_only_here_and_with_its_headers(visit: Visitor) -> None:
    page = visit()
    answer = page.page.request.get(page.server.url + "/")
    policy = answer.headers["content-security-policy"]
    host = urlsplit(page.server.url).netloc
    assert f"ws://{host}" in policy
    assert "default-src 'none'" in policy
    assert "'unsafe-eval'" not in policy
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["permissions-policy"]
    refused = page.page.request.get(page.server.url + "/", headers={"Host": "evil.example"})
    assert refused.status == 400
    assert knocks(host, f"http://{host}") == 101
    assert knocks(host, "http://evil.example") == 403


def knocks(host: str, origin: str) -> int:
    """What the server answers to a page of another site that wants to open its web socket."""
    line = HTTPConnection(host, timeout=10)
    try:
        line.request(
            "GET", "/_stcore/stream",
            headers={
                "Host": host, "Origin": origin, "Connection": "Upgrade", "Upgrade": "websocket",
                "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
            },
        )  # fmt: skip
        return line.getresponse().status
    finally:
        line.close()
