"""The edge, with nginx itself: what it lets through, adds, takes away and refuses."""

import json
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path
from urllib.parse import unquote

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from tests.browser import serve
from tests.neighbour import make_certificate
from tests.processes import free_port
from tra.edge import Edge
from tra.processes import Children


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the headers that arrived behind the edge."""
    if scope["type"] == "http":
        headers = dict(Request(scope).headers)
        await JSONResponse(headers)(scope, receive, send)


@dataclass(frozen=True)
class Client:
    """Somebody outside, with a certificate and its key, as files, or without."""

    edge: Edge
    certificate: Path
    key: Path

    def ask(
        self, port: int, *, certificate: bool = False, body: bytes = b"", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        trust = ssl.create_default_context(cafile=self.edge.certificate)
        if certificate:
            trust.load_cert_chain(self.certificate, self.key)
        connection = HTTPSConnection("localhost", port, context=trust, timeout=10)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("POST" if body else "GET", "/", body or None, named)
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()

    def seen(self, port: int, *, certificate: bool = False, **headers: str) -> dict[str, str]:
        """The headers that the service behind the edge saw."""
        seen: dict[str, str] = json.loads(self.ask(port, certificate=certificate, **headers)[2])
        return seen


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("edge")
    own = make_certificate(folder, "agency")
    with serve(echo) as origin, Children(folder / "logs", {}) as children:
        edge = Edge(
            folder / "edge",
            "localhost",
            free_port(),
            free_port(),
            origin.removeprefix("http://").replace("localhost", "127.0.0.1"),
        )
        edge.prepare()
        children.start("edge", edge.command)
        for port in (edge.port, edge.mtls_port):
            _await(port, children)
        yield Client(edge, *own)


def _await(port: int, children: Children) -> None:
    while True:
        children.check()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return


def test_a_client_certificate_arrives_as_pem_with_escapes(client: Client) -> None:
    seen = client.seen(client.edge.mtls_port, certificate=True)
    pem = client.certificate.read_text()
    assert unquote(seen["tra-client-certificate"]).strip() == pem.strip()


def test_a_certificate_is_optional(client: Client) -> None:
    assert "tra-client-certificate" not in client.seen(client.edge.mtls_port)


@pytest.mark.rule("client.mtls")
@pytest.mark.parametrize("port", ["port", "mtls_port"])
def test_a_certificate_written_into_a_header_outside_does_not_arrive(
    client: Client, port: str
) -> None:
    """RFC 9700 §4.13."""
    seen = client.seen(getattr(client.edge, port), Tra_Client_Certificate="forged")
    assert "tra-client-certificate" not in seen


def test_source_is_the_address_that_the_edge_saw(client: Client) -> None:
    seen = client.seen(client.edge.port, X_Forwarded_For="203.0.113.9", Forwarded="for=x")
    assert seen["x-forwarded-for"] == "127.0.0.1"
    assert seen["x-forwarded-proto"] == "https"
    assert "forwarded" not in seen


@pytest.mark.rule("keys.tls")
def test_every_answer_tells_the_browser_to_stay_with_tls(client: Client) -> None:
    for body in (b"", b"x" * 100_000):
        _, headers, _ = client.ask(client.edge.port, body=body)
        assert "max-age=63072000" in headers["strict-transport-security"]
        assert headers["server"] == "nginx"


def test_a_body_too_large_stops_at_the_edge(client: Client) -> None:
    assert client.ask(client.edge.port, body=b"x" * 65_536)[0] == 200
    assert client.ask(client.edge.port, body=b"x" * 65_537)[0] == 413


@pytest.mark.rule("keys.tls")
@pytest.mark.parametrize(
    ("options", "accepted"),
    [
        (["-tls1_3"], True),
        (["-tls1_2"], True),
        (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"], True),
        (["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"], False),
        (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"], False),
        (["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"], False),
        (["-tls1", "-cipher", "DEFAULT@SECLEVEL=0"], False),
    ],
)
def test_only_the_protocols_and_suites_of_fapi_are_spoken(
    client: Client, options: list[str], accepted: bool
) -> None:
    """FAPI 2.0 Security Profile 5.2.2, RFC 9325."""
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{client.edge.port}", *options],
        input=b"",
        capture_output=True,
        check=False,
        timeout=20,
    )
    assert (b"Cipher is (NONE)" not in done.stdout and done.returncode == 0) is accepted
