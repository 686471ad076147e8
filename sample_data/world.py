"""The invented services, their sites and the situations that were built in: all fiction."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

START = dt.date(2024, 1, 1)
EXTRACT = dt.date(2026, 6, 30)
DAYS = (EXTRACT - START).days + 1
DEMO_EPISODES = 6000
DEMO_SEED = 20260630


@dataclass(frozen=True)
class Site:
    """A fictional site: its share of the episodes, and how often action falls short."""

    id: str
    service: str
    share: float
    under: float = 0.06


SITES = (
    Site("RIV-NORTH", "riverside", 0.30),
    Site("RIV-SOUTH", "riverside", 0.22),
    Site("RIV-EAST", "riverside", 0.16),
    # Built in: a site that refers less than the leaflet says.
    Site("RIV-WEST", "riverside", 0.12, under=0.35),
    Site("MOOR-HILL", "moorland", 0.192),
    # Built in: a site with very few cases.
    Site("MOOR-ISLE", "moorland", 0.008),
)
UNDER_SITE = "RIV-WEST"
SMALL_SITE = "MOOR-ISLE"
# Built in: after a change of form the cauda equina questions stay blank for a while.
BLANK_SITE = "RIV-EAST"
BLANK_FROM, BLANK_TO = dt.date(2026, 2, 1), dt.date(2026, 3, 31)
# Built in: more red flags than usual for three months.
RISE_FROM, RISE_TO = dt.date(2025, 9, 1), dt.date(2025, 11, 30)
RISE_FACTOR = 3.0
# Built in: a correction that revises a month already published.
CORRECTED_SITE = "RIV-SOUTH"
CORRECTED_FROM, CORRECTED_TO = dt.date(2026, 3, 1), dt.date(2026, 3, 31)

# How pain runs: share, median days from onset to resolution, spread (log scale).
# Slower than acute low back pain (Downie 2016, Pengel 2003), since sciatica heals slowly
# (Konstantinou 2018: 55 % improved at 12 months).
CLASSES = (
    ("fast", 0.25, 24.0, 0.45),
    ("steady", 0.33, 52.0, 0.45),
    ("slow", 0.23, 130.0, 0.5),
    ("fluctuating", 0.12, 220.0, 0.5),
    ("persistent", 0.07, 4000.0, 0.1),
)
# Answers at a first contact, per person; assumptions of ours, plausible and not cited.
CES_RATES = (0.0055, 0.0035, 0.0045, 0.003, 0.0025, 0.0055, 0.002, 0.003, 0.0045)
URGENT_RATES = (0.022, 0.018, 0.009)
# A history of cancer in about one adult in ten; unwell and weight loss are rarer.
GP_RATES = (0.10, 0.022, 0.018)
# How often a question stays without a yes or no, beside whole blocks.
OPEN_RATE = 0.018
OPEN_SEXUAL = 0.11
OPEN_BLOCK = 0.05
REVIEW_RATES = (0.62, 0.21, 0.12, 0.05)
APP_RATE = 0.10

# The pathway around the contacts: assumptions of ours where no source is named.
SOURCES, SOURCE_SHARES = ("gp", "self", "fcp", "ed", "other"), (0.34, 0.36, 0.22, 0.03, 0.05)
# Days from referral received to triage: median and spread (log scale).
TRIAGE_WAIT = (6.0, 0.8)
# Of booked visits after triage; a visit that came to nothing is a row of its own.
DNA_RATE, CANCEL_RATE, PROVIDER_CANCEL_RATE = 0.09, 0.05, 0.02
REBOOKED_RATE = 0.62
# Who was referred to an appointment and not seen: mostly discharged, a few still wait.
LEFT_LIST_RATE, LEFT_LIST_AFTER = 0.96, 120
# Back with a new episode after a discharge: within 12 weeks, and later within about a year.
RETURN_RATE, RETURN_DAYS = 0.055, 84
LATER_RETURN_RATE, LATER_RETURN_DAYS = 0.03, 390
# What the emergency department found; of suspected cauda equina syndrome 19 % are confirmed
# (Hoeritzauer 2020).
ED_BLANK, ED_AWAITED, ED_NOT_SCANNED, CONFIRMED_RATE = 0.20, 0.08, 0.17, 0.19
PGIC_RATE, MSK_HQ_FIRST, MSK_HQ_LATER = 0.5, 0.6, 0.42
# Referrals to a treatment route at a later visit: people who are stuck, and the others.
ROUTES = {"MRI": (0.13, 0.012), "INJECTION": (0.10, 0.004), "SURGERY": (0.03, 0.001)}

AGE_BANDS = ("18-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75-84", "85+")
AGE_SHARES = (0.05, 0.13, 0.19, 0.24, 0.20, 0.12, 0.06, 0.01)
SEXES, SEX_SHARES = ("female", "male", ""), (0.60, 0.385, 0.015)
ETHNIC = ("White", "Asian", "Black", "Mixed", "Other", "")
ETHNIC_SHARES = (0.80, 0.07, 0.03, 0.02, 0.02, 0.06)
IMD, IMD_SHARES = ("1", "2", "3", "4", "5", ""), (0.26, 0.21, 0.19, 0.17, 0.14, 0.03)

CES = (
    *("ces_1_saddle", "ces_2_wiping", "ces_3_urine_start", "ces_4_urine_stop"),
    *("ces_5_void_feeling", "ces_6_urine_leak", "ces_7_bladder_fullness", "ces_8_bowel_control"),
    "ces_9_sexual",
)
URGENT = ("urg_1_weak_trip", "urg_2_gait", "urg_3_floppy_foot")
GP = ("gp_1_cancer", "gp_2_unwell", "gp_3_weight_loss")
SCREEN = (*CES, *URGENT, *GP)
EXERCISES = (
    *("knees_to_chest", "crawl_stretch", "knees_side_to_side", "bridge"),
    *("seated_knee_extension", "squat", "march_in_place", "walk"),
)
