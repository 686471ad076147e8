"""Who may open the dashboard and what they see there: section [access] of outcomes.toml.

No secret stands here: a file of settings is copied, mailed and printed.
"""

from __future__ import annotations

import difflib
import hashlib
import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, cast
from urllib.parse import urlsplit

from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.measures.disclosure.rules import MODES, Mode

How = Literal["local", "oidc", "proxy"]
HOWS: Final[tuple[How, ...]] = ("local", "oidc", "proxy")
CODE: Final = re.compile(r"[0-9a-f]{16}|local-[0-9a-f]+")
ALL: Final = "all"
KEYS: Final = (
    *("sign_on", "address", "ends_after_hours", "idle_minutes"),
    *("roles", "sites", "oidc", "proxy"),
    "row_export",  # read by pipelines.access.rows
)
OIDC_KEYS: Final = ("issuer", "client_id", "role_claim", "site_claim", "scope")
PROXY_KEYS: Final = ("user_header", "role_header", "site_header")
LONGEST_HOURS: Final = 24.0
LONGEST_IDLE: Final = 240.0


@dataclass(frozen=True)
class Provider:
    """The identity provider, and the claims that name a person's roles and sites."""

    issuer: str
    client_id: str
    role_claim: str = "roles"
    site_claim: str = "sites"
    scope: str = "openid"


@dataclass(frozen=True)
class ProxyHeaders:
    """The headers by which the proxy in front says who is there."""

    user: str = "x-remote-user"
    roles: str = "x-remote-groups"
    sites: str = "x-remote-sites"


@dataclass(frozen=True)
class Granted:
    """What a person may see; `sites` None means all."""

    mode: Mode
    sites: tuple[str, ...] | None


@dataclass(frozen=True)
class SignOn:
    """How people sign in, for how long, and what their roles and sites open.

    `address` is where a browser finds the dashboard, scheme and host (and port); `sites` None
    means that sites are not told apart.
    """

    how: How = "local"
    address: str = ""
    hours: float = 8.0
    idle_minutes: float = 30.0
    roles: Mapping[str, Mode] = field(default_factory=dict)
    sites: Mapping[str, tuple[str, ...] | None] | None = None
    provider: Provider | None = None
    headers: ProxyHeaders = ProxyHeaders()

    @property
    def host(self) -> str:
        """The host of `address`, without its port; empty without one."""
        return urlsplit(self.address).hostname or ""

    @property
    def encrypted(self) -> bool:
        """Whether browsers reach the dashboard by https."""
        return self.address.startswith("https://")

    def grants(
        self, roles: Iterable[str], sites: Iterable[str], most: Mode = "auditor"
    ) -> Granted | None:
        """What these values open, at most `most`; None where they open nothing.

        Of several roles the one that sees most counts. Where sites are told apart, a person whose
        values name none of them sees nothing.
        """
        opened = [self.roles[role] for role in roles if role in self.roles]
        if not opened:
            return None
        mode = MODES[max(min(map(MODES.index, opened)), MODES.index(most))]
        seen = self._sites(sites)
        return None if seen == () else Granted(cast(Mode, mode), seen)

    def _sites(self, values: Iterable[str]) -> tuple[str, ...] | None:
        if self.sites is None:
            return None
        found: set[str] = set()
        for value in values:
            named = self.sites.get(value, ())
            if named is None:
                return None
            found.update(named)
        return tuple(sorted(found))


def subject(how: How, issuer: str, name: str) -> str:
    """The id of a person in logs: the same at every visit, and no name.

    Whoever knows an account's name can work out its id; nobody can read a name from an id.
    """
    return hashlib.sha256(f"{how}\n{issuer}\n{name}".encode()).hexdigest()[:16]


def code(home: Home, told: str) -> str:
    """The code of a reader in logs, from the code itself or the account's name at this sign-on.

    OutcomesError for settings that cannot be.
    """
    if CODE.fullmatch(told):
        return told
    found = sign_on(home)
    if found.how == "local":
        return told
    return subject(found.how, found.provider.issuer if found.provider else "", told)


def sign_on(home: Home) -> SignOn:
    """The settings of a home; local where it says nothing. OutcomesError for what cannot be."""
    return _Reading(home.config_file, home.config().get("access", {})).found()


class _Reading:
    """One reading of the section, so that each refusal can say where."""

    def __init__(self, file: Path, section: Any) -> None:
        self.where = f"{file}, [access]"
        self.section: dict[str, Any] = self._table(section, "")

    def found(self) -> SignOn:
        self._known(self.section, KEYS, "")
        how = self.section.get("sign_on", "local")
        if how not in HOWS:
            raise self._wrong(
                f"sign_on = {how!r} is none of {', '.join(HOWS)}", self._near(how, HOWS)
            )
        roles, sites = self._roles(), self._sites()
        found = SignOn(
            cast(How, how),
            self._address(how),
            self._number("ends_after_hours", 8.0, LONGEST_HOURS),
            self._number("idle_minutes", 30.0, LONGEST_IDLE),
            roles,
            sites,
            self._provider() if how == "oidc" else None,
            self._headers(),
        )
        if how != "local" and not roles:
            raise self._wrong(
                "nobody has a role, so nobody could see anything",
                'Add [access.roles], for example "msk-audit" = "auditor".',
            )
        return found

    def _wrong(self, what: str, hint: str = "", part: str = "") -> OutcomesError:
        where = self.where.replace("[access]", f"[access.{part}]") if part else self.where
        return OutcomesError(what, where=where, hint=hint or None)

    @staticmethod
    def _near(word: object, known: Iterable[str]) -> str:
        near = difflib.get_close_matches(str(word), known, 1)
        return f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}."

    def _table(self, found: Any, part: str) -> dict[str, Any]:
        if not isinstance(found, dict):
            raise self._wrong("it is no section with settings", part=part)
        return found

    def _known(self, found: Mapping[str, Any], known: Iterable[str], part: str) -> None:
        for name in found:
            if "secret" in name.lower() or "password" in name.lower():
                raise self._wrong(
                    f"{name}: no secret belongs in this file, which is copied and printed",
                    "Remove it, have it changed where it was made, and put the new one into a "
                    "file that only you can read (docs/access.md).",
                    part,
                )
            if name not in known:
                raise self._wrong(f"unknown setting {name}", self._near(name, known), part)

    def _number(self, name: str, usual: float, most: float) -> float:
        value = self.section.get(name, usual)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
            raise self._wrong(f"{name} must be a number above 0 and at most {most:g}")
        return float(value)

    def _text(self, found: Mapping[str, Any], name: str, part: str, usual: str = "") -> str:
        value = found.get(name, usual)
        if not isinstance(value, str) or not value.strip():
            raise self._wrong(f"{name} must be a text", f'Add {name} = "…".', part)
        return value.strip()

    def _address(self, how: str) -> str:
        if how == "local":
            return ""
        value = self._text(self.section, "address", "").rstrip("/")
        parts = self._url("address", value, "")
        if parts.path or parts.query or parts.fragment or parts.username:
            raise self._wrong(
                "address is scheme and host alone, as in https://outcomes.example.org"
            )
        # As a browser writes it, which leaves out the port that goes without saying.
        usual = {"https": 443, "http": 80}[parts.scheme]
        host = parts.netloc.lower().removesuffix(f":{usual}")
        return f"{parts.scheme}://{host}"

    def _url(self, name: str, value: str, part: str) -> Any:
        """An https address, or http on this machine: nothing else keeps a sign-in to itself."""
        try:
            parts = urlsplit(value)
            host = parts.hostname or ""
            _ = parts.port
        except ValueError:
            raise self._wrong(f"{name} = {value!r} is no address", part=part) from None
        if not host or not (parts.scheme == "https" or (parts.scheme == "http" and _here(host))):
            raise self._wrong(
                f"{name} = {value!r} must begin with https:// (http:// only on this machine)",
                part=part,
            )
        return parts

    def _roles(self) -> dict[str, Mode]:
        found = self._table(self.section.get("roles", {}), "roles")
        for value, mode in found.items():
            if mode not in MODES:
                raise self._wrong(
                    f"{value} = {mode!r} is no mode", self._near(mode, MODES), "roles"
                )
        return cast("dict[str, Mode]", dict(found))

    def _sites(self) -> dict[str, tuple[str, ...] | None] | None:
        if "sites" not in self.section:
            return None
        found: dict[str, tuple[str, ...] | None] = {}
        for value, ids in self._table(self.section["sites"], "sites").items():
            if ids == ALL:
                found[value] = None
            elif isinstance(ids, list) and ids and all(isinstance(x, str) and x for x in ids):
                found[value] = tuple(sorted(set(ids)))
            else:
                raise self._wrong(
                    f"{value} must be a list of site ids",
                    f'For example {value} = ["A", "B"], or {value} = "{ALL}".',
                    "sites",
                )
        return found

    def _provider(self) -> Provider:
        found = self._table(self.section.get("oidc", {}), "oidc")
        self._known(found, OIDC_KEYS, "oidc")
        issuer = self._text(found, "issuer", "oidc")
        self._url("issuer", issuer, "oidc")
        return Provider(
            issuer,
            self._text(found, "client_id", "oidc"),
            self._text(found, "role_claim", "oidc", "roles"),
            self._text(found, "site_claim", "oidc", "sites"),
            self._text(found, "scope", "oidc", "openid"),
        )

    def _headers(self) -> ProxyHeaders:
        found = self._table(self.section.get("proxy", {}), "proxy")
        self._known(found, PROXY_KEYS, "proxy")
        usual = ProxyHeaders()
        names = [
            self._text(found, name, "proxy", default).lower()
            for name, default in zip(
                PROXY_KEYS, (usual.user, usual.roles, usual.sites), strict=True
            )
        ]
        for name in names:
            if not name.replace("-", "").isalnum() or not name.isascii():
                raise self._wrong(f"{name!r} is no name of a header", part="proxy")
        if len(set(names)) < len(names):
            raise self._wrong("the three headers must be different ones", part="proxy")
        return ProxyHeaders(*names)


def _here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
