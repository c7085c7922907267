"""What browsers send with every request, and what people paste and type."""

from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request

import idp
from clients.rules.client import Client
from core.pages import LANGUAGES, Pages
from idp.rules import inspection, pasted
from idp.rules.inspection import Us
from idp.web import browser
from keys.handles import digest
from keys.jose import parse_jwks
from tests.fuzz.mutating import Kind
from tests.fuzz.targets import accepted, same, target, text
from tests.fuzz.targets.asked import requests
from tests.fuzz.targets.tokens import assertion, key, lines, request, sender, signed
from tests.rules.samples import ISSUER, NOW, parameters

HTTP: Any = SimpleNamespace(https=False)


@cache
def pages() -> Pages:
    return Pages(Path(idp.__file__).parent / "pages", https=False)


def of(query: bytes = b"", *cookies: bytes, languages: bytes = b"") -> Request:
    headers = [(b"cookie", cookie) for cookie in cookies]
    headers.append((b"accept-language", languages))
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": "/",
            "query_string": query,
            "headers": headers,
            "server": ("localhost", 8000),
            "scheme": "http",
            "state": {"request_id": "r"},
        }
    )


class Shape(HTMLParser):
    """The tags of a page, to tell whether something broke out of its place."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(f"{tag} {' '.join(name for name, _ in attrs)}")


@cache
def usual() -> list[str]:
    return shape(of())


def shape(asked: Request) -> list[str]:
    page = pages().render("home.html", asked, lang=pages().language(asked))
    for name, value in page.raw_headers:
        assert not {0, 10, 13} & set(value), (name, value)
    return Shape(bytes(page.body).decode()).tags


@target(
    "lang=en\nlang=km\nkm-KH,en;q=0.5",
    'lang=xx&lang=en\nlang="en"; tra-session=a; tra-browser=b\n',
    "a=%3Cscript%3E&lang=km\n\n*",
)
def languages_and_cookies(data: bytes) -> None:
    """A page is a page in one of our languages, whatever stands in query and cookies."""
    query, _, rest = data.partition(b"\n")
    cookies, _, languages = rest.partition(b"\n")
    asked = of(query, cookies, languages=languages)
    same(shape(asked), usual())
    chosen = pages().language(asked, text(languages).split(","))
    assert chosen in LANGUAGES
    for handle in (browser.session_handle(HTTP, asked), browser.browser_handle(HTTP, asked)):
        if handle is not None:
            digest(handle)
            browser.csrf(handle, "form")


def pastes() -> list[str]:
    """Each kind of thing that the inspector knows."""
    url = f"{ISSUER}/authorize?{requests()[0]}"
    token = signed(lines("JWT", assertion()).encode())
    ours = {"iss": ISSUER, "aud": "service", "sub": "s", "exp": NOW}
    return [
        url,
        requests()[1],
        token,
        f"Authorization: Bearer {signed(lines('at+jwt', {**ours, 'client_id': 'c'}).encode())}",
        f"DPoP: {signed(lines('dpop+jwt', {'htm': 'POST', 'htu': ISSUER, 'jti': 'j'}).encode())}",
        signed(lines("oauth-authz-req+jwt", request()).encode()),
        signed(lines("logout+jwt", {**ours, "events": {}}).encode()),
        f"client_id=service&client_assertion={token}",
        urlencode(parameters(request=signed(lines("JWT", request()).encode()))),
    ]


@target(make=pastes, kind=Kind.FORM, longest=8_192)
def pasted_text(data: bytes) -> None:
    """The inspector: it always has something to say, and its page is a page."""
    inspected(text(data))


@target(
    make=lambda: [
        lines("JWT", assertion()),
        lines("at+jwt", {"iss": ISSUER, "aud": ISSUER, "exp": NOW, "client_id": "service"}),
        lines("dpop+jwt", {"htm": "POST", "htu": f"{ISSUER}/token", "iat": NOW, "jti": "j"}),
        lines("oauth-authz-req+jwt", request()),
        lines("logout+jwt", {"iss": ISSUER, "events": {"a": {}}, "sid": "s"}),
    ],
    kind=Kind.JSON,
    longest=8_192,
)
def pasted_token(data: bytes) -> None:
    """The same, for tokens that somebody signed."""
    inspected(signed(data))


def inspected(said: str) -> None:
    recognised = pasted.recognise(said, ISSUER)
    us = Us(ISSUER, lambda path: (ISSUER + path,), parse_jwks(key().jwks))
    for client in (None, sender("oidc"), sender("fapi2")):
        report = _report(recognised, client, us)
        page = pages().render("inspector.html", of(), lang="en", report=report, empty=False)
        body = bytes(page.body).decode()
        assert "<script" not in body.replace("<script src=", "")


def _report(recognised: pasted.Pasted, client: Client | None, us: Us) -> inspection.Report:
    keys = None if client is None else client.jwks
    report = accepted(inspection.inspect, recognised, client, keys, us, NOW)
    assert report is not None, "the inspector refuses nothing"
    return report


@target("user_code=WDJB-MJHT&lang=en", "user_code=%22%3E%3Cscript%3E", kind=Kind.FORM)
def filled_in_form(data: bytes) -> None:
    """What a query fills into a form stays in its field."""
    typed = dict(parse_qsl(text(data), keep_blank_values=True)).get("user_code", "")[:40]
    values = {"csrf": "c", "user_code": typed, "error": None, "wait_seconds": 0}
    page = pages().render("device.html", of(), lang="km", **values)
    plain = pages().render("device.html", of(), lang="km", **{**values, "user_code": "x"})
    same(Shape(bytes(page.body).decode()).tags, Shape(bytes(plain.body).decode()).tags)
