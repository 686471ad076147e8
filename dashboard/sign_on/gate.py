"""The gate before Streamlit: without a visit nobody gets more than the sign-in and the code.

It stands at the level of requests, so it holds for what no script of a page can guard: the socket,
files to download, and whatever a new version of Streamlit serves beside them. What is not named
here is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard import reader
from dashboard.launch import INNER
from dashboard.middleware import replay, whole
from dashboard.sign_on import addresses, answers, claims, provider
from dashboard.sign_on.addresses import CLOSED, HOST_CONFIG, MEDIA, SOCKET
from dashboard.sign_on.claims import NotTheProxy, Refused
from dashboard.sign_on.sockets import Socket, say_goodbye
from dashboard.sign_on.visits import Known, Visit, Visits
from pipelines.sign_on import SignOn

STALE: Final = {
    "allowedOrigins": [],
    "useExternalAuthToken": False,
    "enableCustomParentMessages": False,
}
"""What such a tab is told: nothing of this server."""
NEXT: Final = "outcomes_next"
NEXT_SECONDS: Final = 600


@dataclass(frozen=True)
class Found:
    """The visit that a request belongs to; `new` where it begins with this request."""

    key: str
    visit: Visit
    new: bool = False


class Gate:
    """Lets through who is signed in, as far as their role goes."""

    def __init__(self, app: ASGIApp, sign_on: SignOn, visits: Visits, secret: str = "") -> None:
        """`secret` is the proxy's, where one stands in front."""
        self.app, self.sign_on, self.visits, self._secret = app, sign_on, visits, secret
        self._netloc = urlsplit(sign_on.address).netloc
        port = urlsplit(sign_on.address).port
        # A browser gives the cookies of a host to each of its ports.
        self.cookie = "__Host-outcomes" if sign_on.encrypted else f"outcomes_{port or 80}"
        self.again = (
            (answers.SIGN_IN, "Sign in") if sign_on.how == "oidc" else ("/", "Open the dashboard")
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(_without(scope, INNER), receive, send)
        elif scope["type"] == "http":
            await self._request(_without(scope, INNER), receive, self._careful(send))
        else:
            await self.app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        if addresses.is_open(scope):
            await self.app(scope, receive, send)
            return
        answer = await self._answer(scope, receive, send)
        if answer is not None:
            await answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> Response | None:
        """What the gate itself answers; None where it has let the request through."""
        path, request, page = scope["path"], Request(scope), addresses.is_page(scope)
        if addresses.is_crooked(scope):
            return answers.bare("There is nothing at this address.", 404)
        if page and request.headers.getlist("host") != [self._netloc]:
            return answers.elsewhere(self.sign_on.address)
        if path == answers.ENDED:
            why = self.visits.why(self._key(request.headers))
            return self._forget(answers.ended(why, self.again))
        if path == answers.SIGN_OUT:
            return self._sign_out(request)
        if self.sign_on.how == "oidc" and path in (answers.SIGN_IN, provider.CALLBACK):
            begin = path == answers.SIGN_IN
            return await (self._begin if begin else self._come_back)(scope, receive)
        if self.sign_on.how == "oidc" and path == provider.LOGIN:
            return await self._to_provider(scope, receive, send)
        try:
            found = self._found(request.headers, begin=page)
        except Refused as refused:
            return _told(scope, refused)
        if found is None:
            return self._nobody(request)
        try:
            reader.of_visit(found.visit)
        except reader.NotOpen as closed:
            return answers.no_role(str(closed)) if page else answers.bare(str(closed), 401)
        if not self._may(path, found):
            return answers.bare("There is nothing at this address.", 404)
        if page:
            self.visits.use(found.key)
        await self.app(scope, receive, self._with_key(send, found) if found.new else send)
        return None

    def _may(self, path: str, found: Found) -> bool:
        """Whether this is anything that the dashboard serves to this person."""
        if path.startswith(MEDIA):
            return path.removeprefix(MEDIA) in found.visit.files
        return path == HOST_CONFIG or not path.startswith(CLOSED)

    def _nobody(self, request: Request) -> Response:
        if request.scope["path"] == HOST_CONFIG and self._key(request.headers):
            # A tab that outlived its session asks this before it opens its socket, where it is
            # sent away; refused here, it would stay on the screen with all that it shows.
            return JSONResponse(STALE)
        if not addresses.is_page(request.scope):
            return answers.bare("Nobody is signed in.", 401)
        if self.sign_on.how == "proxy":
            return answers.refused("The proxy did not say who you are.")
        return answers.sign_in(addresses.sign_in_for(request.scope))

    def _found(self, headers: Headers, begin: bool) -> Found | None:
        """The visit of a request; with `begin` a new one where the proxy vouches for the person.

        Refused for what the proxy may not say, or another person than the one of the visit.
        """
        key = self._key(headers)
        visit = self.visits.find(key) if key else None
        if self.sign_on.how == "oidc":
            return Found(key, visit) if visit else None
        known = claims.of_headers(headers, self.sign_on, self._secret)
        if visit is not None and visit.who == known:
            return Found(key, visit)
        return self._new(known) if begin else None

    def _new(self, known: Known) -> Found:
        key = self.visits.begin(known)
        visit = self.visits.find(key)
        assert visit is not None
        return Found(key, visit, new=True)

    async def _begin(self, scope: Scope, _receive: Receive) -> Response:
        answer = RedirectResponse(provider.login_address(), 303, {"cache-control": "no-store"})
        wanted = addresses.of_this_dashboard(Request(scope).query_params.get("next", ""))
        if wanted:
            answer.set_cookie(
                NEXT, quote(wanted), NEXT_SECONDS, httponly=True, samesite="lax",
                secure=self.sign_on.encrypted,
            )  # fmt: skip
        return answer

    async def _to_provider(self, scope: Scope, receive: Receive, send: Send) -> Response | None:
        provider.listening()
        try:
            start, body = await whole(self.app, scope, receive)
        except Exception:  # the provider's own pages are read here; nothing is let in by it
            return answers.away(self.again)
        if not 300 <= start["status"] < 400:
            return answers.away(self.again)
        await replay(send, start, body)
        return None

    async def _come_back(self, scope: Scope, receive: Receive) -> Response:
        """The provider has sent the browser back: a visit, or the reason why there is none."""
        heard = provider.listening()
        request = Request(scope)
        try:
            start, _ = await whole(self.app, scope, receive)
        except Exception as error:
            return answers.refused(provider.words(error), self.again)
        cookies = Headers(raw=start["headers"]).getlist("set-cookie")
        try:
            said = provider.claims_in(cookies)
            if said is None:
                raise Refused(heard[-1] if heard else provider.FAILED)
            answer = self._welcome(request, claims.of_token(said, self.sign_on))
        except Refused as refused:
            answer = answers.refused(str(refused), self.again)
        for each in cookies:  # this one attempt is used up; what says who came goes no further
            answer.headers.append("set-cookie", each)
        return answer

    def _welcome(self, request: Request, known: Known) -> Response:
        self.visits.end(self._key(request.headers))  # a key from before the sign-in is none after
        wanted = addresses.of_this_dashboard(unquote(request.cookies.get(NEXT, ""))) or "/"
        answer = RedirectResponse(wanted, 303, {"cache-control": "no-store"})
        answer.delete_cookie(NEXT)
        self._give(answer, self.visits.begin(known))
        return answer

    def _sign_out(self, request: Request) -> Response:
        self.visits.end(self._key(request.headers))
        more = (
            "Your identity provider may still know you: sign out there, too, if others use this "
            "machine."
            if self.sign_on.how == "oidc"
            else "The proxy in front may still know you: close the browser, too, if others use "
            "this machine."
        )
        return self._forget(answers.signed_out(more, self.again))

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        key = self._key(headers)
        found, gone = None, bool(key)
        own = headers.getlist("origin") == [self.sign_on.address]
        # Where host and origin differ, Streamlit asks a server in the internet who this is.
        if scope["path"] == SOCKET and own and headers.getlist("host") == [self._netloc]:
            try:
                found = self._found(headers, begin=False)
                if found is not None:
                    reader.of_visit(found.visit)
            except (Refused, reader.NotOpen):
                found, gone = None, False
        else:
            gone = False
        if found is None:
            # A tab that outlived its session gets sent away, so that nothing stays on its screen.
            await say_goodbye(headers, receive, send, answers.ENDED if gone else None)
            return
        told = {**scope, "headers": [*scope["headers"], (INNER.encode(), found.key.encode())]}
        await Socket(self.visits, found.key, receive, send).run(self.app, told)

    def _key(self, headers: Headers) -> str:
        jar: SimpleCookie = SimpleCookie()
        for each in headers.getlist("cookie"):
            try:
                jar.load(each)
            except CookieError:
                continue
        found = jar.get(self.cookie)
        return found.value if found else ""

    def _give(self, answer: Response, key: str) -> None:
        answer.set_cookie(
            self.cookie, key, httponly=True, samesite="lax", path="/", secure=self.sign_on.encrypted
        )

    def _forget(self, answer: Response) -> Response:
        answer.delete_cookie(
            self.cookie, path="/", secure=self.sign_on.encrypted, httponly=True, samesite="lax"
        )
        return answer

    def _with_key(self, send: Send, found: Found) -> Send:
        given = Response()
        self._give(given, found.key)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("set-cookie", given.headers["set-cookie"])
            await send(message)

        return sending

    def _careful(self, send: Send) -> Send:
        """No cookie of Streamlit's sign-in leaves, and over https every cookie stays there."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = provider.without_cookies(list(message["headers"]))
                if self.sign_on.encrypted:
                    kept = [_secure(each) for each in kept]
                message = {**message, "headers": kept}
            await send(message)

        return sending


def _secure(header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    name, value = header
    if name.lower() == b"set-cookie" and b"; secure" not in value.lower():
        return name, value + b"; Secure"
    return header


def _without(scope: Scope, header: str) -> Scope:
    return {**scope, "headers": [each for each in scope["headers"] if each[0] != header.encode()]}


def _told(scope: Scope, refused: Refused) -> Response:
    if isinstance(refused, NotTheProxy) or not addresses.is_page(scope):
        return answers.bare(str(refused), 403)
    return answers.refused(str(refused))
