"""One episode: what is known of it, its timeline, and each contact with what decided it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import streamlit as st

from dashboard import filters, store, text, ui
from dashboard.charts.timeline import Event, Mark, Score, timeline

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
    levels = {row["code"]: row["label"] for row in store.rows(view.snapshot, "levels")}
    st.header(f"Episode {part['episode_id']}")
    _summary(part, view, levels)
    diary = store.rows(view.snapshot, "log_days", episode_key=part["episode_key"])
    events, scores = _events(part, diary, levels), _scores(part)
    ui.show(timeline(events, scores, view.colours, _marks(part)), "timeline")
    _triggers(part)
    _actions(part, levels)
    st.header("Contacts")
    raised = {trigger["breach_date"] for trigger in part["triggers"]}
    for number, contact in enumerate(part["contacts"]):
        _contact(contact, levels, opened=number == 0 or contact["date"] in raised)


def _name(part: Part, parts: list[Part]) -> str:
    several = len({each["source"] for each in parts}) > 1
    return f"{part['episode_id']} ({part['source']})" if several else str(part["episode_id"])


def _bounds(confirmed: str | None, not_ruled_out: str | None, levels: dict[str, str]) -> str:
    """The outcome in words; what is not settled never reads as self-manage."""
    if confirmed is None:
        return "Not judged"
    nothing = confirmed == levels.get("SELF_MANAGE")
    if confirmed == not_ruled_out:
        return confirmed if nothing else f"{confirmed} confirmed"
    return (
        f"{'Not settled' if nothing else f'{confirmed} confirmed'}, {not_ruled_out} not ruled out"
    )


def _summary(part: Part, view: ui.View, levels: dict[str, str]) -> None:
    names = filters.site_names(view.snapshot)
    facts = (
        (
            "Triage outcome over the episode",
            _bounds(part["confirmed"], part["not_ruled_out"], levels),
        ),
        ("Against what was recorded", text.said(text.CATEGORIES, part["audit_category"])),
        ("Symptoms at 8 weeks", text.said(text.PERSISTENCE, part["persist_8w"])),
        ("Improvement", _improvement(part)),
        ("Onset", _onset(part)),
        ("Entry", text.COHORTS.get(part["entry_cohort"], text.NONE)),
        ("Pattern of pain", text.said(text.PATTERNS, part["phenotype"])),
        ("Site", names.get(part["site_id"], text.NONE)),
    )
    for row in (facts[:4], facts[4:]):
        for column, (head, words) in zip(st.columns(4), row, strict=True):
            column.markdown(f"**{head}**  \n{words}")


def _improvement(part: Part) -> str:
    said = text.said(text.IMPROVEMENT, part["tti_event"])
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


def _events(part: Part, diary: list[store.Row], levels: dict[str, str]) -> list[Event]:
    events = [
        Event(
            "Contacts",
            _date(c["date"]),
            f"{_type(c)}: {_bounds(c['confirmed'], c['not_ruled_out'], levels)}",
        )
        for c in part["contacts"]
    ]
    events += [
        Event("Exercise diary", row["log_date"], text.plural(row["n_exercises"], "exercise"))
        for row in diary
        if row["n_exercises"]
    ]
    events += [
        Event("Triggers", _date(t["breach_date"]), f"{t['level']}: {_result(t)}")
        for t in part["triggers"]
    ]
    events += [
        Event("Actions on record", _date(a["referral_date"]), _action(a, levels))
        for a in part["actions"]
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


def _type(contact: Part) -> str:
    return text.said(text.CONTACT_TYPES, contact["type"])


def _result(trigger: Part) -> str:
    symbols = {"COVERED": "✓", "MISSED": "✗", "PENDING": "…"}
    said = text.said(text.ACTIONS, trigger["result"])
    after = trigger["days_to_referral"]
    if after is not None:
        said += f" after {text.days(after)}"
        said += "" if trigger["timely"] is not False else ", late"
    return f"{symbols.get(trigger['result'], '○')} {said}"


def _action(action: Part, levels: dict[str, str]) -> str:
    to = levels.get(action["destination"]) or text.said(text.DESTINATIONS, action["destination"])
    return f"{text.said(text.KINDS, action['kind'])}: {to}"


def _triggers(part: Part) -> None:
    st.subheader("Triggers")
    if not part["triggers"]:
        st.markdown("No contact raised the level above self-management.")
        return
    for trigger in part["triggers"]:
        certainty = "possible, a date is assumed" if trigger["possible"] else "confirmed"
        st.markdown(
            f"- **{text.iso_day(trigger['breach_date'])}** · {trigger['level']}, {certainty} · "
            f"{_result(trigger)}"
        )


def _actions(part: Part, levels: dict[str, str]) -> None:
    st.subheader("Actions on record")
    if not part["actions"]:
        st.markdown("No referral, advice or appointment is on record.")
        return
    for action in part["actions"]:
        st.markdown(
            f"- **{text.iso_day(action['referral_date'])}** · {_action(action, levels)} · "
            f"{_judged(action)} · {_source(action['file'], action['line'])}"
        )


def _judged(action: Part) -> str:
    said = text.said(text.JUDGED, action["result"])
    reasons = (action["reasons"] or "").replace("_", " ")
    return f"{said}: {reasons.replace(',', ', ')}" if reasons else said


def _source(file: str | None, line: int | None) -> str:
    return f"{file or 'file not recorded'}, line {text.NONE if line is None else line}"


def _contact(contact: Part, levels: dict[str, str], opened: bool) -> None:
    """One step of the history: outcome, rules, what was not asked, facts, source row."""
    outcome = _bounds(contact["confirmed"], contact["not_ruled_out"], levels)
    if not contact["evaluated"]:
        outcome = "not judged (administrative, or not attended)"
    elif contact["advisory"] and outcome == levels.get("SELF_MANAGE"):
        outcome += f" by the leaflet, advisory: {', '.join(contact['advisory']).lower()}"
    head = f"{text.iso_day(contact['date'])} · {_type(contact)} · {outcome}"
    with st.expander(head, expanded=opened, type="step"):
        if contact["evaluated"]:
            _rules(contact, levels)
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
            flags = [flag.replace("_", " ") for flag in contact["flags"]]
            st.markdown(f"**Notes on the data:** {', '.join(flags)}")
        source = contact["source"]
        st.caption(f"Source: {_source(source['file'], source['line'])}")


def _rules(contact: Part, levels: dict[str, str]) -> None:
    fired = [rule for rule in contact["rules"] if rule["value"] == "yes"]
    not_known = [rule for rule in contact["rules"] if rule["value"] == "not known"]
    if not fired and not not_known:
        st.markdown("✓ Every rule of the leaflet is ruled out: self-manage.")
    for rule in fired:
        with st.container(border=True):
            st.markdown(
                f"✓ **{rule['title']}** applies, leads to **{levels[rule['leads_to']]}**  \n"
                f"{rule['description']}  \n"
                f"Why: {'; '.join(rule['because']) or 'its condition holds'}."
            )
            st.caption(f"Leaflet: {rule['place']}")
    if not_known:
        with st.container(border=True):
            st.markdown(f"**? {text.plural(len(not_known), 'rule')} not ruled out**")
            st.markdown("\n".join(_open_rule(rule, levels) for rule in not_known))


def _open_rule(rule: Part, levels: dict[str, str]) -> str:
    settle = "; ".join(rule["would_settle"]) or "more than one answer"
    return (
        f"- **{rule['title']}**, would lead to {levels[rule['leads_to']]} "
        f"({rule['place']}). To settle it, one would need to know: {settle}."
    )


def _unasked(contact: Part) -> None:
    missing = contact["not_asked"]
    said = f"**Safety questions answered: {contact['screen_answered']} of 15.**"
    if missing:
        listed = "; ".join(f"{q['wording']} ({text.answer(q['answer'])})" for q in missing)
        said += f" Without a yes or no: {listed}."
    st.markdown(said)
