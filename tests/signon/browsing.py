"""A browser without a screen: signs in, opens sockets, and says what it likes over them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect


def browser(headers: dict[str, str] | None = None) -> httpx.Client:
    """Follows no redirect by itself."""
    return httpx.Client(follow_redirects=False, headers=headers, timeout=30)


def to_provider(client: httpx.Client, url: str, path: str = "/sign-in") -> str:
    """Begin to sign in; the address at the provider to which the dashboard sends the browser."""
    first = client.get(url + path)
    assert first.status_code == 303, first.text
    second = client.get(url + first.headers["location"])
    assert second.status_code == 302, second.text
    return str(second.headers["location"])


def sign_in(client: httpx.Client, url: str, name: str, path: str = "/sign-in") -> httpx.Response:
    """Sign in as one of the provider's people; what the dashboard answers in the end."""
    asked = to_provider(client, url, path).replace("/authorize?", f"/as/{name}?")
    back = client.get(asked)
    return client.get(back.headers["location"])


@dataclass
class Tab:
    """One socket, and all that came over it."""

    socket: ClientConnection
    opening: Any
    said: list[ForwardMsg] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    closed: bool = False

    def hear(
        self, until: Iterable[str] = ("script_finished",), timeout: float = 60
    ) -> ForwardMsg | None:
        """Read until a message of such a type; None where the socket was closed before."""
        while True:
            try:
                data = self.socket.recv(timeout=timeout)
            except ConnectionClosed:
                self.closed = True
                return None
            assert isinstance(data, bytes)
            message = ForwardMsg()
            message.ParseFromString(data)
            self.said.append(message)
            self.raw.append(data)
            if message.WhichOneof("type") in until:
                return message

    def run(self, page: str = "", query: str = "", **more: Any) -> str:
        """Have the script run for a page by name; all that was sent for it, as text.

        `more`: other fields of the request, as a crafted message may have them, and `wait`, the
        seconds to wait for an answer.
        """
        message = BackMsg()
        message.rerun_script.page_name = page
        message.rerun_script.query_string = query
        message.rerun_script.widget_states.SetInParent()
        for name, value in more.items():
            if name == "widgets":
                message.rerun_script.widget_states.widgets.extend(value)
            elif name == "wait":
                continue
            else:
                setattr(message.rerun_script, name, value)
        return self.send(message, float(more.get("wait", 60)))

    def send(self, message: BackMsg, wait: float = 60) -> str:
        """Send any message, and hear what comes of it."""
        del self.said[:], self.raw[:]
        try:
            self.socket.send(message.SerializeToString())
        except ConnectionClosed:
            self.closed = True
            return ""
        self.hear(("script_finished", "auth_redirect", "backend_operation_response"), wait)
        return self.text

    @property
    def text(self) -> str:
        """Everything that came, whatever it is, as text to search in."""
        return b"\n".join(self.raw).decode("utf-8", "replace")

    @property
    def titles(self) -> list[str]:
        """The headings that were drawn."""
        found = []
        for message in self.said:
            element = message.delta.new_element
            if element.WhichOneof("type") == "heading":
                found.append(element.heading.body)
        return found

    @property
    def menu(self) -> list[str]:
        """The addresses of the pages in the menu; the first page's is empty."""
        found = [m.navigation for m in self.said if m.WhichOneof("type") == "navigation"]
        return [page.url_pathname for page in found[-1].app_pages] if found else []

    def widget(self, label: str) -> Any:
        """The widget with this label, as it was sent."""
        for message in reversed(self.said):
            element = message.delta.new_element
            kind = element.WhichOneof("type")
            if kind and getattr(getattr(element, kind), "label", None) == label:
                return getattr(element, kind)
        raise LookupError(label)

    def close(self) -> None:
        self.opening.__exit__(None, None, None)


def open_tab(
    client: httpx.Client | None,
    url: str,
    origin: str | None = "",
    session: str = "",
    headers: dict[str, str] | None = None,
) -> Tab:
    """Open a socket with the cookies of `client`; `origin` None sends none, "" the right one."""
    jar = "; ".join(f"{each.name}={each.value}" for each in client.cookies.jar) if client else ""
    more = {**({"Cookie": jar} if jar else {}), **(headers or {})}
    protocols = ["streamlit", "PLACEHOLDER_AUTH_TOKEN", *([session] if session else [])]
    opening = connect(
        url.replace("http", "ws") + "/_stcore/stream",
        origin=(url if origin == "" else origin),  # type: ignore[arg-type]
        subprotocols=protocols,  # type: ignore[arg-type]
        additional_headers=more,
        max_size=None,
        compression=None,
        proxy=None,
    )
    return Tab(opening.__enter__(), opening)
