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


def test_colours_contrast_in_the_dark_too(browser: Browser, origin: str) -> None:
    with visit(browser, viewport=PHONE, color_scheme="dark") as window:
        for state in STATES:
            window.goto(f"{origin}{state.path}")
            assert violations(window, only=["color-contrast"]) == [], state.path


def test_a_page_zoomed_to_200_percent_reads_in_one_direction(browser: Browser, origin: str) -> None:
    half_a_laptop = {"width": 640, "height": 360}
    with visit(browser, viewport=half_a_laptop, device_scale_factor=2) as window:
        for state in STATES:
            window.goto(f"{origin}{state.path}")
            assert window.evaluate(SIDEWAYS) == 0, state.path


def test_text_alone_can_be_twice_as_large(browser: Browser, origin: str) -> None:
    with visit(browser, viewport={"width": 640, "height": 360}) as window:
        for state in STATES:
            window.goto(f"{origin}{state.path}")
            window.evaluate(RESTYLE, "html { font-size: 200% }")
            assert window.evaluate(SIDEWAYS) == 0, state.path
            assert window.evaluate(CLIPPED) == [], state.path
