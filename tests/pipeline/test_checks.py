"""Each check fails on the export that has its fault, and only passes where it looked at rows."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tomllib
from importlib import resources

import duckdb
import pytest

from pipelines.build import build
from pipelines.checks import run
from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.ingest import contract
from pipelines.ingest.door import ingest_file
from pipelines.landing_tables import SCREEN

TRIAGE, LOG = list(contract.columns("triage")), list(contract.columns("exercise_log"))
EXTRACT = dt.date(2026, 6, 30)
START = dt.date(2025, 1, 1)
HELP = ("help_1_unmanageable", "help_2_sleep_impact", "help_3_worsening", "help_tried")


def contact(n: int, **cells: str) -> dict[str, str]:
    """A faultless contact: everything answered, onset known to the day, one a day."""
    day = START + dt.timedelta(days=n)
    return {
        **dict.fromkeys((*SCREEN, *HELP), "no"),
        "contact_id": f"C-{n}",
        "episode_id": f"E-{n}",
        "contact_date": day.isoformat(),
        "onset_date": (day - dt.timedelta(days=20 + n % 11)).isoformat(),
        "nprs": "5",
        **cells,
    }


def log(n: int, **cells: str) -> dict[str, str]:
    day = START + dt.timedelta(days=n + 3)
    return {"log_id": f"L-{n}", "episode_id": f"E-{n}", "log_date": day.isoformat(),
            "exercise_code": "walk", **cells}  # fmt: skip


def text(names, rows) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, names, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.fixture
def results(tmp_path):
    """Statuses of the published checks by (id, part) for an export with some rows changed."""

    def found(changes=(), logs=(), drop=range(0)):
        rows = [contact(n) for n in range(420) if n not in drop]
        for n, cells in changes:
            rows.append(contact(n, **{"contact_id": f"D-{n}", "episode_id": f"D-{n}", **cells}))
        home = Home.open(tmp_path / "home")
        files = {"canonical-triage": text(TRIAGE, rows)}
        if logs:
            files["canonical-exercise-log"] = text(LOG, [log(n, **c) for n, c in logs])
        for profile, content in files.items():
            path = tmp_path / f"{profile}.csv"
            path.write_text(content)
            with home.lock("test"):
                ingest_file(home, path, profile=profile, extract_date=EXTRACT)
        con = duckdb.connect(str(build(home).path), read_only=True)
        rows = con.execute("select check_id, part, status from check_result").fetchall()
        con.close()
        return {(check, part): status for check, part, status in rows}

    return found


def test_a_faultless_export_passes_every_check(results):
    found = results(logs=[(n, {}) for n in range(50)])
    # No onset lies at a round number of weeks, and nothing is ever unanswered: no rows to judge.
    assert {key: status for key, status in found.items() if status != "pass"} == {
        ("onset_heaping", "episodes"): "not applicable",
        ("missingness_steady", "months"): "not applicable",
    }


def test_what_there_is_no_row_for_is_not_applicable(results):
    found = results()
    assert found["logs_join", ""] == "not applicable"
    assert found["logs_after_triage", ""] == "not applicable"


SOME = range(3)
FAULTS = {
    ("codes_known", "triage"): {"changes": [(n, {"ces_1_saddle": "perhaps"}) for n in SOME]},
    ("codes_known", "exercise log"): {"logs": [(1, {"exercise_code": "hopping"}), (2, {})]},
    ("keys_unique", "triage"): {"changes": [(1, {"contact_id": "C-5"})]},
    ("logs_join", "exercise log"): {"logs": [(1, {"episode_id": "nobody"}), (2, {})]},
    ("dates_read", "triage"): {"changes": [(n, {"onset_date": "31/02/2025"}) for n in SOME]},
    ("answered_ces", "ces_9_sexual"): {
        "changes": [(n, {"ces_9_sexual": "not asked"}) for n in range(30)]
    },
    ("answered_other", "gp_1_cancer"): {
        "changes": [(n, {"gp_1_cancer": "declined"}) for n in range(150)]
    },
    ("onset_present", "episodes"): {"changes": [(n, {"onset_date": ""}) for n in range(20)]},
    ("onset_before_contact", "triage"): {"changes": [(9, {"onset_date": "2026-01-01"})]},
    ("logs_after_triage", "exercise log"): {"logs": [(9, {"log_date": "2025-01-01"}), (2, {})]},
    ("within_extract", "triage"): {"changes": [(9, {"contact_date": "2026-07-04"})]},
    ("scores_in_range", "triage"): {"changes": [(9, {"nprs": "11"})]},
    ("onset_heaping", "episodes"): {
        "changes": [
            (n, {"onset_date": (START + dt.timedelta(days=n - 14)).isoformat()}) for n in range(20)
        ]
    },
    ("onset_is_contact_day", "episodes"): {
        "changes": [
            (n, {"onset_date": (START + dt.timedelta(days=n)).isoformat()}) for n in range(60)
        ]
    },
    ("months_whole", "weeks"): {"drop": range(70, 90)},
    ("rows_set_aside", "triage"): {"changes": [(9, {"contact_date": "x"})]},
    ("volume_steady", "months"): {
        "changes": [(200, {"contact_id": f"V-{n}", "episode_id": f"V-{n}"}) for n in range(90)]
    },
    ("missingness_steady", "months"): {
        "changes": [(n, dict.fromkeys(SCREEN, "not asked")) for n in range(181, 212, 2)]
    },
    ("no_contradictions", "contacts"): {
        "changes": [(n, {"ces_1_saddle": "conflict"}) for n in range(5)]
    },
}


@pytest.mark.parametrize("key", FAULTS, ids=lambda key: "-".join(key))
def test_a_check_fails_on_its_fault(results, key):
    found = results(**FAULTS[key])
    assert found[key] == "fail", {k: v for k, v in found.items() if v != "pass"}


def test_every_check_has_a_fault_that_shows_it():
    catalogue = tomllib.loads(
        resources.files("pipelines.checks").joinpath("catalogue.toml").read_text("utf-8")
    )
    # A masked cell needs two NHS numbers in a column of others; the guard's own tests have them.
    assert {e["id"] for e in catalogue["quality"]} - {"identifiers_masked"} == {
        check for check, _ in FAULTS
    }
    for entry in catalogue["quality"]:
        assert {"title", "category", "subcategory", "severity", "threshold", "why"} <= set(entry)


def test_a_check_that_cannot_run_is_an_error_and_never_a_pass():
    entry = {
        "id": "codes_known", "title": "t", "category": "c", "subcategory": "s",
        "severity": "convention", "threshold": 0.0, "why": "w",
    }  # fmt: skip
    con = duckdb.connect()
    (found,) = run.quality(con, entry)
    assert found.status == "error"


def test_a_fatal_check_that_cannot_run_stops_the_publish():
    with pytest.raises(OutcomesError, match="nothing was published"):
        run.run_checks(duckdb.connect())
