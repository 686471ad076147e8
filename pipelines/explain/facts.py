"""The derived facts of a contact in plain words, each with the figures that it comes from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.explain import improvement
from pipelines.explain.dates import between, span, uk
from pipelines.explain.reading import Row

OPEN = {
    "pain": "whether there is pain in the back or leg",
    "recent": "when the pain began",
    "persisted_lo": "when the pain began",
    "persisted_hi": "when the pain began",
    "symptomatic": "whether symptoms are still there: a pain score, or the question",
    "improved": "whether there is some improvement: a second pain score, the person's own view, "
    "a global change or an MSK-HQ score",
    "worsening": "whether symptoms are getting worse",
}


@dataclass(frozen=True)
class History:
    """What the facts of one contact are read from: its part of the episode, and the parameters."""

    episode: Row
    contacts: list[Row]
    scores: list[Row]
    values: Mapping[str, Any]
    elsewhere: list[Row] = field(default_factory=list)


def facts(contact: Row, history: History) -> dict[str, str]:
    """A sentence for every predicate of an evaluated contact, by the predicate's name."""
    return {
        "pain": pain(contact, history),
        "recent": recent(contact, history),
        "persisted_hi": duration(contact, history),
        "symptomatic": symptomatic(contact),
        "improved": improvement.sentence(contact, history),
        "tried": tried(contact, history),
        "worsening": worsening(contact, history),
    }


def to_settle(predicate: str, values: Mapping[str, Any]) -> str:
    """What one would have to know for a predicate that is not known."""
    if predicate == "tried":
        return f"whether the exercises were tried: the question, or {enough_diary(values)}"
    return OPEN[predicate]


def pain(contact: Row, history: History) -> str:
    """Where there is pain on the day, or why that is not known."""
    where = [
        place
        for place, item in (("back", "has_back_pain"), ("leg", "has_leg_pain"))
        if contact[item]
    ]
    if where:
        return f"Pain in the {' and the '.join(where)}"
    if contact["pain"]:
        return "Back or leg pain is taken as there: not both were denied"
    if contact["pain"] is False:
        return "No pain in the back or the leg: both were denied"
    return "Whether there is pain in the back or leg is not known: not recorded"


def recent(contact: Row, history: History) -> str:
    """Whether the pain began recently, by which day and which limit."""
    values, episode = history.values, history.episode
    mode = values["gp_recency_mode"]
    if mode == "ignore":
        return "How recently the pain began is not looked at"
    here = mode == "at_contact"
    judged = contact["contact_date"] if here else episode["first_seen_date"]
    allowed = f"up to {span(values['gp_recency_days'])} counts as recent"
    if not episode["onset_known"]:
        low, high = None, None
    else:
        low = _days(episode["onset_latest"], judged)
        high = _days(episode["onset_earliest"], judged)
    when = "this contact" if here else "the first contact"
    if high is not None and (contact["recent"] is False or high <= values["gp_recency_days"]):
        began = between(low, high)
        head = "The pain did not begin" if contact["recent"] is False else "The pain began"
        return f"{head} recently: {began} before {when} ({allowed})"
    if contact["recent"] is False:
        return f"The pain did not begin recently: there at the first contact ({allowed})"
    if contact["recent"]:
        return f"The pain is taken as recent: its onset is not known well enough ({allowed})"
    return f"Whether the pain began recently is not known: its onset is not ({allowed})"


def _days(first: str, last: str) -> int:
    return (dt.date.fromisoformat(last) - dt.date.fromisoformat(first)).days


def duration(contact: Row, history: History) -> str:
    """How long the symptoms have lasted, at least and at most."""
    values, episode = history.values, history.episode
    low, high = contact["days_at_least"], contact["days_at_most"]
    six, eight = span(values["w_lo_days"]), span(values["w_hi_days"])
    if high is None:
        told = "Onset not known"
        told += f", at least {between(low, low)} of symptoms" if low else ""
    else:
        onset = uk(episode["onset_latest"])
        if episode["onset_earliest"] != episode["onset_latest"]:
            onset = f"between {uk(episode['onset_earliest'])} and {onset}"
        told = f"{between(low, high).capitalize()} since onset, {onset}"
    past = (contact["persisted_lo"], contact["persisted_hi"])
    verdict = {
        (True, True): f"past {eight}",
        (True, False): f"past {six}, not past {eight}",
        (False, False): f"not past {six}",
        (True, None): f"past {six}, perhaps past {eight}",
        (None, False): f"perhaps past {six}, not past {eight}",
        (None, None): f"whether past {six} or {eight} is not known",
    }[past]
    return f"{told}: {verdict}"


def symptomatic(contact: Row) -> str:
    """Whether symptoms are there on the day, with the scores and the answer behind it."""
    scores = [
        f"{words} {contact[name]:g}"
        for name, words in (("nprs", "pain"), ("nprs_leg", "leg pain"), ("nprs_back", "back pain"))
        if contact[name] is not None
    ]
    asked = contact["symptoms_present"]
    if asked is not None:
        scores.append(f"symptoms are {'there' if asked else 'gone'} by the person's answer")
    head = {True: "Still symptomatic", False: "No symptoms at this contact"}.get(
        contact["symptomatic"], "Whether there are symptoms is not known: no score and no answer"
    )
    return f"{head}: {', '.join(scores)}" if scores else head


def enough_diary(values: Mapping[str, Any]) -> str:
    """What of a diary shows that the exercises were tried, under the service's definition."""
    return {
        "log_threshold": f"{values['tried_min_log_days']} exercise days over "
        f"{values['tried_min_span_days']} days in the diary",
        "any_log": "one exercise day in the diary",
        "dose_adherent": "a diary that keeps to 80% of the leaflet's amounts for four weeks",
        "self_report_only": "no diary counts",
    }[values["tried_def"]]


def tried(contact: Row, history: History) -> str:
    """Whether the exercises were tried, by answer and by diary."""
    said, diary = _said(contact, history), _diary(contact)
    if contact["tried"]:
        return f"Exercises tried: {'; '.join(each for each in (said, diary) if each)}"
    told = f"{said or 'not asked'}; {diary or 'no exercise day in a diary'}"
    if contact["tried"] is False:
        return f"Exercises not tried: {told}"
    enough = enough_diary(history.values)
    return f"Whether the exercises were tried is not known: {told} (it takes {enough})"


def _said(contact: Row, history: History) -> str:
    """What the person answered, by day, at this contact and before it."""
    days: dict[bool, list[str]] = {True: [], False: []}
    for each in history.contacts:
        answer, day = each["help_tried"], each["contact_date"]
        if answer is not None and day <= contact["contact_date"] and day not in days[answer]:
            days[answer].append(day)
    told = [
        f"{word} on {', '.join(uk(day) for day in sorted(days[answer]))}"
        for answer, word in ((True, "yes"), (False, "no"))
        if days[answer]
    ]
    return f"the person said {' and '.join(told)}" if told else ""


def _diary(contact: Row) -> str:
    n, first, last = (contact[name] for name in ("n_log_days", "first_log_date", "last_log_date"))
    if not n:
        return ""
    adherent = ", which keeps to the leaflet's amounts" if contact["adherent"] else ""
    if first == last:
        return f"{between(n, n)} of exercise in the diary, {uk(first)}{adherent}"
    over = between(_days(first, last) + 1, _days(first, last) + 1)
    return f"{n} exercise days over {over} in the diary, {uk(first)} to {uk(last)}{adherent}"


def worsening(contact: Row, history: History) -> str:
    """Whether it is getting worse, by answer or by scores."""
    asked = contact["help_3_worsening"]
    if asked is not None:
        return f"{'Getting' if asked else 'Not getting'} worse, by the person's answer"
    if not contact["worsening"]:
        return "Whether it is getting worse is not known: not asked, and no scores show it"
    scores = [
        each
        for each in history.scores
        if each["origin"] == "contact" and each["score_date"] <= contact["contact_date"]
    ]
    told = ", ".join(f"{each['value']:g} on {uk(each['score_date'])}" for each in scores[-2:])
    first = f"{scores[0]['value']:g} on {uk(scores[0]['score_date'])}"
    return f"Getting worse, by pain scores: {told} from {first}"
