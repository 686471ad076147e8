"""The nginx of `docs/access_nginx.conf`, started for real before a real dashboard."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.dashboard.serving import REPOSITORY, running, unused_port
from tests.signon.browsing import Tab
from tests.signon.conftest import Episodes
from tests.signon.serving import PROXY_SECRET, settings

NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
EXAMPLE = REPOSITORY / "docs" / "access_nginx.conf"
MAIN = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    include {folder}/example.conf;
}}
"""
FORGED = {
    "X-Remote-User": "pat", "X-Remote-Groups": "msk-audit", "X-Remote-Sites": "trust",
    "X-Outcomes-Proxy-Secret": PROXY_SECRET, "X-Outcomes-Visit": "a", "X_Remote_User": "pat",
}  # fmt: skip


@dataclass(frozen=True)
class Front:
    """Where browsers find it, where the dashboard stands behind it, and how to trust it."""

    url: str
    behind: str
    trust: ssl.SSLContext
    folder: Path
    output: Path

    def browser(self, name: str = "", **headers: str) -> httpx.Client:
        auth = (name, f"password of {name}") if name else None
        return httpx.Client(verify=self.trust, auth=auth, headers=headers, timeout=30)

    def tab(self, client: httpx.Client, **headers: str) -> Tab:
        jar = "; ".join(f"{each.name}={each.value}" for each in client.cookies.jar)
        request = client.build_request("GET", self.url)
        signed = next(client.auth.sync_auth_flow(request)) if client.auth else request
        basic = {"Authorization": signed.headers["authorization"]} if client.auth else {}
        opening = connect(
            self.url.replace("http", "ws") + "/_stcore/stream",
            ssl=self.trust,
            origin=self.url,  # type: ignore[arg-type]
            subprotocols=["streamlit", "none"],  # type: ignore[list-item]
            additional_headers={"Cookie": jar, **basic, **headers},
            max_size=None,
            proxy=None,
        )
        return Tab(opening.__enter__(), opening)


def certify(folder: Path) -> ssl.SSLContext:
    """Write a key and a certificate for 127.0.0.1, and trust it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tests")])
    now = dt.datetime.now(dt.UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(here, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "certificate.pem").write_bytes(made.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return ssl.create_default_context(cafile=folder / "certificate.pem")


@pytest.fixture(scope="module")
def front(episodes: Episodes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """nginx with the example, and the dashboard behind it."""
    if NGINX is None:
        pytest.skip("no nginx on this machine (Debian: apt install nginx-light)")
    folder = tmp_path_factory.mktemp("nginx")
    port, behind = unused_port(), unused_port()
    url = f"https://127.0.0.1:{port}"
    trust = certify(folder)
    example = EXAMPLE.read_text("utf-8")
    for said, here in (
        ("443 ssl", f"127.0.0.1:{port} ssl"),
        ("outcomes.example.org", "127.0.0.1"),
        ("127.0.0.1:8501", f"127.0.0.1:{behind}"),
        ("/etc/outcomes/", f"{folder}/"),
    ):
        assert said in example
        example = example.replace(said, here)
    (folder / "example.conf").write_text(example, "utf-8")
    people = "".join(f"{name}:{{PLAIN}}password of {name}\n" for name in ("pat", "kim", "sam"))
    (folder / "people").write_text(people, "utf-8")
    secret = folder / "secret.conf"
    secret.write_text(f'proxy_set_header X-Outcomes-Proxy-Secret "{PROXY_SECRET}";\n', "utf-8")
    secret.chmod(0o600)
    user = "user root;" if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user), "utf-8")
    home = folder / "home"
    shutil.copytree(episodes.home, home)
    settings(home, f'[access]\nsign_on = "proxy"\naddress = "{url}"\n', episodes.first[:1])
    given = folder / "proxy_secret"
    given.write_text(PROXY_SECRET, "utf-8")
    given.chmod(0o600)
    with (
        running(home, "auditor", behind, OUTCOMES_PROXY_SECRET_FILE=str(given)) as server,
        (folder / "output.txt").open("wb") as output,
    ):
        command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")]
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            for _ in range(60):
                if process.poll() is not None or (folder / "nginx.pid").exists():
                    break
                time.sleep(0.1)
            assert process.poll() is None, (folder / "output.txt").read_text()
            yield Front(url, server.url, trust, folder, server.output)
        finally:
            process.terminate()
            process.wait(timeout=20)


def test_who_has_no_password_gets_nothing(front: Front) -> None:
    for path in ("/", "/_stcore/health", "/_stcore/host-config", "/static/a.js"):
        assert front.browser(**FORGED).get(front.url + path).status_code == 401
    with pytest.raises(InvalidStatus) as refused:
        front.tab(front.browser(), **FORGED)
    assert refused.value.response.status_code == 401


def test_each_gets_what_their_group_and_site_open(front: Front) -> None:
    with front.browser("pat") as client:
        answer = client.get(front.url + "/")
        assert answer.status_code == 200
        key = next(c for c in answer.headers.get_list("set-cookie") if "outcomes" in c)
        assert key.startswith("__Host-outcomes=") and "; Secure" in key
        assert f"wss://{front.url[8:]}" in answer.headers["content-security-policy"]
        tab = front.tab(client)
        tab.run()
        assert "episodes" in tab.menu and "quality" in tab.menu
        tab.close()
    with front.browser("kim") as client:
        client.get(front.url + "/")
        tab = front.tab(client)
        tab.run()
        assert "episodes" not in tab.menu and "quality" not in tab.menu
        assert "Overview" in tab.titles
        tab.close()
    with front.browser("sam") as client:
        answer = client.get(front.url + "/")
        assert answer.status_code == 403 and "no role here" in answer.text


def test_what_a_browser_says_of_itself_goes_no_further(front: Front) -> None:
    """Kim sends headers that name pat and every right; she stays kim."""
    with front.browser("kim", **FORGED) as client:
        assert client.get(front.url + "/").status_code == 200
        tab = front.tab(client, **FORGED)
        tab.run()
        assert "episodes" not in tab.menu and "quality" not in tab.menu
        tab.close()
    with front.browser("sam", **FORGED) as client:
        assert client.get(front.url + "/").status_code == 403
        with pytest.raises(InvalidStatus):
            front.tab(client, **FORGED)


def test_beside_the_proxy_there_is_no_way_in(front: Front) -> None:
    headers = {"Host": front.url[8:], "X-Remote-User": "pat", "X-Remote-Groups": "msk-audit"}
    answer = httpx.get(front.behind, headers=headers)
    assert answer.status_code == 403 and "from its proxy only" in answer.text


def test_neither_password_nor_secret_is_logged(front: Front) -> None:
    told = front.output.read_text() + "".join(
        (front.folder / name).read_text() for name in ("access.log", "error.log")
    )
    assert PROXY_SECRET not in told and "password of" not in told
    assert not re.search(r"pat@|kim@", front.output.read_text())
