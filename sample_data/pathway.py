"""The pathway around the contacts: referral in, missed visits, waits, and people who come back.

Works on what `visits` recorded, with a random stream of its own, so that the contacts, the faults
and the situations built into them stay as they are.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections import Counter
from typing import Any

import numpy as np

from sample_data import world
from sample_data.people import Contact, Episode
from sample_data.visits import missed, visited

LATER = ("review", "phone", "appointment")


def walk(episodes: list[Episode], rng: np.random.Generator, counts: Counter[Any]) -> None:
    """Add the pathway to a chunk of episodes in place, and count what was put in."""
    for episode in episodes:
        _arrive(episode, rng, counts)
        _rebook(episode, rng)
        _miss(episode, rng)
        _see(episode, rng, counts)
        episode.contacts.sort(key=lambda contact: (contact["contact_date"], contact["contact_id"]))
    _return(episodes, rng, counts)


def usable(episode: Episode) -> list[Contact]:
    """The episode's contacts that no fault has spoilt, each once."""
    found = {
        contact["contact_id"]: contact
        for contact in episode.contacts
        if contact["episode_id"]
        and "raw_date" not in contact
        and contact["contact_date"] <= world.EXTRACT
    }
    return list(found.values())


def attended(contact: Contact) -> bool:
    """Did the visit take place? Without a code it did."""
    return contact.get("attendance", "") not in ("2", "3", "4")


def _arrive(episode: Episode, rng: np.random.Generator, counts: Counter[Any]) -> None:
    """Who sent the person, and when that referral came in: after onset, before triage."""
    source = str(rng.choice(world.SOURCES, p=world.SOURCE_SHARES))
    median, spread = world.TRIAGE_WAIT
    wait = min(round(rng.lognormal(np.log(median), spread)), episode.delay)
    u = rng.random()
    counts["source", source] += 1
    for contact in usable(episode):
        if contact["contact_type"] == "triage":
            contact["referral_source"] = source
            contact["leaflet_given"] = "yes" if rng.random() < 0.94 else "no"
            if u > 0.05:
                contact["referral_received_date"] = episode.first - dt.timedelta(days=wait)
                counts["days to triage", wait] += 1
            if u > 0.996:
                late = episode.first + dt.timedelta(days=int(rng.integers(1, 30)))
                contact["referral_received_date"] = late
                counts["days to triage", wait] -= 1
                counts["received_after_triage"] += 1


def _rebook(episode: Episode, rng: np.random.Generator) -> None:
    """Most who miss an appointment are given another one; the rest are discharged."""
    for contact in usable(episode):
        if contact["contact_type"] != "appointment" or attended(contact):
            continue
        again = contact["contact_date"] + dt.timedelta(days=int(rng.integers(14, 36)))
        if rng.random() < world.REBOOKED_RATE:
            if again <= world.EXTRACT:
                visit = visited(episode, again, "appointment", "10", rng)
                visit["attendance"] = "5"
                episode.contacts.append(visit)
        elif again <= world.EXTRACT and not any(c.get("close_date") for c in episode.contacts):
            contact["close_date"], contact["close_reason"] = again, "dna"


def _miss(episode: Episode, rng: np.random.Generator) -> None:
    """Rows of visits that came to nothing before one that took place, and codes for the others."""
    rates = {"3": world.DNA_RATE, "2": world.CANCEL_RATE, "4": world.PROVIDER_CANCEL_RATE}
    for contact in usable(episode):
        kind = contact["contact_type"]
        if kind in LATER and attended(contact):
            for code, rate in rates.items():
                # So that the share of all booked visits is `rate`.
                if (kind != "appointment" or code != "3") and rng.random() < rate / (1 - rate):
                    date = contact["contact_date"] - dt.timedelta(days=int(rng.integers(2, 12)))
                    row = missed(episode, max(date, episode.first), kind, f"M{code}-", contact, rng)
                    row["attendance"] = code
                    episode.contacts.append(row)
        if "attendance" not in contact and rng.random() > 0.06:
            contact["attendance"] = "6" if kind != "phone" and rng.random() < 0.06 else "5"
        if kind == "appointment":
            mode = ("in_person", "telephone", "video")[int(rng.choice(3, p=[0.72, 0.2, 0.08]))]
            contact["appointment_mode"] = mode


def _see(episode: Episode, rng: np.random.Generator, counts: Counter[Any]) -> None:
    """The first appointment of those referred to one; a few still wait, most others left."""
    found = usable(episode)
    for contact in found:
        if contact["contact_type"] in LATER:
            key = "attended" if attended(contact) else f"missed {contact['attendance']}"
            counts["visits", key] += 1
    sent = [c["referral_date"] for c in found if c.get("referral_destination") == "TIMS"]
    if not sent:
        return
    seen = [c for c in found if c["contact_type"] == "appointment" and attended(c)]
    if seen:
        first = min(seen, key=lambda contact: contact["contact_date"])
        first["first_appointment_date"] = first["contact_date"]
        counts["days to appointment", (first["contact_date"] - min(sent)).days] += 1
        return
    last = max(found, key=lambda contact: contact["contact_date"])
    date = min(sent) + dt.timedelta(days=int(rng.integers(25, 170)))
    if episode.site.service == "moorland" and rng.random() < 0.4 and date <= world.EXTRACT:
        # Seen in another system, which gives the date alone.
        last["first_appointment_date"] = date
        counts["days to appointment", (date - min(sent)).days] += 1
        return
    old = (world.EXTRACT - min(sent)).days > world.LEFT_LIST_AFTER
    closed = any(contact.get("close_date") for contact in found)
    if old and not closed and rng.random() < world.LEFT_LIST_RATE:
        left = min(sent) + dt.timedelta(days=int(rng.integers(30, world.LEFT_LIST_AFTER)))
        last["close_date"] = max(left, last["contact_date"])
        last["close_reason"] = ("transferred", "dna", "other")[int(rng.integers(0, 3))]
        closed = True
    counts["waiting"] += not closed


def _return(episodes: list[Episode], rng: np.random.Generator, counts: Counter[Any]) -> None:
    """Some of those discharged come back: a later episode of the chunk becomes theirs."""
    by_service: dict[str, list[Episode]] = {}
    for episode in sorted(episodes, key=lambda each: (each.first, each.number)):
        by_service.setdefault(episode.site.service, []).append(episode)
    taken: set[int] = set()
    for episode in episodes:
        closed = [c["close_date"] for c in usable(episode) if c.get("close_date")]
        u = rng.random()
        if not closed:
            continue
        counts["discharged"] += max(closed) <= world.EXTRACT - dt.timedelta(days=world.RETURN_DAYS)
        soon = u < world.RETURN_RATE
        if not soon and u > world.RETURN_RATE + world.LATER_RETURN_RATE:
            continue
        span = (7, world.RETURN_DAYS) if soon else (world.RETURN_DAYS + 1, world.LATER_RETURN_DAYS)
        later = _one_of(by_service[episode.site.service], max(closed), span, taken, rng)
        if later is None:
            continue
        taken.update((episode.number, later.number))
        patient, later.person = episode.contacts[0]["patient_id"], episode.person
        for contact in later.contacts:
            contact |= {"patient_id": patient, **episode.person}
        in_time = max(closed) <= world.EXTRACT - dt.timedelta(days=world.RETURN_DAYS)
        counts["returned"] += soon and in_time


def _one_of(
    ordered: list[Episode],
    closed: dt.date,
    span: tuple[int, int],
    taken: set[int],
    rng: np.random.Generator,
) -> Episode | None:
    """An episode first seen so many days after `closed` that is nobody else's yet."""
    first, last = (closed + dt.timedelta(days=days) for days in span)
    low = bisect_left(ordered, first, key=lambda each: each.first)
    high = bisect_right(ordered, last, key=lambda each: each.first)
    free = [each for each in ordered[low:high] if each.number not in taken and usable(each)]
    return free[int(rng.integers(0, len(free)))] if free else None
