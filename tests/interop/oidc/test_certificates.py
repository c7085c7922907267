"""A certificate on its whole way: TLS by OpenSSL, nginx at the edge, the provider's process."""

import json
import ssl
from collections.abc import Iterator
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from core.clock import SystemClock
from keys.jose import parse
from tests.certificates import Certified
from tests.live import LiveProvider
from tests.processes import free_port, running
from tra.edge import Edge

CLIENT = "client-with-certificate"


@pytest.fixture(scope="module")
def own() -> Certified:
    """A certificate that no authority issued."""
    return Certified("agency", since=SystemClock().utc())


@pytest.fixture(scope="module")
def edge(
    live_provider: LiveProvider, own: Certified, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Edge]:
    live_provider.register(
        {
            "client_id": CLIENT,
            "security_profile": "fapi2",
            "token_endpoint_auth_method": "self_signed_tls_client_auth",
            "tls_client_certificate_bound_access_tokens": True,
            "jwks": own.jwks,
            "grant_types": ["client_credentials"],
            "scope": "seal",
        }
    )
    folder = tmp_path_factory.mktemp("edge")
    upstream = f"127.0.0.1:{live_provider.port}"
    made = Edge(folder, "localhost", free_port(), free_port(), upstream)
    made.prepare()
    with running("edge", made.command, f"http://localhost:{made.port}/", folder, {}):
        yield made


def ask(edge: Edge, port: int, certified: Certified | None, folder: Path) -> tuple[int, Any]:
    """A token request over TLS, with or without a certificate."""
    context = ssl.create_default_context(cafile=edge.certificate)
    if certified is not None:
        (folder / "own.pem").write_text(certified.pem + certified.key_pem)
        context.load_cert_chain(folder / "own.pem")
    connection = HTTPSConnection("localhost", port, context=context, timeout=10)
    form = urlencode({"grant_type": "client_credentials", "client_id": CLIENT})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/token", form, headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def test_a_certificate_gets_a_token_that_is_bound_to_it(
    edge: Edge, own: Certified, tmp_path: Path
) -> None:
    """RFC 8705 §2.2, §3."""
    status, told = ask(edge, edge.mtls_port, own, tmp_path)
    assert status == 200, told
    assert "x5t#S256" in parse(told["access_token"]).claims["cnf"]


def test_no_certificate_and_another_one_get_nothing(edge: Edge, tmp_path: Path) -> None:
    other = Certified("agency", since=SystemClock().utc())
    for certified in (None, other):
        status, told = ask(edge, edge.mtls_port, certified, tmp_path)
        assert (status, told["error"]) == (401, "invalid_client")


def test_the_address_for_everyone_asks_for_no_certificate(
    edge: Edge, own: Certified, tmp_path: Path
) -> None:
    status, told = ask(edge, edge.port, own, tmp_path)
    assert (status, told["error"]) == (401, "invalid_client")
