"""What the figures rest on, in plain words: rules, open decisions, measures, intended use."""

from __future__ import annotations

import json
from typing import Any, Final

import streamlit as st

from dashboard import mode, store, text, ui
from dashboard.charts.base import Table
from dashboard.ui import View
from pipelines.measures.catalogue import catalogue, reason_text

READINGS: Final = {"leaflet": "the leaflet's words", "ours": "our reading of it"}
DIRECTIONS: Final = {"up": "higher is better", "down": "lower is better", "neutral": "neither"}

INTENDED_USE: Final = """
These figures look back. They serve the audit of referrals and the review of how the pathway does.

**They are not a triage tool.** Nobody's care may be decided by them: they are computed from what
was exported, which is never all that was known in the room, and they are days or weeks old.

- A question that was not asked is unknown here, never "no". "Not ruled out" says how far the
  answers leave a level open.
- "No action recorded" means that none is in the exports. It can have been done and not exported:
  look into the record before you speak of a missed sign.
- A comparison between sites does not say that one is better: they see different people.
- A control chart does not know causes, and now and then it signals by chance.
"""
TO_THE_RECORD: Final = """
Episodes carry the pseudonym that the service's own system gave them. An auditor who has to see the
record takes the pseudonym to the service's system, or to whoever keeps its key there; the way back
is not in these data and cannot be. If names, NHS numbers or other identifiers are ever seen here,
tell the information-governance lead: the door refuses them, and one that came through is an
incident.
"""


def rules(view: View) -> None:
    """The nineteen criteria in the order of the leaflet."""
    rows = store.rows(view.snapshot, "rules")
    found = Table(
        "The rules",
        ("Sign", "Leads to", "In our words", "Where in the leaflet", "Reading", "Condition"),
        tuple(
            (
                row["title"],
                row["level"],
                row["description"],
                f"{row['section']}, {row['item']}",
                READINGS.get(row["reading"], row["reading"]),
                row["condition"],
            )
            for row in rows
        ),
    )
    st.markdown(
        f"{text.plural(len(rows), 'rule')}; the highest level whose rule holds is confirmed, the "
        "highest whose rule is not ruled out is left open."
    )
    for row in rows:
        st.markdown(
            f"**{row['title']}** leads to **{row['level']}**. {row['description']}  \n"
            f"{row['section']}, {row['item']}; {READINGS.get(row['reading'], row['reading'])}; "
            f"condition `{row['condition']}`"
        )
    ui.download(found, "rules")


def parameters(view: View) -> None:
    """What the leaflet leaves open, as it was decided for these data."""
    rows = store.rows(view.snapshot, "parameters")
    changed = [row for row in rows if row["value"] != row["standard"]]
    st.markdown(
        f"{text.plural(len(rows), 'decision')} that the leaflet leaves open, each with its reason. "
        + (
            f"**{text.count(len(changed))} decided otherwise by this service.**"
            if changed
            else "All are as they come."
        )
    )
    found = Table(
        "Open decisions",
        ("Decision", "Here", "Standard", "Unit", "Why", "Source"),
        tuple(
            (
                row["name"],
                _value(row["value"]),
                _value(row["standard"]),
                row["unit"] or text.NONE,
                row["why"],
                row["source"],
            )
            for row in rows
        ),
    )
    with st.expander("All open decisions"):
        ui.table(found)
        ui.download(found, "parameters")


def _value(written: str) -> str:
    value: Any = json.loads(written)
    if value is None:
        return "off"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def measures(view: View) -> None:
    """Every measure's definition; one is chosen and shown whole."""
    known = catalogue()
    names = {entry.name: entry for entry in known.values()}
    chosen = st.selectbox(
        "Measure", list(names), key="definition", bind="query-params", persist_state="session"
    )
    entry = names[chosen or next(iter(names))]
    left_out = "; ".join(reason_text(code) for code in entry.exclusions)
    st.markdown(
        f"**{entry.name}** ({entry.k_number}, `{entry.id}`)  \n{entry.definition}  \n"
        f"**Counted:** {entry.numerator}  \n**Of:** {entry.denominator}  \n"
        f"**Left out:** {left_out or 'nobody'}  \n**Clock:** {entry.clock}  \n"
        f"**Which direction is good:** {DIRECTIONS[entry.direction]}  \n**Source:** {entry.source}"
    )
    found = Table(
        "All measures",
        ("Number", "Measure", "Definition", "Counted", "Of", "Source"),
        tuple(
            (e.k_number, e.name, e.definition, e.numerator, e.denominator, e.source)
            for e in known.values()
        ),
    )
    with st.expander(f"All {len(known)} measures"):
        ui.table(found)
        ui.download(found, "measures")


def intended_use(view: View) -> None:
    """What this is for and what it is not; the way to a record; who sees what."""
    st.markdown(INTENDED_USE)
    st.header("From a pseudonym back to the record")
    st.markdown(TO_THE_RECORD)
    st.header("Who sees what")
    here = mode.mode()
    for code, words in mode.WORDS.items():
        mark = " **This server runs in this mode.**" if code == here else ""
        st.markdown(f"- **{words}.** {mode.MEANS[code]}{mark}")
    st.header("The leaflet")
    st.markdown(
        f"The rules follow a leaflet that is marked draft, review date "
        f"{view.snapshot.leaflet_review} (past). A service adopts them, with its own decisions "
        "where the leaflet is silent, in the file `outcomes.toml` of its data home; who adopted "
        "them and when is at the foot of every page."
    )
