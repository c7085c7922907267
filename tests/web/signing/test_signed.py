"""What was signed, beside what one has: the signed revision, and pictures of both."""

import re
from base64 import b64decode
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from signing.formats.pdfium import NoAnswer, ask
from tests.signing_service import Visitor

HTML = {"Accept": "text/html"}


def replaced(document: bytes, text: bytes) -> bytes:
    """The document after an update by the book that shows something else."""
    output = BytesIO(document)
    writer = IncrementalPdfFileWriter(output)
    page = writer.root["/Pages"]["/Kids"][0]
    forged = generic.StreamObject(stream_data=b"BT /F1 24 Tf 72 700 Td (%s) Tj ET" % text)
    page[pdf_name("/Contents")] = writer.add_object(forged)
    writer.update_container(page)
    writer.write_in_place()
    return output.getvalue()


@pytest.fixture(scope="module")
def forged(sealed: bytes) -> bytes:
    return replaced(sealed, b"Forged")


def send(visitor: Visitor, path: str, document: bytes, **fields: str) -> Any:
    files = {"document": ("letter.pdf", document, "application/pdf")}
    return visitor.http.post(path, files=files, data=fields, headers=HTML)


def test_the_signed_revision_is_the_document_as_it_left_the_signer(
    standing: Visitor, sealed: bytes, forged: bytes
) -> None:
    [signature] = standing.verify(forged)["signatures"]
    answer = send(standing, "/signed", forged, signature=signature["name"])
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content == forged[: signature["revision"]]
    assert sealed.startswith(answer.content)
    assert standing.verify(answer.content)["verdict"] == "authentic"


def test_programs_fetch_it_with_the_document_as_the_body(standing: Visitor, forged: bytes) -> None:
    headers = {"Content-Type": "application/pdf"}
    answer = standing.http.post("/signed?signature=Seal1", content=forged, headers=headers)
    assert forged.startswith(answer.content)
    assert answer.content.endswith(b"%%EOF\n")


def test_what_nobody_signed_cannot_be_fetched(
    standing: Visitor, plain: bytes, sealed: bytes
) -> None:
    flipped = sealed.replace(b"registration", b"registratiom")
    for document, name in ((plain, ""), (flipped, ""), (sealed, "Another"), (b"no PDF", "")):
        answer = standing.http.post(
            "/signed", files={"document": ("x.pdf", document)}, data={"signature": name}
        )
        assert answer.status_code == 422
        assert answer.json()["code"] == "no_signed_revision"


def test_pages_that_differ_are_shown_side_by_side_with_the_place_marked(
    standing: Visitor, forged: bytes
) -> None:
    page = send(standing, "/compare?lang=en", forged)
    assert page.status_code == 200
    assert "These pages look different: 1." in page.text
    pictures = [
        Image.open(BytesIO(b64decode(found)))
        for found in re.findall(r"data:image/webp;base64,([^\"]+)", page.text)
    ]
    assert len(pictures) == 2
    for picture in pictures:
        levels = iter(picture.convert("RGB").tobytes())
        red = sum(r > 150 > g + b for r, g, b in zip(levels, levels, levels, strict=True))
        assert red > 50, "a red frame"
    assert len(page.content) < 100_000


def test_what_cannot_be_seen_is_said_to_look_the_same(standing: Visitor, sealed: bytes) -> None:
    page = send(standing, "/compare?lang=en", sealed)
    assert "No page looks different" in page.text
    assert "data:image" not in page.text


def test_a_name_that_turns_the_order_of_reading_is_spelled_out_beside_the_pages(
    standing: Visitor, sealed: bytes
) -> None:
    files = {"document": ("invoice\u202efdp.exe", sealed)}
    page = standing.http.post("/compare", files=files, headers=HTML).text
    assert "invoice\\u{202e}fdp.exe" in page
    assert "\u202e" not in page


def test_a_document_that_cannot_be_drawn_is_refused_by_its_code(
    standing: Visitor, sealed: bytes, forged: bytes
) -> None:
    for broken in (b"", b"%PDF-1.7 nothing", forged[:300]):
        with pytest.raises(NoAnswer):
            ask("compare", sealed, broken)
    answer = send(standing, "/compare?lang=en", b"no PDF")
    assert answer.status_code == 422


def test_the_verdict_offers_it_where_something_was_added(
    standing: Visitor, sealed: bytes, forged: bytes
) -> None:
    offered = 'action="/compare"'
    assert offered in send(standing, "/?lang=en", forged).text
    assert offered not in send(standing, "/?lang=en", sealed).text
