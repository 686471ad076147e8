"""What is found at and after the visits: scores of change, emergency results, treatment routes."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from sample_data import world
from sample_data.pathway import attended, usable
from sample_data.people import Contact, Episode

SETTINGS = {
    "MRI": ("hospital", "community imaging"),
    "INJECTION": ("hospital", "hospital"),
    "SURGERY": ("hospital", "hospital"),
}


def follow(episode: Episode, rng: np.random.Generator, counts: Counter[Any]) -> None:
    """Add results and routes to an episode's contacts in place, and count what was put in."""
    own = rng.normal(0, 4)
    scores: list[int] = []
    for contact in sorted(usable(episode), key=lambda each: each["contact_date"]):
        if not attended(contact):
            continue
        _tell(contact, episode, rng)
        value = _msk_hq(contact, episode, own, rng)
        if value is not None:
            contact["msk_hq"] = value
            scores.append(value)
        if contact["contact_type"] != "triage":
            _change(contact, episode, rng, counts)
            _route(contact, episode, rng, counts)
        _emergency(contact, rng, counts)
    if len(scores) > 1:
        counts["msk_hq pairs"] += 1
        counts["msk_hq gain of 6"] += scores[-1] - scores[0] >= 6


def _pain(contact: Contact, episode: Episode) -> float:
    """The noise-free score on the contact's day; 0 once resolved."""
    since_first = (contact["contact_date"] - episode.first).days
    if since_first + episode.delay >= episode.resolves:
        return 0.0
    return episode.score(since_first)


def _tell(contact: Contact, episode: Episode, rng: np.random.Generator) -> None:
    """Answers that the treatment routes read; each stays open now and then."""
    weak = any(episode.signs[code] for code in ("urg_1_weak_trip", "urg_3_floppy_foot"))
    hard = _pain(contact, episode) >= 7
    chances = {
        "analgesia_tried": 0.82,
        "physio_tried": 0.3,
        "significant_weakness": 0.85 if weak else 0.03,
        "debilitating": 0.55 if hard else 0.08,
    }
    for code, chance in chances.items():
        u, lost = rng.random(2)
        contact[code] = "not_asked" if lost < 0.12 else "yes" if u < chance else "no"


def _msk_hq(contact: Contact, episode: Episode, own: float, rng: np.random.Generator) -> int | None:
    """Higher is better: 52 without pain, 3.7 lower for each point of pain, and a person's own."""
    rate = world.MSK_HQ_FIRST if contact["contact_type"] == "triage" else world.MSK_HQ_LATER
    asked, noise = rng.random() < rate, rng.normal(0, 3)
    if not asked:
        return None
    return int(np.clip(round(50 - 3.7 * _pain(contact, episode) + own + noise), 0, 56))


def _change(
    contact: Contact, episode: Episode, rng: np.random.Generator, counts: Counter[Any]
) -> None:
    """The person's own global change, 1 very much improved to 7 very much worse."""
    asked = rng.random() < world.PGIC_RATE
    share = 1 - _pain(contact, episode) / episode.start_score + rng.normal(0, 0.12)
    if asked:
        cuts = (0.85, 0.6, 0.25, -0.1, -0.3, -0.5)
        contact["pgic"] = 1 + sum(share < cut for cut in cuts)
        counts["pgic", contact["pgic"]] += 1


def _route(
    contact: Contact, episode: Episode, rng: np.random.Generator, counts: Counter[Any]
) -> None:
    """An MRI, injection or surgery referral: mostly where the leaflet describes one."""
    since_onset = (contact["contact_date"] - episode.onset).days
    pain = _pain(contact, episode)
    stuck = since_onset > 42 and pain > 0.75 * episode.start_score
    u, place = rng.random(2)
    if contact.get("referral_destination") or contact["contact_type"] == "phone":
        return
    bound = 0.0
    for destination, (likely, unlikely) in world.ROUTES.items():
        fits = stuck and (destination == "MRI" or pain >= 7)
        bound += likely if fits else unlikely
        if u < bound:
            contact["referral_destination"] = destination
            contact["referral_date"] = contact["contact_date"]
            counts["route", destination] += 1
            setting = SETTINGS[destination][int(place < 0.35)]
            episode.referrals.append(
                {
                    "referral_id": f"{contact['contact_id']}-R2",
                    "episode_id": episode.id,
                    "referral_date": contact["contact_date"],
                    "destination": destination,
                    "setting": setting,
                }
            )
            return


def _emergency(contact: Contact, rng: np.random.Generator, counts: Counter[Any]) -> None:
    """What the emergency department found, where the person was sent there and it is fed back."""
    blank, u, scan = rng.random(3)
    if contact.get("referral_destination") != "A_AND_E":
        return
    outcome = ""
    if blank >= world.ED_BLANK:
        if u < world.ED_AWAITED:
            outcome = "unknown"
        elif u < world.ED_AWAITED + world.ED_NOT_SCANNED:
            outcome = "not_scanned"
        else:
            outcome = "confirmed" if scan < world.CONFIRMED_RATE else "not_confirmed"
    contact["ed_outcome"] = outcome
    counts["ed_outcome", outcome] += 1
