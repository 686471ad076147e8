"""Secrets: from the environment or from a file that only its owner can read, never from settings.

A secret is read when the server starts, and taken out of the environment, where the processes that
the server starts would find it.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from pipelines.errors import OutcomesError

CLIENT: Final = "OUTCOMES_CLIENT_SECRET"
"""What the identity provider gave to this dashboard."""
PROXY: Final = "OUTCOMES_PROXY_SECRET"
"""What the proxy adds to each request, so that nobody else at this machine can pass for it."""
FILE: Final = "_FILE"
SHORTEST: Final = 16


def secret(name: str) -> str:
    """The secret in the variable `name`, or in the file that `name`_FILE names.

    OutcomesError without one, for one that is short, and for a file that others can read; the words
    never hold any of it.
    """
    found = os.environ.pop(name, "")
    file = os.environ.get(name + FILE, "")
    if found and file:
        raise OutcomesError(f"both {name} and {name}{FILE} are set", hint="Keep one of them.")
    if file:
        found = _of_file(Path(file))
    if not found:
        raise OutcomesError(
            f"a secret is missing: neither {name} nor {name}{FILE} is set",
            hint=f"Put it into a file, `chmod 600` it, and set {name}{FILE} to its path.",
        )
    if len(found) < SHORTEST:
        raise OutcomesError(
            f"the secret of {name} has fewer than {SHORTEST} characters",
            hint="Have a random one made, for example by `openssl rand -hex 32`.",
        )
    return found


def _of_file(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            state = os.fstat(file.fileno())
            if os.name == "posix" and stat.S_IMODE(state.st_mode) & 0o077:
                raise OutcomesError(
                    "others can read this secret",
                    where=str(path),
                    hint="`chmod 600` it, and have it changed if others may have read it.",
                )
            return file.read(10_000).strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise OutcomesError(f"the secret cannot be read: {why}", where=str(path)) from None
