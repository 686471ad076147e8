"""Why a case is left out: as its cases say, and where its days cannot be."""

from __future__ import annotations

import re
from typing import Final

from pipelines.measures.catalogue import Measure

TIMES: Final = "exit is null or event is null or exit < 0 or exit < entry"
DAYS: Final = "seen_without is null or seen_without < 0 or seen_with <= seen_without"
CONTRADICTION_OF: Final = {
    "survival_median": TIMES,
    "survival_share": TIMES,
    "incidence": TIMES,
    "restricted_mean": TIMES,
    "incidence_range": "exit is null or event is null or exit < 0 or (event = 1 and "
    "(seen_without is null or seen_without < 0 or seen_without >= exit))",
    "interval_incidence": DAYS,
    "interval_survival": DAYS,
}
"""Kind -> what no course can have; such a case is left out and told, whatever made it so."""
CONTRADICT: Final = "DATES_CONTRADICT"


def reason_of(measure: Measure) -> str:
    """SQL: why a case is left out, null where it is counted."""
    never = CONTRADICTION_OF.get(measure.kind)
    if never is None:
        return measure.reason
    never = re.sub(r"\bexit\b", measure.exit, never)
    return (
        f"case when {measure.reason} is not null then {measure.reason} "
        f"when {never} then '{CONTRADICT}' end"
    )
