"""Secret keys of a data home: each made once, for the owner's eyes alone, and never told."""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import Final

from pipelines.errors import OutcomesError
from pipelines.home import Home, fsync_folder

BYTES: Final = 32
CASES: Final = "cases.key"
"""What case numbers are made with (`pipelines.surrogates`)."""
ACCESS: Final = "access.key"
"""What the head of the access log is sealed with (`pipelines.access`)."""


def key(home: Home, name: str) -> bytes:
    """The key of this name, made at the first call; the same for whoever asks at the same time.

    OutcomesError where it cannot be made, or is not as it was made.
    """
    path = home.root / name
    try:
        if not path.exists():
            _make(home, name)
        found = path.read_bytes()
    except OSError as error:
        raise OutcomesError(
            f"the key {name} of the data home cannot be used: {error.strerror or error}",
            where=str(home.root),
            hint="Allow its owner to read and write there, or free some room.",
        ) from None
    if len(found) != BYTES:
        raise OutcomesError(
            f"the key {name} of the data home is damaged",
            where=str(home.root),
            hint="Put the file back from your backup.",
        )
    return found


def _make(home: Home, name: str) -> None:
    """Written whole under a name of its own first: nobody can read half a key, or two."""
    draft = home.root / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(secrets.token_bytes(BYTES))
            out.flush()
            os.fsync(out.fileno())
        with contextlib.suppress(FileExistsError):  # another process was first
            os.link(draft, home.root / name)
        fsync_folder(home.root)
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()
