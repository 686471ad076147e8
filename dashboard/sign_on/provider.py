"""The way to an identity provider and back: Streamlit's own routes of `st.login`, kept on a lead.

Streamlit (with Authlib) asks the provider, checks the answer's signature, issuer, audience, nonce
and times, and would keep what it says in a cookie of the browser for 30 days. Here that cookie is
read as it passes and taken away: the person gets a visit of this server instead
(`sign_on.visits`), which ends.
"""

from __future__ import annotations

import base64
import importlib
import importlib.util
import json
import logging
import secrets
import warnings
from collections.abc import Iterable
from contextlib import suppress
from contextvars import ContextVar
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final

from dashboard.sign_on.claims import Refused
from pipelines.sign_on import SignOn

Header = tuple[bytes, bytes]

CALLBACK: Final = "/oauth2callback"
LOGIN: Final = "/auth/login"
NEEDED: Final = ("authlib", "httpx")
NAME: Final = "default"
COOKIES: Final = "_streamlit_user"
TOKENS: Final = "_streamlit_user_tokens"
SIGNED: Final = frozenset(
    {*("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), *("ES256", "ES384", "ES512", "EdDSA")}
)
UNSIGNED: Final = "The answer is not signed in a way that is accepted."
ROUTES_LOGGER: Final = "streamlit.web.server.starlette.starlette_auth_routes"
FAILED: Final = "The identity provider's answer could not be verified."
BY_ERROR: Final = {
    "ExpiredTokenError": "The answer had expired when it came, or the servers' clocks differ.",
    "BadSignatureError": "The answer is not signed with a key of the identity provider.",
    "InvalidKeyIdError": "The answer is not signed with a key of the identity provider.",
    "MissingClaimError": "The answer lacks something that it must say.",
    "MismatchingStateError": "The answer belongs to no sign-in that was begun in this browser.",
    "UnsupportedAlgorithmError": UNSIGNED,
    "InvalidKeyTypeError": UNSIGNED,
}
BY_CLAIM: Final = {
    "iss": "The answer comes from another identity provider than this server's.",
    "aud": "The answer was meant for another program than this one.",
    "azp": "The answer was meant for another program than this one.",
    "iat": "The answer is from the future, or the servers' clocks differ.",
    "nonce": "The answer belongs to another sign-in than the one that was begun here.",
}


def missing() -> list[str]:
    """The packages of the extra `auth` that are not installed."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


def streamlit_secrets(sign_on: SignOn, client_secret: str) -> dict[str, Any]:
    """What Streamlit's sign-in asks for. Held in memory; the cookies' key is new at each start."""
    provider = sign_on.provider
    if provider is None:
        return {}
    return {
        "auth": {
            "redirect_uri": sign_on.address + CALLBACK,
            "cookie_secret": secrets.token_urlsafe(48),
            "client_id": provider.client_id,
            "client_secret": client_secret,
            "server_metadata_url": provider.issuer.rstrip("/")
            + "/.well-known/openid-configuration",
            "client_kwargs": {"scope": provider.scope, "prompt": "select_account"},
        }
    }


def login_address() -> str:
    """Where the way to the provider begins; it holds for two minutes."""
    from streamlit.auth_util import encode_provider_token

    return f"{LOGIN}?provider={encode_provider_token(NAME)}"


def claims_in(set_cookies: Iterable[str]) -> dict[str, Any] | None:
    """The claims of the person who signed in, from the cookies that Streamlit would set; or None.

    Only cookies that carry this process's signature count. Refused for a token without a signature
    that the provider alone can make: where a provider says that it has unsigned ones, too, Authlib
    takes those.
    """
    from streamlit.auth_util import get_cookie_with_chunks
    from streamlit.web.server.server_util import get_cookie_secret
    from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value

    jar: SimpleCookie = SimpleCookie()
    for each in set_cookies:
        try:
            jar.load(each)
        except CookieError:
            continue

    def single(name: str) -> bytes | None:
        found = jar.get(name)
        if found is None or not found.value:
            return None
        return decode_signed_value(get_cookie_secret(), name, found.value.encode("latin-1"))

    found, tokens = (_object(get_cookie_with_chunks(single, name)) for name in (COOKIES, TOKENS))
    if found.get("is_logged_in") is not True:
        return None
    if _algorithm(str(tokens.get("id_token", ""))) not in SIGNED:
        raise Refused(UNSIGNED)
    return found


def _object(text: bytes | str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _algorithm(token: str) -> str:
    """How a token says that it is signed; empty for what is none."""
    head = token.partition(".")[0]
    try:
        text = base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))
    except ValueError:
        return ""
    return str(_object(text).get("alg", ""))


_heard: ContextVar[list[str] | None] = ContextVar("heard", default=None)


class Reasons(logging.Filter):
    """Says in one line why a sign-in failed, and keeps that for the person.

    Streamlit would write the whole traceback, and words from the address, into the log.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite what the sign-in's routes want to log."""
        error = record.exc_info[1] if record.exc_info else None
        reason = words(error) if error is not None else FAILED
        heard = _heard.get()
        if heard is not None:
            heard.append(reason)
        kind = type(error).__name__ if error is not None else "no answer that can be used"
        record.msg, record.args = "Sign-in did not succeed (%s). %s", (kind, reason)
        record.exc_info = record.exc_text = None
        return record.levelno >= logging.WARNING


def listen() -> None:
    """Let `Reasons` stand at the log of the sign-in's routes."""
    with suppress(ImportError):
        importlib.import_module("authlib.deprecate")  # it puts a filter of its own first
    # Streamlit's extra names this one; its successor is looked for first.
    warnings.filterwarnings("ignore", "The httpx module is deprecated")
    logger = logging.getLogger(ROUTES_LOGGER)
    if not any(isinstance(each, Reasons) for each in logger.filters):
        logger.addFilter(Reasons())


def listening() -> list[str]:
    """The list into which the reasons go that are heard during this request."""
    heard: list[str] = []
    _heard.set(heard)
    return heard


def words(error: BaseException) -> str:
    """An error of the sign-in for the person; nothing that came from outside is in it."""
    claim = getattr(error, "claim", None) or getattr(error, "claim_name", None)
    if isinstance(claim, str) and claim in BY_CLAIM:
        return BY_CLAIM[claim]
    return BY_ERROR.get(type(error).__name__, FAILED)


def without_cookies(headers: Iterable[Header]) -> list[Header]:
    """The headers of an answer without those cookies in which Streamlit keeps who is there."""
    return [
        (name, value)
        for name, value in headers
        if not (name.lower() == b"set-cookie" and value.startswith(COOKIES.encode()))
    ]
