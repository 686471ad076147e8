"""How a service's charts are drawn and what they are held against, from its outcomes.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.measures.series import ChartAs
from pipelines.measures.spc_rules import profile
from pipelines.measures.targets import target_of, targets
from pipelines.measures.types import MeasureError


@dataclass(frozen=True)
class ChartSettings:
    """The profile of the control charts, and the service's targets by measure."""

    profile: str = "nhsr"
    targets: Mapping[str, float] = field(default_factory=dict)

    def target(self, name: str) -> float | None:
        """The target of a measure, in its unit; None where none is set."""
        return target_of(name, self.targets)

    def chart_as(self, name: str) -> ChartAs:
        """How a measure is charted."""
        return ChartAs(self.profile, target=self.target(name))


def chart_settings(home: Home) -> ChartSettings:
    """The settings of a home; OutcomesError for a target or a profile that cannot be."""
    config = home.config()
    try:
        goals = targets(config.get("targets", {}))
        settings = profile(str(config.get("spc", {}).get("profile", "nhsr"))).name
    except MeasureError as error:
        raise OutcomesError(str(error), where=str(home.config_file)) from None
    return ChartSettings(settings, goals)
