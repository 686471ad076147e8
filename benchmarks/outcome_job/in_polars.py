"""The job in Polars, lazy and streaming: `python -m benchmarks.outcome_job.in_polars IN OUT`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import polars as pl

KEY = "episode_key"
col, lit = pl.col, pl.lit


def run(given: Path, out: Path) -> None:
    """Read `given`, write the two results into `out`."""
    said = json.loads((given / "parameters.json").read_text("utf-8"))
    parts = pl.scan_parquet(given / "episode_part.parquet")

    def placed(days: pl.LazyFrame) -> pl.LazyFrame:
        """Days with the part of the episode that they fall into."""
        own = parts.select("ep", KEY, "part_start", "part_end")
        return days.join(own, on="ep").filter(
            (col("day") >= col("part_start")) & (col("day") < col("part_end"))
        )

    entries = pl.scan_parquet(given / "entry.parquet")
    diary = entries.group_by("ep", "day").agg(col("nprs_today").max())
    contacts = pl.scan_parquet(given / "contact_day.parquet")
    observed = pl.scan_parquet(given / "symptom_day.parquet")
    scores = _scores(placed(contacts), placed(diary), said)
    improvement = _events(given, parts, scores, said)
    persistence = _persistence(parts, placed(observed), said)
    for name, plan in (("improvement", improvement), ("persistence", persistence)):
        plan.collect(engine="streaming").write_parquet(out / f"{name}.parquet")


def _scores(contacts: pl.LazyFrame, diary: pl.LazyFrame, said: dict[str, Any]) -> pl.LazyFrame:
    """One score a day, in the measure of the first scored contact; a contact's wins its day."""
    contacts = contacts.filter(
        pl.any_horizontal(col("nprs", "nprs_leg", "nprs_back").is_not_null())
    )
    diary = diary.filter(col("nprs_today").is_not_null() & lit(said["diary_scores"] == "confirmed"))
    first = contacts.group_by(KEY).agg(
        col("nprs").fill_null(-1).sort_by("day").first().alias("first_nprs"),
        col("nprs_leg").fill_null(-1).sort_by("day").first().alias("leg"),
        col("nprs_back").fill_null(-1).sort_by("day").first().alias("back"),
    )
    of_leg = pl.when(col("nprs_leg").is_not_null()).then(pl.max_horizontal("nprs_leg", "nprs_back"))
    of_back = pl.when(col("nprs_back").is_not_null()).then(
        pl.max_horizontal("nprs_leg", "nprs_back")
    )
    by_contact = (
        contacts.join(first, on=KEY)
        .with_columns(
            score=pl.when(col("first_nprs") >= 0)
            .then(col("nprs"))
            .otherwise(pl.when(col("leg") >= col("back")).then(of_leg).otherwise(of_back)),
            by_contact=lit(True),
        )
        .filter(col("score").is_not_null())
        .select(KEY, "day", "score", "by_contact")
    )
    by_diary = (
        diary.join(first.select(KEY, "first_nprs"), on=KEY, how="left")
        .filter(col("first_nprs").fill_null(0) >= 0)
        .join(by_contact, on=[KEY, "day"], how="anti")
        .select(KEY, "day", col("nprs_today").alias("score"), lit(False).alias("by_contact"))
    )
    return pl.concat([by_contact, by_diary]).sort(KEY, "day")


def _events(
    given: Path, parts: pl.LazyFrame, scores: pl.LazyFrame, said: dict[str, Any]
) -> pl.LazyFrame:
    """Time to improvement, ended by escalation."""
    series = scores.with_columns(
        baseline=col("score").first().over(KEY),
        number=pl.int_range(pl.len()).over(KEY),
        next_day=col("day").shift(-1).over(KEY),
    )
    fall = col("baseline") - col("score")
    enough = fall >= said["kpi_points"] if said["kpi_points"] is not None else None
    share = (
        (col("baseline") > 0) & (100 * fall >= said["kpi_pct"] * col("baseline"))
        if said["kpi_pct"] is not None
        else None
    )
    cuts = [each for each in (enough, share) if each is not None]
    both = pl.any_horizontal(cuts) if said["kpi_combine"] == "or" else pl.all_horizontal(cuts)
    series = series.with_columns(fell=pl.when(col("number") > 0).then(both)).with_columns(
        next_fell=col("fell").shift(-1).over(KEY)
    )
    near = (col("next_day") - col("day")).dt.total_days() <= 28
    improved = col("fell") & (col("by_contact") | (col("next_fell") & near))
    unsure = ~col("by_contact") & col("fell").fill_null(False) & col("next_day").is_null()
    scored = series.group_by(KEY).agg(
        baseline_date=col("day").min(),
        baseline_score=col("baseline").first(),
        n_score_days=pl.len().cast(pl.Int64),
        improved_date=col("day").filter(improved).min(),
        last_score_date=col("day").max(),
        last_sure=col("day").filter(~unsure).max(),
    )
    risen = (
        pl.scan_parquet(given / "day_level.parquet")
        .filter(col("lb") >= said["competing_rank"])
        .group_by(KEY)
        .agg(risen=col("day").min())
    )
    sent_to = said["competing_referrals"].strip("|").split("|")
    referred = (
        pl.scan_parquet(given / "referral_all.parquet")
        .filter(col("kind").is_in(["referral", "advice"]) & col("destination").is_in(sent_to))
        .group_by(KEY)
        .agg(referred=col("referral_date").min())
    )
    joined = parts.select(KEY)
    for each in (scored, risen, referred):
        joined = joined.join(each, on=KEY, how="left")
    begun, better = col("baseline_date"), col("improved_date")
    left = col("escalated")
    joined = joined.with_columns(escalated=pl.min_horizontal("risen", "referred")).with_columns(
        verdict=pl.when(begun.is_null())
        .then(lit("no_baseline"))
        .when(left <= begun)
        .then(lit("escalated_at_entry"))
        .when(col("baseline_score") < said["min_baseline_nprs"])
        .then(lit("baseline_floor"))
        .when((left <= better) | (left.is_not_null() & better.is_null()))
        .then(lit("escalated"))
        .when(better.is_not_null())
        .then(lit("improved"))
        .when(col("n_score_days") == 1)
        .then(lit("no_followup"))
        .otherwise(lit("censored"))
    )
    verdict = col("verdict")
    counted = verdict.is_in(["improved", "escalated", "censored"])
    ends = (
        pl.when(verdict == "improved")
        .then(better)
        .when(verdict == "escalated")
        .then(left)
        .when(verdict == "censored")
        .then(col("last_sure"))
    )
    return joined.select(
        KEY,
        "baseline_date",
        "baseline_score",
        col("n_score_days").fill_null(0),
        "improved_date",
        "last_score_date",
        tti_event=pl.when(counted).then(verdict).otherwise(lit("excluded")),
        tti_days=(ends - begun).dt.total_days(),
        tti_reason=pl.when(~counted).then(verdict),
    )


def _persistence(parts: pl.LazyFrame, observed: pl.LazyFrame, said: dict[str, Any]) -> pl.LazyFrame:
    """Whether symptoms were seen past each landmark, from both ends of the onset interval."""
    last = observed.filter("symptomatic").group_by(KEY).agg(last_seen=col("day").max())
    joined = parts.join(last, on=KEY, how="left")
    told = {}
    for name, landmark in (("persist_6w", said["w_lo_days"]), ("persist_8w", said["w_hi_days"])):
        early, late = _status(col("oe"), landmark, said), _status(col("ol"), landmark, said)
        unknown = col("oe").is_null()
        told[name] = (
            pl.when(col("first_contact_date").is_null())
            .then(lit("NO_DATA"))
            .when(unknown & (late == "PERSISTENT"))
            .then(lit("PERSISTENT"))
            .when(unknown | (early != late))
            .then(lit("ONSET_UNKNOWN"))
            .otherwise(late)
        )
    return joined.select(KEY, **told)


def _status(onset: pl.Expr, landmark: int, said: dict[str, Any]) -> pl.Expr:
    def after(day: str) -> pl.Expr:
        return (col(day) - onset).dt.total_days()

    covered, resolved = after("extract_date"), after("resolved_date")
    waiting = lit(said["matured_only"]) | (resolved > landmark).fill_null(True)
    return (
        pl.when((covered <= landmark) & waiting)
        .then(lit("NOT_YET_DUE"))
        .when(resolved <= landmark)
        .then(lit("NOT_PERSISTENT"))
        .when((after("last_seen") > landmark) | (resolved > landmark))
        .then(lit("PERSISTENT"))
        .when(covered <= landmark + said["landmark_grace_days"])
        .then(lit("PENDING"))
        .otherwise(lit("LOST"))
    )


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
