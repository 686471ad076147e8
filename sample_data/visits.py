"""From latent episodes to what services record: contacts, actions, diaries; and what gets lost."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from sample_data import world
from sample_data.people import Contact, Episode

CODES = ("SELF_MANAGE", "TIMS", "GP", "URGENT", "A_AND_E")


def record(episode: Episode, rng: np.random.Generator) -> None:
    """Fill an episode's contacts, referrals and diary."""
    _contacts(episode, rng)
    if episode.has_app:
        _diary(episode, rng)


def _contacts(episode: Episode, rng: np.random.Generator) -> None:
    first = _contact(episode, episode.first, "triage", 1, rng)
    level = episode.level()
    _act(episode, first, level, rng)
    episode.contacts.append(first)
    day = 0
    for number in range(episode.reviews):
        day += int(rng.integers(12, 46))
        date = episode.first + dt.timedelta(days=day)
        if date > world.EXTRACT:
            break
        kind = "phone" if rng.random() < 0.4 else "review"
        episode.contacts.append(_contact(episode, date, kind, number + 2, rng))
    if first.get("referral_destination") == "TIMS" and rng.random() < 0.75:
        _appointment(episode, first, rng)
    _close(episode, rng)
    episode.contacts.sort(key=lambda contact: (contact["contact_date"], contact["contact_id"]))


def visited(
    episode: Episode, date: dt.date, kind: str, number: str, rng: np.random.Generator
) -> Contact:
    """One more contact of an episode, as recorded on that day."""
    return _contact(episode, date, kind, number, rng)


def missed(
    episode: Episode,
    date: dt.date,
    kind: str,
    number: str,
    instead: Contact,
    rng: np.random.Generator,
) -> Contact:
    """A booked visit that came to nothing: no answers, before the contact `instead` of it."""
    own = instead["contact_id"].rsplit("-", 1)[1]
    row = _contact(episode, date, kind, f"{number}{own}", rng)
    return _unanswered(row, episode)


def _contact(
    episode: Episode, date: dt.date, kind: str, number: int | str, rng: np.random.Generator
) -> Contact:
    since_first = (date - episode.first).days
    contact: Contact = {
        "contact_id": f"{episode.id}-{number}",
        "episode_id": episode.id,
        "patient_id": f"P-{episode.id[3:]}",
        "site_id": episode.site.id,
        "contact_date": date,
        "contact_time": f"{int(rng.integers(8, 17)):02d}:{int(rng.integers(0, 12)) * 5:02d}",
        "contact_type": kind,
        **episode.person,
        **_onset(episode),
    }
    for code in world.SCREEN:
        later = kind != "triage" and code not in world.GP
        present = rng.random() < 0.0006 if later else episode.signs[code]
        contact[code] = "yes" if present else "no"
        if present and code in ("ces_1_saddle", "ces_6_urine_leak", "urg_3_floppy_foot"):
            contact |= _since(code, episode, date, rng)
    contact |= episode.help
    if kind != "triage":
        easing = episode.score(since_first) <= 0.75 * episode.start_score
        contact["help_improving"] = "yes" if easing and rng.random() < 0.85 else "no"
        contact["help_1_unmanageable"] = "no" if easing else contact["help_1_unmanageable"]
        contact["help_tried"] = "yes" if rng.random() < 0.7 else contact["help_tried"]
    score = episode.score(since_first) + (rng.normal(0, 0.6) if since_first else 0.0)
    resolved = since_first + episode.delay >= episode.resolves
    value = 0 if resolved else int(np.clip(round(score), 1, 10))
    contact["nprs"] = value if rng.random() < (0.84 if kind == "triage" else 0.66) else None
    contact["symptoms_present"] = "no" if resolved else "yes"
    contact["adv_bilateral"] = "yes" if rng.random() < 0.03 else "no"
    contact["ph_below_knee"] = "yes" if rng.random() < 0.66 else "no"
    contact["ph_shooting_burning_electric"] = "yes" if rng.random() < 0.55 else "no"
    contact["ph_pins_numbness"] = "yes" if rng.random() < 0.5 else "no"
    contact["safety_net_given"] = "yes" if rng.random() < 0.86 else "no"
    _lose(contact, episode, rng)
    return contact


def _onset(episode: Episode) -> dict[str, Any]:
    if episode.onset_known == "missing":
        return {"onset_date": None, "onset_precision": None}
    return {"onset_date": episode.onset, "onset_precision": episode.onset_known}


def _since(code: str, episode: Episode, date: dt.date, rng: np.random.Generator) -> dict[str, Any]:
    if rng.random() < 0.35:
        return {}
    if code == "ces_6_urine_leak" and rng.random() < 0.12:
        long_ago = episode.onset - dt.timedelta(days=int(rng.integers(200, 900)))
        return {f"{code}_since": long_ago, f"{code}_changed": "no"}
    span = max(0, (date - episode.onset).days)
    began = episode.onset + dt.timedelta(days=int(rng.integers(0, span + 1)))
    return {f"{code}_since": began, f"{code}_changed": ""}


def _lose(contact: Contact, episode: Episode, rng: np.random.Generator) -> None:
    """Questions that stay open: one by one, the sexual one more often, and in whole blocks."""
    kind, date = contact["contact_type"], contact["contact_date"]
    for code in world.SCREEN:
        rate = world.OPEN_SEXUAL if code == "ces_9_sexual" else world.OPEN_RATE
        if rng.random() < rate:
            contact[code] = _open(rng)
    if rng.random() < (world.OPEN_BLOCK if kind == "triage" else 0.22):
        _blank(contact, world.CES, _open(rng))
    if kind != "triage" and rng.random() < 0.18:
        _blank(contact, world.SCREEN, "")
    if episode.site.id == world.BLANK_SITE and world.BLANK_FROM <= date <= world.BLANK_TO:
        _blank(contact, world.CES, "")
    for code in ("help_tried", "help_improving", "help_2_med_helps", "help_3_worsening"):
        if rng.random() < 0.09:
            contact[code] = "not_asked"
    for code in ("help_1_unmanageable", "help_2_sleep_impact", "symptoms_present"):
        if rng.random() < 0.04:
            contact[code] = ""


def _blank(contact: Contact, codes: tuple[str, ...], value: str) -> None:
    for code in codes:
        contact[code] = value
        contact.pop(f"{code}_since", None)
        contact.pop(f"{code}_changed", None)


def _open(rng: np.random.Generator) -> str:
    return ("not_asked", "", "unknown", "declined")[int(rng.choice(4, p=[0.5, 0.33, 0.12, 0.05]))]


def _act(episode: Episode, contact: Contact, level: int, rng: np.random.Generator) -> None:
    """What was done: mostly what the leaflet says, sometimes less, more, or later."""
    u, done = rng.random(), level
    if level >= 1 and u < episode.site.under:
        done = int(rng.integers(0, level))
    elif u > 0.965 and level < 4:
        done = int(rng.integers(level + 1, 5)) if level else int(rng.choice([1, 1, 1, 2, 3]))
    contact["disposition_recorded"] = CODES[done]
    if done == 0:
        return
    late = int(rng.integers(1, 5)) if rng.random() < 0.07 else 0
    wait = late if done >= 3 else int(rng.integers(0, 4))
    date = contact["contact_date"] + dt.timedelta(days=wait)
    contact["referral_destination"], contact["referral_date"] = CODES[done], date
    if late and done >= 3:
        contact["disposition_recorded"] = ""
    episode.referrals.append(
        {
            "referral_id": f"{episode.id}-R1",
            "episode_id": episode.id,
            "referral_date": date,
            "destination": CODES[done],
            "setting": "",
        }
    )


def _appointment(episode: Episode, first: Contact, rng: np.random.Generator) -> None:
    date = first["contact_date"] + dt.timedelta(days=int(rng.integers(8, 42)))
    if date > world.EXTRACT:
        return
    visit = _contact(episode, date, "appointment", 9, rng)
    visit["attendance"] = "3" if rng.random() < 0.09 else "5"
    if visit["attendance"] == "3":
        _unanswered(visit, episode)
    episode.contacts.append(visit)


def _unanswered(visit: Contact, episode: Episode) -> Contact:
    """Nobody came, so nothing was asked."""
    _blank(visit, world.SCREEN, "")
    visit |= dict.fromkeys(episode.help, "") | {"nprs": None, "symptoms_present": ""}
    return visit


def _close(episode: Episode, rng: np.random.Generator) -> None:
    if rng.random() > 0.42:
        return
    last = episode.contacts[-1]
    date = last["contact_date"] + dt.timedelta(days=int(rng.integers(5, 60)))
    if date > world.EXTRACT:
        return
    since_onset = (date - episode.onset).days
    if since_onset >= episode.resolves and rng.random() < 0.6:
        reason = "resolved"
    else:
        reason = ("completed", "pifu", "dna", "transferred")[int(rng.integers(0, 4))]
    last["close_date"], last["close_reason"] = date, reason


def _diary(episode: Episode, rng: np.random.Generator) -> None:
    """A declining diary: about 70 % of days in the first week, 35 % in the eighth."""
    chosen = rng.choice(len(world.EXERCISES), int(rng.integers(1, 5)), replace=False)
    keeps = int(rng.integers(6, 75))
    for day in range(keeps):
        date = episode.first + dt.timedelta(days=day)
        if date > world.EXTRACT or rng.random() > 0.42 - 0.22 * day / 56:
            continue
        score = int(np.clip(round(episode.score(day) + rng.normal(0, 0.7)), 0, 10))
        resolved = day + episode.delay >= episode.resolves
        pain = 0 if resolved else max(1, score)
        tells = rng.random() < 0.75
        late = int(rng.integers(3, 12)) if rng.random() < 0.06 else int(rng.integers(0, 2))
        for place in chosen:
            if rng.random() < 0.8:
                entry = _exercise(world.EXERCISES[place], rng)
                episode.logs.append(
                    {"episode_id": episode.id, "log_date": date,
                     "synced_date": date + dt.timedelta(days=late),
                     "nprs_today": pain if tells else None, **entry}
                )  # fmt: skip


def _exercise(code: str, rng: np.random.Generator) -> dict[str, Any]:
    full = rng.random() < 0.65
    entry: dict[str, Any] = {
        "exercise_code": code,
        "performed": "yes" if rng.random() < 0.96 else "no",
    }
    amounts = {
        "knees_to_chest": {"hold_s": 20 if full else 10, "reps": 5 if full else 3},
        "crawl_stretch": {"hold_s": 25 if full else 12},
        "knees_side_to_side": {"reps": 12 if full else 6},
        "bridge": {"reps": 8 if full else 3},
        "seated_knee_extension": {"duration_s": 60 if full else 30, "sets": 2 if full else 1},
        "squat": {"reps": 10 if full else 5},
        "march_in_place": {"duration_s": 45 if full else 20},
        "walk": {"duration_s": int(rng.integers(8, 45)) * 60},
    }
    entry |= amounts[code]
    entry["pain_during"] = int(np.clip(round(rng.normal(3, 1.8)), 0, 10))
    return entry
