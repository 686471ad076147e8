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

from dashboard.entrance.limits import limits
from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.measures.disclosure.rules import MODES
from pipelines.private import refuse_others
from pipelines.sign_on import How, SignOn, sign_on
from pipelines.snapshot import MEMORY_VARIABLE

LOOPBACK: Final = "127.0.0.1"
LOOPBACK_HOSTS: Final = ("127.0.0.1", "localhost")
INNER: Final = "x-outcomes-visit"
"""The header by which the gate tells Streamlit whose session it is; taken off what comes in."""
KEY: Final = "visit"
"""The name under which that comes with a session."""
DEFAULT_PORT: Final = 8501
PORTS_TRIED: Final = 50
HOME_VARIABLE: Final = "OUTCOMES_HOME"
MODE_VARIABLE: Final = "OUTCOMES_MODE"
SIGN_ON_VARIABLE: Final = "OUTCOMES_SIGN_ON"
"""How people sign in at this server: local, oidc or proxy."""
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


def check_address(address: str, how: How = "local") -> str:
    """The address to listen on as an IP; LaunchRefused for one that others could reach.

    With an identity provider others may: they are asked who they are. A proxy's word counts only
    where nobody else can speak for it.
    """
    if address == "localhost":
        return LOOPBACK
    try:
        inside = ipaddress.IPv4Address(address).is_loopback or how == "oidc"
    except ValueError:
        inside = False
    if not inside and how == "proxy":
        raise LaunchRefused(
            f"The dashboard will not listen on {address} for a proxy: whoever reaches it there "
            f"could pass for one. Use {LOOPBACK}, and let the proxy run on this machine."
        )
    if not inside and how == "oidc":
        raise LaunchRefused(f"{address!r} is no IPv4 address of this machine.")
    if not inside:
        raise LaunchRefused(
            f"The dashboard will not listen on {address}: it holds patient-level data and asks "
            f"nobody who they are. Use {LOOPBACK}, which only this machine can reach, or set up an "
            "identity provider (docs/access.md)."
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
    LaunchRefused for an address beyond this machine without sign-on, a port that is taken, an
    unknown mode, a data home that others can get into, and where sign-on is set up but cannot work.
    OutcomesError for settings or secrets that cannot be.
    """
    try:
        refuse_others(home_root)
    except FileNotFoundError:  # every page says so
        pass
    except OutcomesError as error:
        raise LaunchRefused(f"{error.what[0].upper()}{error.what[1:]}. {error.hint}") from None
    found = sign_on(Home(home_root))
    most = limits(Home(home_root))
    address, mode = check_address(address, found.how), check_mode(mode)
    secret = _secret(found)
    port = free_port(port, address)
    os.environ[HOME_VARIABLE] = str(home_root)
    os.environ[MODE_VARIABLE] = mode
    os.environ[SIGN_ON_VARIABLE] = found.how
    os.environ.setdefault(MEMORY_VARIABLE, MEMORY)
    url = found.address or f"http://{address}:{port}"
    print(f"Dashboard: {url}\n{announced(found, address, mode)}", flush=True)
    if open_browser:
        local = f"http://{address}:{port}"
        threading.Thread(target=_open_when_up, args=(local, url), daemon=True).start()
    # Imported here: it takes a second, and a refusal should not wait for it.
    from dashboard.asgi import app
    from dashboard.entrance.connections import narrow

    settings = {
        **options(),
        "server.address": address,
        "server.port": port,
        "server.allowedHosts": hosts(found),
    }
    if found.how != "local":
        settings["server.trustedUserHeaders"] = {INNER: KEY}
    narrow(most, behind_proxy=found.how != "local")
    app(found, secret, most).run(config=settings)


def hosts(found: SignOn) -> list[str]:
    """The names by which this server may be asked for."""
    return [*LOOPBACK_HOSTS, *({found.host} - set(LOOPBACK_HOSTS) - {""})]


def _secret(found: SignOn) -> str:
    """What the identity provider or the proxy gave to this server; empty where there is neither."""
    if found.how == "local":
        return ""
    from dashboard.sign_on import held_secrets, provider

    if found.how == "oidc" and provider.missing():
        raise LaunchRefused(
            f"Signing in at an identity provider needs {' and '.join(provider.missing())}, which "
            "this installation lacks. Install the extra: pip install 'sciatica-outcomes[auth]'."
        )
    return held_secrets.secret(held_secrets.CLIENT if found.how == "oidc" else held_secrets.PROXY)


def announced(found: SignOn, address: str, mode: str) -> str:
    """What the terminal says about who can get in."""
    if found.how == "local":
        return (
            f"Mode: {mode}. Only this machine can reach it, and nobody is asked who they are: it "
            "is for one person at a time. Press Ctrl+C to stop."
        )
    ends = (
        f"A session ends after {found.idle_minutes:g} minutes without use, and after "
        f"{found.hours:g} hours."
    )
    if found.how == "proxy":
        return (
            f"Mode: {mode} at most. People sign in at the proxy in front, which alone is believed; "
            f"it must be the only way in. {ends} Press Ctrl+C to stop."
        )
    said = f"Mode: {mode} at most. People sign in at {_issuer(found)}. {ends} "
    if not ipaddress.IPv4Address(address).is_loopback:
        said += (
            "IT LISTENS BEYOND THIS MACHINE, and without encryption of its own: put https in front "
            "of it, and let nobody but that reach this port. "
        )
    return f"{said}Press Ctrl+C to stop."


def _issuer(found: SignOn) -> str:
    return found.provider.issuer if found.provider else ""


def _open_when_up(local: str, url: str, tries: int = 100) -> None:
    """Open `url` once the server answers, so that nobody meets an error page first."""
    pause = threading.Event()
    for _ in range(tries):
        try:
            with urllib.request.urlopen(f"{local}/_stcore/health", timeout=1):
                break
        except OSError:
            pause.wait(0.1)
    webbrowser.open(url)
