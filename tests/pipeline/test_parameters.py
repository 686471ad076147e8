"""Every open decision of the leaflet, from a line of outcomes.toml to what it changes."""

from __future__ import annotations

import json
import shutil

import pytest

from pipelines import snapshot
from pipelines.build import build, service_rules
from pipelines.errors import OutcomesError
from pipelines.explain import explain, render
from pipelines.home import Home
from pipelines.snapshot_tables import CLASSIFIED
from rules.ruleset import load
from tests.spec.test_mutations import stepped

RULESET = load()
# Where no row of a snapshot can change, and why.
UNSEEN = {
    "suppress_below": "it hides counts in shared views and decides no row",
    "no_referral_means": "there is one choice only",
}
# Steps of these exports' own: a word, and an onset that is declared to be a placeholder.
OWN_STEPS = {
    "tims_label": ["Back clinic"],
    "placeholder_dates": [["1900-01-01", "1970-01-01", "2025-03-03"]],
    "no_referral_means": [],
}
# One of each type, for every run; the long run goes through all of them.
SOME = ("h4_bound", "kpi_points", "na_as_no", "referral_lookback_days", "placeholder_dates")


def toml(value):
    """A value as TOML writes it."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + " }"
    return json.dumps(value)


def steps(name):
    """The values one step away from the default."""
    return OWN_STEPS[name] if name in OWN_STEPS else stepped(name)


def write(home, name, value):
    home.config_file.write_text(f"[parameters]\n{name} = {toml(value)}\n", encoding="utf-8")


@pytest.fixture(scope="module")
def home(worked_home, tmp_path_factory):
    """A copy of the worked cases' home, whose settings a test may write."""
    folder = tmp_path_factory.mktemp("parameters") / "home"
    return Home.open(shutil.copytree(worked_home.root, folder))


def results(home):
    """Every classified row of the published snapshot, and what its levels are called."""
    con = snapshot.open_readonly(snapshot.current(home).path)
    try:
        return {
            table: sorted(map(repr, con.execute(f"select * from {table}").fetchall()))
            for table in sorted({*CLASSIFIED, "level"})
        }
    finally:
        con.close()


def moved(home, name, value, before):
    """The tables in which something changes when this line stands in outcomes.toml."""
    write(home, name, value)
    build(home)
    after = results(home)
    return {table for table in before if after[table] != before[table]}


@pytest.fixture(scope="module")
def before(home):
    return results(home)


def test_every_parameter_can_be_set_in_outcomes_toml_and_changes_that_one_alone(home):
    for name in RULESET.parameters:
        for value in steps(name):
            write(home, name, value)
            found = service_rules(home)
            different = {n for n in found.values if found.values[n] != RULESET.values[n]}
            assert different == {name}
            assert found.version != RULESET.version


@pytest.mark.parametrize("name", SOME)
def test_a_line_of_outcomes_toml_changes_what_is_published(home, before, name):
    assert moved(home, name, steps(name)[0], before) & CLASSIFIED


@pytest.mark.deep
@pytest.mark.parametrize("name", sorted(set(RULESET.parameters) - set(UNSEEN)))
def test_every_single_step_in_outcomes_toml_changes_what_is_published(home, before, name):
    tables = {"level"} if name == "tims_label" else CLASSIFIED
    for value in steps(name):
        assert moved(home, name, value, before) & tables, f"{name} = {value!r}"


@pytest.mark.deep
@pytest.mark.parametrize("name", sorted(UNSEEN))
def test_what_is_named_as_unseen_is_unseen(home, before, name):
    for value in steps(name):
        assert moved(home, name, value, before) == set(), (
            f"{name} can be seen: take it off the list"
        )


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("[parameters]\nw_hi_dys = 60", 2, "no parameter 'w_hi_dys'; did you mean 'w_hi_days'?"),
        ("[parameters]\n\nw_hi_days = '60'", 3, "a value of type integer is needed"),
        ("[parameters]\nw_hi_days = 0", 2, "it must lie between 1 and 365 days"),
        ("[parameters]\nh4_bound = 'loer'", 2, "allowed: lower, upper; did you mean 'lower'?"),
        ("[parameters]\nchronic_days = 100", 2, "is fixed and cannot be set: 91 days, a label"),
        ("[parameters]\nw_lo_days = 60", 2, "w_lo_days = 60 must not exceed w_hi_days = 56"),
        ("[service]\nname = 'x'\n[parameters.referral_window_days]\nAE = 1", 3,
         "unknown level AE"),
        ("parameters.w_hi_days = true", 1, "a value of type integer is needed"),
        ("parameters = { h4_bound = 'lower', w_hi_days = 'x' }", 1, "type integer"),
        ("parameters = 3", 1, "write parameters as name = value"),
        ("[service]\n\n[paramters]\nw_hi_days = 60", 3, r"unknown section \[paramters\]"),
        ("[parameters]\nw_hi_days = = 60", 2, "Invalid value"),
        ("[parameters]\ntims_label = 'caf\xe9'", 2, "not UTF-8"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_refused_with_file_and_line_and_nothing_is_published(
    home, before, text, line, message
):
    home.config_file.write_bytes(text.encode("latin-1"))
    published = snapshot.current(home).name
    with pytest.raises(OutcomesError, match=message) as refused:
        build(home)
    assert f"{home.config_file}, line {line}" in str(refused.value)
    assert snapshot.current(home).name == published


def test_an_episode_is_explained_under_the_parameters_that_classified_it(home):
    """Day 57 under 8 weeks and under 60 days, at a service with a name of its own for TIMS."""

    def told():
        build(home)
        con = snapshot.open_readonly(snapshot.current(home).path)
        found = explain(con, "help-11")
        con.close()
        contact = found["parts"][0]["contacts"][1]
        (rule,) = [rule for rule in contact["rules"] if rule["rule"] == "help-4-no-improvement"]
        return contact, rule, " ".join(render(found).split())

    home.config_file.unlink()
    contact, rule, text = told()
    assert (contact["confirmed"], rule["value"]) == ("MSK appointment", "yes")
    assert "57 days since onset, 03/03/2025: past 8 weeks" in text
    assert "(2 points or 30% needed)" in text
    home.config_file.write_text(
        "[parameters]\nw_hi_days = 60\ntims_label = 'Back clinic'\nany_sign_pct = 'off'\n"
        "any_sign_points = 3\ntried_min_log_days = 5\n"
    )
    contact, rule, text = told()
    assert (contact["confirmed"], rule["value"]) == ("Self-manage", "no")
    assert contact["appointment_criterion"] == "permitted, not yet due"
    assert "57 days since onset, 03/03/2025: past 6 weeks, not past 60 days" in text
    assert "(3 points needed)" in text and "would lead to Back clinic" in text
    assert "MSK appointment" not in text
    home.config_file.unlink()
