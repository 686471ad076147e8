"""A data home is for its owner alone; one that others can get at is not used."""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path
from typing import Final

from pipelines.errors import OutcomesError

OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def refuse_others(root: Path) -> None:
    """OutcomesError where the group or everybody has any right in this folder, or it is another's.

    It is not put right in passing: somebody may have read it meanwhile, and whoever holds the data
    must know. On Windows rights are kept otherwise, and nothing is looked at.
    """
    if os.name != "posix":
        return
    found = root.stat()
    rights = stat.S_IMODE(found.st_mode)
    if rights & OTHERS:
        raise OutcomesError(
            f"others can get into the data home (its rights are {rights:04o})",
            where=str(root),
            hint="It holds data about people. Close it to others, then find out who could read "
            f"it until now: chmod -R go= {shlex.quote(str(root))}",
        )
    if found.st_uid not in (os.geteuid(), 0) and os.geteuid() != 0:
        raise OutcomesError(
            "the data home belongs to another account of this machine",
            where=str(root),
            hint="Run this as its owner.",
        )
