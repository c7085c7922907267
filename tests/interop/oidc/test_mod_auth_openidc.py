"""Apache's mod_auth_openidc (a certified relying party) from Debian, in front of an application."""

import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.live import LiveProvider
from tests.processes import running
from tests.visitor import Visitor

APACHE = Path("/usr/sbin/apache2")
MODULE = Path("/usr/lib/apache2/modules/mod_auth_openidc.so")
DELIVERED_SECONDS = 30
APPLICATION = """#!/bin/sh
printf 'Content-Type: text/plain; charset=utf-8\\n\\n'
exec env
"""


@pytest.fixture(scope="module", params=["client_secret_basic", "private_key_jwt"])
def apache(live_provider: LiveProvider, request: pytest.FixtureRequest) -> Iterator[str]:
    """Where Apache answers: /citizen is for those who signed in, /public for everybody."""
    assert MODULE.exists(), "Apache is not installed with mod_auth_openidc: run `make system`"
    port, method = live_provider.reachable_port(), request.param
    client_id, with_key = f"apache-{method.replace('_', '-')}", method == "private_key_jwt"
    origin = f"http://localhost:{port}"
    address = f"{origin}/citizen/openid"  # of all that mod_auth_openidc answers itself
    live_provider.register(
        {
            "client_id": client_id,
            "client_name": "A service behind Apache",
            "token_endpoint_auth_method": method,
            **(
                {"jwks_uri": f"{address}?jwks=rsa"}
                if with_key
                else {"client_secret": "secret-of-apache"}
            ),
            "redirect_uris": [address],
            "post_logout_redirect_uris": [f"{origin}/public"],
            "backchannel_logout_uri": f"{address}?logout=backchannel",
            "scope": "openid profile",
            "require_pkce": True,
        }
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _open_to_all(folder)  # started by root, Apache becomes www-data
        application = folder / "environment.sh"
        application.write_text(APPLICATION, encoding="utf-8")
        _open_to_all(application)
        _make_keys(folder)
        defined = {
            "PORT": port,
            "FOLDER": folder,
            "ISSUER": live_provider.issuer,
            "CLIENT": client_id,
        }
        command = [str(APACHE), "-DFOREGROUND", "-f", str(Path(__file__).with_name("apache.conf"))]
        command += ["-DWITH_KEY"] if with_key else []
        for variable, value in defined.items():
            command += ["-C", f"Define {variable} {value}"]
        with running("apache", command, f"{origin}/public", folder, {"LANG": "C.UTF-8"}):
            yield origin


def _make_keys(folder: Path) -> None:
    key = rsa.generate_private_key(65_537, 2048)
    encoding = serialization.Encoding.PEM
    private, public = folder / "private.pem", folder / "public.pem"
    private.write_bytes(
        key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    public.write_bytes(
        key.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    for path in (private, public):
        _open_to_all(path)


def _open_to_all(path: Path) -> None:
    path.chmod(stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)


@pytest.mark.rule("identity.khmer")
def test_citizen_reaches_the_application_by_name_and_leaves_it(
    live_provider: LiveProvider, apache: str
) -> None:
    person = live_provider.newcomer()
    with Visitor() as visitor:
        assert visitor.go_through(f"{apache}/citizen", person) == f"{apache}/citizen"
        seen = _variables(visitor)
        assert seen["OIDC_CLAIM_name"] == person.name
        assert seen["OIDC_CLAIM_name_km"] == person.name_km
        assert seen["OIDC_CLAIM_iss"] == live_provider.issuer
        assert seen["OIDC_CLAIM_acr"] == "urn:tra:loa:2"
        assert seen["OIDC_CLAIM_at_hash"]
        assert seen["OIDC_CLAIM_nonce"]
        assert seen["REMOTE_USER"].startswith(seen["OIDC_CLAIM_sub"])
        asked = urlencode({"logout": f"{apache}/public"})
        visitor.open(f"{apache}/citizen/openid?{asked}")
        assert visitor.submit(decision="logout") == f"{apache}/public"
        assert "REMOTE_USER" not in _variables(visitor)
        visitor.open(f"{apache}/citizen")
        assert 'name="password"' in visitor.page


def test_citizen_who_refuses_does_not_reach_the_application(
    live_provider: LiveProvider, apache: str
) -> None:
    person = live_provider.newcomer()
    with Visitor() as visitor:
        visitor.open(f"{apache}/citizen")
        visitor.submit(username=person.username, password=person.password)
        visitor.submit(code=person.one_time_code())
        visitor.submit(decision="deny")
        assert visitor.url.startswith(f"{apache}/citizen/openid?error=access_denied")
        assert "REMOTE_USER" not in visitor.page


@pytest.mark.rule("logout.delivery", "logout.token")
def test_signing_out_at_the_provider_signs_out_behind_apache(
    live_provider: LiveProvider, apache: str
) -> None:
    """Back-Channel Logout 2.5, 2.7: mod_auth_openidc checks the logout token, and ends its own
    session."""
    person = live_provider.newcomer()
    with Visitor() as visitor:
        visitor.go_through(f"{apache}/citizen", person)
        assert "REMOTE_USER" in _variables(visitor)
        visitor.open(f"{live_provider.issuer}/logout")
        visitor.submit(decision="logout")
        deadline = time.monotonic() + DELIVERED_SECONDS
        while visitor.open(f"{apache}/citizen") == f"{apache}/citizen":
            assert time.monotonic() < deadline, "no word of it reached Apache"
            time.sleep(0.1)
        assert 'name="password"' in visitor.page


def _variables(visitor: Visitor) -> dict[str, str]:
    """The environment as the application sees it."""
    assert visitor.status == 200, visitor.page
    pairs = (line.partition("=") for line in visitor.page.splitlines())
    return {name: value for name, _, value in pairs}
