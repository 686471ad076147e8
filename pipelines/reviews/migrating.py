"""The tables of the store of reviews brought to the version that this program writes."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from pipelines.reviews.database import WRITES, StoreAway

# Held on PostgreSQL while tables are made, so that two that start at once do not both make them.
ADVISORY_LOCK: Final = 7_024_311
# Alembic keeps its context in a global of the process.
ONE_AT_A_TIME: Final = threading.Lock()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def upgrade(engine: Engine) -> None:
    """Make or change the tables; StoreAway where a later version wrote them."""
    config = _config()
    scripts = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        at = MigrationContext.configure(connection).get_current_revision()
    if at == scripts.get_current_head():
        return
    known = {script.revision for script in scripts.walk_revisions()}
    if at is not None and at not in known:
        raise StoreAway(
            "the store of reviews was written by a later version of this program",
            where=engine.url.render_as_string(hide_password=True),
            hint="Install that version; nothing was changed.",
        )
    with engine.connect().execution_options(**WRITES) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"select pg_advisory_xact_lock({ADVISORY_LOCK})"))
        config.attributes["connection"] = connection
        with ONE_AT_A_TIME:
            command.upgrade(config, "head")
