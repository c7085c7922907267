"""Somebody who was handed several documents, in a browser, with scripts and without."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from core.clock import SystemClock
from tests.browser import serve, violations, visit
from tests.documents import plain_pdf
from tests.signing_service import ProviderOnLoopback, SigningService, Visitor
from tests.web.signing.test_detached import LETTER, seal
from tests.web.signing.test_signed import replaced


@dataclass(frozen=True)
class Desk:
    """The service's address; three documents: authentic, changed, not signed; a letter, and its
    seal in a file of its own."""

    origin: str
    files: list[FilePayload]
    letter: FilePayload
    seal: FilePayload


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    from starlette.testclient import TestClient  # noqa: PLC0415

    url = f"sqlite:///{tmp_path_factory.mktemp('check') / 'signing.sqlite'}"
    provider, clock = ProviderOnLoopback(), SystemClock()
    service = SigningService(url, clock, provider)
    with TestClient(service.app, service.ctx.url) as http:
        visitor = Visitor(service, http)
        sealed, detached = visitor.sealed(plain_pdf()), seal(visitor, "cades")
    again = SigningService(url, clock, provider)
    with serve(again.app) as origin:
        files = [
            _file("authentic.pdf", sealed),
            _file("changed.pdf", replaced(sealed, b"Forged")),
            _file("plain.pdf", plain_pdf()),
        ]
        yield Desk(origin, files, _file("letter.txt", LETTER), _file("letter.txt.p7s", detached))
    provider.close()


@pytest.fixture(scope="module")
def documents(desk: Desk) -> tuple[str, list[FilePayload]]:
    return desk.origin, desk.files


def _file(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/pdf", "buffer": content}


def check(page: Page, origin: str, files: list[FilePayload]) -> None:
    page.goto(f"{origin}/?lang=en")
    page.set_input_files("#document", files)
    page.click("#submit")


def told(page: Page) -> list[str | None]:
    expect(page.locator(".checked > li[data-tone]")).to_have_count(3, timeout=60_000)
    return page.locator(".checked > li").evaluate_all("rows => rows.map(r => r.dataset.tone)")


def test_many_documents_come_one_by_one_into_the_page(
    browser: Browser, documents: tuple[str, list[FilePayload]]
) -> None:
    origin, files = documents
    with visit(browser) as page:
        check(page, origin, files)
        assert told(page) == ["right", "wrong", "plain"]
        assert page.locator("#document").is_visible(), "the form is there for the next ones"
        page.locator(".checked summary").first.click()
        assert page.locator(".checked details[open]").inner_text()
        assert violations(page) == []


def test_without_scripts_they_come_all_together(
    browser: Browser, documents: tuple[str, list[FilePayload]]
) -> None:
    origin, files = documents
    with visit(browser, java_script_enabled=False) as page:
        check(page, origin, files)
        expect(page.get_by_role("heading", level=1)).to_have_text("1 of 3 documents are authentic")
        assert page.locator(".checked > li").count() == 3


def test_what_was_signed_is_seen_beside_what_one_has(
    browser: Browser, documents: tuple[str, list[FilePayload]], tmp_path: Path
) -> None:
    origin, files = documents
    with visit(browser, java_script_enabled=False, viewport={"width": 320, "height": 700}) as page:
        check(page, origin, files[1:2])
        expect(page.locator("#verdict")).to_have_text("This document was changed")
        page.set_input_files("#again", files[1:2])
        page.click("#compare")
        expect(page.locator("figure img")).to_have_count(2)
        page.set_input_files("#again", files[1:2])
        with page.expect_download() as fetched:
            page.click("#signed")
        fetched.value.save_as(tmp_path / "as-signed.pdf")
        signed = (tmp_path / "as-signed.pdf").read_bytes()
        assert files[0]["buffer"].startswith(signed)


@pytest.mark.parametrize(("button", "begins"), [("#pdf", b"%PDF-"), ("#xml", b"<?xml")])
def test_a_report_for_others_is_fetched_without_a_script_and_is_authentic_itself(
    browser: Browser,
    documents: tuple[str, list[FilePayload]],
    tmp_path: Path,
    button: str,
    begins: bytes,
) -> None:
    origin, files = documents
    with visit(browser, java_script_enabled=False) as page:
        check(page, origin, files[1:2])
        page.set_input_files("#report", files[1:2])
        with page.expect_download() as fetched:
            page.click(button)
        fetched.value.save_as(tmp_path / "report")
        report = (tmp_path / "report").read_bytes()
        assert report.startswith(begins)
        check(page, origin, [_file(fetched.value.suggested_filename, report)])
        expect(page.locator("#verdict")).to_have_text("This document is authentic")
        expect(page.get_by_text("Tra Verification").first).to_be_visible()


def test_a_signature_alone_is_asked_for_with_what_it_signs_and_both_make_the_report(
    browser: Browser, desk: Desk
) -> None:
    """Without scripts, and nothing is kept: each step sends both."""
    with visit(browser, java_script_enabled=False, accept_downloads=True) as page:
        check(page, desk.origin, [desk.seal])
        assert page.locator(".verdict h1").inner_text() == "The signed document is missing"
        page.set_input_files("#signature", desk.seal)
        page.set_input_files("#content", [desk.letter])
        page.click("#both")
        assert page.locator(".verdict").get_attribute("data-tone") == "right"
        page.set_input_files("#report", desk.seal)
        page.click("#pdf")
        assert page.locator("#report-content:invalid").count() == 1, "it is not forgotten"
        page.set_input_files("#report-content", [desk.letter])
        with page.expect_download() as saved:
            page.click("#xml")
        assert b'verdict="authentic"' in Path(saved.value.path()).read_bytes()


def test_the_form_has_the_fields_that_are_asked_for_and_keeps_them(
    browser: Browser, desk: Desk
) -> None:
    with visit(browser, java_script_enabled=False) as page:
        page.goto(f"{desk.origin}/?lang=en")
        page.get_by_text("The document is only a signature").click()
        page.get_by_text("Add an evidence record").click()
        assert page.locator("#content, #evidence_record").count() == 2
        page.click(".language")
        assert page.locator("#content, #evidence_record").count() == 2
        page.click("#submit")
        assert page.locator("[role=alert]").count() == 1
        assert page.locator("#content, #evidence_record").count() == 2


def test_with_scripts_each_of_many_goes_with_what_was_signed(browser: Browser, desk: Desk) -> None:
    with visit(browser) as page:
        page.goto(f"{desk.origin}/?with=content&lang=en")
        page.set_input_files("#document", [desk.seal, {**desk.seal, "name": "again.p7s"}])
        page.set_input_files("#content", [desk.letter])
        page.click("#submit")
        expect(page.locator(".checked > li[data-tone=right]")).to_have_count(2, timeout=60_000)
