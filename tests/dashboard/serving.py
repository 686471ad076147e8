"""A dashboard server in a process of its own, for tests that need the real thing."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
START = """
import sys
from pathlib import Path
from dashboard.launch import serve
serve(Path(sys.argv[1]), int(sys.argv[2]), open_browser=False, mode=sys.argv[3])
"""


@dataclass(frozen=True)
class Server:
    """Where it listens, and what it has printed so far."""

    url: str
    port: int
    output: Path
    pid: int = 0


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def unused_port() -> int:
    """A port that nobody has just now, and that other test workers will not be given either."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@contextmanager
def running(
    home: Path, mode: str = "auditor", port: int = 0, start: str = START, **environment: str
) -> Iterator[Server]:
    """A server, on a free port unless one is named, with `environment` added to its own.

    `start` is the program that starts it, told the home, the port and the mode.

    Its output goes to a file, since a full pipe would stop it.
    """
    port = port or unused_port()
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "server.txt"
        with output.open("w", encoding="utf-8") as sink:
            # In a foreign working directory: settings must not depend on where it is started.
            process = subprocess.Popen(
                [sys.executable, "-c", start, str(home), str(port), mode],
                cwd=folder,
                env={**_environment(), **environment},
                stdout=sink,
                stderr=subprocess.STDOUT,
            )
        server = Server(f"http://127.0.0.1:{port}", port, output, process.pid)
        try:
            for _ in range(240):
                if process.poll() is not None or _healthy(server.url):
                    break
                time.sleep(0.25)
            if process.poll() is not None or not _healthy(server.url):
                raise RuntimeError(f"the server did not start:\n{output.read_text()}")
            yield server
        finally:
            process.terminate()
            process.wait(timeout=20)


def _environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("STREAMLIT_")}
    return {**kept, "PYTHONPATH": str(REPOSITORY)}
