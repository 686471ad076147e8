"""The worked cases of the project as a service would export them: three canonical CSV files."""

from __future__ import annotations

import csv
import json
import random
import tomllib
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from pipelines.assure_stage import OTHERS
from pipelines.home import Home
from pipelines.ingest.door import ingest_file

CASES = Path(__file__).parents[1] / "docs" / "cases"


def worked_inputs() -> list[tuple[str, dict[str, Any]]]:
    """Id and input of each worked case under default parameters that a wide export can hold."""
    found = []
    for path in sorted(CASES.glob("*.json")):
        for case in json.loads(path.read_text(encoding="utf-8"))["cases"]:
            content = case["input"]
            answers = [a for c in content["contacts"] for a in c["answers"].values()]
            parts = any(isinstance(a, dict) and "parts" in a for a in answers)
            if not parts and "streams" not in content and not case.get("params"):
                found.append((case["id"], content))
    return found


def worked_home(root: Path) -> Home:
    """A data home that took the worked cases in through the door, not yet built.

    Cases with another last day of the data come from a service of their own.
    """
    folder = root.parent / f"{root.name}-exports"
    folder.mkdir(parents=True)
    home = Home.open(root)
    by_date: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for case_id, content in worked_inputs():
        by_date.setdefault(content["extract_date"], []).append((case_id, content))
    with home.lock("test"):
        for day, cases in by_date.items():
            for stream, rows in _streams(cases).items():
                if rows:
                    path = folder / f"canonical_{stream}_{day.replace('-', '')}.csv"
                    write(path, columns(stream), rows)
                    ingest_file(home, path, source=f"service-{day}")
    return home


def batch(folder: Path, mark: str, share: float, rng: random.Random) -> tuple[str, list[Path]]:
    """Exports of a share of the worked cases as new episodes, `mark` in their ids, and the service
    that they are from: that of most of them.
    """
    by_date: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for case_id, content in worked_inputs():
        by_date.setdefault(content["extract_date"], []).append((f"{case_id}-{mark}", content))
    day, cases = max(by_date.items(), key=lambda each: len(each[1]))
    chosen = rng.sample(cases, max(1, round(share * len(cases))))
    paths = []
    for stream, rows in _streams(chosen).items():
        if rows:
            paths.append(folder / f"canonical_{stream}_{mark}_{day.replace('-', '')}.csv")
            write(paths[-1], columns(stream), rows)
    return f"service-{day}", paths


def _streams(cases: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {"triage": [], "exercise_log": [], "referral": []}
    for case_id, content in cases:
        name = {"episode_id": case_id}
        found["triage"] += [name | row for row in contacts(case_id, content)]
        for stream, key, label in (
            ("exercise_log", "exercise_logs", "log_id"),
            ("referral", "referrals", "referral_id"),
        ):
            for number, row in enumerate(content.get(key, []), start=1):
                found[stream].append({**row, **name, label: f"{case_id}-{number}"})
    return found


def contacts(case_id: str, content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for contact in content["contacts"]:
        row = {k: v for k, v in content["episode"].items() if k != "episode_id"}
        row |= {k: v for k, v in contact.items() if k != "answers"}
        row["contact_id"] = f"{case_id}-{contact['contact_id']}"
        answers = dict(contact["answers"])
        others = answers.pop("others", None)
        if others:
            row |= dict.fromkeys(OTHERS, others)
        # Several answers to one question are several rows of one contact.
        for number in range(max([len(a) for a in answers.values() if isinstance(a, list)] or [1])):
            told = {item: _nth(answer, number) for item, answer in answers.items()}
            yield row | {name: v for item, a in told.items() for name, v in _cells(item, a)}


def _nth(answer: Any, number: int) -> Any:
    return answer[min(number, len(answer) - 1)] if isinstance(answer, list) else answer


def _cells(item: str, answer: Any) -> Iterator[tuple[str, Any]]:
    told = answer if isinstance(answer, dict) else {"value": answer}
    yield item, told["value"]
    if "since" in told:
        yield f"{item}_since", told["since"]
    if "changed_since_onset" in told:
        yield f"{item}_changed", told["changed_since_onset"]


def columns(stream: str) -> list[str]:
    profile = resources.files("pipelines.ingest.profiles").joinpath(f"canonical_{stream}.toml")
    return list(tomllib.loads(profile.read_text(encoding="utf-8"))["columns"])


def write(path: Path, columns: list[str], rows: list[dict[str, Any]]) -> None:
    """A file with every column of the profile; a row with another one is an error."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, columns, restval="")
        writer.writeheader()
        writer.writerows({k: "" if v is None else v for k, v in row.items()} for row in rows)
