"""The only HTTP client: no redirects, no long answers, no waiting, and no way inside."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.outbound import Fetched, Outbound, OutboundError, OutboundPolicy, _trust, is_public

PUBLIC = ["8.8.8.8", "203.189.128.1", "2606:4700:4700::1111", "64:ff9b::808:808"]
NOT_PUBLIC = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "fc00::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]


class Peer(BaseHTTPRequestHandler):
    """Answers by its path, and remembers what it was asked."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("Location", "/secret")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.path.startswith("/long/"):
            body = b"x" * int(self.path.rpartition("/")[2])
            self.send_response(200)
            self.end_headers()  # no length: it ends where the connection does
            self.wfile.write(body)
        elif self.path == "/slow":
            self.send_response(200)
            self.end_headers()
            self.server.stopping.wait(10)  # type: ignore[attr-defined]
        else:
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.send_header("X-Name", "Value")
            self.end_headers()
            self.wfile.write(b"{}")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append(f"{self.path} {self.headers['Content-Type']} {body.decode()}")
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[str]]]:
    """A server of this machine: its port, and what it was asked."""
    asked: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Ours", (Peer,), {"asked": asked}))
    server.stopping = threading.Event()  # type: ignore[attr-defined]
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server.server_address[1], asked
    finally:
        server.stopping.set()  # type: ignore[attr-defined]
        server.shutdown()
        server.server_close()


@pytest.fixture
def peer() -> Iterator[tuple[int, list[str]]]:
    with serving() as running:
        yield running


def fetch(
    url: str, *allowed: str, ca_bundle: Path | None = None, limit: int = 1_000, seconds: float = 2
) -> Fetched:
    async def ask() -> Fetched:
        outbound = Outbound(OutboundPolicy(frozenset(allowed), ca_bundle))
        try:
            return await outbound._ask("GET", url, {}, b"", seconds, limit)
        finally:
            await outbound.close()

    return asyncio.run(ask())


@pytest.mark.parametrize("address", PUBLIC)
def test_address_that_the_internet_routes_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.rule("keys.fetch")
@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_address_of_special_purpose_is_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.rule("testing.outbound")
def test_answer_of_an_allowed_neighbour_is_fetched(peer: tuple[int, list[str]]) -> None:
    port, asked = peer
    fetched = fetch(f"http://127.0.0.1:{port}/jwks?a=1", f"127.0.0.1:{port}")
    assert (fetched.status, fetched.body) == (200, b"{}")
    assert fetched.headers["x-name"] == "Value"
    assert asked == ["/jwks?a=1"]


def test_form_is_posted(peer: tuple[int, list[str]]) -> None:
    port, asked = peer

    async def post() -> Fetched:
        outbound = Outbound(OutboundPolicy(frozenset({f"127.0.0.1:{port}"})))
        try:
            return await outbound.post_form(f"http://127.0.0.1:{port}/bye", {"logout_token": "ក&"})
        finally:
            await outbound.close()

    assert asyncio.run(post()).status == 204
    assert asked == ["/bye application/x-www-form-urlencoded logout_token=%E1%9E%80%26"]


@pytest.mark.rule("keys.fetch")
@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:{port}/",
        "https://[::1]:{port}/",
        "https://[::ffff:127.0.0.1]:{port}/",
        "https://[64:ff9b::7f00:1]:{port}/",
        "https://localhost:{port}/",
        "https://2130706433:{port}/",
        "https://0x7f.1:{port}/",
        "https://0:{port}/",
        "https://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://8.8.8.8/",
        "https://user@8.8.8.8/",
        "ftp://127.0.0.1:{port}/",
        "file:///etc/passwd",
        "//127.0.0.1:{port}/",
        "https://[/",
        "https://127.0.0.1:99999/",
        "https://ក.example/",
        "https://a.example\\@127.0.0.1:{port}/",  # read as another host by another reader
        "https://127.0.0.1:{port} /",
        "https://a\tb.example/",
        "https://a.example/\r\nX: y",
        "",
    ],
)
def test_way_inside_is_refused_unless_allowed(url: str, peer: tuple[int, list[str]]) -> None:
    port, asked = peer
    with pytest.raises(OutboundError):
        fetch(url.format(port=port))
    assert asked == []


def test_allowing_one_port_of_a_host_allows_no_other(peer: tuple[int, list[str]]) -> None:
    port, asked = peer
    for allowed in (f"127.0.0.1:{port + 1}", f"localhost:{port}", "127.0.0.1"):
        with pytest.raises(OutboundError):
            fetch(f"http://127.0.0.1:{port}/", allowed)
    assert asked == []


@pytest.mark.rule("keys.fetch")
def test_redirect_is_answered_and_not_followed(peer: tuple[int, list[str]]) -> None:
    port, asked = peer
    assert fetch(f"http://127.0.0.1:{port}/redirect", f"127.0.0.1:{port}").status == 302
    assert asked == ["/redirect"]


@pytest.mark.rule("keys.fetch")
def test_answer_longer_than_the_limit_is_refused(peer: tuple[int, list[str]]) -> None:
    port, _ = peer
    url, allowed = f"http://127.0.0.1:{port}/long/", f"127.0.0.1:{port}"
    assert len(fetch(f"{url}1000", allowed).body) == 1_000
    for length in (1_001, 50_000_000):
        with pytest.raises(OutboundError):
            fetch(f"{url}{length}", allowed)


@pytest.mark.rule("keys.fetch")
def test_slow_peer_is_given_up(peer: tuple[int, list[str]]) -> None:
    port, asked = peer
    with pytest.raises(OutboundError, match="Timeout"):
        fetch(f"http://127.0.0.1:{port}/slow", f"127.0.0.1:{port}", seconds=0.3)
    assert asked == ["/slow"]


def test_peer_that_is_not_there_is_an_error_of_the_same_kind() -> None:
    with serving() as (port, _):
        pass
    for url in (f"http://127.0.0.1:{port}/", f"http://nobody.invalid:{port}/"):
        with pytest.raises(OutboundError, match="failed"):
            fetch(url, f"127.0.0.1:{port}", f"nobody.invalid:{port}")


def test_error_tells_the_origin_and_not_the_address(peer: tuple[int, list[str]]) -> None:
    port, _ = peer
    with pytest.raises(OutboundError) as error:
        fetch(f"http://127.0.0.1:{port}/long/2000?secret=1", f"127.0.0.1:{port}")
    assert "secret" not in str(error.value)


@pytest.fixture
def certified(tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS, and the file of the authority that stands behind it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    bundle, secret = tmp_path / "ca.pem", tmp_path / "key.pem"
    bundle.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(bundle, secret)
    return context, bundle


@pytest.mark.rule("testing.outbound")
def test_certificate_is_checked_against_the_operators_bundle_and_the_name(
    certified: tuple[ssl.SSLContext, Path],
) -> None:
    context, bundle = certified
    with serving(context) as (port, asked):
        near, other = f"localhost:{port}", f"127.0.0.1:{port}"
        with pytest.raises(OutboundError):
            fetch(f"https://{near}/", near)
        with pytest.raises(OutboundError):
            fetch(f"https://{other}/", other, ca_bundle=bundle)
        assert asked == []
        assert fetch(f"https://{near}/", near, ca_bundle=bundle).status == 200


def test_operators_bundle_is_trusted_beside_the_machines_own(
    certified: tuple[ssl.SSLContext, Path],
) -> None:
    def numbers(context: ssl.SSLContext) -> list[str]:
        return sorted(one["serialNumber"] for one in context.get_ca_certs())

    machines = ssl.create_default_context()
    assert len(numbers(_trust(certified[1]))) == len(numbers(machines)) + 1
    assert numbers(_trust(None)) == numbers(machines)
