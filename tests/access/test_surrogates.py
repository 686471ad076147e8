"""Case numbers: the same for an episode everywhere in a home, and nothing told by them outside."""

from __future__ import annotations

import hashlib
import hmac
import os
import subprocess
import sys

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from pipelines import access, keys, surrogates
from pipelines.cli import app
from pipelines.errors import OutcomesError
from pipelines.home import Home

KEY = bytes(range(32))


def by_hand(key: bytes, ident: str) -> str:
    """The first 60 bits of HMAC-SHA-256 as twelve digits of five bits, most significant first."""
    told = hmac.new(key, b"episode\x1f" + ident.encode(), hashlib.sha256).digest()
    bits = "".join(f"{byte:08b}" for byte in told)[:60]
    places = "0123456789abcdefghijklmnopqrstuv"
    return "case-" + "".join(places[int(bits[i : i + 5], 2)] for i in range(0, 60, 5))


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=90).filter(lambda each: "\x00" not in each), st.binary(
    min_size=32, max_size=32))  # fmt: skip
def test_engine_and_python_give_the_same_number(ident, key):
    case = surrogates.number(key, ident)
    assert case == by_hand(key, ident)
    assert surrogates.is_number(case)
    con = duckdb.connect()
    ids = [ident, "other", ident]
    con.execute("create table episode as select unnest($1::varchar[]) as episode_id", [ids])
    assert surrogates.episode_of(con, key, case) == ident
    assert surrogates.episode_of(con, bytes(each ^ 1 for each in key), case) is None
    con.close()


def test_numbers_differ_between_homes_kinds_and_episodes():
    ids = [f"E-{n}" for n in range(20_000)]
    numbers = {surrogates.number(KEY, each) for each in ids}
    assert len(numbers) == len(ids)
    assert numbers.isdisjoint(surrogates.number(bytes(32), each) for each in ids)
    assert surrogates.number(KEY, "E-1", surrogates.REVIEW) not in numbers
    assert not any("E-1" in each for each in numbers)


@pytest.mark.parametrize("text", ["", "STORY-1", "case-", "case-00000000000w", "case-0000000000000",
                                  "CASE-000000000000", "case-000000000000\n"])  # fmt: skip
def test_what_is_no_number_opens_nothing(text):
    con = duckdb.connect()
    con.execute("create table episode as select 'STORY-1' as episode_id")
    assert surrogates.episode_of(con, KEY, text) is None
    con.close()


def test_two_episodes_with_one_number_open_neither(monkeypatch):
    con = duckdb.connect()
    con.execute("create table episode as select unnest(['A', 'B']) as episode_id")
    everything = surrogates.FINDING.replace("= $wanted", "is distinct from $wanted")
    monkeypatch.setattr(surrogates, "FINDING", everything)
    with pytest.raises(OutcomesError, match="two episodes have this case number"):
        surrogates.episode_of(con, KEY, "case-000000000000")
    con.close()


def test_a_key_is_made_once_for_the_owner_alone_whoever_is_first(tmp_path):
    home = Home.open(tmp_path / "home")
    make = "import sys; from pipelines import keys; from pipelines.home import Home; "
    make += "print(keys.key(Home.open(sys.argv[1]), keys.CASES).hex())"
    others = [
        subprocess.Popen(
            [sys.executable, "-c", make, str(home.root)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    found = {each.communicate(timeout=60)[0].strip() for each in others}
    assert found == {keys.key(home, keys.CASES).hex()}
    assert [path.name for path in home.root.glob("*.key*")] == ["cases.key"]
    assert not list(home.root.glob(".cases.key*"))
    if os.name == "posix":
        assert (home.root / "cases.key").stat().st_mode & 0o777 == 0o600
    (home.root / "cases.key").write_bytes(b"short")
    with pytest.raises(OutcomesError, match=r"cases\.key of the data home is damaged"):
        keys.key(home, keys.CASES)


def test_explain_takes_the_id_or_the_number_and_is_put_on_record(demo_home):
    home = demo_home
    run = CliRunner()
    case = surrogates.number(keys.key(home, keys.CASES), "STORY-05-FOOT-BLANK")
    by_id = run.invoke(app, ["explain", "STORY-05-FOOT-BLANK", "--home", str(home.root)])
    by_number = run.invoke(app, ["explain", case, "--home", str(home.root)])
    assert by_id.exit_code == by_number.exit_code == 0
    assert by_id.output == by_number.output
    told = [each.event for each in access.entries(home)][-2:]
    assert [(each.what, each.page, each.case) for each in told] == [
        ("case", "outcomes explain", case)
    ] * 2
    for path in (home.root / "access").iterdir():
        assert b"STORY-05" not in path.read_bytes()
