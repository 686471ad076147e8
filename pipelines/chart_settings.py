"""How a service's charts are drawn and what they are held against, from its data home."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.measures.annotations import EVERY, FILE, noted, recorded
from pipelines.measures.series import ChartAs
from pipelines.measures.spc_phases import Rebase
from pipelines.measures.spc_rules import profile
from pipelines.measures.targets import target_of, targets
from pipelines.measures.types import MeasureError


@dataclass(frozen=True)
class ChartSettings:
    """The profile of the control charts; the service's targets, re-basings and notes by measure."""

    profile: str = "nhsr"
    targets: Mapping[str, float] = field(default_factory=dict)
    rebases: Mapping[str, tuple[Rebase, ...]] = field(default_factory=dict)
    notes: Mapping[str, tuple[Rebase, ...]] = field(default_factory=dict)

    def target(self, name: str) -> float | None:
        """The target of a measure, in its unit; None where none is set."""
        return target_of(name, self.targets)

    def noted(self, name: str) -> tuple[Rebase, ...]:
        """What is noted at a measure's chart without new limits, at every chart or at its own."""
        return (*self.notes.get(EVERY, ()), *self.notes.get(name, ()))

    def chart_as(self, name: str) -> ChartAs:
        """How a measure is charted."""
        return ChartAs(self.profile, self.rebases.get(name, ()), self.target(name))


def chart_settings(home: Home) -> ChartSettings:
    """The settings of a home; OutcomesError for a target, profile or annotation that cannot be."""
    config = home.config()
    try:
        goals = targets(config.get("targets", {}))
        settings = profile(str(config.get("spc", {}).get("profile", "nhsr"))).name
    except MeasureError as error:
        raise OutcomesError(str(error), where=str(home.config_file)) from None
    rebases, notes = _annotated(home.root / FILE)
    return ChartSettings(settings, goals, rebases, notes)


ByMeasure = Mapping[str, tuple[Rebase, ...]]


def _annotated(path: Path) -> tuple[ByMeasure, ByMeasure]:
    """The re-basings and the notes of a home; none where it has no such file."""
    if not path.exists():
        return {}, {}
    try:
        text = path.read_text(encoding="utf-8")
        return recorded(text), noted(text)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise OutcomesError("the file is not UTF-8 text", where=f"{path}, line {line}") from None
    except MeasureError as error:
        raise OutcomesError(str(error), where=str(path)) from None
