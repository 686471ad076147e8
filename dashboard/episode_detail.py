"""One episode: what is known of it, its timeline, and each contact with what decided it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import streamlit as st

from dashboard import case_numbers, filters, review_panel, store, text, ui
from dashboard.charts.timeline import Event, Mark, Score, timeline
from pipelines import words
from pipelines.explain.audit import sentence
from pipelines.explain.contact import answered_no, settle

Part = dict[str, Any]
EIGHT_WEEKS = 56


def show(view: ui.View, found: dict[str, Any]) -> None:
    """The episode; where several parts or services share the id, the one that is chosen."""
    parts: list[Part] = found["parts"]
    part = parts[0]
    if len(parts) > 1:
        names = [_name(each, parts) for each in parts]
        chosen = st.selectbox("This ID has several episodes", names, key="part")
        part = parts[names.index(chosen)] if chosen in names else parts[0]
    st.header(f"Episode {part['episode_id']}")
    st.caption(
        f"In addresses and in the access log: {case_numbers.number(part['episode_id'])}. The ID "
        "itself is for finding the record in the service's own system."
    )
    _summary(part, view)
    review_panel.show(view, part["episode_id"])
    diary = store.rows(view.snapshot, "log_days", episode_key=part["episode_key"])
    events, scores = _events(part, diary), _scores(part)
    ui.show(timeline(events, scores, view.colours, _marks(part)), "timeline")
    _audit(part)
    _triggers(part)
    _actions(part)
    st.header("Contacts")
    raised = {trigger["breach_date"] for trigger in part["triggers"]}
    for number, contact in enumerate(part["contacts"]):
        _contact(contact, opened=number == 0 or contact["date"] in raised)


def _name(part: Part, parts: list[Part]) -> str:
    several = len({each["source"] for each in parts}) > 1
    return f"{part['episode_id']} ({part['source']})" if several else str(part["episode_id"])


def _summary(part: Part, view: ui.View) -> None:
    names = filters.site_names(view.snapshot)
    facts = (
        ("Triage outcome over the episode", part["outcome"]),
        ("Against what was recorded", text.said(words.CATEGORIES, part["audit_category"])),
        ("Symptoms at 8 weeks", text.said(words.PERSISTENCE, part["persist_8w"])),
        ("Improvement", _improvement(part)),
        ("Onset", _onset(part)),
        ("Entry", words.COHORTS.get(part["entry_cohort"], text.NONE)),
        ("Pattern of pain", text.said(words.PATTERNS, part["phenotype"])),
        ("Site", names.get(part["site_id"], text.NONE)),
    )
    for row in (facts[:4], facts[4:]):
        for column, (head, said) in zip(st.columns(4), row, strict=True):
            column.markdown(f"**{head}**  \n{said}")
    # The first sentence of the course is that of 8 weeks, with the days that decided it.
    st.markdown(f"{'. '.join([part['course'][0], *part['turns']])}.")


def _improvement(part: Part) -> str:
    said = text.said(words.IMPROVEMENT, part["tti_event"])
    if part["tti_event"] == "excluded":
        return f"{said}: {text.why(part['tti_reason'])}"
    return f"{said}, day {part['tti_days']} after the first score"


def _onset(part: Part) -> str:
    if not part["onset_known"]:
        return "Not known"
    first, last = part["onset_earliest"], part["onset_latest"]
    if first == last:
        return text.iso_day(first)
    return f"Between {text.iso_day(first)} and {text.iso_day(last)}"


def _events(part: Part, diary: list[store.Row]) -> list[Event]:
    events = [
        Event("Contacts", _date(c["date"]), f"{c['kind']}: {c['outcome']}")
        for c in part["contacts"]
    ]
    events += [
        Event("Exercise diary", row["log_date"], text.plural(row["n_exercises"], "exercise"))
        for row in diary
        if row["n_exercises"]
    ]
    events += [
        Event("Triggers", _date(t["breach_date"]), f"{t['level']}: {_mark(t)} {t['said']}")
        for t in part["triggers"]
    ]
    events += [
        Event("Actions on record", _date(a["referral_date"]), a["said"]) for a in part["actions"]
    ]
    return events


def _date(iso: str) -> date:
    return date.fromisoformat(iso)


def _marks(part: Part) -> list[Mark]:
    """Onset and the end of the eighth week; nothing is drawn of an onset that is a range."""
    first, last = part["onset_earliest"], part["onset_latest"]
    if not part["onset_known"] or first != last:
        return []
    onset = _date(first)
    return [Mark(onset, "Onset"), Mark(onset + timedelta(days=EIGHT_WEEKS), "8 weeks")]


def _scores(part: Part) -> list[Score]:
    return [
        Score(_date(s["score_date"]), float(s["value"]), s.get("origin") or s.get("from") or "")
        for s in part["scores"]
    ]


def _mark(trigger: Part) -> str:
    return {"COVERED": "✓", "MISSED": "✗", "PENDING": "…"}.get(trigger["result"], "○")


def _audit(part: Part) -> None:
    """What was done against what the rules say, in one paragraph."""
    found = part["audit"]
    st.subheader("What was done")
    reason = f", as {found['reason']}" if found["reason"] else ""
    notes = f" To note: {'; '.join(found['notes'])}." if found["notes"] else ""
    st.markdown(f"**{found['said']}**{reason}: {found['done']}.{notes}")
    if part["diary_said"]:
        st.markdown(f"Diary: {part['diary_said']}.")
    if part["notes"]:
        st.markdown(f"Notes on the episode's data: {'; '.join(part['notes'])}.")


def _triggers(part: Part) -> None:
    st.subheader("Triggers")
    if not part["triggers"]:
        st.markdown("No contact raised the level above self-management.")
        return
    for trigger in part["triggers"]:
        by = f" ({trigger['answered_by']})" if trigger["answered_by"] else ""
        st.markdown(
            f"- **{text.iso_day(trigger['breach_date'])}** · {trigger['level']}, "
            f"{trigger['certainty']} · {_mark(trigger)} {trigger['said']}{by}"
        )


def _actions(part: Part) -> None:
    st.subheader("Actions on record")
    if not part["actions"]:
        st.markdown("No referral, advice or appointment is on record.")
        return
    for action in part["actions"]:
        st.markdown(
            f"- **{text.iso_day(action['referral_date'])}** · {sentence(action)} · "
            f"{_source(action['file'], action['line'])}"
        )


def _source(file: str | None, line: int | None) -> str:
    return f"{file or 'file not recorded'}, line {text.NONE if line is None else line}"


def _contact(contact: Part, opened: bool) -> None:
    """One step of the history: outcome, rules, what was not asked, facts, source row."""
    outcome = contact["outcome"]
    if not contact["evaluated"]:
        outcome = "not judged (administrative, or not attended)"
    head = f"{text.iso_day(contact['date'])} · {contact['kind']} · {outcome}"
    with st.expander(head, expanded=opened, type="step"):
        if contact["appointment_criterion"] == words.APPOINTMENT["permitted"]:
            st.markdown("Between 6 and 8 weeks: an appointment is permitted, not yet due.")
        if contact["evaluated"]:
            _rules(contact)
            _unasked(contact)
        if contact["advisory"]:
            st.markdown(
                f"**Advisory, outside the leaflet:** {', '.join(contact['advisory'])}. "
                "It never sets the triage outcome."
            )
        if contact["facts"]:
            st.markdown("**What follows from scores, dates and diary**")
            st.markdown("\n".join(f"- {fact}" for fact in contact["facts"]))
        if contact["flags"]:
            st.markdown(f"**Notes on the data:** {'; '.join(contact['flags'])}")
        source = contact["source"]
        st.caption(f"Source: {_source(source['file'], source['line'])}")


def _rules(contact: Part) -> None:
    """Every rule's value: yes with its reasons, not known with what would settle it, then no."""
    fired = [rule for rule in contact["rules"] if rule["value"] == "yes"]
    not_known = [rule for rule in contact["rules"] if rule["value"] == "not known"]
    if not fired and not not_known:
        st.markdown("✓ Every rule of the leaflet is ruled out: self-manage.")
    for rule in fired:
        with st.container(border=True):
            st.markdown(
                f"✓ **{rule['title']}** applies, leads to **{rule['leads_to_label']}**  \n"
                f"{rule['description']}  \n"
                f"Why: {'; '.join(rule['because']) or 'its condition holds'}."
            )
            st.caption(f"Leaflet: {rule['place']}")
    if not_known:
        with st.container(border=True):
            st.markdown(f"**? {text.plural(len(not_known), 'rule')} not ruled out**")
            st.markdown("\n".join(_open_rule(rule) for rule in not_known))
    _ruled_out([rule for rule in contact["rules"] if rule["value"] == "no"])


def _open_rule(rule: Part) -> str:
    return (
        f"- **{rule['title']}**, would lead to {rule['leads_to_label']} ({rule['place']}). "
        f"So far: {'; '.join(rule['because'])}. {settle(rule)}."
    )


def _ruled_out(rules: list[Part]) -> None:
    """The rules that are no: those whose one question was answered no together, others apart."""
    if not rules:
        return
    plain = [rule["title"] for rule in rules if answered_no(rule)]
    lines = [
        f"- **{rule['title']}**, would lead to {rule['leads_to_label']}: "
        f"{'; '.join(rule['because'])}"
        for rule in rules
        if not answered_no(rule)
    ]
    if plain:
        lines.append(f"- Answered no: {'; '.join(plain)}")
    with st.expander(f"✗ {text.plural(len(rules), 'rule')} ruled out, and why", type="compact"):
        st.markdown("\n".join(lines))


def _unasked(contact: Part) -> None:
    missing = contact["not_asked"]
    said = f"**Safety questions answered: {contact['screen_answered']} of 15.**"
    if missing:
        listed = "; ".join(f"{q['wording']} ({text.answer(q['answer'])})" for q in missing)
        said += f" Without a yes or no: {listed}."
    st.markdown(said)
