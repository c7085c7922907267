"""Logos come from us: no page of ours asks another machine (RFC 7591 §5)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from clients.web.logos import AGAIN_SECONDS, KEPT_SECONDS, LOGO_BYTES
from core.clock import FixedClock
from tests.agency_server import AgencyServer, agency_server
from tests.provider import ISSUER, Provider, provider

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.fixture
def agency() -> Iterator[AgencyServer]:
    with agency_server(PNG) as running:
        yield running


@pytest.fixture
def op(tmp_path: Path, clock: FixedClock, agency: AgencyServer) -> Iterator[Provider]:
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


def test_logo_is_fetched_once_a_day(op: Provider, http: TestClient, agency: AgencyServer) -> None:
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
    op: Provider, http: TestClient, agency: AgencyServer, content: bytes
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
