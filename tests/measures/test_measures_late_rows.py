"""Rows that come in late revise their own months and no other, and the reason is told."""

from __future__ import annotations

import pytest

from pipelines import snapshot
from pipelines.build import build
from pipelines.home import Home
from pipelines.ingest.door import ingest_file
from pipelines.measures.catalogue import catalogue
from pipelines.measures.evaluate import evaluate
from pipelines.measures.filter import Filter
from pipelines.measures.revision import revisions
from rules.ruleset import load
from tests import exports

SAFETY = [item for item in load().items if item.startswith(("ces_", "urg_", "gp_"))][:15]


def contact(number, day, **answers):
    """One first contact of its own episode, with every safety question answered no but these."""
    return {
        "contact_id": f"C{number}",
        "episode_id": f"E{number}",
        "patient_id": f"P{number}",
        "site_id": "A",
        "contact_date": day,
        "contact_type": "triage",
        "onset_date": "2025-12-20",
        "onset_precision": "day",
        "nprs": 6,
        "symptoms_present": "yes",
        **dict.fromkeys(SAFETY, "no"),
        **answers,
    }


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """Three snapshots: the first file; a second with a late row of January; a referral file."""
    folder = tmp_path_factory.mktemp("late")
    home, found = Home.open(folder / "home"), []

    def take(stream, day, rows):
        path = folder / f"canonical_{stream}_{day}.csv"
        exports.write(path, exports.columns(stream), rows)
        with home.lock("test"):
            ingest_file(home, path, source="service")
        build(home)
        found.append(snapshot.open_readonly(snapshot.current(home).path))

    first = [contact(n, f"2026-01-{n + 4:02d}", gp_2_unwell="yes") for n in range(1, 7)]
    first += [contact(n, f"2026-02-{n - 2:02d}") for n in range(7, 13)]
    take("triage", "20260331", first)
    late = [contact(20, "2026-01-30"), contact(21, "2026-04-02", gp_2_unwell="yes")]
    take("triage", "20260430", late)
    sent = {"episode_id": "E8", "referral_id": "R1", "referral_date": "2026-02-10"}
    take("referral", "20260430", [sent | {"destination": "GP"}])
    yield found
    for con in found:
        con.close()


def moved(old, new, name):
    return {r.month: r for r in revisions(old, new, name) if r.revised}


def test_a_late_row_revises_its_month_and_says_so(opened):
    found = moved(opened[0], opened[1], "escalation_confirmed")
    assert set(found) == {"2026-01", "2026-04"}
    january = found["2026-01"]
    assert (january.added, january.gone, january.changed) == (1, 0, 0)
    assert dict(january.why) == {"new rows": 1}
    assert (january.before.numerator, january.before.denominator) == (6, 6)
    assert (january.after.numerator, january.after.denominator) == (6, 7)


def test_a_month_without_late_rows_is_frozen_in_every_measure_of_the_first_contact(opened):
    first = [m.id for m in catalogue().values() if m.cases in ("first_contact", "level_first")]
    assert len(first) >= 6
    for name in first:
        old, new = (
            [
                row
                for row in evaluate(con, name, Filter(), ("month",)).rows
                if row.by == ("2026-02",)
            ]
            for con in opened[:2]
        )
        assert old == new and old, name


def test_an_action_that_came_in_later_is_told_as_such(opened):
    found = moved(opened[1], opened[2], "escalation_recorded")
    assert found["2026-02"].changed == 1 or found["2026-02"].added + found["2026-02"].gone > 0
    assert {why for row in found.values() for why, _ in row.why} <= {
        "new diary or referral file",
        "new rows",
    }
    assert found["2026-02"].after.numerator == 1
    assert not moved(opened[1], opened[2], "escalation_confirmed")
