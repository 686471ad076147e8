"""Rows set aside can be listed and come back; corrections replace no more than their own rows."""

from __future__ import annotations

from importlib import resources

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.build import build
from pipelines.errors import OutcomesError, Refusal
from pipelines.ingest import quarantine
from pipelines.ingest.door import ingest_file
from tests.ingest.conftest import EXTRACT, row, text

GOOD = [row(contact_id=f"C-{n}", episode_id=f"E-{n}") for n in range(100)]
BAD = row(contact_id="C-x", episode_id="E-x", contact_date="31/03/2026")


def contacts(info) -> list[tuple[str, ...]]:
    con = duckdb.connect(str(info.path), read_only=True)
    try:
        return con.execute("select episode_id from episode order by 1").fetchall()
    finally:
        con.close()


def again(home, path, **how):
    with home.lock("test"):
        return quarantine.readmit(home, path, **how)


def test_rows_aside_are_listed_by_line_without_their_text(offer, home):
    offer(text(*GOOD, BAD))
    (found,) = quarantine.rows_aside(home)
    assert (found["name"], found["line"]) == ("export.csv", 102)
    assert found["reason"] == "no_valid_contact_date"
    assert "31/03/2026" not in str(found)
    assert quarantine.rows_aside(home, "export.csv") == [found]
    assert quarantine.rows_aside(home, found["file_id"][:6]) == [found]
    with pytest.raises(OutcomesError, match="no file that was taken in is called"):
        quarantine.rows_aside(home, "other.csv")


def written(path) -> bytes:
    """What a Parquet file holds, with the texts that no row has, not compressed."""
    texts = [f.name for f in pq.read_schema(path) if pa.types.is_string(f.type)]
    out = pa.BufferOutputStream()
    pq.write_table(pq.read_table(path, read_dictionary=texts), out, compression="none")
    return out.getvalue().to_pybytes()


@pytest.mark.parametrize("others", [60, 5000])  # few and many distinct texts are kept apart
def test_nothing_of_a_row_aside_is_in_landing(offer, home, others):
    good = [row(contact_id=f"C-{n}", episode_id=f"E-{n}") for n in range(others)]
    aside = row(contact_id="C-aside", episode_id="E-aside", contact_date="x", site_id="S-aside")
    receipt = offer(text(*good[: others // 2], aside, *good[others // 2 :]))
    assert receipt.records.quarantined == 1
    content = b"".join(written(p) for p in home.landing.rglob("*.parquet"))
    assert b"E-0" in content
    assert b"-aside" not in content


def test_a_corrected_profile_readmits_the_row(offer, home, tmp_path):
    offer(text(*GOOD, BAD))
    assert ("E-x",) not in contacts(build(home))

    shipped = resources.files("pipelines.ingest.profiles").joinpath("canonical_triage.toml")
    own = tmp_path / "own.toml"
    own.write_text(
        shipped.read_text(encoding="utf-8").replace(
            'formats = ["%Y-%m-%d"]', 'formats = ["%Y-%m-%d", "%d/%m/%Y"]'
        )
    )
    found = again(home, tmp_path / "export.csv", profile=str(own))
    assert (found.aside_before, found.aside_now) == (1, 0)
    assert (found.accepted_before, found.accepted_now) == (100, 101)
    assert quarantine.rows_aside(home) == []
    episodes = contacts(build(home))
    assert ("E-x",) in episodes
    assert len(episodes) == 101


def test_a_corrected_file_readmits_the_row_and_keeps_the_others(offer, home, tmp_path):
    offer(text(*GOOD, BAD))
    fixed = row(contact_id="C-x", episode_id="E-x", contact_date="2026-03-31")
    (tmp_path / "export.csv").write_text(text(fixed))
    found = again(home, tmp_path / "export.csv")
    assert found.aside_now == 0
    assert len(contacts(build(home))) == 101


def test_nothing_changed_is_said(offer, home, tmp_path):
    offer(text(*GOOD, BAD))
    with pytest.raises(OutcomesError, match="nothing changed"):
        again(home, tmp_path / "export.csv")
    (tmp_path / "new.csv").write_text(text(*GOOD))
    with pytest.raises(OutcomesError, match="no file of this name"):
        again(home, tmp_path / "new.csv")


def test_a_correction_replaces_only_the_rows_of_its_keys(offer, home, tmp_path):
    keyless = [row(contact_id="", episode_id=f"K-{n}") for n in range(5)]
    offer(text(*GOOD[:3], *keyless))
    path = tmp_path / "fix.csv"
    path.write_text(text(row(contact_id="C-1", episode_id="E-1b"), row(contact_id="")))
    with home.lock("test"):
        ingest_file(home, path, profile="canonical-triage", extract_date=EXTRACT, correction=True)
    found = {name for (name,) in contacts(build(home))}
    # Rows without a key cannot be corrected by key, so none of them may go.
    assert found == {"E-0", "E-1b", "E-2", "E-1", *(f"K-{n}" for n in range(5))}


def test_a_correction_without_a_key_is_refused(offer, home, tmp_path):
    profile = tmp_path / "keyless.toml"
    profile.write_text(
        '[profile]\nid = "k"\nversion = "1"\nstream = "triage"\nsource = "s"\n[columns]\n'
        '"e" = { to = "episode_id" }\n"d" = { to = "contact_date" }\n'
    )
    path = tmp_path / "k.csv"
    path.write_text("e,d\nE-1,2026-03-01\n")
    with home.lock("test"), pytest.raises(Refusal, match="names no key"):
        ingest_file(home, path, profile=str(profile), extract_date=EXTRACT, correction=True)
