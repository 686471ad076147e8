"""An identity provider and a dashboard that asks it, each in a process of its own."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.dashboard.serving import REPOSITORY, Server, unused_port
from tests.dashboard.serving import running as dashboard_running
from tests.signon.identity_provider import CLIENT_SECRET

PROXY_SECRET = "a-secret-of-the-proxy-for-the-tests-only"
ROLES = """
[access.roles]
msk-audit = "auditor"
msk-service = "service"
msk-board = "shared"
"""


def settings(home: Path, section: str, first_team: tuple[str, ...]) -> None:
    """Write `[access]` into a home's settings; `first_team` are the ids of its sites."""
    listed = ", ".join(f'"{each}"' for each in first_team)
    sites = f'\n[access.sites]\ntrust = "all"\nfirst-team = [{listed}]\n'
    file = home / "outcomes.toml"
    kept = file.read_text("utf-8") if file.exists() else ""
    kept = re.sub(r"(?s)# sign-on of the tests.*", "", kept)
    file.write_text(f"{kept}# sign-on of the tests\n{section}\n{ROLES}{sites}", "utf-8")


@contextmanager
def identity_provider() -> Iterator[str]:
    """Its issuer, that is its address."""
    port = unused_port()
    issuer = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.signon.identity_provider", str(port)],
            cwd=REPOSITORY,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            for _ in range(120):
                if process.poll() is not None or _answers(f"{issuer}/jwks"):
                    break
                time.sleep(0.25)
            assert _answers(f"{issuer}/jwks"), "the identity provider did not start"
            yield issuer
        finally:
            process.terminate()
            process.wait(timeout=20)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except OSError:
        return False


@contextmanager
def dashboard(
    home: Path,
    section: str,
    first_team: tuple[str, ...],
    mode: str = "auditor",
    port: int = 0,
    **more: str,
) -> Iterator[Server]:
    """A dashboard with the sign-on of `section`, in which $ADDRESS stands for its address.

    `more`: of the server's environment, or another `start`.
    """
    port = port or unused_port()
    address = f"http://127.0.0.1:{port}"
    settings(home, section.replace("$ADDRESS", address), first_team)
    secrets = {"OUTCOMES_CLIENT_SECRET": CLIENT_SECRET, "OUTCOMES_PROXY_SECRET": PROXY_SECRET}
    with dashboard_running(home, mode, port, **more, **secrets) as found:
        yield found
