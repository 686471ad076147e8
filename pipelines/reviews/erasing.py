"""Reviews of episodes that are to be forgotten: the one place where rows of the store go."""

from __future__ import annotations

import os

from sqlalchemy import Engine, delete, select

from pipelines.home import Home
from pipelines.reviews.database import FILE, FOLDER, URL_VARIABLE, WRITES, database, telling
from pipelines.reviews.tables import review, sample_case


def erase_reviews(home: Home, episodes: set[tuple[str, str]]) -> int:
    """Delete every review and sample entry of an episode that is not among `episodes`.

    `episodes` are (source, id) that landing has. The number of reviews that went, all versions
    counted. SQLite's file is overwritten and packed, so that nothing of them is left in it; a
    database of your own has backups and logs of its own. StoreAway when it cannot be reached.
    """
    if not os.environ.get(URL_VARIABLE) and not (home.root / FOLDER / FILE).exists():
        return 0
    engine = database(home)
    gone = 0
    try:
        with telling(engine):
            with engine.connect().execution_options(**WRITES) as con, con.begin():
                for table in (review, sample_case):
                    named = select(table.c.source, table.c.episode).distinct()
                    for source, episode in con.execute(named).all():
                        if (source, episode) not in episodes:
                            is_it = (table.c.source == source) & (table.c.episode == episode)
                            n = con.execute(delete(table).where(is_it)).rowcount
                            gone += n if table is review else 0
            _pack(engine)
    finally:
        engine.dispose()
    return gone


def _pack(engine: Engine) -> None:
    """Let nothing of deleted rows stay in the files, as far as that is ours."""
    if engine.dialect.name != "sqlite":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as con:
            con.exec_driver_sql("vacuum")
        return
    raw = engine.raw_connection()  # by itself it begins no transaction, in which this cannot be
    try:
        for statement in ("vacuum", "pragma wal_checkpoint(truncate)"):
            raw.cursor().execute(statement).fetchall()
    finally:
        raw.close()
