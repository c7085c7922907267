"""Every state of every page, in Khmer and in English, as people with all kinds of eyes meet it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import violations, visit
from tests.pages.states import STATES, State

PHONE = {"width": 320, "height": 640}

WCAG_1_4_12 = """
* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
p { margin-bottom: 2em !important }
"""

CLIPPED = """
() => [...document.querySelectorAll('main *, header *, footer *')]
  .filter(e => getComputedStyle(e).overflow !== 'visible' && !e.matches('svg, svg *, input, img'))
  .filter(e => e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1)
  .map(e => e.outerHTML.slice(0, 80))
"""

SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"

RESTYLE = """
css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css);
         document.adoptedStyleSheets = [sheet] }
"""

FINE_PRINT = """
() => [...document.querySelectorAll('body *')]
  .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
  .map(e => [e, getComputedStyle(e)])
  .filter(([e, s]) => parseFloat(s.fontSize) < 16 || s.letterSpacing !== 'normal'
    || s.fontStyle !== 'normal' || s.textTransform !== 'none'
    || e.matches(':lang(km)') && parseFloat(s.lineHeight) / parseFloat(s.fontSize)
       < (parseFloat(s.fontSize) < 22 ? 1.69 : 1.59))
  .map(([e, s]) => `${e.tagName} ${s.fontSize}/${s.lineHeight} ${s.fontStyle} ${s.letterSpacing}`)
"""

SMALL_TARGETS = """
() => [...document.querySelectorAll('button, .button, input, summary, .language')]
  .filter(e => e.type !== 'hidden')
  .map(e => [e, e.getBoundingClientRect()])
  .filter(([e, r]) => r.height < 44)
  .map(([e, r]) => `${e.outerHTML.slice(0, 60)} is ${r.height} px high`)
"""


@pytest.fixture(scope="module")
def phone(browser: Browser) -> Iterator[Page]:
    """A narrow window; one for the module, since the pages keep nothing but the language."""
    with visit(browser, viewport=PHONE) as window:
        window.route("**/submit.js*", lambda route: route.abort())  # we look, and stay
        yield window


@pytest.fixture(scope="module")
def laptop(browser: Browser) -> Iterator[Page]:
    """A window of 1280 by 720 zoomed to 200 %, of a person who likes it dark."""
    half = {"width": 640, "height": 360}
    with visit(browser, viewport=half, device_scale_factor=2, color_scheme="dark") as window:
        window.route("**/submit.js*", lambda route: route.abort())  # we look, and stay
        yield window


@pytest.mark.parametrize("lang", ["km", "en"])
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.path)
def test_a_page_is_readable_operable_and_fits_a_small_phone(
    phone: Page, origin: str, state: State, lang: str
) -> None:
    answer = phone.goto(f"{origin}{state.path}?lang={lang}")
    assert answer is not None
    assert answer.status == 200
    assert phone.locator("html").get_attribute("lang") == lang
    assert phone.locator("h1").count() == 1
    assert violations(phone) == []
    assert phone.evaluate(SIDEWAYS) == 0
    assert phone.evaluate(FINE_PRINT) == []
    assert phone.evaluate(SMALL_TARGETS) == []

    phone.evaluate(RESTYLE, WCAG_1_4_12)
    assert phone.evaluate(SIDEWAYS) == 0
    assert phone.evaluate(CLIPPED) == []


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.path)
def test_a_page_bears_zoom_to_200_percent_text_twice_as_large_and_the_dark(
    laptop: Page, origin: str, state: State
) -> None:
    laptop.goto(f"{origin}{state.path}?lang=km")
    assert laptop.evaluate(SIDEWAYS) == 0
    assert violations(laptop, only=["color-contrast"]) == []

    laptop.evaluate(RESTYLE, "html { font-size: 200% }")
    assert laptop.evaluate(SIDEWAYS) == 0
    assert laptop.evaluate(CLIPPED) == []
