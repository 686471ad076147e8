"""A small service that sends exports: random episodes, a bit at a time, with corrections.

`Service(root, seed)` has a data home of two sources with several sites. Each of its steps does to
the home what a service does: another day's files, late rows, corrections, rows that move to
another episode or are deleted, a complete export in place of the last. What is left to a draw
comes from the seed.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

from pipelines import snapshot as snapshots
from pipelines.home import Home
from pipelines.ingest.door import ingest_file
from tests.exports import columns, contacts, write
from tests.generative.cases import CES, GP, ONSET, URG, random_cases

STREAMS = ("triage", "exercise_log", "referral")
KEY = {"triage": "contact_id", "exercise_log": "log_id", "referral": "referral_id"}
DAY = {"triage": "contact_date", "exercise_log": "log_date", "referral": "referral_date"}
SOURCES = ("north", "south")
FULL = "west"
"""A source whose every export is complete."""
PARTS = ("ces_1_saddle__genitals", "ces_1_saddle__back_passage")
STATE = "_state"
Row = dict[str, Any]


class Service:
    """Two sources' rows by what was sent and what was not, and the home that takes them in."""

    def __init__(self, root: Path, seed: int, episodes: int = 80) -> None:
        self.rng = random.Random(seed)
        self.folder = root / "exports"
        self.folder.mkdir(parents=True)
        self.home = Home.open(root / "home")
        self.profiles = {stream: self._profile(stream) for stream in STREAMS}
        self.files = 0
        self.last = dict.fromkeys((*SOURCES, FULL), ONSET + dt.timedelta(days=70))
        self.unsent: list[tuple[str, str, Row]] = []
        self.sent: list[tuple[str, str, Row]] = []
        for number, (_, content, _params) in enumerate(random_cases(seed, episodes)):
            source = self.rng.choice((*SOURCES, *SOURCES, FULL))
            self.unsent += self._rows(source, f"E{number}", content)

    def _profile(self, stream: str) -> Path:
        """The canonical profile, with columns that delete rows and for parts of an answer."""
        packaged = resources.files("pipelines.ingest.profiles").joinpath(f"canonical_{stream}.toml")
        text = packaged.read_text("utf-8").replace(
            "[keys]\n", f'[keys]\ndelete = {{ column = "{STATE}", values = ["gone"] }}\n'
        )
        text = text.replace(
            "[match]\n", "[file]\nmax_quarantine = 1.0\nmax_unmapped = 1.0\n\n[match]\n"
        )
        text += f'"state" = {{ to = "{STATE}" }}\n'
        if stream == "triage":
            text += "".join(f'"{part}" = {{ to = "{part}" }}\n' for part in PARTS)
        path = self.folder / f"{stream}.toml"
        path.write_text(text, encoding="utf-8")
        return path

    def _rows(self, source: str, name: str, content: Row) -> list[tuple[str, str, Row]]:
        later = self.rng.choice((0, 0, 10, 40, 80, 120, 200))
        person = self.rng.choice((name, name, name, "E1", "E2"))
        site = f"{source}-{self.rng.choice('abc')}"
        plain = _without_parts(content)
        found: list[tuple[str, str, Row]] = []
        for row in contacts(name, plain):
            own = {
                "patient_id": f"P-{person}",
                "site_id": site,
                "sex": self.rng.choice(("female", "male")),
            }
            if self.rng.random() < 0.1:
                own |= dict(zip(PARTS, self.rng.choices(("yes", "no", ""), k=2), strict=True))
            found.append((source, "triage", row | own))
        for stream, key in (("exercise_log", "exercise_logs"), ("referral", "referrals")):
            for number, row in enumerate(plain.get(key, []), start=1):
                own = {KEY[stream]: f"{name}-{stream}-{number}"}
                found.append((source, stream, {**row, **own}))
        return [(s, stream, _later(row | {"episode_id": name}, later)) for s, stream, row in found]

    def _send(self, rows: list[tuple[str, str, Row]], correction: bool = False) -> None:
        for source in (*SOURCES, FULL):
            for stream in STREAMS:
                own = [row for s, of, row in rows if (s, of) == (source, stream)]
                if own:
                    self._file(source, stream, own, correction)

    def _file(self, source: str, stream: str, rows: list[Row], correction: bool) -> None:
        self.files += 1
        path = self.folder / f"canonical_{stream}_{self.files}.csv"
        more = ["state", *(PARTS if stream == "triage" else ())]
        write(path, [*columns(stream), *more], rows)
        with self.home.lock("test"):
            ingest_file(
                self.home,
                path,
                profile=self.profiles[stream],
                extract_date=self.last[source],
                source=source,
                correction=correction,
            )

    def begin(self) -> None:
        """The first exports: every stream of every source, most rows up to its last day, and of
        each somebody who is to see a GP and has time for it yet."""
        for source in SOURCES:
            self.unsent.append((source, "triage", _to_see_a_gp(source, self.last[source])))
        for source in (*SOURCES, FULL):
            for stream in STREAMS:
                self._take(lambda s, of, row, a=source, b=stream: (s, of) == (a, b) and _first(row))
        self._due(0.8)

    def _take(self, wanted: Callable[..., bool]) -> None:
        chosen = [each for each in self.unsent if wanted(*each)]
        self.unsent = [each for each in self.unsent if not wanted(*each)]
        self.sent += chosen
        self._send(chosen)

    def _due(self, share: float) -> None:
        """Send most rows up to each source's last day, and a few that lie after it."""
        drawn = {
            id(row): self.rng.random() < (share if _day(of, row) <= self.last[s] else 0.1)
            for s, of, row in self.unsent
        }
        self._take(lambda s, of, row: drawn[id(row)] and s != FULL)

    def another_day(self) -> None:
        """The files of the next days, of both sources or of one."""
        step = dt.timedelta(days=self.rng.choice((1, 1, 3, 14, 30)))
        for source in self.rng.choice((SOURCES, SOURCES[:1], SOURCES[1:])):
            self.last[source] += step
        self._due(0.7)

    def nothing_but_the_day(self) -> None:
        """A file of one row in each stream that makes the last day later for everybody."""
        source = self.rng.choice(SOURCES)
        self._later_day(source, self.last[source] + dt.timedelta(self.rng.choice((1, 7, 15, 29))))

    def a_trigger_runs_out(self) -> None:
        """The last day on which the next pending trigger of what is published can be acted on."""
        con = snapshots.open_readonly(snapshots.current(self.home).path)
        found = con.execute(
            "select e.source, b.breach_date + b.allowed_days from breach as b\n"
            "join episode as e using (episode_key)\n"
            "where b.result = 'PENDING' and e.source in ('north', 'south') order by all"
        ).fetchall()
        con.close()
        later = [(day, source) for source, day in found if day > self.last[source]]
        if later:
            day, source = min(later)
            self._later_day(source, day)

    def _later_day(self, source: str, day: dt.date) -> None:
        self.last[source] = day
        for stream in STREAMS:
            found = [
                e
                for e in self.sent
                if e[:2] == (source, stream) and not e[2]["episode_id"].startswith("G-")
            ]
            _, _, row = self.rng.choice(found)
            self._file(source, stream, [row], True)

    def late_rows(self) -> None:
        """Rows that were forgotten earlier, without a later last day."""
        self._due(0.9)

    def corrections(self) -> None:
        """Rows again under their keys with another content; one moves to another episode."""
        found = []
        for source, stream, row in self.rng.sample(self._correctable(), 4):
            changed = dict(row)
            day = _day(stream, row) + dt.timedelta(days=self.rng.choice((-9, 0, 0, 2)))
            changed[DAY[stream]] = day.isoformat()
            if stream == "triage":
                changed |= {"site_id": f"{source}-c", "urg_2_gait": self.rng.choice(("yes", "no"))}
            found.append((source, stream, changed))
        source, stream, row = self.rng.choice([e for e in self._correctable() if e[1] == "triage"])
        others = sorted({r["episode_id"] for s, _, r in self.sent if s == source})
        found.append((source, stream, row | {"episode_id": self.rng.choice(others)}))
        self._send(found, True)

    def deletions(self) -> None:
        """Rows that a later file deletes; once in a while all of an episode."""
        chosen = self.rng.sample(self._correctable(), 2)
        if self.rng.random() < 0.5:
            source, _, first = chosen[0]
            chosen = [
                e for e in self.sent if (e[0], e[2]["episode_id"]) == (source, first["episode_id"])
            ]
        self._send([(s, of, row | {"state": "gone"}) for s, of, row in chosen], True)

    def strangers(self) -> None:
        """Diary entries and referrals of episodes that no triage export has (yet)."""
        source = self.rng.choice(SOURCES)
        name = f"X{self.files}"
        for stream in STREAMS[1:]:
            _, _, row = self.rng.choice([e for e in self.sent if e[:2] == (source, stream)])
            own = row | {"episode_id": name, KEY[stream]: f"{name}-{self.rng.randrange(3)}"}
            self._file(source, stream, [own], False)
        _, _, seen = self.rng.choice([e for e in self.sent if e[:2] == (source, "triage")])
        self.unsent.append(
            (source, "triage", seen | {"episode_id": name, "contact_id": f"{name}-1"})
        )

    def shared_keys(self) -> None:
        """A correction of a key that another episode's row has had before: both are touched."""
        source = self.rng.choice(SOURCES)
        own = [e for e in self.sent if e[:2] == (source, "exercise_log")]
        (_, _, one), (_, _, other) = self.rng.sample(own, 2)
        self._file(source, "exercise_log", [one | {"episode_id": other["episode_id"]}], False)
        self._file(source, "exercise_log", [other | {"performed": "yes"}], True)

    def a_complete_export(self) -> None:
        """The source of complete exports sends its next one, in place of the last."""
        self.last[FULL] += dt.timedelta(days=self.rng.choice((0, 7, 30)))
        own = [e for e in (*self.sent, *self.unsent) if e[0] == FULL]
        rows = [row for _, of, row in own if of == "triage" and _day(of, row) <= self.last[FULL]]
        if not self.profiles.get(FULL):
            text = self.profiles["triage"].read_text("utf-8").replace('"append"', '"full"')
            self.profiles[FULL] = self.folder / "complete.toml"
            self.profiles[FULL].write_text(text, encoding="utf-8")
        keep = self.profiles["triage"]
        self.profiles["triage"] = self.profiles[FULL]
        self._file(FULL, "triage", rows, False)
        self.profiles["triage"] = keep

    def _correctable(self) -> list[tuple[str, str, Row]]:
        return [each for each in self.sent if each[0] != FULL]


STEPS = (
    *("another_day", "another_day", "nothing_but_the_day", "late_rows", "corrections"),
    *("deletions", "strangers", "shared_keys", "a_complete_export", "a_trigger_runs_out"),
)


def _to_see_a_gp(source: str, last: dt.date) -> Row:
    seen = {"contact_id": f"G-{source}-1", "episode_id": f"G-{source}", "site_id": f"{source}-a"}
    pain = dict.fromkeys(("has_back_pain", "has_leg_pain", "gp_2_unwell"), "yes")
    day, onset = (last - dt.timedelta(days=days) for days in (3, 20))
    return {
        **dict.fromkeys(CES + URG + GP, "no"),
        **seen,
        **pain,
        **{"contact_date": day.isoformat(), "onset_date": onset.isoformat()},
        "contact_type": "triage",
    }


def _first(row: Row) -> bool:
    return row["episode_id"] in {f"E{number}" for number in range(60)}


def _day(stream: str, row: Row) -> dt.date:
    return dt.date.fromisoformat(row[DAY[stream]])


def _later(row: Row, days: int) -> Row:
    """The row with every day in it so much later."""
    return {name: _moved(value, days) for name, value in row.items()}


def _moved(value: Any, days: int) -> Any:
    if isinstance(value, str) and len(value) == 10 and value[4:5] == "-":
        return (dt.date.fromisoformat(value) + dt.timedelta(days=days)).isoformat()
    return value


def _without_parts(content: Row) -> Row:
    """A wide export holds no question in parts that the profile has no column for."""
    found = []
    for contact in content["contacts"]:
        answers = {
            item: "unknown" if isinstance(answer, dict) and "parts" in answer else answer
            for item, answer in contact["answers"].items()
        }
        found.append(contact | {"answers": answers})
    return content | {"contacts": found}
