"""The table and the plot of `at_size`: budgets, ratios, where a rebuild's time goes, growth."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import math
import platform
from collections import defaultdict
from typing import Any, NamedTuple

BUDGETS = {"rebuild": 4.0, "ingest": 8.0, "day": 0.05, "memory": 4096.0}
LEAST = {"polars": 2.5, "pandas": 8.0}
NAMES = {"duckdb": "our models", "polars": "Polars, streaming", "pandas": "pandas"}
SLOWEST = 20


class Line(NamedTuple):
    """One measured thing: its ratio to the bare count, and the budget's."""

    what: str
    cpu: float
    ratio: float
    budget: float | None
    memory: float
    size: int | None


def lines(found: dict[str, Any]) -> list[Line]:
    """The steps in their order."""
    count = found["count"]["cpu"]
    by_stage = stages(found["rebuild"]["steps"])
    models = by_stage["models"][0] + by_stage["load from landing"][0] + by_stage["other"][0]

    def line(what: str, key: str, budget: float | None = None) -> Line:
        own = found[key]
        return Line(what, own["cpu"], own["cpu"] / count, budget, own["memory"], own.get("bytes"))

    rebuild = found["rebuild"]
    return [
        line("bare `count(*)` of the diary's CSV", "count"),
        line("bare count of the triage CSV that DuckDB can read", "triage_count"),
        line("ingest of all files", "ingest", BUDGETS["ingest"]),
        Line("every model, from landing", models, models / count, BUDGETS["rebuild"],
             by_stage["models"][1], None),
        Line("checks and publication: tables, kept cases, counts, pairs, totals",
             rebuild["cpu"] - models, (rebuild["cpu"] - models) / count, None,
             rebuild["memory"], rebuild["bytes"]),
        line("rebuild from landing to published snapshot, all of it", "rebuild"),
        line("one day's new files, to a published snapshot", "day",
             BUDGETS["day"] * rebuild["cpu"] / count),
    ]  # fmt: skip


def stages(steps: list[dict[str, Any]]) -> dict[str, tuple[float, float, int]]:
    """CPU, the most memory and the number of statements of each stage."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in steps:
        found[each["stage"]].append(each)
    told = {
        stage: (sum(s["cpu"] for s in own), max(s["memory"] for s in own), len(own))
        for stage, own in found.items()
    }
    return defaultdict(lambda: (0.0, 0.0, 0), told)


def kept(found: dict[str, Any]) -> bool:
    """Whether every budget is kept and no row differs."""
    within = all(each.budget is None or each.ratio <= each.budget for each in lines(found))
    small = found["rebuild"]["memory"] <= BUDGETS["memory"]
    job = found["job"]
    quick = all(job[tool]["cpu"] >= LEAST[tool] * job["duckdb"]["cpu"] for tool in LEAST)
    return within and small and quick and not any(_different(job, tool) for tool in LEAST)


def _different(job: dict[str, Any], tool: str) -> int:
    return sum(job[f"{tool}_differs"].values())


def report(found: dict[str, Any]) -> str:
    """All of it as Markdown."""
    rows = found["rebuild"]["rows"]
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}"
        for name in ("duckdb", "polars", "pandas", "pyarrow")
    )
    head = [
        "# Speed of a rebuild",
        "",
        "Written by `python -m benchmarks.at_size --keep docs/rebuild_speed.md`; "
        "[how to read it](../benchmarks/README.md#how-to-read-the-figures-at-size).",
        "",
        f"{dt.date.today():%-d %B %Y}, CPython {platform.python_version()}, {versions}; "
        f"{rows['episode']:,} episode parts, {rows['contact']:,} contacts, "
        f"{found['count']['rows']:,} diary rows ({found['count']['bytes'] / 1e6:,.0f} MB as CSV).",
        "",
        "![CPU of each step as a multiple of the bare count](rebuild_speed.svg)",
        "",
        "| step | CPU s | × the bare count | budget | peak memory MB | bytes |",
        "|---|---|---|---|---|---|",
    ]
    body = [
        f"| {each.what} | {each.cpu:,.1f} | {each.ratio:,.1f} | {_verdict(each)} | "
        f"{each.memory:,.0f} | {'' if each.size is None else f'{each.size:,}'} |"
        for each in lines(found)
    ]
    return "\n".join([*head, *body, "", *_job(found["job"]), *_growth(found), *_slowest(found)])


def _verdict(line: Line) -> str:
    if line.budget is None:
        return ""
    return f"{line.budget:,.1f}: {'kept' if line.ratio <= line.budget else '**not kept**'}"


def _job(job: dict[str, Any]) -> list[str]:
    told = [
        "## The same job elsewhere",
        "",
        f"Improvement and persistence of {job['episodes']:,} episodes, from {job['rows']:,} rows "
        "of Parquet, start of the program included; least of three tries.",
        "",
        "| tool | CPU s | × ours | budget: at least | peak memory MB | rows that differ |",
        "|---|---|---|---|---|---|",
    ]
    own = job["duckdb"]["cpu"]
    for tool, name in NAMES.items():
        differ = "" if tool == "duckdb" else str(_different(job, tool))
        least = f"{LEAST[tool]:.1f}" if tool in LEAST else ""
        told.append(
            f"| {name} | {job[tool]['cpu']:.1f} | {job[tool]['cpu'] / own:.1f} | {least} | "
            f"{job[tool]['memory']:,.0f} | {differ} |"
        )
    return [*told, ""]


def _growth(found: dict[str, Any]) -> list[str]:
    told = [
        "## Growth",
        "",
        "| episodes | CPU of the rebuild, s | per 1,000 episodes, s | per 1,000 more, s | "
        "peak memory MB |",
        "|---|---|---|---|---|",
    ]
    before: tuple[int, float] | None = None
    for episodes, each in found["growth"]:
        more = ""
        if before is not None:
            more = f"{1000 * (each['cpu'] - before[1]) / (episodes - before[0]):.2f}"
        each_thousand = 1000 * each["cpu"] / episodes
        told.append(
            f"| {episodes:,} | {each['cpu']:,.1f} | {each_thousand:.2f} | {more} | "
            f"{each['memory']:,.0f} |"
        )
        before = (episodes, each["cpu"])
    return [*told, ""]


def _slowest(found: dict[str, Any]) -> list[str]:
    steps = found["rebuild"]["steps"]
    total = sum(each["cpu"] for each in steps)
    told = ["## Where a rebuild's time goes", "", "| stage | statements | CPU s | share |",
            "|---|---|---|---|"]  # fmt: skip
    for stage, (spent, _, number) in sorted(stages(steps).items(), key=lambda each: -each[1][0]):
        told.append(f"| {stage} | {number} | {spent:,.1f} | {spent / total:.0%} |")
    told += ["", f"The slowest {SLOWEST} statements:", ""]
    told += ["| makes | stage | CPU s | share | peak memory MB |", "|---|---|---|---|---|"]
    for each in sorted(steps, key=lambda one: -one["cpu"])[:SLOWEST]:
        told.append(
            f"| {each['what']} | {each['stage']} | {each['cpu']:,.1f} | "
            f"{each['cpu'] / total:.0%} | {each['memory']:,.0f} |"
        )
    return [*told, ""]


def plot(found: dict[str, Any]) -> str:
    """Bars of the ratios on a logarithmic scale, budgets as upright marks; an SVG."""
    shown = [each for each in lines(found) if each.ratio > 0][::1]
    left, right, top, high = 330, 800, 34, 34
    most = max(max(each.ratio, each.budget or 0) for each in shown)
    least = min(0.1, *(each.ratio for each in shown))
    low, span = math.log10(least), math.log10(most * 1.3) - math.log10(least)

    def at(ratio: float) -> float:
        return left + (math.log10(max(ratio, least)) - low) / span * (right - left)

    height = top + high * len(shown) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 {height}" role="img" '
        'font-family="sans-serif" font-size="12">',
        "<title>CPU of each step as a multiple of one bare count of the diary</title>",
        f'<rect width="860" height="{height}" fill="#fff"/>',
    ]
    for power in range(math.floor(low), math.ceil(low + span) + 1):
        x = at(10**power)
        if left <= x <= right:
            parts.append(f'<path d="M{x:.0f} {top - 8}V{height - 28}" stroke="#ddd"/>')
            parts.append(
                f'<text x="{x:.0f}" y="{height - 12}" text-anchor="middle">{10.0**power:g} ×</text>'
            )
    for number, each in enumerate(shown):
        y = top + high * number
        name = each.what.replace("`", "").split(":")[0]
        parts.append(f'<text x="{left - 8}" y="{y + 15}" text-anchor="end">{name}</text>')
        width = max(at(each.ratio) - left, 1)
        parts.append(
            f'<rect x="{left}" y="{y}" width="{width:.0f}" height="20" fill="#005eb8"/>'
            f'<text x="{left + width + 6:.0f}" y="{y + 15}">{each.ratio:,.1f}</text>'
        )
        if each.budget:
            x = at(each.budget)
            parts.append(
                f'<path d="M{x:.0f} {y - 4}v28" stroke="#d4351c" stroke-width="3">'
                f"<title>budget {each.budget:,.1f}</title></path>"
            )
    parts.append('<text x="8" y="16">Red: the budget. The scale is logarithmic.</text></svg>')
    return "\n".join(parts) + "\n"
