"""The log tells what was done and how it ended, and nothing that was in a file."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from pipelines import journal
from pipelines.build import build
from pipelines.errors import Refusal
from pipelines.home import Home
from pipelines.ingest import contract
from pipelines.ingest.door import ingest_file

HEADER = list(contract.columns("triage"))


@pytest.fixture
def home(tmp_path) -> Home:
    return Home.open(tmp_path / "home")


def offer(home, path, *cells):
    row = dict(zip(("episode_id", "contact_date", "patient_id"), cells, strict=False))
    line = ",".join(row.get(name, "") for name in HEADER)
    path.write_text(",".join(HEADER) + "\n" + line + "\n")
    with home.lock("test"):
        return ingest_file(
            home, path, profile="canonical-triage", extract_date=dt.date(2026, 6, 30)
        )


def events(home) -> list[dict[str, object]]:
    text = (home.log / journal.NAME).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_what_is_done_is_logged(home, tmp_path):
    receipt = offer(home, tmp_path / "jane_smith.csv", "E-secret", "2026-03-02")
    info = build(home)
    with pytest.raises(Refusal):
        offer(home, tmp_path / "b.csv", "E-2", "not a day")
    took, built, refused = events(home)
    assert (took["verb"], took["outcome"], took["file_id"]) == ("ingest", "done", receipt.file_id)
    assert took["records"]["physical"] == 2
    assert (built["verb"], built["snapshot"]) == ("build", info.name)
    assert (refused["outcome"], "cannot be used" in refused["reason"]) == ("refused", True)
    assert all(event["seconds"] >= 0 for event in (took, built, refused))


def test_no_name_and_no_content_is_logged(home, tmp_path):
    offer(home, tmp_path / "jane_smith.csv", "E-secret", "2026-03-02", "P-secret")
    content = (home.log / journal.NAME).read_text(encoding="utf-8")
    for word in ("jane", "smith", "secret", "2026-03-02"):
        assert word not in content


def test_a_failure_is_logged_by_its_kind_alone(home):
    with pytest.raises(ZeroDivisionError), journal.logged(home, "build"):
        raise ZeroDivisionError("E-secret")
    (event,) = events(home)
    assert (event["outcome"], event["reason"]) == ("failed", "ZeroDivisionError")
    assert "secret" not in json.dumps(event)
