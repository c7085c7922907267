"""The whole journey, walked over HTTP as a person with a browser would: `make smoke`.

Each step is one sentence, with the time it took; the first that does not hold ends the walk.
"""

import base64
import contextlib
import re
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import httpx2 as httpx
import pyotp

from core.clock import SystemClock
from tra.demo import Demo

REDIRECTS: Final = 10


class StepFailed(Exception):
    """What did not hold, and what was seen in its place."""


@dataclass
class Form:
    """A form of a page: where it goes, what it carries by itself, its buttons by id."""

    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)


class _Forms(HTMLParser):
    """The forms, the texts by id and the links by id of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self._inside: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("method", "get").upper(), given.get("action", "")))
        elif tag == "input" and self.forms and "name" in given:
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "button" and self.forms:
            pressed = (given.get("name", ""), given.get("value", ""))
            self.forms[-1].buttons[given.get("id", "")] = pressed
        elif tag == "a" and "id" in given:
            self.links[given["id"]] = given.get("href", "")
        if tag not in {"input", "meta", "link", "br", "hr", "img"}:
            self._inside.append(given.get("id"))

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002  # the interface's
        if self._inside:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        for element in self._inside:
            if element:
                self.texts[element] = (self.texts.get(element, "") + data).strip()


@dataclass(frozen=True)
class Page:
    """What the browser shows."""

    url: str
    status: int
    body: bytes
    content_type: str

    @property
    def read(self) -> _Forms:
        forms = _Forms()
        if self.content_type.startswith("text/html"):
            forms.feed(self.body.decode())
        return forms

    def form(self, button: str) -> Form:
        """The form that has this button."""
        for form in self.read.forms:
            if button in form.buttons:
                return form
        raise StepFailed(f"no button #{button} on {self.url} (status {self.status})")


class Person:
    """A browser with cookies; it follows redirects one by one and remembers what was typed."""

    def __init__(self, trust: ssl.SSLContext) -> None:
        self._client = httpx.Client(verify=trust, timeout=30, follow_redirects=False)
        self.typed = 0

    def close(self) -> None:
        self._client.close()

    def open(self, url: str) -> Page:
        return self._follow("GET", url, None)

    def press(self, page: Page, button: str, **typed: str) -> Page:
        """Fill in the form that has the button, and press it."""
        form = page.form(button)
        name, value = form.buttons[button]
        missing = typed.keys() - form.fields.keys()
        if missing:
            raise StepFailed(f"{page.url} has no field {', '.join(missing)}")
        self.typed += len(typed)
        data = {**form.fields, **typed, **({name: value} if name else {})}
        return self._follow(form.method, urljoin(page.url, form.action or page.url), data)

    def _follow(self, method: str, url: str, data: dict[str, str] | None) -> Page:
        for _ in range(REDIRECTS):
            answer = self._client.request(method, url, data=data)
            if answer.status_code not in {301, 302, 303, 307, 308}:
                content_type = answer.headers.get("content-type", "")
                return Page(url, answer.status_code, answer.content, content_type)
            if answer.status_code in {307, 308} and method == "POST":
                raise StepFailed(f"{url} sends a form on with {answer.status_code}")
            method, url, data = "GET", urljoin(url, answer.headers["location"]), None
        raise StepFailed(f"more than {REDIRECTS} redirects, the last to {url}")


@dataclass
class Walk:
    """The steps, told as they are taken."""

    demo: Demo
    tell: Callable[[str], None]
    subs: dict[str, str] = field(default_factory=dict)

    def all(self) -> None:
        """Raises StepFailed."""
        trust = ssl.create_default_context()
        if self.demo.tls:
            trust.load_verify_locations(self.demo.edge.certificate)
        with contextlib.closing(Person(trust)) as person:
            self._sign_in(person)
            self._second_service(person)
            self._documents(person)
            self._sign_out(person)

    def _sign_in(self, person: Person) -> None:
        # A one-time code counts once: walks that follow each other are different people's.
        people = [one for one in self.demo.people() if one["totp_secret"]]
        active = [one for one in people if one["status"] == "active"]
        somebody = active[SystemClock().now() // 30 % len(active)]
        moc = self.demo.addresses.services["moc"]
        with self._step("service one offers to sign in"):
            page = person.open(moc)
            link = page.read.links.get("sign-in")
            _hold(link is not None, f"no sign-in link on {moc}")
        with self._step("the provider asks for a password"):
            page = person.open(urljoin(moc, link))
            _hold(_origin(page.url) == self.demo.addresses.issuer, f"led to {page.url}")
        with self._step("and then for a code"):
            page = person.press(
                page, "submit", username=somebody["username"], password=somebody["password"]
            )
        with self._step("the code is right"):
            code = pyotp.TOTP(somebody["totp_secret"]).now()
            page = person.press(page, "submit", code=code)
        with self._step("agreed to tell service one, and signed in there"):
            self.subs["moc"] = self._signed_in(_agree(person, page), moc)

    def _second_service(self, person: Person) -> None:
        nssf = self.demo.addresses.services["nssf"]
        typed = person.typed
        with self._step("signed in at service two, nothing typed"):
            page = _agree(person, person.open(f"{nssf}/login"))
            self.subs["nssf"] = self._signed_in(page, nssf)
            _hold(person.typed == typed, "something had to be typed")
        with self._step("known by another number there"):
            _hold(self.subs["moc"] != self.subs["nssf"], "the same sub in both services")

    def _documents(self, person: Person) -> None:
        moc = self.demo.addresses.services["moc"]
        with self._step("service one seals a certificate"):
            page = person.press(person.open(moc), "certificate")
            _hold(page.body.startswith(b"%PDF-"), f"status {page.status}, {page.content_type}")
        with self._step("anyone verifies it: passed"):
            self._verified(page.body, "TOTAL_PASSED", "authentic")
        with self._step("one byte changed: failed"):
            signed = re.search(rb"/ByteRange\s*\[\s*0\s+(\d+)\s", page.body)
            if signed is None:
                raise StepFailed("the document has no signature")
            changed = bytearray(page.body)
            changed[int(signed[1]) // 2] ^= 1  # in the document, not in its seal
            self._verified(bytes(changed), "TOTAL_FAILED", "changed")
        with self._step("a report on it for others, under the service's own seal: passed"):
            self._reported(page.body)

    def _sign_out(self, person: Person) -> None:
        services = self.demo.addresses.services
        with self._step("signed out at service one"):
            page = person.press(person.open(services["moc"]), "sign-out")
            page = person.press(page, "logout")
            _hold(page.url.startswith(f"{services['moc']}/signed-out"), f"led to {page.url}")
        with self._step("signed out everywhere"):
            for url in services.values():
                page = person.open(url)
                _hold("sign-in" in page.read.links, f"{url} still knows who it is")
            page = person.open(f"{services['nssf']}/login")
            _hold("password" in page.form("submit").fields, "the provider asks for no password")

    def _signed_in(self, page: Page, service: str) -> str:
        _hold(_origin(page.url) == service, f"led to {page.url} (status {page.status})")
        sub = page.read.texts.get("sub", "")
        _hold(sub != "", f"{service} shows no sub")
        return sub

    def _verified(self, document: bytes, indication: str, verdict: str) -> None:
        answer = self._asked("POST", "/verify", document)
        report: dict[str, Any] = answer.json()
        told = (report.get("indication"), report.get("verdict"))
        _hold(told == (indication, verdict), f"the report says {told}: {answer.text[:2000]}")

    def _reported(self, document: bytes) -> None:
        """As XML, which names the certificate of its seal; and as a sheet of paper."""
        for form in ("xml", "pdf"):
            report = self._asked("POST", f"/verify?report={form}", document).content
            self._verified(report, "TOTAL_PASSED", "authentic")
            if form == "xml":
                own = base64.b64encode(self._asked("GET", "/certificates/report.cer").content)
                _hold(own in report, "the report is sealed by another certificate")

    def _asked(self, method: str, path: str, document: bytes | None = None) -> httpx.Response:
        url = f"{self.demo.addresses.signing}{path}"
        answer = httpx.request(
            method, url, content=document, headers={"Accept": "application/json"}, timeout=30
        )
        _hold(answer.status_code == 200, f"{url} answered {answer.status_code}: {answer.text}")
        return answer

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        except (StepFailed, httpx.HTTPError) as error:
            raise StepFailed(f"{name}: {error}") from error
        self.tell(f"  {(time.perf_counter() - began) * 1000:7.0f} ms   {name}")


def _agree(person: Person, page: Page) -> Page:
    """Say yes where the provider asks; it doesn't ask twice."""
    asked = any("approve" in form.buttons for form in page.read.forms)
    return person.press(page, "approve") if asked else page


def _hold(fact: bool, otherwise: str) -> None:
    if not fact:
        raise StepFailed(otherwise)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
