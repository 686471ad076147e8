"""The dimensions that figures are filtered and cut by: their names and values in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pipelines.words import PATTERNS


@dataclass(frozen=True)
class Dimension:
    """`code` as in the measures, `field` of the filter, `key` in the address, and the words."""

    code: str
    field: str
    key: str
    name: str
    every: str


DIMENSIONS: Final = (
    Dimension("site", "sites", "site", "Site", "All sites"),
    Dimension("age_band", "age_bands", "age", "Age", "All ages"),
    Dimension("sex", "sexes", "sex", "Sex", "Everyone"),
    Dimension("ethnic_group", "ethnic_groups", "ethnicity", "Ethnicity", "All groups"),
    Dimension("imd_quintile", "imd_quintiles", "deprivation", "Deprivation", "All fifths"),
    Dimension("pattern", "patterns", "pattern", "Pain pattern", "All patterns"),
    Dimension("entry_cohort", "cohorts", "cohort", "Seen first", "Early or late"),
)
UNKNOWN: Final = "Not recorded"
_QUINTILE: Final = {"1": "Fifth 1, most deprived", "5": "Fifth 5, least deprived"}
_PATTERN: Final = {**PATTERNS, "UNKNOWN": "Pattern not known"}
_COHORT: Final = {
    "incident": "Within 8 weeks of onset",
    "prevalent": "Past 8 weeks",
    "unknown": "Not known when",
}


def named(code: str) -> Dimension:
    """The dimension with this code; KeyError for none."""
    return {each.code: each for each in DIMENSIONS}[code]


def value_words(code: str, value: str, sites: Mapping[str, str]) -> str:
    """A value of a dimension in words; `sites` are the names of the sites by id."""
    if code == "site":
        return sites.get(value, value)
    if code == "pattern":
        return _PATTERN.get(value, value)
    if code == "entry_cohort":
        return _COHORT.get(value, value)
    if value == "unknown":
        return UNKNOWN
    if code == "imd_quintile":
        return _QUINTILE.get(value, f"Fifth {value}")
    return value.capitalize() if code == "sex" else value
