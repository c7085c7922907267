"""What tests of CIBA share: an agency's server that asks, and a person who decides."""

from typing import Any

from clients.rules.profiles import CIBA
from tests.provider import Backend, Browser, Provider

TOKEN = "8d67dc78-7faa-4d41-aabd-67707b374255"


def add_agency(op: Provider, client_id: str, **metadata: Any) -> None:
    op.add_client(
        client_id,
        client_secret=f"secret-of-{client_id}",
        grant_types=[CIBA],
        scope="openid profile email",
        authorization_details_types=["tra_data_access"],
        **metadata,
    )


def ask(agency: Backend, **parameters: str | None) -> Any:
    asked = {"scope": "openid profile", "login_hint": "sokha", "binding_message": "W4SCT"}
    return agency.post("/bc-authorize", **{**asked, **parameters})


def begin(agency: Backend, **parameters: str | None) -> dict[str, Any]:
    answer = ask(agency, **parameters)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    begun: dict[str, Any] = answer.json()
    return begun


def poll(agency: Backend, begun: dict[str, Any]) -> Any:
    return agency.post("/token", grant_type=CIBA, auth_req_id=begun["auth_req_id"])


def error(answer: Any, status: int = 400) -> str:
    assert answer.status_code == status, answer.text
    return str(answer.json()["error"])


def account(browser: Browser) -> Browser:
    """To the account page, signing in where that is asked."""
    browser.open("/account")
    if 'name="password"' in browser.page.text:
        browser.sign_in()
    return browser


def read(browser: Browser) -> Browser:
    """To the newest request on the account page."""
    page = account(browser).page.text
    browser.open(page.partition('href="/ciba/')[2].partition('"')[0].join(("/ciba/", "")))
    return browser


def decide(agency: Backend, begun: dict[str, Any], decision: str) -> Any:
    return agency.post("/development/ciba", auth_req_id=begun["auth_req_id"], decision=decision)
