"""Breaches, their answers, and whether referrals were expected (sections 6.1, 6.2 and 6.6)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.oracle.answers import code
from tests.oracle.contact import tried
from tests.oracle.episode import Days
from tests.oracle.params import CES, GP, LEVELS, RANK, ROUTES, URG
from tests.oracle.persistence import last_symptoms
from tests.oracle.routes import last_known, route
from tests.oracle.timing import began, more_than

ITEMS = {RANK["A_AND_E"]: CES, RANK["URGENT"]: URG, RANK["GP"]: GP, RANK["TIMS"]: ()}
ADVISORY = (
    "adv_bilateral",
    "adv_trauma",
    "adv_steroids",
    "adv_immunosuppressed",
    "adv_anticoagulant",
    "adv_pregnant",
)
Row = dict[str, Any]


class Audit:
    """The audit of one part of an episode; levels are ranks."""

    def __init__(self, days: Days, params: dict[str, Any]) -> None:
        self.days, self.part, self.params = days, days.part, params
        self.triage = [row for row in self.part.referrals if row["destination"] in RANK]
        self.breaches: list[Row] = []
        self._find_breaches()

    def _find_breaches(self) -> None:
        """Rises of the running maximum, and new signs after earlier ones were dealt with (6.1)."""
        top, seen = 0, set[str]()
        for date in self.days.dates:
            true = self._true_signs(date)
            fresh = {rank for rank in (4, 3) if (true & set(ITEMS[rank])) - seen}
            rank = self.days.lb(date)
            new = {rank} if rank > top else set()
            new |= {level for level in fresh if level <= top and self._reopened(level, date)}
            self.breaches += [self._breach(level, date) for level in sorted(new)]
            top, seen = max(top, rank), seen | true

    def _true_signs(self, date: dt.date) -> set[str]:
        return {
            item for one in self.days.on(date) for item, value in one.signs.items() if value is True
        }

    def _reopened(self, level: int, date: dt.date) -> bool:
        """Earlier breaches of the level were acted on before, none in the look-back (6.1)."""
        earlier = [b for b in self.breaches if b["rank"] >= level and b["date"] < date]
        acted = all(b["by"] is not None and b["by"]["date"] < date for b in earlier)
        begin = date - dt.timedelta(days=self._days("referral_lookback_days", level))
        near = any(self._answers(row, level) and begin <= row["date"] < date for row in self.triage)
        return acted and not near

    def _days(self, name: str, level: int) -> int:
        return int(self.params[name][LEVELS[level]])

    @staticmethod
    def _answers(row: Row, level: int) -> bool:
        """A level is answered by its own or a higher rank; a GP is no appointment (6.1 A)."""
        rank = RANK[row["destination"]]
        return rank >= level and not (level == RANK["TIMS"] and rank == RANK["GP"])

    def _breach(self, level: int, date: dt.date) -> Row:
        """Was a breach answered, and in time (section 6.1 A)?"""
        begin = date - dt.timedelta(days=self._days("referral_lookback_days", level))
        for one in self.days.on(date):
            for item in ITEMS[level]:
                if one.signs[item] is True and item in one.contact.answers:
                    onset = self.part.sign_onset if item in CES else self.part.onset
                    begin = min([begin, *began(one.contact, item, onset)])
        covering = [r for r in self.triage if self._answers(r, level) and r["date"] >= begin]
        first = min(covering, key=lambda r: (r["date"], RANK[r["destination"]]), default=None)
        if level == RANK["GP"] and self._sent_by_gp(date):
            first = {"date": date} if first is None or first["date"] > date else first
        window = self._days("referral_window_days", level)
        breach = {"rank": level, "date": date, "by": first, "days": None, "timely": None}
        if first is not None:
            breach["result"] = "COVERED"
            breach["days"] = max(0, (first["date"] - date).days)
            breach["timely"] = breach["days"] <= window
        elif "referral" not in self.part.streams:
            breach["result"] = "NOT_AUDITABLE"  # no action would be on record (6.6)
        else:
            waiting = (self.part.extract - date).days < window
            breach["result"] = "PENDING" if waiting else "MISSED"
        return breach

    def _sent_by_gp(self, date: dt.date) -> bool:
        """A contact already referred in by the GP answers a GP breach of that day (6.6)."""
        return any(
            code(contact.raw.get("referral_source")) == "gp"
            for contact in self.part.contacts
            if contact.date == date
        )

    def _judge(self, row: Row) -> str:
        """Was a triage referral expected (section 6.1 B)?"""
        rank, date = RANK[row["destination"]], row["date"]
        before = [day for day in self.days.dates if day <= date]
        covered = [b["rank"] for b in self.breaches if b["by"] is row]
        if not before and not covered:
            return "NOT_AUDITABLE"
        low = max([self.days.lb(day) for day in before] + covered)
        high = max([low] + [self.days.ub(day) for day in before])
        if rank <= low:
            return "JUSTIFIED"
        if rank == RANK["TIMS"] and self._permitted(date):
            return "PERMITTED"
        if rank > high:
            return "BEYOND_SUPPORTED" if self._advised(date) else "OVER"
        return "NOT_AUDITABLE"

    def _permitted(self, date: dt.date) -> bool:
        """perm* of section 6.1 B."""
        if any(one.h4_state == "permitted" for one in self.days.judged if one.contact.date <= date):
            return True
        if last_known(self.part, "mri_explains_pain", date) is False:
            return True
        past = more_than(date, self.part.onset, self.params["w_hi_days"])
        return bool(
            self.params["persistent_permits_tims"]
            and past is True
            and last_symptoms(self.part, date) is True
        )

    def _advised(self, date: dt.date) -> bool:
        """Whether an advisory item supports a referral beyond the leaflet (section 6.6)."""
        contacts = [c for c in self.part.contacts if c.date <= date]
        if any(c.value(item) is True for c in contacts for item in ADVISORY):
            return True
        tripped = any(c.value("urg_1_weak_trip") is True for c in contacts)
        return not tripped and any(c.value("significant_weakness") is True for c in contacts)

    def referrals(self) -> list[Row]:
        """Result of every referral, by date and id (sections 6.1 B and 6.5)."""
        found = []
        for row in self.part.referrals:
            result: Row = {"result": None, "reasons": [], "soft": []}
            if row["destination"] in RANK:
                result["result"] = self._judge(row)
            elif row["destination"] in ROUTES:
                done = tried(self.part, row["date"], self.params)
                result = route(self.days, row, done, self.params)
            found.append({"referral_id": row["referral_id"], **result})
        return found

    def recorded(self) -> str:
        """Highest level acted on since the first breach's look-back (section 6.2)."""
        begin = dt.date.min
        if self.breaches:
            first = self.breaches[0]
            back = self._days("referral_lookback_days", first["rank"])
            begin = first["date"] - dt.timedelta(days=back)
        ranks = [RANK[row["destination"]] for row in self.triage if row["date"] >= begin]
        return LEVELS[max(ranks)] if ranks else str(self.params["no_referral_means"])

    def _urgent(self, breach: Row) -> bool:
        late = breach["result"] == "COVERED" and not breach["timely"]
        return breach["rank"] >= RANK["URGENT"] and (late or breach["result"] == "MISSED")

    def result(self, worst_lb: str, worst_ub: str) -> Row:
        """The `audit` field of section 2.5."""
        referrals = self.referrals()
        results = [row["result"] for row in referrals]
        recorded = self.recorded()
        outcomes = [breach["result"] for breach in self.breaches]
        late = [b for b in self.breaches if b["result"] == "COVERED" and not b["timely"]]
        above = RANK.get(recorded, 0) > RANK[worst_lb] and "NOT_AUDITABLE" in results
        unrecorded = "NOT_AUDITABLE" in outcomes or (
            "referral" not in self.part.streams and not outcomes
        )
        checks = {
            "UNDER": "MISSED" in outcomes,
            "LATE": any(b["rank"] >= RANK["URGENT"] for b in late),
            "OVER": "OVER" in results,
            "PENDING": "PENDING" in outcomes,
            "NOT_AUDITABLE": worst_lb != worst_ub or above or unrecorded,
        }
        category = next((name for name, holds in checks.items() if holds), "AGREE")
        obstacles = {
            "no_action_source": unrecorded,
            "no_contact": not self.days.dates,
            "screen_not_settled": worst_lb != worst_ub,
            "action_not_judged": above,
        }
        obstacle = next((name for name, holds in obstacles.items() if holds), None)
        return {
            "category": category,
            "reason": obstacle if category == "NOT_AUDITABLE" else None,
            "late": bool(late),
            "permitted": "PERMITTED" in results,
            "expected_lb": worst_lb,
            "expected_ub": worst_ub,
            "recorded": recorded,
            "missed_red_flag": any(self._urgent(breach) for breach in self.breaches),
            "breaches": [_told(breach) for breach in self.breaches],
            "referrals": referrals,
        }


def _told(breach: Row) -> Row:
    return {
        "level": LEVELS[breach["rank"]],
        "breach_date": breach["date"].isoformat(),
        "result": breach["result"],
        "days_to_referral": breach["days"],
        "timely": breach["timely"],
    }
