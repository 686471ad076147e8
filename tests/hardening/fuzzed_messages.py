"""Messages that no page of the dashboard sends, over its socket."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from dashboard.dimensions import DIMENSIONS
from dashboard.pages import PAGES
from tests.hardening.hostile import TEXTS

KEYS: Final = (
    *("from", "to", "episode", "view", "measure", "contact", "sort", "a", "embed", "embed_options"),
    *(each.key for each in DIMENSIONS),
)
NUMBERS: Final = (0, 1, -1, 7, 2**31, 2**63 - 1, -(2**63))
FLOATS: Final = (0.0, -1.0, 1e308, float("nan"), float("inf"), float("-inf"))
JSONS: Final = (
    "{", "null", "[]", "[[[[[[[[[[]]]]]]]]]]", '{"rows": [999999999]}', '{"a": NaN}', "1" * 4000,
    '{"selection": {"rows": [-5], "columns": ["x"], "cells": [[9e9, 1]]}}',
    '{"selection": {"points": [{"customdata": ["\' or 1=1"]}], "point_indices": [1e9]}}',
)  # fmt: skip


@dataclass
class Known:
    """What a page has told of itself: ids of its widgets, hashes of its scripts."""

    widgets: list[str] = field(default_factory=list)
    hashes: list[str] = field(default_factory=list)
    session: str = ""

    def learn(self, message: Any) -> None:
        """Take up what a message tells."""
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.session = message.new_session.initialize.session_id
        elif kind == "navigation":
            self.hashes = [each.page_script_hash for each in message.navigation.app_pages]
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            own = getattr(element, element.WhichOneof("type") or "", None)
            identity = getattr(own, "id", "")
            if isinstance(identity, str) and identity and identity not in self.widgets:
                self.widgets.append(identity)


def rerun(rng: random.Random, known: Known) -> BackMsg:
    """Have the script run, for a page, an address and widgets such as nobody has."""
    message = BackMsg()
    told = message.rerun_script
    addresses = [page.address for page in PAGES]
    told.page_name = rng.choice((*addresses, *addresses, rng.choice(TEXTS)))
    if rng.random() < 0.3:
        told.page_script_hash = rng.choice((*known.hashes, "0" * 32, rng.choice(TEXTS)))
    if rng.random() < 0.1:
        told.fragment_id = rng.choice(("0" * 32, rng.choice(TEXTS)))
    told.is_auto_rerun = rng.random() < 0.2
    told.is_history_navigation = rng.random() < 0.2
    pairs = [f"{rng.choice(KEYS)}={quote(rng.choice(TEXTS))}" for _ in range(rng.randrange(5))]
    told.query_string = "&".join(pairs) if rng.random() < 0.9 else rng.choice(TEXTS)
    for _ in range(rng.choice((0, 1, 3, 10))):
        told.widget_states.widgets.append(_widget(rng, known))
    told.context_info.timezone = rng.choice(("Europe/London", rng.choice(TEXTS)))
    told.context_info.locale = rng.choice(("en-GB", rng.choice(TEXTS)))
    told.context_info.url = rng.choice(("http://127.0.0.1/", rng.choice(TEXTS)))
    return message


def _widget(rng: random.Random, known: Known) -> WidgetState:
    """A widget, known or not, that holds a value of any kind."""
    state = WidgetState()
    state.id = rng.choice((*known.widgets, f"$$ID-{'0' * 32}-None", rng.choice(TEXTS)))
    kind = rng.randrange(11)
    if kind < 3:
        state.string_value = rng.choice(TEXTS)
    elif kind == 3:
        state.trigger_value = True
    elif kind == 4:
        state.double_value = rng.choice(FLOATS)
    elif kind == 5:
        state.int_value = rng.choice(NUMBERS)
    elif kind == 6:
        state.string_array_value.data.extend(rng.choices(TEXTS, k=rng.choice((0, 1, 5))))
    elif kind == 7:
        state.int_array_value.data.extend(rng.choices(NUMBERS, k=3))
    elif kind == 8:
        state.double_array_value.data.extend(rng.choices(FLOATS, k=2))
    elif kind == 9:
        state.bytes_value = rng.randbytes(50)
    else:
        state.json_value = rng.choice((*JSONS, json.dumps(rng.choice(TEXTS))))
    return state


def other(rng: random.Random, known: Known) -> BackMsg:
    """A message that is no wish to run: for developers, for files, out of its turn."""
    message = BackMsg()
    kind = rng.randrange(8)
    plain = ("clear_cache", "set_run_on_save", "stop_script", "load_git_info", "app_heartbeat",
             "debug_disconnect_websocket", "debug_shutdown_runtime")  # fmt: skip
    if kind < 6:
        setattr(message, rng.choice(plain), True)
    elif kind == 6:
        message.file_urls_request.request_id = "1"
        message.file_urls_request.file_names.extend(rng.choices(TEXTS, k=3))
        message.file_urls_request.session_id = known.session
    else:
        message.backend_operation_request.request_id = rng.choice(TEXTS)
        message.backend_operation_request.session_id = known.session
        message.backend_operation_request.deferred_file.file_id = rng.choice(TEXTS)
    return message


def broken(rng: random.Random, known: Known) -> bytes:
    """No message at all: noise, a message that was cut or changed, or one that is too large."""
    kind = rng.randrange(4)
    if kind == 0:
        return rng.randbytes(rng.choice((0, 1, 50, 2000)))
    whole = bytearray(rerun(rng, known).SerializeToString())
    if kind == 1:
        return bytes(whole[: rng.randrange(len(whole))])
    if kind == 2:
        for _ in range(rng.randrange(1, 6)):
            whole[rng.randrange(len(whole))] = rng.randrange(256)
        return bytes(whole)
    large = BackMsg()
    large.rerun_script.query_string = "a" * 1_100_000
    return bytes(large.SerializeToString())


def huge(rng: random.Random) -> BackMsg:
    """As much as one message may hold: many widgets that do not exist, or one with much in it."""
    message = BackMsg()
    if rng.random() < 0.5:
        for number in range(5_000):
            message.rerun_script.widget_states.widgets.append(
                WidgetState(id=f"$$ID-{number:032d}-None", string_value="a" * 100)
            )
    else:
        state = WidgetState(id="$$ID-0-None", string_value="a" * 900_000)
        message.rerun_script.widget_states.widgets.append(state)
    return message


def messages(seed: int, many: int, known: Known) -> Iterator[bytes | str]:
    """So many messages; they use what `known` has learned by then. A text is sent as a text."""
    rng = random.Random(seed)
    for _ in range(many):
        kind = rng.random()
        if kind < 0.6:
            yield rerun(rng, known).SerializeToString()
        elif kind < 0.75:
            yield other(rng, known).SerializeToString()
        elif kind < 0.93:
            yield broken(rng, known)
        elif kind < 0.96:
            yield huge(rng).SerializeToString()
        else:
            yield rng.choice(TEXTS)
