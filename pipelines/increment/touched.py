"""Which episodes a build has to work out anew.

An episode is touched when a row of it came, went or was corrected; when a row of it lies between
the last day of the data as it was and as it is; and when that day alone changes what is published
of it (`sql/moved_episode.sql`). Episodes that share a row's key are touched together, since each
decides which of the other's rows holds.
"""

from __future__ import annotations

from typing import Final

import duckdb

from pipelines import landing_tables as landing
from pipelines.increment.doubt import NeedsFull
from pipelines.increment.worlds import sql

FEW: Final = 1000
MOST_SHARE: Final = 0.25
"""Above this share of the episodes (and more than FEW) a full build costs less."""
CAUSES: Final = {
    "rows": "a row came, went or was corrected",
    "days": "a row lies between the last day of the data as it was and as it is",
    "landmark": "the last day passes a landmark of persistence",
    "diary": "the window of the exercise diary still grows",
    "trigger": "the time that a trigger allows runs out",
    "keys": "a row shares its key with one of a touched episode",
}
"""Why episodes are worked out anew; each is counted under the first cause that finds it."""
DAYS: Final = {
    "landing_triage": (
        *("contact_date", "onset_date", "onset_earliest"),
        *("referral_date", "first_appointment_date", "close_date"),
    ),
    "landing_exercise_log": ("log_date",),
    "landing_referral": ("referral_date",),
}
"""The days of a row that models compare with the last day of the data."""


def find_touched(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Write the table `touched` (source, episode_id); how many each cause added (see CAUSES).

    `con` has what `worlds.show_files` shows. Raises NeedsFull where there are too many.
    """
    con.execute("create table touched (source varchar, episode_id varchar)")
    found = dict.fromkeys(CAUSES, 0)
    moved = "join moved_source as m on m.source = f.source"
    for table in landing.STREAMS.values():
        found["rows"] += _add(con, _episodes(f"changed_{table}", "f.was <> f.now"))
    if _rows(con, "moved_source"):
        for table in landing.STREAMS.values():
            days = (f"(r.{day} > m.earlier and r.{day} <= m.later)" for day in DAYS[table])
            found["days"] += _add(con, _episodes(f"all_{table}", " or ".join(days), moved))
        con.execute(f"create table moved_episode as {sql('moved_episode')}")
        for cause in ("landmark", "diary", "trigger"):
            found[cause] += _add(
                con, f"select source, episode_id from moved_episode where cause = '{cause}'"
            )
    found["keys"] = _together(con)
    n = sum(found.values())
    known = _rows(con, "(select distinct source, base_episode_id from snap.episode)")
    if n > max(FEW, MOST_SHARE * known):
        raise NeedsFull(f"{n:,} episodes are touched, of {known:,}")
    return found


def _together(con: duckdb.DuckDBPyConnection) -> int:
    """Add the episodes that share a row's key with one that is touched, and so on; how many."""
    con.execute("create table shared (stream varchar, source varchar, row_key varchar)")
    found = 0
    while _new_keys(con):
        new = 0
        for stream, table in landing.STREAMS.items():
            at_key = (
                f"semi join shared as s on s.stream = '{stream}' and s.source = f.source\n"
                "    and s.row_key = r.row_key"
            )
            new += _add(con, _episodes(f"all_{table}", "true", at_key))
        if not new:
            break
        found += new
    return found


def _new_keys(con: duckdb.DuckDBPyConnection) -> int:
    """Note the keys of all rows of the touched episodes; how many are new."""
    known = _rows(con, "shared")
    for stream, table in landing.STREAMS.items():
        con.execute(
            "insert into shared\n"
            f"select distinct '{stream}', f.source, r.row_key from all_{table} as r\n"
            "join held_file as f on f.file_id = r.file_id\n"
            "semi join touched as t on t.source = f.source and t.episode_id = r.episode_id\n"
            f"anti join shared as s on s.stream = '{stream}' and s.source = f.source\n"
            "    and s.row_key = r.row_key\n"
            "where r.row_key is not null"
        )
    return _rows(con, "shared") - known


def _episodes(rows: str, condition: str, joined: str = "") -> str:
    return (
        f"select distinct f.source, r.episode_id from {rows} as r\n"
        f"join held_file as f on f.file_id = r.file_id\n{joined}\nwhere {condition}"
    )


def _add(con: duckdb.DuckDBPyConnection, found: str) -> int:
    """Add what is not there yet; how many."""
    done = con.execute(
        f"insert into touched select * from ({found}) as found\n"
        "anti join touched as t on t.source = found.source and t.episode_id = found.episode_id"
    )
    return int(done.fetchall()[0][0])


def _rows(con: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(con.execute(f"select count(*) from {table}").fetchall()[0][0])
