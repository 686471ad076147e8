"""Cells are read strictly: what is not exactly a value of its kind is unknown, and noted."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from pipelines.ingest.cast import casting
from pipelines.ingest.contract import columns
from pipelines.ingest.profile import Mapped, ProfileError, read_profile
from pipelines.ingest.profile_choice import available

HEAD = '[profile]\nid = "p"\nversion = "1"\nstream = "triage"\nsource = "s"\n'
NEEDED = '"e" = { to = "episode_id" }\n"d" = { to = "contact_date" }\n'
LATEST = dt.date(2036, 1, 1)


def read(column, text, stream="triage", columns_toml="", extra="", **mapping):
    profile = read_profile(f"{HEAD}{extra}[columns]\n{NEEDED}{columns_toml}", "test")
    return casting(columns(stream)[column], Mapped("x", (column,), **mapping), profile, LATEST)(
        text
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", Decimal("5.000")), ("7.5", Decimal("7.500")), ("0", Decimal("0.000")),
        ("10", Decimal("10.000")), ("3.3333333", Decimal("3.333")),
    ],
)  # fmt: skip
def test_a_score(text, value):
    assert read("nprs", text) == (value, None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("11", "out_of_range"), ("-1", "out_of_range"), ("1_0", "not_a_number"),
        ("1e1", "not_a_number"), ("nan", "not_a_number"), ("inf", "not_a_number"),
        ("７", "not_a_number"), ("7,5", "not_a_number"), ("0x5", "not_a_number"),
        ("5 ", "not_a_number"), ("5/10", "not_a_number"), ("five", "not_a_number"),
    ],
)  # fmt: skip
def test_no_score(text, problem):
    assert read("nprs", text) == (None, problem)


def test_a_suffix_and_a_scale_of_the_profile():
    assert read("nprs", "5/10", strip="/10") == (Decimal("5.000"), None)
    assert read("nprs", "55", scale=0.1, low=0, high=100) == (Decimal("5.500"), None)


@pytest.mark.parametrize("text", ["2026-03-01", "2000-02-29"])
def test_a_date(text):
    (moment, by_month), problem = read("close_date", text)
    assert (moment.date().isoformat(), by_month, problem) == (text, False, None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2026-02-29", "invalid_date"), ("01/03/2026", "invalid_date"), ("2026-3", "invalid_date"),
        ("2026-03-01T10:00", "invalid_date"), ("epoch", "invalid_date"),
        ("infinity", "invalid_date"), ("0023-01-06", "date_out_of_range"),
        ("9999-01-01", "date_out_of_range"), ("２０２６-03-01", "invalid_date"),
    ],
)  # fmt: skip
def test_no_date(text, problem):
    assert read("close_date", text) == (None, problem)


def test_the_declared_format_decides_between_day_and_month():
    (moment, _), _ = read("close_date", "03/04/2026", formats=("%d/%m/%Y",))
    assert moment.date() == dt.date(2026, 4, 3)
    (moment, _), _ = read("close_date", "03/04/2026", formats=("%m/%d/%Y",))
    assert moment.date() == dt.date(2026, 3, 4)


def test_a_month_is_kept_as_a_month():
    (moment, by_month), _ = read("onset_date", "2026-03", formats=("%Y-%m-%d", "%Y-%m"))
    assert (moment.date(), by_month) == (dt.date(2026, 3, 1), True)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Yes", "yes"), (" y ", "yes"), ("TRUE", "yes"), ("1", "yes"), ("No", "no"), ("0", "no"),
        ("Not asked", "not_asked"), ("unsure", "unknown"), ("Declined", "declined"),
        ("N/A", "na"), ("not_taking", "not_taking"), ("conflict", "conflict"),
    ],
)  # fmt: skip
def test_an_answer(text, code):
    assert read("ces_1_saddle", text) == (code, None)


@pytest.mark.parametrize("text", ["perhaps", "yes?", "no way", "2", "нет", "nо"])
def test_anything_else_is_unknown_and_never_no(text):
    assert read("ces_1_saddle", text) == ("unknown", "unmapped")


@pytest.mark.parametrize("text", ["E 1", "E\u202e1", "E\u200b1", "", "x" * 65, "é", "=1+1", "a,b"])
def test_an_id_that_could_deceive_is_no_id(text):
    assert read("episode_id", text) == (None, "invalid_id")


def test_a_duration_band_becomes_an_interval_before_the_contact(offer, home):
    profile = home.profiles / "bands.toml"
    profile.write_text(
        HEAD
        + '[dates]\nformats = ["%Y-%m-%d"]\n[columns]\n'
        + NEEDED
        + '"how long" = { to = ["onset_earliest", "onset_latest"], codes = "band" }\n'
        '[codes.band]\n"2-6 weeks" = [14, 41]\n">3 months" = [85, "null"]\n',
        encoding="utf-8",
    )
    receipt = offer(
        "e,d,how long\nE-1,2026-03-31,2-6 weeks\nE-2,2026-03-31,>3 months\n", profile=str(profile)
    )
    rows = pq.read_table(home.landing / "triage" / receipt.file_id / "rows.parquet").to_pylist()
    assert [(r["onset_earliest"], r["onset_latest"]) for r in rows] == [
        (dt.date(2026, 2, 18), dt.date(2026, 3, 17)),
        (None, dt.date(2026, 1, 5)),
    ]


def test_ids_are_rekeyed_with_a_key_that_is_nowhere_stored(offer, home, monkeypatch):
    profile = home.profiles / "keyed.toml"
    profile.write_text(f'{HEAD}[privacy]\nids = "hmac"\n[columns]\n{NEEDED}', encoding="utf-8")
    content = "e,d\nLOCAL-4711,2026-03-31\n"
    monkeypatch.delenv("OUTCOMES_ID_KEY", raising=False)
    with pytest.raises(Exception, match="there is no key"):
        offer(content, profile=str(profile))
    monkeypatch.setenv("OUTCOMES_ID_KEY", "a secret of sufficient length")
    receipt = offer(content, profile=str(profile))
    (kept,) = pq.read_table(home.landing / "triage" / receipt.file_id / "rows.parquet").to_pylist()
    assert len(kept["episode_id"]) == 32 and set(kept["episode_id"]) <= set("0123456789abcdef")
    for path in home.root.rglob("*"):
        if path.is_file() and path != profile:
            assert b"LOCAL-4711" not in path.read_bytes()
            assert b"sufficient length" not in path.read_bytes()


def test_every_packaged_profile_is_valid(home):
    found = available(home)
    assert {"canonical-triage", "canonical-exercise-log", "canonical-referral"} <= set(found)
    assert {"demo-epr-wide", "demo-app-adherence", "ashar2022"} <= set(found)


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("[profil]\n", "unknown section: 'profil'"),
        (HEAD + "[file]\nencodngs = []\n", "unknown key in .file.: 'encodngs'"),
        (HEAD + f'[columns]\n{NEEDED}"x" = {{ to = "ces_1_sadle" }}\n', "'ces_1_sadle' is no"),
        (HEAD + '[columns]\n"e" = { to = "episode_id" }\n', "no column is mapped to contact_date"),
        (HEAD + "[columns]\n", "maps no column"),
        (HEAD + f"[file]\nfooter = '('\n[columns]\n{NEEDED}", "no regular expression"),
        (HEAD + f'[columns]\n{NEEDED}"x" = {{ codes = "y" }}\n', "needs `to`"),
        (HEAD + f'[columns]\n{NEEDED}"x" = {{ to = "sex", codes = "y" }}\n', r"no \[codes.y\]"),
        ("[profile]\nid = 'p'\n", "needs version"),
        ("[profile", "not valid TOML"),
        (HEAD.replace("triage", "visits") + f"[columns]\n{NEEDED}", "stream 'visits'"),
        (HEAD + f'[file]\nfilter = {{ column = "z", in = ["1"] }}\n[columns]\n{NEEDED}',
         "filter.*'z'"),
    ],
)  # fmt: skip
def test_a_malformed_profile_is_told(toml, message):
    with pytest.raises(ProfileError, match=message):
        read_profile(toml, "own.toml")


@pytest.mark.parametrize(
    ("formats", "clash"),
    [
        ('["%d/%m/%Y", "%m/%d/%Y"]', True),
        ('["%Y-%m-%d", "%Y-%d-%m"]', True),
        ('["%d/%m/%Y", "%m/%Y", "%Y"]', False),
        ('["%d/%m/%y", "%y/%m/%d"]', True),
        ('["%d/%m/%y", "%d/%m/%Y", "%m/%y"]', False),
        ('["%d %b %Y %H:%M:%S", "%d %b %Y", "%Y-%m-%d"]', False),
    ],
)
def test_formats_that_read_one_text_as_two_days_are_refused(formats, clash):
    text = f"{HEAD}[dates]\nformats = {formats}\n[columns]\n{NEEDED}"
    if clash:
        with pytest.raises(ProfileError, match="two different days"):
            read_profile(text, "test")
    else:
        assert read_profile(text, "test").formats


def test_a_format_that_is_not_supported_is_refused():
    text = f'{HEAD}[dates]\nformats = ["%d/%j/%Y"]\n[columns]\n{NEEDED}'
    with pytest.raises(ProfileError, match="'%j' in '%d/%j/%Y' is not supported"):
        read_profile(text, "test")


@pytest.mark.parametrize(
    ("text", "wall"),
    [
        ("2026-03-02T23:30:00+00:00", dt.datetime(2026, 3, 2, 23, 30)),
        # Half past eleven at night in universal time is the next day in British summer.
        ("2026-07-02T23:30:00Z", dt.datetime(2026, 7, 3, 0, 30)),
        ("2026-07-02T23:30:00+0100", dt.datetime(2026, 7, 2, 23, 30)),
    ],
)
def test_an_instant_is_a_day_at_the_service(text, wall):
    value, problem = read(
        "contact_date", text, extra='[dates]\nformats = ["%Y-%m-%dT%H:%M:%S%z"]\n'
    )
    assert value == (wall, False)
    assert problem is None


def test_a_time_zone_that_does_not_exist_is_refused():
    text = f'{HEAD}[dates]\ntimezone = "Europe/Londn"\n[columns]\n{NEEDED}'
    with pytest.raises(ProfileError, match="no time zone 'Europe/Londn'") as told:
        read_profile(text, "test")
    assert "Europe/London" in told.value.hint
