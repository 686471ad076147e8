"""Making a disagreeing case small: drop whatever is not needed for the same field to differ."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any

Pair = tuple[dict[str, Any], dict[str, Any]]  # input, overrides
Judge = Callable[[list[Pair]], list[set[str]]]  # the fields that differ, case by case


def general(path: str) -> str:
    """A path without ids, so that `contacts.c1.gp` and `contacts.c2.gp` are one field."""
    path = re.sub(r"(contacts|doses|parts)\.[^.]+", r"\1.*", path)
    return re.sub(r"\[\d+\]", "[]", path)


def smaller(pair: Pair) -> Iterator[Pair]:
    """The case with one thing less, the larger things first."""
    content, overrides = pair
    for name in overrides:
        yield content, {key: value for key, value in overrides.items() if key != name}
    for table in ("exercise_logs", "referrals", "contacts"):
        for at in range(len(content[table])):
            less = copy.deepcopy(content)
            del less[table][at]
            yield less, overrides
    for table in ("contacts", "exercise_logs"):
        for at, row in enumerate(content[table]):
            for key in row:
                if key.endswith(("_id", "_date", "answers")):
                    continue
                less = copy.deepcopy(content)
                del less[table][at][key]
                yield less, overrides
    for key in ("close_date", "close_reason"):
        if key in content["episode"]:
            less = copy.deepcopy(content)
            del less["episode"][key]
            yield less, overrides
    for at, contact in enumerate(content["contacts"]):
        for item in contact["answers"]:
            less = copy.deepcopy(content)
            del less["contacts"][at]["answers"][item]
            yield less, overrides


def shrink(pair: Pair, field: str, judge: Judge) -> Pair:
    """A case from which nothing can be dropped without losing the difference in `field`."""
    while True:
        tries = list(smaller(pair))
        found = (one for one, paths in zip(tries, judge(tries), strict=True) if field in paths)
        nearest = next(found, None)
        if nearest is None:
            return pair
        pair = nearest


def compact(pair: Pair) -> str:
    """A case in a few lines; answers that are plainly `no` are counted."""
    content, overrides = pair
    episode = {k: v for k, v in content["episode"].items() if not k.endswith("_id")}
    lines = [f"extract {content['extract_date']}  episode {episode}  params {overrides}"]
    for contact in content["contacts"]:
        answers = contact["answers"]
        said = {item: value for item, value in answers.items() if value != "no"}
        rest = {k: v for k, v in contact.items() if k != "answers"}
        denied = [item for item, value in answers.items() if value == "no"]
        short = f"no to {len(denied)}" if len(denied) > 3 else f"no to {denied}"
        lines.append(f"  {rest} {short} {said}")
    lines += [f"  log {row}" for row in content["exercise_logs"]]
    lines += [f"  referral {row}" for row in content["referrals"]]
    return "\n".join(lines)
