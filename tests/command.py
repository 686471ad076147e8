"""The `outcomes` command as a user types it, in the tests' own process.

A process of its own takes two seconds for what Python loads; `test_cli.py` starts a few.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import traceback
from dataclasses import dataclass
from unittest import mock

from pipelines.cli import run


@dataclass(frozen=True)
class Done:
    """What a command left behind, as `subprocess.CompletedProcess` has it."""

    returncode: int
    stdout: str
    stderr: str


def outcomes(*words: object, home: object = None, **environment: str) -> Done:
    """Run a command. What nothing catches is code 1 and a traceback, as in a process of its own."""
    given = [*map(str, words), *(() if home is None else ("--home", str(home)))]
    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        mock.patch.object(sys, "argv", ["outcomes", *given]),
        mock.patch.dict(os.environ, {"COLUMNS": "200", **environment}),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            run()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        except Exception:
            traceback.print_exc()
            code = 1
    return Done(code, out.getvalue(), err.getvalue())
