"""Those past 8 weeks with pain and without: worked by hand, and recounted on the demo."""

from __future__ import annotations

from collections import Counter
from datetime import date

from pipelines.measures.evaluate import evaluate
from pipelines.measures.filter import Filter
from tests.measures.conftest import empty, insert

DAY, EARLIER = date(2026, 3, 1), date(2026, 2, 1)
PAIN, NUMB, OPEN = "pain", "numbness or tingling without pain", "pain not scored"


def scored(key, day=DAY, **scores):
    return {"contact_key": key, "episode_key": key, "contact_date": day, **scores}


def test_the_latest_day_with_symptoms_decides():
    con = empty()
    insert(
        con,
        "episode",
        [
            {"episode_key": key, "n_evaluated": 1, "first_contact_date": EARLIER,
             "extract_date": date(2026, 6, 30), "persist_8w": "PERSISTENT",
             "persisting_now": key != 3, "last_symptomatic_date": None if key == 7 else DAY}
            for key in range(1, 8)
        ],
    )  # fmt: skip
    insert(
        con,
        "contact",
        [
            scored(1, nprs=4),
            scored(2, nprs=0),  # present, and scored as free of pain
            {**scored(2, EARLIER, nprs=8), "contact_key": 12},
            scored(3, nprs_leg=0, nprs_back=0),
            scored(4, nprs_leg=0, nprs_back=2),
            scored(5),
            # the sixth was seen that day in the diary alone, the seventh on no day that is kept
        ],
    )
    ever = {r.part: r.result for r in evaluate(con, "persisting_ever_by_pain", Filter()).rows}
    assert {part: r.numerator for part, r in ever.items()} == {PAIN: 3, NUMB: 2, OPEN: 2}
    assert {r.denominator for r in ever.values()} == {7}
    now = {r.part: r.result for r in evaluate(con, "persisting_now_by_pain", Filter()).rows}
    assert {part: r.numerator for part, r in now.items()} == {PAIN: 3, NUMB: 1, OPEN: 2}


def test_the_parts_are_those_of_a_recount_and_add_up(demo_snapshot):
    contacts = {}
    for key, day, *scores in demo_snapshot.execute(
        "select episode_key, contact_date, nprs, nprs_leg, nprs_back from contact"
    ).fetchall():
        contacts.setdefault((key, day), []).extend(s for s in scores if s is not None)
    expected = Counter()
    for key, day, now in demo_snapshot.execute(
        "select episode_key, last_symptomatic_date, persisting_now from episode "
        "where persist_8w = 'PERSISTENT' and n_evaluated > 0"
    ).fetchall():
        own = contacts.get((key, day))
        if own is None:
            part = PAIN if day else OPEN
        else:
            part = (PAIN if max(own) >= 1 else NUMB) if own else OPEN
        expected["ever", part] += 1
        expected["now", part] += bool(now)
    for which, whole in (("ever", "persisting_ever"), ("now", "persisting_now")):
        rows = evaluate(demo_snapshot, f"persisting_{which}_by_pain", Filter()).rows
        assert {row.part: row.result.numerator for row in rows} == {
            part: expected[which, part] for part in (PAIN, NUMB, OPEN)
        }
        (total,) = evaluate(demo_snapshot, whole, Filter()).rows
        assert sum(row.result.numerator for row in rows) == total.result.numerator > 0
