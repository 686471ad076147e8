"""The HTML as PDF, printed by whatever Chromium this machine has."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Final

from pipelines.errors import OutcomesError

BROWSERS: Final = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("msedge", "microsoft-edge"),
)
INSTALLED: Final = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
CHOSEN: Final = "OUTCOMES_CHROMIUM"
SECONDS: Final = 180
PROFILE: Final = ".print-"
OLD: Final = 86_400.0
"""Seconds after which a browser's profile is taken for left behind."""


class NoBrowser(OutcomesError):
    """There is no Chromium here, or it could not print."""


def browser() -> str | None:
    """The program to print with: OUTCOMES_CHROMIUM, else one of the usual names; None if none."""
    named = os.environ.get(CHOSEN)
    if named:
        return named if Path(named).is_file() else None
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    return found or next((each for each in INSTALLED if Path(each).is_file()), None)


def pdf(page: Path, to: Path) -> None:
    """Print an HTML file to `to`. NoBrowser where that cannot be done here, and what to do."""
    program = browser()
    if program is None:
        raise NoBrowser(
            "no Chromium, Chrome or Edge was found to print the PDF with",
            hint=f"Name one with {CHOSEN}, or open {page.name} in any browser and print it; "
            "the other files are complete.",
        )
    _sweep(page.parent)
    # Beside the report, as the browser keeps a copy of what it prints.
    with tempfile.TemporaryDirectory(
        prefix=PROFILE, dir=page.parent, ignore_cleanup_errors=True
    ) as profile:
        command = [
            *(program, "--headless", "--disable-gpu", "--no-first-run", "--disable-sync"),
            *("--disable-background-networking", "--disable-component-update"),
            *("--no-pdf-header-footer", "--virtual-time-budget=30000"),
            *(f"--user-data-dir={profile}", f"--print-to-pdf={to}"),
            page.resolve().as_uri(),
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # Chromium refuses to start for root with one
        try:
            done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NoBrowser(
                f"{program} could not print ({type(error).__name__})", hint=HINT
            ) from None
    if done.returncode or not to.is_file():
        raise NoBrowser(f"{program} could not print (exit code {done.returncode})", hint=HINT)


def _sweep(folder: Path) -> None:
    """Remove the profile of a print that was killed."""
    for left in folder.glob(f"{PROFILE}*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > OLD:
                shutil.rmtree(left)


HINT: Final = "Open the HTML in a browser and print it; the other files are complete."
