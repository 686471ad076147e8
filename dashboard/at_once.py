"""Sends what the server has to say at once.

A page is a hundred small messages. Streamlit binds its socket in a way in which asyncio does not
turn Nagle's algorithm off: the last messages then wait until the browser has acknowledged the ones
before, which it puts off for 40 ms.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Final

OPEN_FILES: Final = Path("/dev/fd")
"""The open files of this process by number, on Linux and macOS."""


def send_at_once() -> int:
    """Turn the waiting off for every connection that comes in; on how many ports.

    A connection takes over this option from the socket that listens, where the system has
    OPEN_FILES; elsewhere nothing is done.
    """
    found = 0
    for number in _numbers():
        with suppress(OSError):
            found += _set(number)
    return found


def _numbers() -> list[int]:
    with suppress(OSError):
        return [int(name) for name in os.listdir(OPEN_FILES) if name.isdigit()]
    return []


def _set(number: int) -> bool:
    """Set the option of one open file if it is a TCP socket that listens; OSError if no socket."""
    copy = os.dup(number)
    try:
        own = socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        raise
    with own:  # closes the copy alone
        tcp = own.family in (socket.AF_INET, socket.AF_INET6) and own.type == socket.SOCK_STREAM
        if not tcp or not own.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return False
        own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return True
