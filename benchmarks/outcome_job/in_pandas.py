"""In pandas, without a loop over rows: `python -m benchmarks.outcome_job.in_pandas IN OUT`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

KEY = "episode_key"
Frame = pd.DataFrame


def run(given: Path, out: Path) -> None:
    """Read `given`, write the two results into `out`."""
    said = json.loads((given / "parameters.json").read_text("utf-8"))
    parts = _read(given, "episode_part")
    parts = parts.astype({c: "datetime64[us]" for c in parts if _is_day(c)})
    contacts = _placed(_read(given, "contact_day"), parts)
    diary = _read(given, "entry").groupby(["ep", "day"], as_index=False)["nprs_today"].max()
    scores = _scores(contacts, _placed(diary, parts), said)
    _events(given, parts, scores, said).to_parquet(out / "improvement.parquet")
    observed = _placed(_read(given, "symptom_day"), parts)
    _persistence(parts, observed, said).to_parquet(out / "persistence.parquet")


def _read(given: Path, table: str) -> Frame:
    found = pd.read_parquet(given / f"{table}.parquet")
    days = {name: "datetime64[us]" for name in found if name in ("day", "referral_date")}
    return found.astype(days)


def _is_day(name: str) -> bool:
    return name in ("part_start", "part_end", "oe", "ol") or name.endswith("_date")


def _placed(days: Frame, parts: Frame) -> Frame:
    """Days with the part of the episode that they fall into."""
    own = parts[["ep", KEY, "part_start", "part_end"]]
    joined = days.merge(own, on="ep")
    return joined[(joined["day"] >= joined["part_start"]) & (joined["day"] < joined["part_end"])]


def _scores(contacts: Frame, diary: Frame, said: dict[str, Any]) -> Frame:
    """One score a day, in the measure of the first scored contact; a contact's wins its day."""
    kinds = ["nprs", "nprs_leg", "nprs_back"]
    contacts = contacts[contacts[kinds].notna().any(axis=1)].sort_values([KEY, "day"])
    first = contacts.drop_duplicates(KEY).set_index(KEY)[kinds].fillna(-1)
    diary = diary[diary["nprs_today"].notna()]
    if said["diary_scores"] != "confirmed":
        diary = diary.iloc[:0]
    own = first.reindex(contacts[KEY]).to_numpy()
    larger = contacts[["nprs_leg", "nprs_back"]].max(axis=1)
    of_leg = larger.where(contacts["nprs_leg"].notna())
    of_back = larger.where(contacts["nprs_back"].notna())
    mixed = np.where(own[:, 1] >= own[:, 2], of_leg, of_back)
    score = np.where(own[:, 0] >= 0, contacts["nprs"], mixed)
    told = contacts[[KEY, "day"]].assign(score=score, by_contact=True).dropna(subset="score")
    overall = first["nprs"].reindex(diary[KEY]).fillna(0).to_numpy() >= 0
    added = diary.loc[overall, [KEY, "day", "nprs_today"]].rename(columns={"nprs_today": "score"})
    both = pd.concat([told, added.assign(by_contact=False)], ignore_index=True)
    both = both.sort_values([KEY, "day", "by_contact"], ascending=[True, True, False])
    return both.drop_duplicates([KEY, "day"]).reset_index(drop=True)


def _fell(series: Frame, said: dict[str, Any]) -> pd.Series:
    fall = series["baseline"] - series["score"]
    cuts = []
    if said["kpi_points"] is not None:
        cuts.append(fall >= said["kpi_points"])
    if said["kpi_pct"] is not None:
        enough = 100 * fall >= said["kpi_pct"] * series["baseline"]
        cuts.append((series["baseline"] > 0) & enough)
    both = cuts[0]
    for each in cuts[1:]:
        both = both | each if said["kpi_combine"] == "or" else both & each
    return both & ~series["is_first"]


def _events(given: Path, parts: Frame, scores: Frame, said: dict[str, Any]) -> Frame:
    """Time to improvement, ended by escalation."""
    series = scores
    of = series[KEY].to_numpy()
    series["is_first"] = np.append(True, of[1:] != of[:-1]) if len(of) else []
    is_last = np.append(of[1:] != of[:-1], True) if len(of) else np.array([], bool)
    series["baseline"] = series.groupby(KEY, sort=False)["score"].transform("first")
    series["fell"] = _fell(series, said)
    next_fell = series["fell"].shift(-1, fill_value=False) & ~is_last
    near = (series["day"].shift(-1) - series["day"]).dt.days <= 28
    shown = series["fell"] & (series["by_contact"] | (next_fell & near))
    unsure = ~series["by_contact"] & series["fell"] & is_last
    series["improved"] = series["day"].where(shown)
    series["sure"] = series["day"].where(~unsure)
    scored = series.groupby(KEY, sort=False).agg(
        baseline_date=("day", "first"),
        baseline_score=("baseline", "first"),
        n_score_days=("day", "size"),
        improved_date=("improved", "min"),
        last_score_date=("day", "last"),
        last_sure=("sure", "max"),
    )
    levels, actions = _read(given, "day_level"), _read(given, "referral_all")
    sent_to = said["competing_referrals"].strip("|").split("|")
    competing = actions["kind"].isin(["referral", "advice"]) & actions["destination"].isin(sent_to)
    found = parts.set_index(KEY)[[]].join(scored)
    risen = levels[levels["lb"] >= said["competing_rank"]].groupby(KEY)["day"].min()
    referred = actions[competing].groupby(KEY)["referral_date"].min()
    left = pd.concat([risen, referred], axis=1).min(axis=1).reindex(found.index)
    begun, better = found["baseline_date"], found["improved_date"]
    verdict = np.select(
        [
            begun.isna(),
            left <= begun,
            found["baseline_score"] < said["min_baseline_nprs"],
            (left <= better) | (left.notna() & better.isna()),
            better.notna(),
            found["n_score_days"] == 1,
        ],
        ["no_baseline", "escalated_at_entry", "baseline_floor", "escalated", "improved",
         "no_followup"],
        "censored",
    )  # fmt: skip
    counted = np.isin(verdict, ["improved", "escalated", "censored"])
    ends = better.where(verdict == "improved").fillna(left.where(verdict == "escalated"))
    ends = ends.fillna(found["last_sure"].where(verdict == "censored"))
    found["n_score_days"] = found["n_score_days"].fillna(0).astype("int64")
    found["tti_event"] = np.where(counted, verdict, "excluded")
    found["tti_days"] = (ends - begun).dt.days.astype("Int64")
    found["tti_reason"] = pd.Series(verdict, found.index).where(~counted)
    return found.drop(columns="last_sure").reset_index()


def _persistence(parts: Frame, observed: Frame, said: dict[str, Any]) -> Frame:
    """Whether symptoms were seen past each landmark, from both ends of the onset interval."""
    last = observed[observed["symptomatic"]].groupby(KEY)["day"].max()
    found = parts[[KEY]].copy()
    last_seen = last.reindex(parts[KEY]).set_axis(parts.index)
    unknown = parts["oe"].isna().to_numpy()
    for name, landmark in (("persist_6w", said["w_lo_days"]), ("persist_8w", said["w_hi_days"])):
        early = _status(parts, parts["oe"], last_seen, landmark, said)
        late = _status(parts, parts["ol"], last_seen, landmark, said)
        found[name] = np.select(
            [
                parts["first_contact_date"].isna(),
                unknown & (late == "PERSISTENT"),
                unknown | (early != late),
            ],
            ["NO_DATA", "PERSISTENT", "ONSET_UNKNOWN"],
            late,
        )
    return found


def _status(
    parts: Frame, onset: pd.Series, last_seen: pd.Series, landmark: int, said: dict[str, Any]
) -> np.ndarray[Any, Any]:
    covered = (parts["extract_date"] - onset).dt.days
    resolved = (parts["resolved_date"] - onset).dt.days
    seen = (last_seen - onset).dt.days
    waiting = said["matured_only"] | resolved.isna() | (resolved > landmark)
    return np.select(
        [
            (covered <= landmark) & waiting,
            resolved <= landmark,
            (seen > landmark) | (resolved > landmark),
            covered <= landmark + said["landmark_grace_days"],
        ],
        ["NOT_YET_DUE", "NOT_PERSISTENT", "PERSISTENT", "PENDING"],
        "LOST",
    )


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
