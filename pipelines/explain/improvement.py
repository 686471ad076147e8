"""Whether there is some improvement at a contact, and each instrument's figures, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipelines.explain.dates import uk
from pipelines.explain.reading import Row
from pipelines.words import PGIC

if TYPE_CHECKING:
    from pipelines.explain.facts import History

HEADS = {True: "Some improvement", False: "Not improved", None: "Improvement not known"}


def sentence(contact: Row, history: History) -> str:
    """`Not improved: 6 on 02/03/2026 from baseline 7 on 05/01/2026 (2 points or 30% needed)`."""
    found = [
        each
        for each in (
            _score(contact, history),
            _own_view(contact),
            _global_change(contact),
            _msk_hq(contact, history.values),
        )
        if each
    ]
    told = "; ".join(found) or "no score to compare, and not asked"
    return f"{HEADS[contact['improved']]}: {told}"


def _score(contact: Row, history: History) -> str:
    upto = [s for s in history.scores if s["score_date"] <= contact["contact_date"]]
    if not upto:
        return ""
    baseline, values = upto[0], history.values
    diaries = {s["score_date"]: " (diary)" for s in upto if s["origin"] == "diary"}
    began = baseline["score_date"]
    first = f"baseline {baseline['value']:g} on {uk(began)}{diaries.get(began, '')}"
    latest, day = contact["last_score"], contact["last_score_date"]
    if day is None or day == began or latest is None:
        later = len(upto) > 1
        return f"{first}, {'its fall not confirmed' if later else 'no later score'}"
    told = f"{latest:g} on {uk(day)}{diaries.get(day, '')} from {first}"
    if contact["score_fell"] is None:
        if latest == 0 and baseline["value"] == 0:
            return f"{told}, which tells nothing"
        return f"{told}, older than {values['score_max_age_days']} days and not counted"
    if contact["score_fell"] and not _meets(baseline["value"], latest, values):
        return f"an earlier score had fallen enough ({cut(values)}); {told}"
    return told if contact["score_fell"] else f"{told} ({cut(values)})"


def _meets(baseline: float, score: float, values: Mapping[str, Any]) -> bool:
    points, percent = values["any_sign_points"], values["any_sign_pct"]
    fall = baseline - score
    return (points is not None and fall >= points) or (
        percent is not None and baseline > 0 and 100 * fall >= percent * baseline
    )


def cut(values: Mapping[str, Any]) -> str:
    """The fall that counts as some improvement: `2 points or 30% needed`."""
    points, percent = values["any_sign_points"], values["any_sign_pct"]
    cuts = [f"{points:g} point{'s' if points != 1 else ''}"] if points is not None else []
    cuts += [f"{percent:g}%"] if percent is not None else []
    return f"{' or '.join(cuts)} needed" if cuts else "both cuts are off, so no fall counts"


def _own_view(contact: Row) -> str:
    if contact["said_better"] is None:
        return ""
    here = contact["help_improving"] is contact["said_better"]
    told = "better" if contact["said_better"] else "not better"
    return f"the person says {told}" if here else f"the person said {told} earlier"


def _global_change(contact: Row) -> str:
    if contact["pgic_better"] is None:
        return ""
    grade = PGIC.get(contact["last_pgic"], str(contact["last_pgic"]))
    earlier = contact["pgic_better"] and contact["last_pgic"] > 3
    told = f"global change {grade} on {uk(contact['last_pgic_date'])}"
    return f"{told}, better before" if earlier else told


def _msk_hq(contact: Row, values: Mapping[str, Any]) -> str:
    if contact["msk_hq_rose"] is None:
        return ""
    told = (
        f"MSK-HQ {contact['last_msk_hq']:g} on {uk(contact['last_msk_hq_date'])} from "
        f"{contact['first_msk_hq']:g} on {uk(contact['first_msk_hq_date'])}"
    )
    return told if contact["msk_hq_rose"] else f"{told} ({values['mskhq_mic']} points needed)"
