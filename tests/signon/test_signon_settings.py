"""Section [access]: what it opens to whom, and what is refused because it cannot be meant."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dashboard import launch
from dashboard.sign_on import held_secrets, provider
from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.sign_on import SignOn, code, sign_on, subject

PROXY = '[access]\nsign_on = "proxy"\naddress = "https://outcomes.example.org"\n'
ROLE = '[access.roles]\nmsk = "auditor"\n'
OIDC = (
    '[access]\nsign_on = "oidc"\naddress = "https://outcomes.example.org/"\n'
    '[access.oidc]\nissuer = "https://login.example.org"\nclient_id = "outcomes"\n'
)


def read(folder: Path, text: str) -> SignOn:
    (folder / "outcomes.toml").write_text(text, "utf-8")
    return sign_on(Home(folder))


def test_without_settings_it_is_local(tmp_path: Path) -> None:
    assert read(tmp_path, "").how == "local"
    assert read(tmp_path, "[service]\nname = 'a'\n") == SignOn()


def test_all_that_can_be_said_is_read(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        OIDC.replace("[access]\n", "[access]\nends_after_hours = 4\nidle_minutes = 15\n")
        + 'role_claim = "realm.roles"\nsite_claim = "team"\nscope = "openid groups"\n'
        + ROLE
        + '[access.sites]\neast = ["B", "A", "A"]\ntrust = "all"\n',
    )
    assert (found.how, found.address, found.host) == (
        "oidc", "https://outcomes.example.org", "outcomes.example.org",
    )  # fmt: skip
    assert (found.hours, found.idle_minutes, found.encrypted) == (4, 15, True)
    assert found.provider is not None
    assert (found.provider.role_claim, found.provider.scope) == ("realm.roles", "openid groups")
    assert found.sites == {"east": ("A", "B"), "trust": None}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://Outcomes.Example.org:443", "https://outcomes.example.org"),
        ("https://outcomes.example.org:8443/", "https://outcomes.example.org:8443"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://localhost:8501", "http://localhost:8501"),
    ],
)
def test_the_address_is_as_a_browser_writes_it(tmp_path: Path, written: str, meant: str) -> None:
    text = PROXY.replace("https://outcomes.example.org", written) + ROLE
    assert read(tmp_path, text).address == meant


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('access = "yes"\n', "no section"),
        ('[access]\nsign_on = "odic"\n', r"none of local, oidc, proxy\nDid you mean oidc\?"),
        ('[access]\nrole = "a"\n', r"unknown setting role\nDid you mean roles\?"),
        ('[access]\nclient_secret = "a"\n', "no secret belongs in this file"),
        (OIDC + 'client_secret = "a"\n' + ROLE, "no secret belongs in this file"),
        (OIDC, "nobody has a role"),
        (PROXY, "nobody has a role"),
        (PROXY + '[access.roles]\nmsk = "auditors"\n', r"no mode\nDid you mean auditor\?"),
        (PROXY + "[access.roles]\nmsk = 1\n", "no mode"),
        (PROXY.replace("https", "http") + ROLE, "must begin with https"),
        (PROXY.replace(".org", ".org/path") + ROLE, "scheme and host alone"),
        (PROXY.replace("https://outcomes", "https://a@outcomes") + ROLE, "scheme and host alone"),
        (PROXY.replace("https://outcomes.example.org", "https://[x") + ROLE, "no address"),
        (PROXY.replace('"https://outcomes.example.org"', "1") + ROLE, "address must be a text"),
        ('[access]\nsign_on = "proxy"\n' + ROLE, "address must be a text"),
        (PROXY + "ends_after_hours = 0\n" + ROLE, "above 0 and at most 24"),
        (PROXY + "ends_after_hours = 25\n" + ROLE, "above 0 and at most 24"),
        (PROXY + "idle_minutes = true\n" + ROLE, "above 0 and at most 240"),
        (PROXY + "idle_minutes = nan\n" + ROLE, "above 0 and at most 240"),
        (PROXY + ROLE + "[access.sites]\neast = []\n", "list of site ids"),
        (PROXY + ROLE + '[access.sites]\neast = "A"\n', "list of site ids"),
        (PROXY + ROLE + '[access.proxy]\nuser_header = "a b"\n', "no name of a header"),
        (PROXY + ROLE + '[access.proxy]\nuser_header = "x-remote-groups"\n', "different ones"),
        (OIDC.replace("https://login", "http://login") + ROLE, "issuer.*must begin with https"),
        (OIDC.replace('client_id = "outcomes"\n', "") + ROLE, "client_id must be a text"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(OutcomesError, match=said) as refused:
        read(tmp_path, text)
    assert "[access" in str(refused.value)


SITES = {"east": ("A", "B"), "west": ("C",), "trust": None}


@pytest.mark.parametrize(
    ("roles", "sites", "most", "seen"),
    [
        (["msk"], ["east"], "auditor", ("auditor", ("A", "B"))),
        (["msk", "board"], ["east", "west"], "auditor", ("auditor", ("A", "B", "C"))),
        (["board", "choir"], ["trust", "east"], "auditor", ("shared", None)),
        (["msk"], ["trust"], "service", ("service", None)),
        (["board"], ["trust"], "service", ("shared", None)),
        (["msk"], ["trust"], "shared", ("shared", None)),
        (["msk"], ["nowhere"], "auditor", None),
        (["msk"], [], "auditor", None),
        (["choir"], ["trust"], "auditor", None),
        ([], ["trust"], "auditor", None),
        (["MSK"], ["trust"], "auditor", None),
    ],
)
def test_the_least_is_the_default(roles, sites, most, seen) -> None:
    found = SignOn("oidc", roles={"msk": "auditor", "board": "shared"}, sites=SITES)
    granted = found.grants(roles, sites, most)
    assert (granted and (granted.mode, granted.sites)) == seen


def test_where_sites_are_not_told_apart_a_role_is_enough() -> None:
    granted = SignOn("oidc", roles={"msk": "service"}).grants(["msk"], [])
    assert granted is not None and (granted.mode, granted.sites) == ("service", None)


def test_an_id_is_always_the_same_and_holds_no_name() -> None:
    found = subject("oidc", "https://login.example.org", "pat.physio@example.org")
    assert found == subject("oidc", "https://login.example.org", "pat.physio@example.org")
    assert len(found) == 16 and not set(found) - set("0123456789abcdef")
    others = [("oidc", "https://other.example.org"), ("proxy", "https://login.example.org")]
    assert found not in [subject(how, at, "pat.physio@example.org") for how, at in others]


def test_the_log_finds_an_account_by_its_name(tmp_path: Path) -> None:
    read(tmp_path, OIDC + ROLE)
    found = subject("oidc", "https://login.example.org", "pat@example.org")
    home = Home(tmp_path)
    assert code(home, "pat@example.org") == code(home, found) == found
    read(tmp_path, PROXY + ROLE)
    assert code(home, "pat@example.org") == subject("proxy", "", "pat@example.org") != found
    read(tmp_path, "")
    assert code(home, "local-3f1c0a9e77") == "local-3f1c0a9e77"


NAME = held_secrets.CLIENT
SECRET = "a secret that nobody can guess"


@pytest.fixture(autouse=True)
def _no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (NAME, NAME + "_FILE"):
        monkeypatch.delenv(name, raising=False)


def test_a_secret_of_the_environment_is_taken_out_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, SECRET)
    assert held_secrets.secret(NAME) == SECRET
    assert NAME not in os.environ


def test_a_secret_of_a_file_must_be_its_owners(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n", "utf-8")
    monkeypatch.setenv(NAME + "_FILE", str(file))
    file.chmod(0o600)
    assert held_secrets.secret(NAME) == SECRET
    for open_to_others in (0o640, 0o604, 0o620, 0o644):
        file.chmod(open_to_others)
        with pytest.raises(OutcomesError, match="others can read") as refused:
            held_secrets.secret(NAME)
        assert SECRET not in str(refused.value)


def test_secrets_that_cannot_be_used_are_told_without_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(OutcomesError, match="a secret is missing"):
        held_secrets.secret(NAME)
    monkeypatch.setenv(NAME, "short")
    with pytest.raises(OutcomesError, match="fewer than 16") as refused:
        held_secrets.secret(NAME)
    assert "short" not in str(refused.value)
    file = tmp_path / "secret"
    monkeypatch.setenv(NAME + "_FILE", str(file))
    with pytest.raises(OutcomesError, match="cannot be read: No such file"):
        held_secrets.secret(NAME)
    file.write_bytes(b"\xff" * 40)
    file.chmod(0o600)
    with pytest.raises(OutcomesError, match="not UTF-8"):
        held_secrets.secret(NAME)
    monkeypatch.setenv(NAME, SECRET)
    with pytest.raises(OutcomesError, match="both"):
        held_secrets.secret(NAME)


def serve(home: Path, **how: object) -> None:
    launch.serve(home, None, open_browser=False, **how)  # type: ignore[arg-type]


def test_a_server_without_the_extra_is_not_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(tmp_path, OIDC + ROLE)
    monkeypatch.setattr(provider, "NEEDED", ("authlib", "no_such_package"))
    with pytest.raises(launch.LaunchRefused, match=r"no_such_package.*outcomes\[auth\]"):
        serve(tmp_path)


def test_a_server_without_its_secret_is_not_started(tmp_path: Path) -> None:
    read(tmp_path, OIDC + ROLE)
    with pytest.raises(OutcomesError, match="a secret is missing"):
        serve(tmp_path)


@pytest.mark.parametrize(
    ("settings", "said"),
    [("", "asks nobody who they are"), (PROXY + ROLE, "could pass for one")],
)
def test_beyond_this_machine_only_with_an_identity_provider(
    tmp_path: Path, settings: str, said: str
) -> None:
    read(tmp_path, settings)
    with pytest.raises(launch.LaunchRefused, match=said):
        serve(tmp_path, address="0.0.0.0")
    assert launch.check_address("0.0.0.0", "oidc") == "0.0.0.0"
    with pytest.raises(launch.LaunchRefused, match="no IPv4 address"):
        launch.check_address("example.org", "oidc")


def test_the_terminal_says_who_can_get_in(tmp_path: Path) -> None:
    assert "nobody is asked who they are" in launch.announced(SignOn(), "127.0.0.1", "auditor")
    found = read(tmp_path, OIDC + ROLE)
    here = launch.announced(found, "127.0.0.1", "service")
    assert "https://login.example.org" in here and "service at most" in here
    assert "LISTENS BEYOND" not in here
    assert "put https in front" in launch.announced(found, "192.0.2.7", "service")
    proxy = launch.announced(read(tmp_path, PROXY + ROLE), "127.0.0.1", "auditor")
    assert "proxy in front" in proxy
    assert launch.hosts(found) == ["127.0.0.1", "localhost", "outcomes.example.org"]
    assert launch.hosts(SignOn()) == ["127.0.0.1", "localhost"]
