"""Write a set of exports of any size, in chunks, the same bytes for the same seed."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from sample_data import vendors, world
from sample_data.dirt import soil
from sample_data.followup import follow
from sample_data.pathway import walk
from sample_data.people import Episode, draw
from sample_data.stories import stories
from sample_data.truth import Truth
from sample_data.visits import record

CHUNK = 5_000


class Writer:
    """A gzipped CSV file whose bytes depend on its content alone."""

    def __init__(self, path: Path, header: list[str], encoding: str, preamble: str = "") -> None:
        self.raw = path.open("wb")
        self.packed = gzip.GzipFile("", "wb", 6, self.raw, mtime=0)
        self.text = io.TextIOWrapper(self.packed, encoding=encoding, newline="")
        self.text.write(preamble)
        self.csv = csv.writer(self.text, lineterminator="\r\n")
        self.csv.writerow(header)
        self.rows = 0

    def add(self, row: list[str]) -> None:
        """Append one record."""
        self.csv.writerow(row)
        self.rows += 1

    def close(self, footer: str = "") -> None:
        """Write the footer, if any, and close."""
        self.text.write(footer.format(rows=self.rows))
        self.text.close()
        self.packed.close()
        self.raw.close()


def generate(
    folder: Path, episodes: int = world.DEMO_EPISODES, seed: int = world.DEMO_SEED
) -> dict[str, Any]:
    """Write the exports of `episodes` episodes and truth.json into `folder`; return the truth."""
    folder.mkdir(parents=True, exist_ok=True)
    out = _Files(folder)
    truth = Truth(seed, episodes)
    for chunk, rng, own in _chunks(episodes, seed):
        for episode in chunk:
            record(episode, rng)
            truth.see(episode)
            soil(episode, rng, truth.faults)
        walk(chunk, own, truth.pathway)
        for episode in chunk:
            follow(episode, own, truth.pathway)
            out.add(episode)
    told, shows = stories()
    for episode in told:
        out.add(episode)
    truth.corrected = out.correct(np.random.default_rng(seed + 1))
    out.close()
    found = truth.document(shows, out.counts())
    text = json.dumps(found, indent=1, sort_keys=True) + "\n"
    (folder / "truth.json").write_text(text, encoding="utf-8")
    return found


def _chunks(
    episodes: int, seed: int
) -> Iterator[tuple[list[Episode], np.random.Generator, np.random.Generator]]:
    """Latent episodes, the random stream of their chunk, and one for the pathway around them."""
    starts = range(0, episodes, CHUNK)
    seeds = np.random.SeedSequence(seed).spawn(len(starts))
    for start, own in zip(starts, seeds, strict=True):
        rng = np.random.default_rng(own)
        chunk = draw(rng, start + 1, min(CHUNK, episodes - start))
        yield chunk, rng, np.random.default_rng(own.spawn(1)[0])


class _Files:
    """Every export that is being written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.writers: dict[str, Writer] = {}
        self.correctable: list[dict[str, Any]] = []

    def add(self, episode: Episode) -> None:
        service = episode.site.service
        for contact in episode.contacts:
            self._contact(service, contact)
        for log in episode.logs:
            self._writer(f"{service}_app_adherence", list(vendors.APP), "utf-8").add(
                vendors.app_row(log)
            )
        if service == "moorland":
            for referral in episode.referrals:
                self._writer("moorland_referrals", list(vendors.REFERRAL), "utf-8").add(
                    vendors.referral_row(referral)
                )

    def _contact(self, service: str, contact: dict[str, Any]) -> None:
        date = contact["contact_date"]
        if service == "moorland":
            year = min(date.year, world.EXTRACT.year)
            writer = self._writer(f"moorland_triage_{year}", list(vendors.CANONICAL), "utf-8")
            writer.add(vendors.canonical_row(contact))
            return
        bound = min(date, world.EXTRACT)
        name = f"Riverside_LegPain_Triage_{bound.year}H{1 if bound.month < 7 else 2}"
        end = dt.date(bound.year, 6, 30) if bound.month < 7 else dt.date(bound.year, 12, 31)
        self._epr(name, end).add(vendors.epr_row(contact))
        corrected = world.CORRECTED_FROM <= date <= world.CORRECTED_TO
        if corrected and contact["site_id"] == world.CORRECTED_SITE and "raw_date" not in contact:
            self.correctable.append(contact)

    def _epr(self, name: str, end: dt.date) -> Writer:
        preamble = (
            "Riverside MSK \u2013 leg pain triage (invented data)\r\n"
            f"Data to: {end:%d/%m/%Y}\r\n\r\n"
        )
        return self._writer(name, list(vendors.EPR), "cp1252", preamble)

    def _writer(self, name: str, header: list[str], encoding: str, preamble: str = "") -> Writer:
        if name not in self.writers:
            path = self.folder / f"{name}.csv.gz"
            self.writers[name] = Writer(path, header, encoding, preamble)
        return self.writers[name]

    def correct(self, rng: np.random.Generator) -> dict[str, int]:
        """The correction: a third of one site's month, with answers and actions put right."""
        counts: Counter[str] = Counter()
        writer = self._epr("Riverside_LegPain_Triage_correction_2026-03", world.EXTRACT)
        for contact in self.correctable:
            if contact["episode_id"] == "" or rng.random() > 0.6:
                continue
            fixed = dict(contact)
            if rng.random() < 0.35:
                fixed["gp_3_weight_loss"] = "yes"
                counts["weight loss put in"] += 1
            if not fixed.get("referral_destination") and rng.random() < 0.5:
                fixed["referral_destination"] = "TIMS"
                fixed["referral_date"] = fixed["contact_date"]
                counts["referral put in"] += 1
            counts["rows"] += 1
            writer.add(vendors.epr_row(fixed))
        return dict(counts)

    def close(self) -> None:
        for name, writer in self.writers.items():
            writer.close(
                "*** End of report, {rows} rows\r\n" if name.startswith("Riverside") else ""
            )

    def counts(self) -> dict[str, int]:
        return {f"{name}.csv.gz": writer.rows for name, writer in sorted(self.writers.items())}
