"""A snapshot holds the rules that it was classified by, and every classified row names its run."""

from __future__ import annotations

import duckdb
import pytest

from pipelines import params
from pipelines.landing_tables import ANSWERS
from pipelines.rules_kept import RulesNotKept, fitting, keep_rules, kept_rules
from pipelines.snapshot_tables import CLASSIFIED, PUBLISHED
from rules.errors import RulesError
from rules.ruleset import load
from tests.rule_files import copied, spoil


def kept(ruleset, version=None):
    """A database that holds these rules and no more."""
    con = duckdb.connect()
    con.execute("attach ':memory:' as snap")
    con.execute("create table snap.run as select ? as ruleset_version", [version])
    keep_rules(con, ruleset)
    con.execute("use snap")
    return con


def test_every_classified_row_names_the_run_and_the_run_names_the_rules(demo_snapshot):
    runs = demo_snapshot.execute("select run_id, ruleset_version from run").fetchall()
    assert [version for _, version in runs] == [load().version]
    meta = dict(demo_snapshot.execute("select key, value from meta").fetchall())
    assert meta["ruleset_version"] == load().version
    assert set(PUBLISHED) >= CLASSIFIED
    for table in sorted(CLASSIFIED):
        (n, without) = demo_snapshot.execute(
            f"select count(*), count(*) filter (where run_id is null or run_id not in "
            f"(select run_id from run)) from {table}"
        ).fetchall()[0]
        assert n and not without, table


def test_a_reference_to_the_run_is_stored_once_and_not_row_by_row(demo_snapshot):
    for table in sorted(CLASSIFIED):
        how = demo_snapshot.execute(
            "select distinct compression from pragma_storage_info(?) where column_name = 'run_id'",
            [table],
        ).fetchall()
        assert how == [("Constant",)], table


def test_the_rules_of_a_snapshot_are_read_again_under_the_services_own_parameters(demo_snapshot):
    assert kept_rules(demo_snapshot).rules == load().rules
    own = load(overrides={"h4_bound": "lower", "any_sign_pct": "off", "tims_label": "Back clinic"})
    found = kept_rules(kept(own, own.version))
    assert found.values == own.values
    assert found.version == own.version != load().version


def test_rules_that_are_not_the_ones_that_classified_are_refused():
    with pytest.raises(RulesNotKept, match="are not the ones"):
        kept_rules(kept(load(), "another"))
    with pytest.raises(RulesNotKept, match="does not hold the rules"):
        kept_rules(duckdb.connect())
    con = kept(load(), load().version)
    con.execute("update rule_file set text = '[[rul]]' where name = 'leaflet.toml'")
    with pytest.raises(RulesNotKept, match=r"cannot be read.*leaflet\.toml, line 1: unknown table"):
        kept_rules(con)


def test_the_packaged_rules_fit_the_models():
    assert fitting(load()).version == load().version
    assert set(load().items) == set(ANSWERS)
    assert set(load().parameters) == params.NAMES


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("parameters.toml", 'name = "severe_nprs"', 'name = "grave_nprs"',
         r"parameters\.toml, line \d+, parameter grave_nprs: no model reads this"),
        ("items.toml", 'code = "adv_trauma"', 'code = "adv_injury"',
         r"items\.toml, line 200, item adv_injury: no model reads this"),
        ("items.toml", '[[item]]\ncode = "adv_trauma"\ngroup = "advisory"\n'
         'wording = "Recent significant injury"\nrule = false\n', "",
         r"items\.toml, line \d+: .* the item adv_trauma is missing"),
    ],
)  # fmt: skip
def test_rules_that_the_models_do_not_fit_are_refused_at_their_line(
    tmp_path, name, old, new, message
):
    with pytest.raises(RulesError, match=message):
        fitting(load(spoil(copied(tmp_path), name, old, new)))
