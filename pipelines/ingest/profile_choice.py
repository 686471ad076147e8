"""Which profile reads a file: the one named, or the only one whose pattern fits its name."""

from __future__ import annotations

import difflib
import fnmatch
from importlib import resources
from pathlib import Path

from pipelines.errors import OutcomesError, Refusal
from pipelines.home import Home
from pipelines.ingest.profile import Profile, read_profile


def available(home: Home) -> dict[str, Profile]:
    """Every usable profile by id: the packaged ones and the home's own, which win."""
    found: dict[str, Profile] = {}
    for entry in sorted(resources.files("pipelines.ingest.profiles").iterdir(), key=str):
        if entry.name.endswith(".toml"):
            profile = read_profile(entry.read_text(encoding="utf-8"), entry.name)
            found[profile.id] = profile
    if home.profiles.is_dir():
        for path in sorted(home.profiles.glob("*.toml")):
            profile = read_profile(path.read_text(encoding="utf-8"), str(path))
            found[profile.id] = profile
    return found


def choose(home: Home, path: Path, wanted: str | Path | None) -> Profile:
    """The profile named, or the only one whose pattern fits the file's name.

    Raises Refusal with the candidates when none or several fit.
    """
    if wanted is not None:
        own = Path(wanted)
        if own.suffix == ".toml":
            if not own.is_file():
                raise OutcomesError("the profile does not exist", where=str(own))
            return read_profile(own.read_text(encoding="utf-8"), str(own))
        profiles = available(home)
        if str(wanted) in profiles:
            return profiles[str(wanted)]
        near = difflib.get_close_matches(str(wanted), profiles, 1)
        raise OutcomesError(
            f"there is no profile '{wanted}'",
            hint=(f"Did you mean '{near[0]}'? " if near else "") + f"Known: {', '.join(profiles)}.",
        )
    profiles = available(home)
    fitting = [
        profile
        for profile in profiles.values()
        if any(fnmatch.fnmatchcase(path.name, glob) for glob in profile.globs)
    ]
    if len(fitting) == 1:
        return fitting[0]
    listed = ", ".join(p.id for p in (fitting or profiles.values()))
    what = "several profiles fit its name" if fitting else "no profile fits its name"
    hint = f"Name one with --profile: {listed}."
    if not fitting:
        hint += f" Or propose one of its own: outcomes profile draft {path.name}"
    raise Refusal(path.name, None, what, hint)
