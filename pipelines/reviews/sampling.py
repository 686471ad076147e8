"""A random sample of audit cases: as large as a precision needs, in proportion, repeatable."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Sequence

from pipelines.errors import UsageError
from pipelines.measures.proportion import normal_quantile
from pipelines.reviews.standing import AuditCase


def size_for(population: int, margin: float, confidence: float = 0.95) -> int:
    """How many of `population` cases to read so that a share is known to within `margin`.

    n = n0 / (1 + (n0 - 1) / N) with n0 = z^2 / (4 margin^2), the worst share of a half, rounded
    up. `margin` is a share, as 0.05. UsageError for one outside 0.01 to 0.5.
    Source: Cochran 1977, Sampling Techniques, 3rd edition, section 4.4.
    """
    if not 0.01 <= margin <= 0.5:
        raise UsageError(
            f"a precision of {margin:g} cannot be sampled for",
            hint="Name the half width of the 95 % interval as a share from 0.01 to 0.5, as 0.05.",
        )
    if population == 0:
        return 0
    wanted = normal_quantile(confidence) ** 2 / (4 * margin**2)
    return min(population, math.ceil(wanted / (1 + (wanted - 1) / population) - 1e-9))


def drawn(cases: Sequence[AuditCase], seed: str, margin: float) -> list[AuditCase]:
    """A sample of the cases, the same for the same seed, in the order in which to read them.

    Each level and site gets its share of the sample by largest remainder, so that every case has
    nearly the same chance and shares need no weights. Within one, and in the order of reading, the
    cases stand by a hash of seed and case, which no library's generator can change.
    """
    size = size_for(len(cases), margin)
    strata: dict[tuple[str, str], list[AuditCase]] = defaultdict(list)
    for case in cases:
        strata[case.level, case.site_id or ""].append(case)
    chosen = [
        case
        for name, quota in _quotas({name: len(each) for name, each in strata.items()}, size).items()
        for case in sorted(strata[name], key=lambda each: _draw(seed, each))[:quota]
    ]
    return sorted(chosen, key=lambda each: _draw(seed, each))


def _quotas(sizes: dict[tuple[str, str], int], wanted: int) -> dict[tuple[str, str], int]:
    total = sum(sizes.values())
    whole = {name: wanted * n // total for name, n in sizes.items()} if total else {}
    left = wanted - sum(whole.values())
    by_remainder = sorted(whole, key=lambda name: (-(wanted * sizes[name] % total), name))
    for name in by_remainder[:left]:
        whole[name] += 1
    return whole


def _draw(seed: str, case: AuditCase) -> str:
    return hashlib.sha256(f"{seed}|{case.key}".encode()).hexdigest()
