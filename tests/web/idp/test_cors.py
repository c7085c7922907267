"""Which pages may read what the provider answers (Fetch 3.3, RFC 9700 §2.6)."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.provider import ISSUER, VERIFIER, Provider

PAGE = "https://spa.example.kh"
OTHER_PAGE = "https://map.example.kh:8443"
CALLED_BY_PAGES = ["/token", "/par", "/revoke", "/userinfo"]
DOCUMENTS = [
    "/jwks",
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
]


@pytest.fixture
def pages(op: Provider) -> Provider:
    """Two public clients that are pages, beside the services with secrets."""
    for client_id, origin in (("spa", PAGE), ("map", OTHER_PAGE)):
        op.add_client(
            client_id,
            token_endpoint_auth_method="none",
            redirect_uris=[f"{origin}/callback"],
            scope="openid profile",
        )
    return op


def call(
    op: Provider, method: str, path: str, origin: str | None = PAGE, **request: Any
) -> dict[str, str]:
    """The headers of the answer."""
    headers = {"Origin": origin} if origin else {}
    headers |= request.pop("headers", {})
    answer = TestClient(op.app, ISSUER).request(method, path, headers=headers, **request)
    return dict(answer.headers)


def ask(op: Provider, path: str, origin: str, wanted: str = "POST") -> Any:
    """As a browser asks before it sends a page's request."""
    return TestClient(op.app, ISSUER).options(
        path,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": wanted,
            "Access-Control-Request-Headers": "authorization,dpop",
        },
    )


@pytest.mark.parametrize("path", CALLED_BY_PAGES)
def test_a_page_of_a_public_client_may_call(pages: Provider, path: str) -> None:
    answer = ask(pages, path, PAGE)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert {"Authorization", "DPoP"} <= set(
        answer.headers["access-control-allow-headers"].split(", ")
    )
    assert answer.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in answer.headers
    assert "content-length" not in answer.headers


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "",
        "https://spa.example.kh:444",
        "http://spa.example.kh",
        "https://spa.example.kh.evil.example",
        "https://service-1.example.kh",
    ],
)
def test_no_other_page_may(pages: Provider, origin: str) -> None:
    """A client with a secret has no pages that call: a secret in a page is none."""
    for path in CALLED_BY_PAGES:
        assert "access-control-allow-origin" not in ask(pages, path, origin).headers
        headers = call(pages, "POST", path, origin, data={"client_id": "spa"})
        assert "access-control-allow-origin" not in headers


def test_a_page_reads_the_answers_to_its_own_client_alone(pages: Provider) -> None:
    for client_id, origin, readable in (
        ("spa", PAGE, True),
        ("map", OTHER_PAGE, True),
        ("map", PAGE, False),
        ("service-1", PAGE, False),
        ("nobody", PAGE, False),
    ):
        form = {"client_id": client_id, "grant_type": "authorization_code", "code": "wrong"}
        headers = call(pages, "POST", "/token", origin, data=form)
        assert ("access-control-allow-origin" in headers) is readable


@pytest.mark.rule("authorize.no-cors")
@pytest.mark.parametrize("path", ["/authorize", "/login/x", "/consent/x", "/account", "/logout"])
def test_pages_of_ours_are_read_by_nobody_elsewhere(pages: Provider, path: str) -> None:
    """RFC 9700 §2.6: never at the authorization endpoint."""
    for method in ("OPTIONS", "GET", "POST"):
        headers = call(pages, method, path, params={"client_id": "spa"})
        assert not [name for name in headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "path", ["/introspect", "/register", "/bc-authorize", "/device_authorization"]
)
def test_what_only_servers_call_is_closed_to_pages(pages: Provider, path: str) -> None:
    assert ask(pages, path, PAGE).status_code == 405
    assert "access-control-allow-origin" not in call(pages, "POST", path)


@pytest.mark.parametrize("path", DOCUMENTS)
def test_published_documents_are_readable_everywhere(pages: Provider, path: str) -> None:
    origin = "https://anybody.example"
    assert call(pages, "GET", path, origin)["access-control-allow-origin"] == "*"
    answer = ask(pages, path, origin, "GET")
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_page_signs_a_person_in_and_reads_why_it_is_refused(pages: Provider) -> None:
    browser = pages.browser()
    reply = browser.go_through("spa")
    http = TestClient(pages.app, ISSUER, headers={"Origin": PAGE})
    form = {
        "grant_type": "authorization_code",
        "client_id": "spa",
        "code": reply.parameters["code"],
        "redirect_uri": reply.uri,
        "code_verifier": VERIFIER,
    }
    answer = http.post("/token", data=form)
    assert answer.status_code == 200, answer.text
    assert answer.headers["access-control-allow-origin"] == PAGE
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    told = http.get("/userinfo", headers=bearer)
    assert told.json()["name"] == "Chan Sokha"
    assert told.headers["access-control-allow-origin"] == PAGE
    again = http.post("/token", data=form)
    assert again.json()["error"] == "invalid_grant"
    assert again.headers["access-control-allow-origin"] == PAGE
    revoked = http.get("/userinfo", headers=bearer)
    assert revoked.status_code == 401
    assert revoked.headers["access-control-allow-origin"] == PAGE
    assert "WWW-Authenticate" in revoked.headers["access-control-expose-headers"]


def test_a_client_that_is_registered_now_is_known_at_once_or_in_seconds(op: Provider) -> None:
    assert "access-control-allow-origin" not in ask(op, "/token", PAGE).headers
    op.add_client("spa", token_endpoint_auth_method="none", redirect_uris=[f"{PAGE}/callback"])
    op.clock.advance(6)
    assert ask(op, "/token", PAGE).headers["access-control-allow-origin"] == PAGE


def test_what_is_no_page_is_answered_as_ever(pages: Provider) -> None:
    headers = call(pages, "POST", "/token", None, data={"client_id": "spa"})
    assert "vary" not in headers
