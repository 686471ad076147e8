"""Who a request comes from, as an identity provider or a trusted proxy says it.

Both are read here and nowhere else. What is missing, twice there or of the wrong kind is refused.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping
from typing import Any, Final

from starlette.datastructures import Headers

from dashboard.sign_on.visits import Known
from pipelines.sign_on import SignOn, subject

SECRET_HEADER: Final = "x-outcomes-proxy-secret"
SKEW: Final = 120
"""Seconds by which the clocks of provider and server may differ."""
FRESH: Final = 600
"""Seconds that may pass between the provider's word and its arrival."""
MOST_VALUES: Final = 200


class Refused(Exception):
    """A sign-in that does not hold; the message is for the person."""


class NotTheProxy(Refused):
    """A request that did not come through the proxy."""


def of_token(claims: Mapping[str, Any], sign_on: SignOn, at: float | None = None) -> Known:
    """The person of a token that was verified already; what it must say is looked at once more.

    Refused for another issuer or audience, for one that is not fresh, and without a subject.
    """
    provider = sign_on.provider
    if provider is None:
        raise Refused("This server knows no identity provider.")
    when = time.time() if at is None else at
    if claims.get("iss") != provider.issuer:
        raise Refused("The answer comes from another identity provider than this server's.")
    audience = claims.get("aud")
    if provider.client_id not in (audience if isinstance(audience, list) else [audience]):
        raise Refused("The answer was meant for another program than this one.")
    issued, expires = _seconds(claims, "iat"), _seconds(claims, "exp")
    if expires <= when - SKEW:
        raise Refused("The answer had expired when it came, or the servers' clocks differ.")
    if issued > when + SKEW:
        raise Refused("The answer is from the future: the servers' clocks differ.")
    if issued < when - FRESH - SKEW:
        raise Refused("The answer is an old one.")
    name = claims.get("sub")
    if not isinstance(name, str) or not name.strip():
        raise Refused("The answer does not say who you are.")
    return Known(
        subject("oidc", provider.issuer, name),
        "oidc",
        _values(_claim(claims, provider.role_claim)),
        _values(_claim(claims, provider.site_claim)),
    )


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    found = claims.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise Refused("The answer does not say when it was given and until when it holds.")
    return float(found)


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name, or by a path of names with dots between."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _values(found: Any) -> tuple[str, ...]:
    """A claim's values: one text, or a list of them; anything else says nothing."""
    listed = [found] if isinstance(found, str) else found if isinstance(found, list) else []
    return tuple(dict.fromkeys(x for x in listed[:MOST_VALUES] if isinstance(x, str)))


def of_headers(headers: Headers, sign_on: SignOn, secret: str) -> Known:
    """The person whom the proxy names.

    NotTheProxy without the secret that the proxy adds; Refused where it names nobody, or a header
    is there twice, as when one came from outside and was not taken away.
    """
    given = headers.getlist(SECRET_HEADER)
    if len(given) != 1 or not hmac.compare_digest(given[0].encode(), secret.encode()):
        raise NotTheProxy("This server takes requests from its proxy only.")
    names = sign_on.headers
    user = _single(headers, names.user)
    if not user:
        raise Refused("The proxy did not say who you are.")
    return Known(
        subject("proxy", "", user),
        "proxy",
        _listed(_single(headers, names.roles)),
        _listed(_single(headers, names.sites)),
    )


def _single(headers: Headers, name: str) -> str:
    found = headers.getlist(name)
    if len(found) > 1:
        raise Refused(f"The header {name} is there more than once, so it is not believed.")
    return found[0].strip() if found else ""


def _listed(found: str) -> tuple[str, ...]:
    parts = (each.strip() for each in found.split(",")[:MOST_VALUES])
    return tuple(dict.fromkeys(filter(None, parts)))
