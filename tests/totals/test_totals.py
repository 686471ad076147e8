"""Totals give what the cases give, hold nobody, and go with their snapshot."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from pathlib import Path

import duckdb
import pytest

from pipelines import snapshot
from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.measures.answer_improvement import improvement_under
from pipelines.measures.case_query import episodes
from pipelines.measures.catalogue import catalogue
from pipelines.measures.evaluate import evaluate
from pipelines.measures.filter import Filter
from pipelines.measures.headline import three_answers
from pipelines.measures.held_counts import HeldCounts, NeedsCases, holding
from pipelines.measures.kept_counts import MANY_PARTS
from pipelines.measures.matrix import agreement_matrix
from pipelines.measures.series import escalation_by_month, persistence_by_month
from pipelines.totals.files import cases_of, is_totals, totals_of
from pipelines.totals.write import COPIED

SITE = "RIV-SOUTH"
PERIOD = {"period_from": dt.date(2025, 3, 1), "period_to": dt.date(2025, 8, 31)}
FILTERS = {
    "everything": Filter(),
    "a site": Filter(sites=(SITE,)),
    "a period": Filter(**PERIOD),
    "a group": Filter(sexes=("female",)),
    "all of it": Filter(**PERIOD, sites=(SITE,), imd_quintiles=("1", "2")),
}
CUTS = ((), ("month",), ("site",), ("age_band",), ("site", "month"))


@pytest.fixture(scope="module")
def both(demo_home):
    """The demo's cases and totals, each with its counts in memory."""
    path = snapshot.current(demo_home).path
    assert is_totals(totals_of(path))
    assert cases_of(totals_of(path)) == path
    cases, totals = snapshot.open_readonly(path), snapshot.open_readonly(totals_of(path))
    yield (cases, HeldCounts()), (totals, HeldCounts(totals=True))
    cases.close()
    totals.close()


def asked(of, question):
    con, held = of
    with holding(held):
        return question(con)


@pytest.mark.parametrize("name", FILTERS)
def test_every_measure_is_the_same_from_totals_or_says_that_it_needs_cases(both, name):
    flt, told, withheld = FILTERS[name], 0, set()
    for entry in catalogue().values():
        for by in CUTS if name == "everything" else ((),):
            try:
                found = asked(both[1], lambda con, e=entry, b=by: evaluate(con, e.id, flt, b))
            except NeedsCases:
                withheld.add((entry.kind, entry.cases, by))
                continue
            told += 1
            assert found == asked(
                both[0], lambda con, e=entry, b=by: evaluate(con, e.id, flt, b)
            ), (entry.id, by)
    assert told > 80
    of_group = bool(flt.sexes or flt.imd_quintiles)
    for kind, cases, by in withheld:
        # Kappa over whole selections only; rules, questions and flags by no further group; nothing
        # by two groups at once.
        groups = of_group + ("age_band" in by)
        allowed = kind == "kappa" or groups == 2 or (cases in MANY_PARTS and groups == 1)
        assert allowed, (kind, cases, by)


@pytest.mark.parametrize("name", FILTERS)
def test_headline_answers_and_their_months_are_the_same(both, name):
    flt = FILTERS[name]
    for question in (
        lambda con: three_answers(con, flt),
        lambda con: escalation_by_month(con, flt),
        lambda con: persistence_by_month(con, flt),
        lambda con: agreement_matrix(con, flt),
        lambda con: episodes(con, flt),
    ):
        assert asked(both[1], question) == asked(both[0], question)


def test_several_values_of_a_group_add_up_by_month(both):
    flt = Filter(age_bands=tuple(
        value for (value,) in both[0][0].execute(
            "select distinct age_band from episode order by 1 limit 3").fetchall()))  # fmt: skip
    assert len(flt.age_bands) == 3
    assert asked(both[1], lambda con: persistence_by_month(con, flt)) == asked(
        both[0], lambda con: persistence_by_month(con, flt)
    )


def test_kappa_is_the_same_over_everything_and_over_a_site(both):
    for flt in (FILTERS["everything"], FILTERS["a site"]):
        found = asked(both[1], lambda con, f=flt: evaluate(con, "agreement_kappa", f))
        assert found == asked(both[0], lambda con, f=flt: evaluate(con, "agreement_kappa", f))


@pytest.mark.parametrize(
    "flt",
    [Filter(sexes=("female",), age_bands=("40-49",)), Filter(period_from=dt.date(2025, 3, 2))],
    ids=["two groups", "part of a month"],
)
def test_what_only_cases_tell_is_refused_not_guessed(both, flt):
    for question in (
        lambda con: evaluate(con, "escalation_confirmed", flt),
        lambda con: three_answers(con, flt),
        lambda con: persistence_by_month(con, flt),
    ):
        with pytest.raises(NeedsCases, match="single episodes, which are not opened here"):
            asked(both[1], question)


def test_another_definition_of_improvement_is_the_same(both):
    usual = asked(both[0], lambda con: three_answers(con, Filter())).improvement

    def under(con):
        return improvement_under(con, Filter(), "30%", usual)

    assert asked(both[1], under) == asked(both[0], under)


def distinct(con, table, column):
    """The values of a column as texts."""
    text = f'select distinct "{column}" from "{table}" where "{column}" is not null'
    return {str(value) for (value,) in con.execute(text).fetchall()}


def test_no_value_of_any_case_is_in_the_file(demo_home):
    path = snapshot.current(demo_home).path
    con = snapshot.open_readonly(path)
    ids = set()
    for table, columns in (
        ("episode", ("episode_id", "base_episode_id", "patient_id")),
        ("contact", ("contact_id",)),
        ("referral", ("referral_id",)),
        ("audit_case", ("case_key", "mark")),
    ):
        for column in columns:
            ids |= distinct(con, table, column)
    con.close()
    assert len(ids) > 20_000
    totals = snapshot.open_readonly(totals_of(path))
    tables = [
        name for (name,) in totals.execute("select table_name from duckdb_tables()").fetchall()
    ]
    own = {"counts", "answer", "episode", "people"}
    assert {name for name in tables if name.split("_")[0] not in own} == set(COPIED)
    for table in tables:
        columns = totals.execute(f'describe "{table}"').fetchall()
        assert not {row[0] for row in columns} & {
            "episode_key", "contact_key", "episode_id", "contact_id", "case_key", "clock_date",
        }, table  # fmt: skip
        for column, kind, *_ in columns:
            values = distinct(totals, table, column)
            assert not ids & values, (table, column)
            if kind in ("DATE", "TIMESTAMP") and table not in COPIED:
                assert {value[8:10] for value in values} <= {"01"}, (table, column)
    # A person is a number that begins anew with each selection.
    people = totals.execute("select distinct patient_id from people_total").fetchall()
    assert all(value is None or re.fullmatch(r"\d{1,5}", value) for (value,) in people)
    totals.close()
    words = set(re.findall(rb"[A-Za-z0-9_|-]{6,}", totals_of(path).read_bytes()))
    assert not {each.encode() for each in ids} & words


@pytest.fixture
def home(worked_home, tmp_path) -> Home:
    return Home.open(shutil.copytree(worked_home.root, tmp_path / "home"))


def pairs(home: Home) -> tuple[set[str], set[str]]:
    return (
        {path.name for path in home.snapshots.glob("outcomes-*.duckdb")},
        {cases_of(path).name for path in home.snapshots.glob("totals-*.duckdb")},
    )


def copied(home: Home, stamp: str) -> str:
    """Another snapshot of the home with its totals, by an earlier name."""
    info = snapshot.current(home)
    new = info.path.with_name(f"outcomes-{stamp}-0123abcd.duckdb")
    shutil.copy(info.path, new)
    shutil.copy(totals_of(info.path), totals_of(new))
    return new.name


def test_pruning_and_rolling_back_treat_the_two_as_one(home):
    old = [copied(home, f"2026010{n}T000000Z") for n in (1, 2, 3)]
    assert pairs(home)[0] == pairs(home)[1]
    assert len(snapshot.listed(home)) == 4, "totals are no snapshots of their own"
    assert snapshot.rollback(home, old[1]).name == old[1]
    assert set(snapshot.prune(home, 1)) == {old[0], old[2]}
    assert pairs(home)[0] == pairs(home)[1] == {old[1], snapshot.listed(home)[0].name}


def test_totals_whose_snapshot_is_gone_go_at_the_next_publication(home):
    name = copied(home, "20260101T000000Z")
    (home.snapshots / name).unlink()
    with home.lock("test"):
        snapshot.sweep(home)
    assert pairs(home)[0] == pairs(home)[1]


def test_a_publication_that_fails_leaves_neither(home, monkeypatch):
    before = sorted(path.name for path in home.snapshots.iterdir())

    def write(path: Path) -> None:
        duckdb.connect(str(path)).close()
        totals_of(path).write_bytes(b"x")
        raise OutcomesError("stopped")

    with home.lock("test"), pytest.raises(OutcomesError, match="stopped"):
        snapshot.publish(home, write)
    assert sorted(path.name for path in home.snapshots.iterdir()) == before

    def refuse(*_):
        raise OSError(13, "Permission denied")

    def both(path: Path) -> None:
        duckdb.connect(str(path)).close()
        duckdb.connect(str(totals_of(path))).close()

    monkeypatch.setattr(snapshot, "point", refuse)
    with home.lock("test"), pytest.raises(OSError):
        snapshot.publish(home, both)
    assert sorted(path.name for path in home.snapshots.iterdir()) == before
