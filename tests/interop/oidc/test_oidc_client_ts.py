"""npm's oidc-client-ts in a real browser: a public client that is a page, and has no server."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from tests.browser import serve
from tests.live import LiveProvider, Person
from tests.node import SCRIPTS
from tests.processes import free_port

FILES = {
    "/": Path(__file__).parents[1] / "spa" / "index.html",
    "/spa.js": Path(__file__).parents[1] / "spa" / "spa.js",
    "/oidc-client-ts.js": SCRIPTS / "node_modules/oidc-client-ts/dist/browser/oidc-client-ts.js",
}


@dataclass
class Spa:
    """The page, and the person in front of it."""

    origin: str
    page: Page

    def act(self, name: str) -> dict[str, Any]:
        """Press a button; what came of it."""
        self.page.evaluate("document.getElementById('told').textContent = ''")
        self.page.click(f"#{name}")
        return self.told(name)

    def told(self, name: str) -> dict[str, Any]:
        done = f"""() => {{
            const text = document.getElementById('told')?.textContent
            return text && JSON.parse(text).act === '{name}' && text
        }}"""
        told: dict[str, Any] = json.loads(self.page.wait_for_function(done).json_value())
        assert "failed" not in told, told
        return told


@pytest.fixture(scope="module", params=["bearer", "dpop"])
def origin(live_provider: LiveProvider, request: pytest.FixtureRequest) -> Iterator[str]:
    """Where the page is; one whose tokens are bound is asked for nonces too."""
    port, dpop = free_port(), request.param == "dpop"
    client_id = f"spa-{request.param}"
    live_provider.register(
        {
            "client_id": client_id,
            "client_name": "A service without a server",
            "token_endpoint_auth_method": "none",
            "require_pkce": True,
            "redirect_uris": [f"http://localhost:{port}/"],
            "post_logout_redirect_uris": [f"http://localhost:{port}/"],
            "grant_types": ["authorization_code", "refresh_token"],
            "scope": "openid profile",
            "dpop_bound_access_tokens": dpop,
            "dpop_nonce_required": dpop,
        }
    )
    settings = {"issuer": live_provider.issuer, "client_id": client_id, "dpop": dpop}

    async def tell(request: Request) -> Response:
        if request.url.path == "/settings.json":
            return JSONResponse(settings)
        return FileResponse(FILES[request.url.path])

    app = Starlette(routes=[Route(path, tell) for path in (*FILES, "/settings.json")])
    with serve(app, port) as address:
        _wait_until_known(live_provider.issuer, address)
        yield address


def _wait_until_known(issuer: str, origin: str) -> None:
    """The provider looks every few seconds for pages that are new."""
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    for _ in range(120):
        answer = httpx2.options(f"{issuer}/token", headers=asked)
        if answer.headers.get("access-control-allow-origin") == origin:
            return
        time.sleep(0.25)
    raise AssertionError("the page stays unknown to the provider")


def sign_in(spa: Spa, person: Person) -> dict[str, Any]:
    """From the page to the provider and back; what the page learned."""
    page = spa.page
    page.goto(f"{spa.origin}/")
    page.wait_for_selector("[data-ready]")
    page.click("#sign-in")
    page.fill("[name=username]", person.username)
    page.fill("[name=password]", person.password)
    page.click("#submit")
    page.fill("[name=code]", person.one_time_code())
    page.click("#submit")
    page.click("#approve")
    page.wait_for_url(f"{spa.origin}/**")
    return spa.told("callback")


def test_a_page_signs_a_person_in_refreshes_and_signs_them_out(
    live_provider: LiveProvider, origin: str, page: Page
) -> None:
    person, spa = live_provider.newcomer(), Spa(origin, page)
    learned = sign_in(spa, person)
    bound = learned["token_type"] == "DPoP"
    first = learned["refresh_token"]
    told = spa.act("userinfo")
    assert told["status"] == 200
    assert told.get("name#km", "") == person.name_km
    assert told["sub"] == learned["profile"]["sub"]
    if not bound:
        assert learned["profile"]["name"] == person.name  # fetched by the library
    refreshed = spa.act("refresh")
    assert refreshed["refresh_token"] != first
    assert refreshed["access_token"] != learned["access_token"]
    spa.act("revoke")
    refused = spa.act("userinfo")  # readable, though it is an error
    assert refused["status"] == 401
    assert "invalid_token" in refused["why"]
    spa.page.click("#sign-out")
    spa.page.click("[name=decision][value=logout]")
    spa.page.wait_for_url(f"{origin}/**")
    spa.page.wait_for_selector("[data-ready]")
    spa.page.click("#sign-in")
    spa.page.wait_for_selector("[name=password]")
