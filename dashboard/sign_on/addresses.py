"""The addresses that the server has: which are open to everybody, which are pages, which are shut.

They are read from the request's own line, never from its host, which a browser may make up.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, urlsplit

from starlette.types import Scope

from dashboard import pages
from dashboard.sign_on.answers import SIGN_IN

OPEN: Final = frozenset({"/_stcore/health", "/favicon.png", "/manifest.json"})
CODE: Final = "/static/"
SOCKET: Final = "/_stcore/stream"
HOST_CONFIG: Final = "/_stcore/host-config"
MEDIA: Final = "/media/"
CLOSED: Final = ("/_stcore/", "/component/", "/app/", "/auth/", "/oauth2callback")
OWN: Final = frozenset(f"/{page.address}" for page in pages.PAGES)
LONGEST_NEXT: Final = 1_500


def is_open(scope: Scope) -> bool:
    """Whether a request is for what everybody may have: health, and the code of the page."""
    path: str = scope["path"]
    return path in OPEN or (path.startswith(CODE) and not is_crooked(scope))


def is_crooked(scope: Scope) -> bool:
    """Whether a server behind might read an address as another one."""
    path: str = scope["path"]
    return ".." in path or "//" in path or "\\" in path or "\0" in path or "%" in path


def is_page(scope: Scope) -> bool:
    """Whether a person opens a page."""
    path: str = scope["path"]
    inside = path.startswith((*CLOSED, CODE, MEDIA)) or "/_stcore/" in path
    return bool(scope["method"] == "GET") and not inside


def sign_in_for(scope: Scope) -> str:
    """Where a person signs in who then wants to go to what they asked for."""
    query = scope["query_string"].decode("latin-1")
    wanted = of_this_dashboard(f"{scope['path']}{f'?{query}' if query else ''}")
    return f"{SIGN_IN}?next={quote(wanted, safe='')}" if wanted else SIGN_IN


def of_this_dashboard(wanted: str) -> str:
    """An address of one of this dashboard's pages; empty for any other."""
    if len(wanted) > LONGEST_NEXT or not wanted.isascii() or not wanted.isprintable():
        return ""
    if wanted.startswith("//"):
        return ""
    parts = urlsplit(wanted)
    if parts.scheme or parts.netloc or parts.fragment or parts.path not in OWN:
        return ""
    return "" if wanted == "/" or "\\" in wanted else wanted
