"""Logos come from us: no page of ours asks another machine (RFC 7591 §5)."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from clients.web.logos import AGAIN_SECONDS, KEPT_SECONDS, LOGO_BYTES
from core.clock import FixedClock
from tests.provider import ISSUER, Provider, provider

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


class Agency(ThreadingHTTPServer):
    """An agency's web server, and how often it is asked for its logo."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = PNG
        self.asked = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Agency

    def do_GET(self) -> None:
        self.server.asked += 1
        self.send_response(200)
        self.send_header("Content-Type", "image/svg+xml")
        self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()
        self.wfile.write(self.server.content)

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def agency() -> Iterator[Agency]:
    running = Agency()
    threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture
def op(tmp_path: Path, clock: FixedClock, agency: Agency) -> Iterator[Provider]:
    url = f"sqlite:///{tmp_path / 'idp.sqlite'}"
    with provider(url, clock, allowed={agency.address}) as running:
        redirect_uris = ["https://land.example.kh/callback"]
        logo_uri = f"http://{agency.address}/logo.png"
        running.add_client(
            "land", client_secret="s", redirect_uris=redirect_uris, logo_uri=logo_uri
        )
        yield running


@pytest.fixture
def http(op: Provider) -> TestClient:
    return TestClient(op.app, ISSUER)


@pytest.mark.rule("authorize.party")
def test_sign_in_page_shows_the_logo_from_our_own_address(op: Provider, http: TestClient) -> None:
    browser = op.browser()
    browser.authorize("land", scope="openid")
    assert '<img src="/clients/land/logo" alt=""' in browser.page.text
    assert "img-src 'self' data:" in browser.page.headers["content-security-policy"]
    picture = http.get("/clients/land/logo")
    assert (picture.status_code, picture.content) == (200, PNG)
    assert picture.headers["content-type"] == "image/png"


def test_logo_is_fetched_once_a_day(op: Provider, http: TestClient, agency: Agency) -> None:
    assert [http.get("/clients/land/logo").status_code for _ in range(3)] == [200] * 3
    assert agency.asked == 1
    op.clock.advance(KEPT_SECONDS)
    assert http.get("/clients/land/logo").status_code == 200
    assert agency.asked == 2


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html>",
        b"",
        PNG + bytes(LOGO_BYTES),
    ],
    ids=["a program", "a page", "nothing", "too much"],
)
def test_what_is_no_small_picture_is_not_handed_on(
    op: Provider, http: TestClient, agency: Agency, content: bytes
) -> None:
    agency.content = content
    assert [http.get("/clients/land/logo").status_code for _ in range(2)] == [404] * 2
    assert agency.asked == 1
    agency.content = PNG
    op.clock.advance(AGAIN_SECONDS)
    assert http.get("/clients/land/logo").status_code == 200


@pytest.mark.parametrize("client_id", ["service-1", "nobody"])
def test_client_without_a_logo_has_none(http: TestClient, client_id: str) -> None:
    assert http.get(f"/clients/{client_id}/logo").status_code == 404
