"""The page to check a document, as a browser without JavaScript uses it."""

from typing import Any

import pytest

from tests.signing_service import AGENCY, Visitor

HTML = {"Accept": "text/html"}


def upload(visitor: Visitor, document: bytes, name: str = "letter.pdf", lang: str = "en") -> Any:
    return visitor.http.post(
        f"/?lang={lang}", files={"document": (name, document, "application/pdf")}, headers=HTML
    )


def test_the_form_is_there_in_khmer_first(standing: Visitor) -> None:
    page = standing.http.get("/", headers=HTML)
    assert page.status_code == 200
    assert '<html lang="km"' in page.text
    assert 'enctype="multipart/form-data"' in page.text
    assert 'name="document"' in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


def test_an_authentic_document_is_told_with_its_agency(standing: Visitor, sealed: bytes) -> None:
    page = upload(standing, sealed)
    assert page.status_code == 200
    assert "This document is authentic" in page.text
    assert AGENCY.name_en in page.text
    assert AGENCY.name_km in page.text
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("lang", ["km", "en"])
def test_each_verdict_is_rendered_in_each_language(
    standing: Visitor, sealed: bytes, plain: bytes, lang: str
) -> None:
    changed = sealed.replace(b"registration", b"registratiom")
    for document, verdict in ((sealed, "authentic"), (changed, "changed"), (plain, "not_signed"),
                              (b"x", "unsupported"), (plain[:100], "unreadable")):  # fmt: skip
        page = upload(standing, document, lang=lang)
        title = standing.service.ctx.pages.text(lang, f"verdict.{verdict}.title")
        assert title in page.text, verdict


def test_a_file_s_name_is_shown_and_never_trusted(standing: Visitor, plain: bytes) -> None:
    page = upload(standing, plain, name="<script>alert(1)</script>.pdf")
    assert "<script>alert(1)" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text


def test_a_name_that_turns_the_order_of_reading_is_spelled_out(
    standing: Visitor, plain: bytes
) -> None:
    for asked in ({}, {"list": ""}):
        files = {"document": ("invoice\u202efdp.exe", plain)}
        page = standing.http.post("/", params=asked, files=files).text
        assert "invoice\\u{202e}fdp.exe" in page
        assert "\u202e" not in page


def test_a_khmer_file_name_is_shown(standing: Visitor, plain: bytes) -> None:
    assert "លិខិត.pdf" in upload(standing, plain, name="លិខិត.pdf").text


def test_no_file_is_asked_for_again(standing: Visitor) -> None:
    page = standing.http.post("/?lang=en", files={"other": ("", b"")}, headers=HTML)
    assert page.status_code == 400
    assert standing.service.ctx.pages.text("en", "verify.error.document_missing") in page.text


def test_a_document_that_is_too_large_has_a_page(standing: Visitor) -> None:
    page = upload(standing, bytes(25_100_000))
    assert page.status_code == 413
    assert "This document is too large" in page.text


def test_a_wrong_address_is_a_page_for_a_browser(standing: Visitor) -> None:
    page = standing.http.get("/nothing", headers=HTML)
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")


def test_an_address_with_a_slash_too_many_is_not_another_address(standing: Visitor) -> None:
    """A redirection would send a document and its token on, to the host that the client named."""
    answer = standing.http.post("/seal/", content=b"%PDF-", follow_redirects=False)
    assert (answer.status_code, answer.headers.get("location")) == (404, None)


def test_a_broken_form_is_a_page_too(standing: Visitor) -> None:
    page = standing.http.post(
        "/", content=b"x", headers={**HTML, "Content-Type": "multipart/form-data; boundary=b"}
    )
    assert page.status_code == 400


def test_many_documents_are_checked_at_once_each_with_its_verdict(
    standing: Visitor, sealed: bytes, plain: bytes
) -> None:
    documents = [
        ("document", (name, content, "application/pdf"))
        for name, content in (("a.pdf", sealed), ("b.pdf", plain), ("c.pdf", b"no PDF"))
    ]
    page = standing.http.post("/?lang=en", files=documents, headers=HTML)
    assert page.status_code == 200
    assert "1 of 3 documents are authentic" in page.text
    places = [page.text.index(text) for text in ("a.pdf", "b.pdf", "c.pdf")]
    assert places == sorted(places)
    for verdict in ("authentic", "not_signed", "unsupported"):
        assert standing.service.ctx.pages.text("en", f"verdict.{verdict}.title") in page.text


def test_one_document_may_be_answered_as_many_are(standing: Visitor, sealed: bytes) -> None:
    files = {"document": ("a.pdf", sealed, "application/pdf")}
    page = standing.http.post("/?list&lang=en", files=files, headers=HTML)
    assert "1 of 1 documents are authentic" in page.text


def test_too_many_documents_are_refused_with_a_sentence(standing: Visitor) -> None:
    documents = [("document", (f"{n}.pdf", b"x", "application/pdf")) for n in range(21)]
    page = standing.http.post("/?lang=en", files=documents, headers=HTML)
    assert page.status_code == 413
    assert "Choose at most 20" in page.text


def test_a_refusal_is_a_page_under_the_same_status(standing: Visitor) -> None:
    page = standing.http.post("/seal", headers=HTML)
    assert page.status_code == 401
    assert page.headers["www-authenticate"] == 'Bearer realm="tra"'
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers.get_list("cache-control") == ["no-store"]


def test_an_address_lists_its_methods(standing: Visitor) -> None:
    answer = standing.http.delete("/")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")
