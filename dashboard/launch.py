"""Start the dashboard's server on this machine only."""

from __future__ import annotations

import difflib
import ipaddress
import os
import socket
import threading
import tomllib
import urllib.request
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pipelines.measures.disclosure.rules import MODES
from pipelines.snapshot import MEMORY_VARIABLE

LOOPBACK: Final = "127.0.0.1"
DEFAULT_PORT: Final = 8501
PORTS_TRIED: Final = 50
HOME_VARIABLE: Final = "OUTCOMES_HOME"
MODE_VARIABLE: Final = "OUTCOMES_MODE"
MEMORY: Final = "128MB"
"""What the engine may hold of one snapshot, unless the environment says otherwise. Counts take
little, and whatever it holds beyond them is missing to the readers' sessions."""


class LaunchRefused(ValueError):
    """The dashboard is not started; the message says why and what to do."""


def options() -> dict[str, Any]:
    """The packaged settings as dotted names, e.g. `{"server.headless": True}`."""
    text = Path(__file__).with_name("config.toml").read_text(encoding="utf-8")
    return _flat(tomllib.loads(text))


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            flat.update(_flat(value, f"{prefix}{name}."))
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def check_address(address: str) -> str:
    """The address as an IP on this machine; LaunchRefused for one that others could reach."""
    if address == "localhost":
        return LOOPBACK
    try:
        inside = ipaddress.IPv4Address(address).is_loopback
    except ValueError:
        inside = False
    if not inside:
        raise LaunchRefused(
            f"The dashboard will not listen on {address}: it holds patient-level data and asks "
            f"nobody who they are. Use {LOOPBACK}, which only this machine can reach."
        )
    return address


def free_port(wanted: int | None, address: str = LOOPBACK) -> int:
    """`wanted` if it can be had; without a wish the first free port from 8501 on."""
    if wanted is not None:
        if not (0 < wanted < 65536):
            raise LaunchRefused(f"{wanted} is no port: choose one from 1 to 65535.")
        if not _can_bind(address, wanted):
            raise LaunchRefused(
                f"Port {wanted} is taken by another program. Choose another one, or none: "
                "then a free one is found."
            )
        return wanted
    for port in range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED):
        if _can_bind(address, port):
            return port
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as any_port:
        any_port.bind((address, 0))
        return int(any_port.getsockname()[1])


def _can_bind(address: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        # A port whose last connections are still closing can be used again on POSIX; on Windows
        # the same option would let two programs share one port.
        if os.name == "posix":
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((address, port))
        except OSError:
            return False
        return True


def check_mode(mode: str) -> str:
    """The mode, if there is such a one; LaunchRefused with the nearest name if not."""
    if mode not in MODES:
        near = difflib.get_close_matches(mode, MODES, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise LaunchRefused(f"There is no mode {mode!r}; modes are {', '.join(MODES)}.{hint}")
    return mode


def serve(
    home_root: Path,
    port: int | None = None,
    open_browser: bool = True,
    address: str = LOOPBACK,
    mode: str = MODES[0],
) -> None:
    """Serve the snapshot published in `home_root` until the process is stopped.

    `port` None = 8501 or the next free one. `mode` decides what is read at all (`dashboard.mode`).
    LaunchRefused for an address beyond this machine, a port that is taken, an unknown mode.
    """
    address, mode = check_address(address), check_mode(mode)
    port = free_port(port, address)
    os.environ[HOME_VARIABLE] = str(home_root)
    os.environ[MODE_VARIABLE] = mode
    os.environ.setdefault(MEMORY_VARIABLE, MEMORY)
    url = f"http://{address}:{port}"
    print(
        f"Dashboard: {url}\nMode: {mode}. Only this machine can reach it. Press Ctrl+C to stop.",
        flush=True,
    )
    if open_browser:
        threading.Thread(target=_open_when_up, args=(url,), daemon=True).start()
    # Imported here: it takes a second, and a refusal should not wait for it.
    from dashboard.asgi import app

    app.run(config={**options(), "server.address": address, "server.port": port})


def _open_when_up(url: str, tries: int = 100) -> None:
    """Open the browser once the server answers, so that nobody meets an error page first."""
    pause = threading.Event()
    for _ in range(tries):
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
                break
        except OSError:
            pause.wait(0.1)
    webbrowser.open(url)
