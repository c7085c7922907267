"""A citizen signs in at one service, is known at the next, and leaves both: in a real browser."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from examples.service.app import Config, create_app
from tests.browser import serve, violations, visit
from tests.live import LiveProvider, Person
from tests.processes import free_port
from tra.demo_clients import AGENCIES, Addresses, clients, for_import, service

MOST_TABS = 30
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
FOCUSED = "selector => document.activeElement.matches(selector)"


@dataclass(frozen=True)
class Way:
    """How a person uses a browser."""

    lang: str
    width: int = 1280
    keyboard: bool = False
    scripts: bool = True


WAYS = [
    pytest.param(Way("km"), id="in Khmer"),
    pytest.param(Way("en", width=320), id="in English, 320 px wide"),
    pytest.param(Way("km", keyboard=True), id="by keyboard"),
    pytest.param(Way("en", scripts=False), id="without JavaScript"),
]


@dataclass
class Citizen:
    """A person at a browser, who looks at every page before they act on it."""

    page: Page
    way: Way

    def open(self, url: str) -> None:
        self.page.goto(url)
        self.look()

    def look(self) -> None:
        """The page is in their language, fits the window, and has no fault that axe-core knows
        (which is a script itself)."""
        page = self.page
        assert page.locator("html").get_attribute("lang") == self.way.lang, page.url
        assert page.evaluate(SIDEWAYS) == 0, page.url
        assert not self.way.scripts or violations(page) == [], page.url

    def fill(self, selector: str, text: str) -> None:
        if self.way.keyboard:
            self._reach(selector)
            self.page.keyboard.type(text)
        else:
            self.page.fill(selector, text)

    def press(self, selector: str) -> None:
        """Press a button or follow a link, and look at the page that comes."""
        with self.page.expect_navigation():
            if self.way.keyboard:
                self._reach(selector)
                self.page.keyboard.press("Enter")
            else:
                self.page.click(selector)
        self.look()

    def sees(self, text: str) -> bool:
        return text in self.page.inner_text("main")

    def is_at(self, origin: str) -> bool:
        return self.page.url.startswith(f"{origin}/")

    def _reach(self, selector: str) -> None:
        """By the Tab key alone."""
        for _ in range(MOST_TABS):
            if self.page.evaluate(FOCUSED, selector):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{selector} cannot be reached by keyboard on {self.page.url}")


@pytest.fixture(scope="module")
def services(live_provider: LiveProvider) -> Iterator[tuple[str, str]]:
    """The services of two agencies: one has a secret, the other a key."""
    origins = {agency.agency_id: f"http://localhost:{free_port()}" for agency in AGENCIES}
    addresses = Addresses(live_provider.issuer, "http://localhost:1", origins, "http://localhost:1")
    registered = {client["client_id"]: client for client in clients(addresses, [])}
    live_provider.register(*map(for_import, registered.values()))
    with ExitStack() as running:
        for agency in AGENCIES:
            config = Config(**service(agency, addresses, registered, None))
            port = urlsplit(config.url).port or 0
            running.enter_context(serve(create_app(config), port))
        first, second = origins.values()
        yield first, second


@contextmanager
def citizen(browser: Browser, way: Way) -> Iterator[Citizen]:
    window = {"width": way.width, "height": 720}
    with visit(browser, viewport=window, java_script_enabled=way.scripts) as page:
        yield Citizen(page, way)


@pytest.mark.parametrize("way", WAYS)
def test_citizen_signs_in_once_and_out_everywhere(
    browser: Browser, live_provider: LiveProvider, services: tuple[str, str], way: Way
) -> None:
    first, second = services
    someone = live_provider.newcomer()
    with citizen(browser, way) as person:
        person.open(f"{first}/?lang={way.lang}")
        person.press("#sign-in")
        assert person.is_at(live_provider.issuer)
        prove_who_you_are(person, someone)
        assert person.sees(someone.name_km)
        assert person.sees(someone.row["email"])
        person.press("#approve")
        assert person.is_at(first)
        assert person.sees(someone.name_km)
        known_as = person.page.inner_text("#sub")

        person.open(f"{second}/?lang={way.lang}")
        person.press("#sign-in")
        assert person.sees(someone.row["phone_number"]), "what this service asks for besides"
        person.press("#approve")
        assert person.is_at(second)
        assert person.page.inner_text("#sub") != known_as

        person.press("#sign-out")
        assert person.is_at(live_provider.issuer)
        person.press("#logout")
        assert person.is_at(second)
        person.open(f"{first}/")
        person.press("#sign-in")
        assert person.page.is_visible("#password")


def test_citizen_who_refuses_is_told_so_by_the_service(
    browser: Browser, live_provider: LiveProvider, services: tuple[str, str]
) -> None:
    with citizen(browser, Way("km")) as person:
        person.open(f"{services[0]}/")
        person.press("#sign-in")
        prove_who_you_are(person, live_provider.newcomer())
        person.press("#deny")
        assert person.is_at(services[0])
        assert person.sees("access_denied")


def prove_who_you_are(person: Citizen, someone: Person) -> None:
    """A password, mistyped at first, and a one-time code."""
    person.fill("#username", someone.username)
    person.fill("#password", "not this one")
    person.press("#submit")
    assert person.page.is_visible("[role=alert]")
    person.fill("#password", someone.password)
    person.press("#submit")
    person.fill("#code", someone.one_time_code())
    person.press("#submit")
