"""What people are told who are not let in: plain pages without a script and without any data."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Final

from starlette.responses import HTMLResponse, Response

from dashboard.sign_on.visits import Why

SIGN_IN: Final = "/sign-in"
SIGN_OUT: Final = "/sign-out"
ENDED: Final = "/signed-out"
ENDED_WORDS: Final[dict[Why, str]] = {
    "idle": "Your session has ended because it was not used for a while.",
    "over": "Your session has ended because it had lasted as long as one may.",
    "out": "You are signed out.",
    "unknown": "Your session has ended.",
}
STYLE: Final = (
    "body{font-family:Arial,'Liberation Sans',sans-serif;margin:0;color:#12181C;background:#fff}"
    "main{max-width:40rem;margin:4rem auto;padding:0 1rem;line-height:1.5}"
    "h1{font-size:1.75rem}a.do{display:inline-block;background:#005EB8;color:#fff;"
    "padding:.6rem 1.2rem;border-radius:4px;font-weight:700}"
    "a.do:focus{outline:3px solid #ffeb3b;outline-offset:2px}"
    "@media (prefers-color-scheme:dark){body{background:#0E1A26;color:#F0F4F5}"
    "a.do{background:#41B6E6;color:#0E1A26}}"
)


def page(title: str, words: str, status: int, link: tuple[str, str] | None = None) -> Response:
    """A page with a heading, sentences (a blank line parts them), and at most one thing to do."""
    parts = "".join(f"<p>{html.escape(each)}</p>" for each in words.split("\n\n"))
    do = ""
    if link is not None:
        where, label = map(html.escape, link)
        do = f'<p><a class="do" href="{where}">{label}</a></p>'
    body = (
        f'<!doctype html><html lang="en-GB"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main><h1>{html.escape(title)}</h1>{parts}{do}</main></body></html>"
    )
    return HTMLResponse(body, status, {"cache-control": "no-store"})


def sign_in(where: str) -> Response:
    """Nobody is signed in yet; `where` is the address that leads to the identity provider."""
    return page(
        "Sign in",
        "This dashboard holds data about patients, so it shows nothing before you have signed in.",
        401,
        (where, "Sign in"),
    )


def ended(why: Why, again: tuple[str, str]) -> Response:
    """A session is over; nothing of it is left on this page."""
    words = f"{ENDED_WORDS[why]} Nothing of what you had open is on this page any more."
    return page("Sign in again", words, 200, again)


def signed_out(more: str, again: tuple[str, str]) -> Response:
    """The person asked for the end."""
    return page("You are signed out", more, 200, again)


def no_role(words: str) -> Response:
    """Signed in, and nothing is open to them."""
    more = "Whoever runs this dashboard decides who sees what; ask there if you need it."
    return page("Nothing is open to you here", f"{words}\n\n{more}", 403, (SIGN_OUT, "Sign out"))


def refused(words: str, again: tuple[str, str] | None = None) -> Response:
    """A sign-in that did not hold."""
    more = "Nothing was opened. If it happens again, show these words to whoever runs this."
    return page("The sign-in was not accepted", f"{words}\n\n{more}", 403, again)


def elsewhere(address: str) -> Response:
    """The page was asked for by another name than the one at which it can be used."""
    words = f"This dashboard is to be opened at {address} and works nowhere else."
    return page("Open it at its own address", words, 421, (address, "Open it there"))


def away(again: tuple[str, str]) -> Response:
    """The identity provider does not answer."""
    words = (
        "The identity provider cannot be reached just now, so nobody can sign in. Nothing is shown "
        "without it."
    )
    return page("Sign-in is not possible now", words, 503, again)


def bare(words: str, status: int, more: Mapping[str, str] | None = None) -> Response:
    """A refusal to a program rather than to a person; `more` headers."""
    headers = {"cache-control": "no-store", **(more or {})}
    return Response(f"{words}\n", status, headers, "text/plain")
