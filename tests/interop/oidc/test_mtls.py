"""Clients with certificates (RFC 8705), by openid-client over TLS, through nginx."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from core.clock import SystemClock
from keys.jose import parse
from tests.certificates import Certified
from tests.live import LiveProvider
from tests.node import script
from tests.processes import free_port
from tests.visitor import Visitor
from tra.edge import Edge

CALLBACK = "https://mtls.example.kh/callback"
KEY = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
CLIENTS = ["tls_client_auth", "self_signed_tls_client_auth", "private_key_jwt"]


@pytest.fixture(scope="module")
def certificates() -> dict[str, Certified]:
    """Of an authority; self-signed; and one more of the authority, for a client that signs."""
    now = SystemClock().utc()
    authority = Certified("Authority", authority=True, since=now)
    return {
        "authority": authority,
        "tls_client_auth": Certified("land", authority, since=now),
        "self_signed_tls_client_auth": Certified("post", since=now),
        "private_key_jwt": Certified("tax", authority, since=now),
    }


@pytest.fixture(scope="module")
def provider(
    certificates: dict[str, Certified], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveProvider]:
    """A provider whose issuer is the edge, with a client of each kind."""
    folder, port = tmp_path_factory.mktemp("mtls"), free_port()
    authorities = folder / "authorities.pem"
    authorities.write_text(certificates["authority"].pem, encoding="utf-8")
    edge = Edge(folder / "edge", "localhost", free_port(), free_port(), f"127.0.0.1:{port}")
    made = LiveProvider(folder, port, edge, {"tls_client_ca": str(authorities)})
    with made.serving():
        made.register(
            _metadata("tls_client_auth", tls_client_auth_subject_dn="CN=land,O=Ministry,C=KH"),
            _metadata(
                "self_signed_tls_client_auth",
                jwks=certificates["self_signed_tls_client_auth"].jwks,
            ),
            _metadata("private_key_jwt", jwks={"keys": [KEY.as_dict(private=False)]}),
        )
        yield made


def _metadata(method: str, **more: Any) -> dict[str, Any]:
    return {
        "client_id": method,
        "client_name": "An agency with a certificate",
        "security_profile": "fapi2",
        "token_endpoint_auth_method": method,
        "tls_client_certificate_bound_access_tokens": True,
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"],
        "scope": "openid profile offline_access",
        **more,
    }


@pytest.mark.rule("client.mtls")
@pytest.mark.parametrize("method", CLIENTS)
def test_openid_client_comes_with_a_certificate(
    provider: LiveProvider, certificates: dict[str, Certified], method: str, tmp_path: Path
) -> None:
    """FAPI 2.0 by mTLS, and with private_key_jwt and tokens bound to a certificate."""
    assert provider.edge
    own, person = certificates[method], provider.newcomer()
    other = Certified("another", since=SystemClock().utc())
    with script("fapi.js") as node, Visitor(provider.trust) as visitor:
        begun = node.ask(
            issuer=provider.issuer,
            client_id=method,
            method=method,
            private_jwk=KEY.as_dict(private=True),
            redirect_uri=CALLBACK,
            scope="openid profile offline_access",
            tls=provider.edge.certificate.read_text(encoding="utf-8"),
            certificate={"cert": own.pem, "key": own.key_pem},
            other_certificate={"cert": other.pem, "key": other.key_pem},
        )
        callback = visitor.go_through(begun["authorization_url"], person)
        assert callback.startswith(f"{CALLBACK}?"), visitor.page
        learned = node.ask(callback=callback)
    assert learned["userinfo"]["name"] == person.name
    cnf = parse(learned["tokens"]["access_token"]).claims["cnf"]
    assert learned["introspected"]["cnf"] == cnf
    assert cnf.keys() == {"x5t#S256"}
    assert learned["refreshed"]["refresh_token"] == learned["tokens"]["refresh_token"]
    assert learned["stolen"] == "invalid_token"
    assert learned["revoked"] == {"active": False}
