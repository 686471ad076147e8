"""A small identity provider, in a process of its own: whoever asks signs in as whom they choose.

Some of its people have something wrong with their tokens, so that a test can see each refused.
`python -m tests.signon.identity_provider PORT`
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import sys
import time
from typing import Any
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT = "outcomes"
CLIENT_SECRET = "a-client-secret-for-the-tests-only"
KEY = RSAKey.generate_key(2048, parameters={"kid": "k1", "use": "sig", "alg": "RS256"})
OTHER_KEY = RSAKey.generate_key(2048, parameters={"kid": "k1", "use": "sig", "alg": "RS256"})

PEOPLE: dict[str, dict[str, Any]] = {
    "auditor": {"roles": ["msk-audit", "choir"], "sites": ["trust"]},
    "service": {"roles": ["msk-service"], "sites": ["trust"]},
    "shared": {"roles": "msk-board", "sites": ["trust"]},
    "local_auditor": {"roles": ["msk-audit"], "sites": ["first-team"]},
    "nobody": {"roles": ["choir"], "sites": ["trust"]},
    "no_roles": {"sites": ["trust"]},
    "no_sites": {"roles": ["msk-audit"]},
    "odd_roles": {"roles": {"msk-audit": True}, "sites": ["trust"]},
}
"""People by name, with the claims that tell their roles and sites."""

WRONG: dict[str, str] = {
    "other_issuer": "The answer comes from another identity provider than this server's.",
    "other_audience": "The answer was meant for another program than this one.",
    "other_nonce": "The answer belongs to another sign-in than the one that was begun here.",
    "no_nonce": "The answer belongs to another sign-in than the one that was begun here.",
    "expired": "The answer had expired when it came, or the servers' clocks differ.",
    "old": "The answer is an old one.",
    "future": "The answer is from the future, or the servers' clocks differ.",
    "forged": "The answer is not signed with a key of the identity provider.",
    "unsigned": "The answer is not signed in a way that is accepted.",
    "signed_with_public_key": "The answer is not signed in a way that is accepted.",
    "cut": "The answer is not signed with a key of the identity provider.",
    "no_subject": "The answer lacks something that it must say.",
    "no_expiry": "The answer lacks something that it must say.",
    "no_token": "The identity provider's answer could not be verified.",
    "denied": "The identity provider's answer could not be verified.",
}
"""People whose token is wrong, and what they are told."""
SKEWED = {"slow_clock": -90, "fast_clock": 90}
"""People whose provider's clock is off by so many seconds, which is borne."""


class Provider:
    """What it has handed out and not seen again."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.codes: dict[str, tuple[str, dict[str, str]]] = {}

    async def configuration(self, _: Request) -> Response:
        at = self.issuer
        return JSONResponse({
            "issuer": at, "authorization_endpoint": f"{at}/authorize",
            "token_endpoint": f"{at}/token", "jwks_uri": f"{at}/jwks",
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            # Some real ones list "none", too.
            "id_token_signing_alg_values_supported": ["RS256", "none"],
            "code_challenge_methods_supported": ["S256"],
        })  # fmt: skip

    async def jwks(self, _: Request) -> Response:
        return JSONResponse({"keys": [KEY.as_dict(private=False)]})

    async def authorize(self, request: Request) -> Response:
        """A page with a link for each person."""
        links = "".join(
            f'<li><a href="/as/{name}?{urlencode(dict(request.query_params))}">{name}</a></li>'
            for name in (*PEOPLE, *WRONG, *SKEWED)
        )
        return HTMLResponse(f"<h1>Who are you?</h1><ul>{links}</ul>")

    async def chosen(self, request: Request) -> Response:
        asked, name = dict(request.query_params), request.path_params["name"]
        back = {"state": asked["state"]}
        if name == "denied":
            back |= {"error": "access_denied", "error_description": "not\ntoday"}
        else:
            code = secrets.token_urlsafe(16)
            self.codes[code] = (name, asked)
            back["code"] = code
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}")

    async def token(self, request: Request) -> Response:
        form = await request.form()
        given = base64.b64decode(request.headers.get("authorization", "Basic ")[6:]).decode()
        if given != f"{CLIENT}:{CLIENT_SECRET}" or str(form["code"]) not in self.codes:
            return JSONResponse({"error": "invalid_client"}, 401)
        name, asked = self.codes.pop(str(form["code"]))
        answer = {"access_token": "at", "token_type": "Bearer", "expires_in": 600}
        if name != "no_token":
            answer["id_token"] = self.signed(name, asked)
        return JSONResponse(answer)

    def signed(self, name: str, asked: dict[str, str]) -> str:
        """The token of a person, with what is wrong about theirs."""
        now = int(time.time()) + SKEWED.get(name, 0)
        claims: dict[str, Any] = {
            "iss": self.issuer, "sub": f"{name}@example.org", "aud": asked["client_id"],
            "iat": now, "exp": now + 300, "nonce": asked["nonce"], "name": "Pat Physio",
            "email": "pat.physio@example.org",
            **PEOPLE.get(name, PEOPLE["auditor"]),
        }  # fmt: skip
        claims |= {
            "other_issuer": {"iss": "https://elsewhere.example.org"},
            "other_audience": {"aud": "another-program"},
            "other_nonce": {"nonce": "another"},
            "expired": {"iat": now - 900, "exp": now - 300},
            "old": {"iat": now - 7200},
            "future": {"iat": now + 3600, "exp": now + 7200},
        }.get(name, {})
        lacking = {"no_subject": "sub", "no_expiry": "exp", "no_nonce": "nonce"}.get(name)
        if lacking:
            del claims[lacking]
        if name == "unsigned":
            return ".".join((_part({"alg": "none"}), _part(claims), ""))
        if name == "signed_with_public_key":
            head = f"{_part({'alg': 'HS256', 'kid': 'k1'})}.{_part(claims)}"
            sign = hmac.digest(KEY.as_pem(private=False), head.encode(), "sha256")
            return f"{head}.{base64.urlsafe_b64encode(sign).rstrip(b'=').decode()}"
        key = OTHER_KEY if name == "forged" else KEY
        token = jwt.encode({"alg": "RS256", "kid": "k1"}, claims, key)
        return f"{token[:-8]}AAAAAAAA" if name == "cut" else token

    def app(self) -> Starlette:
        return Starlette(routes=[
            Route("/.well-known/openid-configuration", self.configuration),
            Route("/jwks", self.jwks),
            Route("/authorize", self.authorize),
            Route("/as/{name}", self.chosen),
            Route("/token", self.token, methods=["POST"]),
        ])  # fmt: skip


def _part(what: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(what).encode()).rstrip(b"=").decode()


if __name__ == "__main__":
    port = int(sys.argv[1])
    uvicorn.run(Provider(f"http://127.0.0.1:{port}").app(), port=port, log_level="warning")
