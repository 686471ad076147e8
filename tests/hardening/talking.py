"""Says what `fuzzed_messages` makes up to a running server, and looks at all that comes back."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.hardening import fuzzed_messages
from tests.hardening.fuzzed_messages import Known
from tests.signon.browsing import Tab

LONG, SHORT = 60.0, 0.2
ENDED = ("script_finished", "auth_redirect")


def asked(data: bytes | str) -> BackMsg | None:
    """The message that these bytes are; None for what is none."""
    message = BackMsg()
    try:
        message.ParseFromString(data if isinstance(data, bytes) else b"\xff")
    except Exception:
        return None
    return message


def patience(message: BackMsg | None, size: int) -> float:
    """Seconds to wait for an answer; little where there may be none."""
    if message is None or size > 1_000_000:
        return LONG  # the socket is closed
    runs = message.WhichOneof("type") == "rerun_script" and not message.rerun_script.fragment_id
    return LONG if runs else SHORT


def talk(
    open_tab: Callable[[], Tab], seed: int, many: int, look: Callable[[str], None]
) -> Counter[str]:
    """Say so many messages, one after the other; how often each kind of answer came.

    `look` gets all text that comes. A page that fails upon a message without widgets is an error:
    such a message is nothing but an address. A tab that was closed, or whose page failed, is
    opened anew.
    """
    known, found, tab = Known(), Counter[str](), None
    for data in fuzzed_messages.messages(seed, many, known):
        if tab is None or tab.closed:
            tab = open_tab()
            tab.run()
            assert not failed(tab.said), "a page that nothing was done to fails"
            found["opened"] += 1
            for each in tab.said:
                known.learn(each)
        message = asked(data)
        del tab.said[:], tab.raw[:]
        tab.socket.send(data)
        with contextlib.suppress(TimeoutError):
            tab.hear(ENDED, patience(message, len(data)))
        look(tab.text)
        for each in tab.said:
            known.learn(each)
        found[_kind(tab)] += 1
        if failed(tab.said):
            assert message is not None
            assert message.rerun_script.widget_states.widgets, f"a page fails: {message}"
            tab.close()
            tab = None
    if tab is not None and not tab.closed:
        tab.close()
    return found


def _kind(tab: Tab) -> str:
    if tab.closed:
        return f"closed {tab.socket.protocol.close_code}"
    if failed(tab.said):
        return "page failed"
    return "page" if any(m.WhichOneof("type") == "script_finished" for m in tab.said) else "nothing"


def failed(said: list[ForwardMsg]) -> bool:
    """Whether a page shows that an error happened."""
    return any(m.delta.new_element.WhichOneof("type") == "exception" for m in said)
