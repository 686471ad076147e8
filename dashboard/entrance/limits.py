"""How much the server takes on at once, and with how many workers: [server] of outcomes.toml.

Each bounds memory that somebody outside could otherwise make the server hold. The usual figures
leave fifty readers with four tabs each undisturbed.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, fields
from typing import Final

from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.settings_lines import place

SECTION: Final = "server"
ADDRESS: Final = 8_192
"""Bytes of an address with its query."""
HEADERS: Final = 32_768
"""Bytes of all headers; a proxy may name a person's groups in one of them."""
HEADER_LINES: Final = 100
MESSAGE: Final = 1_000_000
"""Bytes of one message from a browser. A page's filters take some thousands."""
FRAMES: Final = 1_000
"""Pieces in which one message may come."""
PATIENCE: Final = 20.0
"""Seconds in which a connection must have said what it wants."""
ADDRESSES: Final = 1_000
"""Clients whose requests are counted, the latest."""
BURST: Final = 10_000
"""Requests of one client at once: fifty readers behind one address who open their first page."""
LARGEST: Final = 100_000
BETWEEN: Final = {"workers": (0, 64)}
"""What may be set otherwise than from 1 to LARGEST."""


@dataclass(frozen=True)
class Limits:
    """What may be set.

    `sockets`: tabs that are open, in all. `sockets_of_one`: of one person, where people sign in.
    `new_sockets_per_minute`: in all, after as many at once as there may be open.
    `messages_per_second`: of one tab; what comes faster waits. `requests_per_second`: of one
    client, after BURST at once. `connections`: in all, open tabs among them. `workers`: processes
    that work out figures beside the server's own (`dashboard.apart`); 0: it does so by itself.
    """

    sockets: int = 200
    sockets_of_one: int = 25
    new_sockets_per_minute: int = 240
    messages_per_second: int = 20
    requests_per_second: int = 200
    connections: int = 800
    workers: int = 0


def limits(home: Home) -> Limits:
    """The limits of a home. OutcomesError names the line of one that cannot be."""
    found = home.config().get(SECTION, {})
    if not isinstance(found, dict):
        raise OutcomesError(
            "write a limit as name = number under it", where=place(home.config_file, SECTION)
        )
    known = [each.name for each in fields(Limits)]
    for name, value in found.items():
        where = place(home.config_file, SECTION, name)
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}."
            raise OutcomesError(f"there is no limit {name}", where=where, hint=hint)
        least, most = BETWEEN.get(name, (1, LARGEST))
        if type(value) is not int or not least <= value <= most:
            raise OutcomesError(f"{name} is a whole number from {least} to {most}", where=where)
    set_to = Limits(**found)
    if set_to.connections <= set_to.sockets:
        raise OutcomesError(
            f"connections ({set_to.connections}) must be more than sockets ({set_to.sockets}): "
            "each open tab is a connection, and pages need some too",
            where=place(home.config_file, SECTION),
        )
    return set_to
