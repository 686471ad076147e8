"""A dashboard whose process writes down whatever it does beyond its own machine and folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import httpx

from pipelines.home import Home
from pipelines.snapshot import current
from tests.dashboard.serving import START, Server, running

WATCH = """
import os, sys

def _told(event, what):
    with open(os.environ["WATCHED"], "a", encoding="utf-8") as file:
        file.write(f"{event} {what}\\n")

def _watch(event, found):
    if event in ("socket.connect", "socket.sendto"):
        address = found[1]
        if isinstance(address, tuple) and not str(address[0]).startswith("127."):
            _told(event, address)
    elif event == "socket.getaddrinfo":
        if found[0] not in (None, "localhost", "127.0.0.1", b"127.0.0.1"):
            _told(event, found[0])
    elif event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork"):
        _told(event, found)

sys.addaudithook(_watch)
"""
START_WATCHED = WATCH + START


@dataclass(frozen=True)
class Watched:
    """A server, what it did outside, and what nobody without cases may see of its data."""

    server: Server
    did: Path
    ids: frozenset[str]

    @property
    def outside(self) -> str:
        """What the process did beyond loopback, and the programs it started; a line each."""
        return self.did.read_text("utf-8") if self.did.exists() else ""

    @property
    def log(self) -> str:
        """What the server has printed."""
        return self.server.output.read_text("utf-8", "replace")

    def cases_in(self, text: str) -> set[str]:
        """Ids and case numbers that stand in a text."""
        words = set(re.findall(r"[A-Za-z0-9][A-Za-z0-9#_-]{6,}", text))
        return (words & self.ids) | {each for each in words if re.fullmatch(r"case-\w{12}", each)}

    def answers(self) -> None:
        """Assert that somebody else is still answered."""
        assert httpx.get(f"{self.server.url}/_stcore/health", timeout=20).status_code == 200

    def memory(self) -> int:
        """Bytes of memory that the server holds (Linux)."""
        pages = Path(f"/proc/{self.server.pid}/statm").read_text("ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def watched(home: Path, folder: Path, mode: str) -> Iterator[Watched]:
    """A dashboard for one person at their machine, under watch."""
    did = folder / "did.txt"
    with running(home, mode, start=START_WATCHED, WATCHED=str(did)) as server:
        yield Watched(server, did, ids_of(home))


def ids_of(home: Path) -> frozenset[str]:
    """Every id of a person, episode, contact and referral in the published cases."""
    found = current(Home.open(home))
    assert found is not None
    with duckdb.connect(str(found.path), read_only=True) as con:
        text = "union all select contact_id from contact union all select patient_id from episode"
        rows = con.execute(f"select episode_id from episode {text}").fetchall()
    ids = frozenset(str(row[0]) for row in rows if row[0] and re.search(r"\d", str(row[0])))
    assert len(ids) > 1000, "these are all cases of the home"
    return ids
