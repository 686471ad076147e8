"""Which decisions of the rules are tried otherwise: chosen, typed, checked, all in the address."""

from __future__ import annotations

import json
from typing import Any, Final

import streamlit as st

from dashboard import text, ui, what_if
from dashboard.charts.base import Table
from rules.errors import RulesError
from rules.parameters import OFF, Parameter, parsed
from rules.ruleset import Ruleset

CHOSEN: Final = "try"
LISTS: Final = ("items", "types", "destinations", "list")
LONGEST: Final = 120
YES_NO: Final = {"true": "yes", "false": "no"}


def choose(in_use: Ruleset) -> tuple[dict[str, Any], Ruleset] | None:
    """The decisions that are tried and the rules under them; None, with words, until there are."""
    strange = [
        name for name in st.query_params.get_all(CHOSEN) if name not in in_use.parameters
    ]  # fmt: skip
    if strange:
        st.warning(
            f"There is no decision {text.listed([f'“{text.plain(n[:60])}”' for n in strange[:5]])} "
            "among those that the leaflet leaves open, so it was left out.",
            icon=":material/warning:",
        )
    names = st.multiselect(
        "Decisions to try otherwise",
        list(in_use.parameters),
        key=CHOSEN,
        placeholder="Choose decisions",
        bind="query-params",
        persist_state="session",
        help="All of them, with their reasons, are on the page Rules and measures.",
    )
    if not names:
        st.info(
            "Choose one or more decisions, such as `h4_bound`: from when an appointment is due.",
            icon=":material/info:",
        )
        return None
    typed = {name: _ask(in_use.parameters[name], in_use.values[name]) for name in names}
    try:
        values = {name: _value(in_use, name, each) for name, each in typed.items()}
        after = what_if.tried(in_use, values)
    except RulesError as error:
        st.error(text.plain(_capital(str(error))), icon=":material/error:")
        return None
    _side_by_side(in_use, after, names)
    if after.version == in_use.version:
        st.info("These are the values in use already.", icon=":material/info:")
        return None
    return values, after


def _ask(parameter: Parameter, in_use: Any) -> str | list[str]:
    """One widget; its value as it would be written in the settings."""
    key, label = f"try_{parameter.name}", f"{parameter.name}: try"
    unit = f" ({parameter.unit})" if parameter.unit else ""
    bound: dict[str, Any] = {"key": key, "bind": "query-params", "persist_state": "session"}
    with st.container(border=True):
        st.markdown(f"**`{parameter.name}`** {text.plain(parameter.why)}")
        if parameter.type in LISTS and parameter.choices:
            default = [each for each in in_use or [] if each in parameter.choices]
            return list(st.multiselect(label, list(parameter.choices), default=default, **bound))
        options = _options(parameter)
        if options:
            now = written(in_use)
            return str(
                st.selectbox(
                    label,
                    options,
                    index=options.index(now) if now in options else 0,
                    format_func=lambda each: YES_NO.get(each, each),
                    **bound,
                )
            )
        typed = st.text_input(
            label + unit, value=written(in_use), max_chars=LONGEST, help=_limits(parameter), **bound
        )
        return str(typed)


def _options(parameter: Parameter) -> list[str]:
    off = [OFF] if parameter.off and OFF not in parameter.choices else []
    if parameter.type == "boolean":
        return ["true", "false", *off]
    return [*parameter.choices, *off] if parameter.type == "choice" else []


def _limits(parameter: Parameter) -> str | None:
    said = []
    if parameter.min is not None and parameter.max is not None:
        said.append(f"From {parameter.min:g} to {parameter.max:g}.")
    if parameter.off:
        said.append("off switches it off.")
    if parameter.type == "by_level":
        said.append("Written { GP = 14 }; levels that are left out keep their days.")
    return " ".join(said) or None


def _value(in_use: Ruleset, name: str, typed: str | list[str]) -> Any:
    if isinstance(typed, list):
        return typed
    return parsed([f"{name}={typed.strip()}"], in_use.parameters)[name]


def written(value: Any) -> str:
    """A value as it is written in the settings."""
    if value is None:
        return OFF
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {each}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return json.dumps(list(value), ensure_ascii=False)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _side_by_side(in_use: Ruleset, after: Ruleset, names: list[str]) -> None:
    rows = tuple(
        (
            name,
            written(in_use.values[name]),
            written(after.values[name]),
            in_use.parameters[name].unit or text.NONE,
            in_use.parameters[name].source,
        )
        for name in names
    )
    ui.table(
        Table("Decisions side by side", ("Decision", "In use", "To try", "Unit", "Source"), rows)
    )


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:] + ("" if words.endswith(".") else ".")
