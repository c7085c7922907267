"""One verdict, told by a word, a mark and a colour, any of which can be told alone."""

import io

import pypdfium2
import pytest
from playwright.sync_api import Page

from signing.rules.report import Verdict
from tests.pages.states import SIGNING, State

VERDICTS = [state for state in SIGNING if state.id in set(Verdict)]

TICK = "m16 24.5"


def look(page: Page, origin: str, state: State) -> tuple[str, str, str]:
    """The word, the mark and the tone of a verdict page."""
    page.goto(origin + state.path)
    verdict = page.locator(".verdict")
    return (
        verdict.locator("h1").inner_text(),
        verdict.locator("svg").inner_html(),
        verdict.get_attribute("data-tone") or "",
    )


def test_every_verdict_has_a_page_with_a_word_of_its_own(page: Page, origin: str) -> None:
    seen = {state.id: look(page, origin, state) for state in VERDICTS}
    assert set(seen) == set(Verdict)
    assert len({word for word, _, _ in seen.values()}) == len(Verdict)


def test_only_an_authentic_document_gets_the_tick_and_the_green(page: Page, origin: str) -> None:
    for state in VERDICTS:
        _, mark, tone = look(page, origin, state)
        assert (TICK in mark) is (state.id == "authentic"), state.id
        assert (tone == "right") is (state.id == "authentic"), state.id


def test_altered_revoked_expired_unknown_and_unsigned_differ_in_mark_too(
    page: Page, origin: str
) -> None:
    told_apart = {"authentic", "changed", "revoked", "expired", "unrecognised", "not_signed"}
    marks = {look(page, origin, state)[1] for state in VERDICTS if state.id in told_apart}
    assert len(marks) == len(told_apart)


def test_the_verdict_is_announced_and_met_first(page: Page, origin: str) -> None:
    page.goto(f"{origin}/signing/changed")
    verdict = page.locator("main > :first-child")
    assert verdict.get_attribute("role") == "status"
    assert page.locator("[role=status]:focus").count() == 1
    assert page.title().startswith(verdict.locator("h1").inner_text())


@pytest.mark.parametrize("verdict", ["changed", "unrecognised", "indeterminate"])
@pytest.mark.rule("attacks.names")
def test_a_name_that_nothing_confirms_is_not_called_the_sealer(
    page: Page, origin: str, verdict: str
) -> None:
    page.goto(f"{origin}/signing/{verdict}?lang=en")
    assert page.get_by_text("Sealed by").count() == 0
    assert page.get_by_text("Name in the seal (not confirmed)").count() == 1


def test_a_file_that_was_not_read_is_given_no_fingerprint(page: Page, origin: str) -> None:
    page.goto(f"{origin}/signing/too_large?lang=en")
    assert page.get_by_text("Fingerprint of the file").count() == 0
    page.goto(f"{origin}/signing/not_signed?lang=en")
    assert page.get_by_text("Fingerprint of the file").count() == 1


def test_the_verdict_stands_in_both_languages_for_whoever_reads_the_print(
    page: Page, origin: str
) -> None:
    page.goto(f"{origin}/signing/unrecognised")
    assert page.locator("section[lang=en]").inner_text().startswith("We do not know who sealed")


def test_the_print_of_a_check_has_the_evidence_unfolded_on_one_sheet(
    page: Page, origin: str
) -> None:
    page.goto(f"{origin}/signing/authentic?lang=en")
    sheets = pypdfium2.PdfDocument(io.BytesIO(page.pdf(format="A4")))
    text = "\n".join(sheet.get_textpage().get_text_range() for sheet in sheets)
    assert len(sheets) == 1
    assert "TOTAL_PASSED" in text
    assert "Check another document" not in text


def test_every_verdict_is_printed_on_one_sheet(page: Page, origin: str) -> None:
    several = {}
    for state in (state for state in SIGNING if state.template == "verdict.html"):
        page.goto(origin + state.path)
        several[state.id] = len(pypdfium2.PdfDocument(io.BytesIO(page.pdf(format="A4"))))
    assert set(several.values()) == {1}, several


def test_a_report_for_others_is_asked_for_with_the_file_once_more(page: Page, origin: str) -> None:
    """Without a script: buttons of a form."""
    page.goto(f"{origin}/signing/changed?lang=en")
    form = page.locator("form").filter(has=page.locator("#pdf"))
    assert form.get_attribute("action") == "/verify?report=pdf"
    assert form.locator("#xml").get_attribute("formaction") == "/verify?report=xml"
    assert form.locator("input[type=file]").count() == 1
    page.goto(f"{origin}/signing/too_large")
    assert page.locator("#pdf").count() == 0


def test_a_file_is_chosen_in_the_words_of_the_page_and_its_name_is_shown(
    page: Page, origin: str
) -> None:
    page.goto(f"{origin}/signing/verify")
    field = page.locator("#document")
    with page.expect_file_chooser() as opened:
        field.click(position={"x": 60, "y": 50})  # where our own button is painted
    colour = "e => getComputedStyle(e).color"
    assert field.evaluate(colour) == "rgba(0, 0, 0, 0)", "the browser's own words are not shown"
    opened.value.set_files({"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-"})
    assert field.evaluate(colour) != "rgba(0, 0, 0, 0)"
