"""Where reviews are kept: SQLite in the data home, or PostgreSQL by one URL."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from filelock import FileLock
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from pipelines.errors import OutcomesError
from pipelines.home import Home

URL_VARIABLE: Final = "OUTCOMES_REVIEWS_URL"
FOLDER: Final = "reviews"
FILE: Final = "reviews.sqlite"
WAIT_SECONDS: Final = 10
WRITES: Final = {"outcomes_writes": True}


class StoreAway(OutcomesError):
    """The store of reviews cannot be reached or used now; nothing that it holds is lost."""


def database(home: Home) -> Engine:
    """The engine of the home's store, its tables up to date.

    The URL stands in OUTCOMES_REVIEWS_URL (it holds a password, so in no file); without it an
    SQLite file of the home is used, made at the first time. StoreAway when it cannot be reached,
    when its file is gone, or when a later version wrote it.
    """
    named = os.environ.get(URL_VARIABLE)
    url = _url(named) if named else _sqlite(home)
    try:
        engine = create_engine(url, pool_pre_ping=True)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise StoreAway(
            f"the database driver for {url.drivername} is not installed ({error})",
            where=URL_VARIABLE,
            hint="For PostgreSQL install the extra: pip install 'sciatica-outcomes[postgres]'.",
        ) from None
    if url.get_backend_name() == "sqlite":
        _prepare_sqlite(engine)
    try:
        with telling(engine):
            # What moves tables is only needed here, and takes a tenth of a second to load.
            from pipelines.reviews.migrating import upgrade

            upgrade(engine)
    except StoreAway:
        engine.dispose()
        raise
    return engine


def _url(named: str) -> URL:
    try:
        url = make_url(named)
    except ArgumentError:
        raise StoreAway(
            "this is no database URL",
            where=URL_VARIABLE,
            hint="Write postgresql://user:password@host/database; the value is not shown here.",
        ) from None
    # One driver is tested: psycopg 3, which a bare postgresql:// does not mean to SQLAlchemy.
    if url.drivername in ("postgres", "postgresql"):
        return url.set(drivername="postgresql+psycopg")
    return url


def _sqlite(home: Home) -> URL:
    path = home.root / FOLDER / FILE
    if not path.exists():
        try:
            # Two that begin at once must not take the other's half made folder for a lost file.
            with FileLock(home.root / f".{FOLDER}.lock", timeout=WAIT_SECONDS):
                _begin(path)
        except OSError as error:
            raise StoreAway(
                f"the store of reviews cannot be made: {error.strerror or error}",
                where=str(path.parent),
                hint="Allow writing there; figures and cases can be read without it.",
            ) from None
    return URL.create("sqlite", database=str(path))


def _begin(path: Path) -> None:
    """Make the folder and an empty file, unless there is a sign that a file was there before."""
    folder = path.parent
    if path.exists():
        return
    if folder.is_dir() and any(folder.iterdir()):
        raise StoreAway(
            "the file of the reviews is gone, though its folder is not empty",
            where=str(path),
            hint="Put the file back from your backup. To begin without the earlier reviews, "
            "remove the folder.",
        )
    folder.mkdir(mode=0o700, exist_ok=True)
    path.touch(mode=0o600)
    # Without it, a file that is lost later would look like one that was never there.
    (folder / "README.txt").write_text(
        f"{FILE} holds this service's reviews. It is made once; back it up.\n", "utf-8"
    )


def _prepare_sqlite(engine: Engine) -> None:
    """WAL, a wait for others who write, and transactions that begin when ours do."""

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode=wal",
            "foreign_keys=on",
            "synchronous=full",
            "secure_delete=on",
        ):
            connection.execute(f"pragma {pragma}")
        connection.execute(f"pragma busy_timeout={WAIT_SECONDS * 1000}")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get("outcomes_writes")
        connection.exec_driver_sql("begin immediate" if writes else "begin")


@contextlib.contextmanager
def telling(engine: Engine) -> Iterator[None]:
    """What the database says becomes words for people; a password is never among them."""
    try:
        yield
    except DBAPIError as error:
        where = engine.url.render_as_string(hide_password=True)
        said = str(error.orig).strip().splitlines()
        if "locked" in str(error.orig):
            what, hint = "someone else is writing and did not finish", "Try again in a moment."
        else:
            what = f"it cannot be reached or used ({said[0] if said else 'no reason given'})"
            hint = "What was saved is safe; what you entered is not saved yet. Try again."
        raise StoreAway(f"the store of reviews: {what}", where=where, hint=hint) from None
