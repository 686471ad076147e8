"""A real PostgreSQL server for the tests: Debian's, on a socket of its own, no network."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

USER = "postgres"


def programs() -> Path | None:
    """The folder of initdb and pg_ctl; None where PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    return found[0].parent if found else None


class Server:
    """A server that can be stopped and started again; it listens on a socket in its folder."""

    def __init__(self) -> None:
        folder = programs()
        assert folder is not None
        self._bin = folder
        # Short, since a socket's path is limited; readable by the server's own user.
        self._root = Path(tempfile.mkdtemp(prefix="pg"))
        # The server refuses to run as root, which continuous integration is.
        self._as: list[str] = []
        if os.geteuid() == 0:
            user = pwd.getpwnam(USER)
            os.chown(self._root, user.pw_uid, user.pw_gid)
            self._as = ["runuser", "-u", USER, "--"]
        self._data = self._root / "data"
        self._run("initdb", "-D", self._data, "-U", USER, "--auth=trust", "--no-sync")
        self.start()

    @property
    def url(self) -> str:
        """As a service would set it."""
        return f"postgresql://{USER}:not-a-secret@/postgres?host={self._root}"

    def start(self) -> None:
        """Start and wait until it answers."""
        options = f"-c listen_addresses='' -c unix_socket_directories={self._root} -c fsync=off"
        log = self._root / "log"
        self._run("pg_ctl", "-D", self._data, "-l", log, "-w", "-o", options, "start")

    def stop(self) -> None:
        """Stop at once, as when a server dies."""
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    def remove(self) -> None:
        """Stop it and remove everything."""
        self.stop()
        shutil.rmtree(self._root)

    def _run(self, program: str, *arguments: object) -> None:
        command = [*self._as, str(self._bin / program), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd="/")
        assert done.returncode == 0, done.stderr
