"""What a page costs, and where its requests go: a phone on 400 kbit/s is the measure (R10, R23)."""

import re
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from core.pages import TYPEFACE
from tests.browser import visit
from tests.pages.states import ROOT, STATES, State

FIRST_VIEW = 100_000
AGAIN = 25_000


def weigh(browser: Browser, url: str) -> list[int]:
    """Bytes over the wire, headers too, of a first view and of a second one."""
    weights = []
    with visit(browser) as window:
        session = window.context.new_cdp_session(window)
        session.send("Network.enable")
        received: dict[str, Any] = {"bytes": 0}

        def add(event: dict[str, Any]) -> None:
            received["bytes"] += event["encodedDataLength"]

        session.on("Network.loadingFinished", add)
        for _ in range(2):
            received["bytes"] = 0
            window.goto(url, wait_until="networkidle")
            weights.append(received["bytes"])
    return weights


@pytest.mark.parametrize(
    "state",
    [state for state in STATES if state.id in {"login", "consent", "home", "verify", "authentic"}],
    ids=lambda state: state.path,
)
def test_a_first_view_weighs_under_100_kb_and_the_next_under_25(
    browser: Browser, origin: str, state: State
) -> None:
    first, again = weigh(browser, origin + state.path)
    assert 25_000 < first <= FIRST_VIEW, "with the typeface"
    assert 0 < again <= AGAIN


def fetch(origin: str, path: str) -> tuple[dict[str, str], bytes]:
    """The headers and the body of an answer, as they come."""
    connection = HTTPConnection(urlsplit(origin).netloc, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    headers = {name.lower(): value for name, value in answer.getheaders()}
    body = answer.read()
    connection.close()
    return headers, body


def test_no_page_is_heavier_than_a_repeated_view_may_be(origin: str) -> None:
    for state in STATES:
        _, body = fetch(origin, state.path)
        # The catalogue of refusals is a document for developers: it grows with every reason.
        assert len(body) < (FIRST_VIEW if state.id == "errors" else AGAIN), state.path


def test_every_page_forbids_scripts_frames_and_machines_that_are_not_ours(origin: str) -> None:
    for state in STATES:
        headers, body = fetch(origin, state.path)
        policy = dict(
            part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";")
        )
        assert policy["default-src"] == "'none'"
        assert policy["frame-ancestors"] == "'none'"
        assert {policy[name] for name in ("script-src", "style-src", "font-src")} == {"'self'"}
        assert headers["cache-control"] == "no-store"
        assert b"style=" not in body
        for script in re.findall(rb"<script[^>]*>", body):
            assert script.startswith(b'<script src="/static/')


def test_static_files_are_kept_for_a_year_under_names_that_change_with_them(origin: str) -> None:
    _, page = fetch(origin, STATES[0].path)
    addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.decode())
    assert TYPEFACE in addresses
    assert len(set(addresses)) >= 3
    for address in addresses:
        headers, _ = fetch(origin, address)
        assert headers["cache-control"] == "public, max-age=31536000, immutable"
        assert "?v=" in address or address == TYPEFACE


def test_stylesheet_and_frame_name_the_same_typeface_and_its_licence_lies_beside_it() -> None:
    static = ROOT / "core/pages/static"
    stylesheet = (static / "tra.css").read_text()
    assert re.findall(r'url\("([^"]+)"\)', stylesheet) == [TYPEFACE]
    assert len(stylesheet.encode()) < 15_000
    assert (ROOT / "core/pages" / TYPEFACE.lstrip("/")).stat().st_size < 25_000
    assert "SIL OPEN FONT LICENSE Version 1.1" in (static / "noto-sans-khmer-OFL.txt").read_text()
