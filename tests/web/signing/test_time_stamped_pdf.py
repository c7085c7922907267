"""A PDF that nobody signed and our authority time-stamped: what each way of asking answers."""

import pytest

from signing.formats.pades import stamping
from signing.web.sealing import time_stamper
from tests.documents import page_objects, pdf
from tests.signing_service import Visitor
from tests.validation_report import VR, read
from tests.web.signing.test_augment import YEAR, augmented, years_pass
from tests.web.signing.test_xml_report import OURS, fetch

PLAIN = pdf(page_objects(b"/AcroForm << /Fields [] >>"))


def stamped(visitor: Visitor) -> bytes:
    ctx = visitor.service.ctx
    return PLAIN + stamping.add(PLAIN, time_stamper(ctx, ctx.clock.utc()))


@pytest.fixture(scope="module")
def document(standing: Visitor) -> bytes:
    return stamped(standing)


def test_the_api_answers_time_stamped(standing: Visitor, document: bytes) -> None:
    told = standing.verify(document)
    assert (told["verdict"], told["indication"]) == ("time_stamped", "TOTAL_PASSED")
    [said] = told["signatures"]
    assert said["signer"]["common_name"] == "Tra Time-Stamp Authority"
    assert said["signed_at"] == standing.service.clock.now()


def test_a_byte_of_it_that_is_not_in_its_form_is_told(standing: Visitor, document: bytes) -> None:
    place = document.index(b"/ByteRange") - 20  # of the zeros after the token
    padded = document[:place] + b"1" + document[place + 1 :]
    assert standing.verify(padded)["verdict"] == "changed"


def test_the_page_says_that_it_existed(standing: Visitor, document: bytes) -> None:
    answer = standing.http.post("/?lang=en", files={"document": ("a.pdf", document)})
    assert "This file existed at the time below" in answer.text
    assert "Time-stamped by" in answer.text
    assert 'data-tone="plain"' in answer.text


def test_the_reports_say_so(standing: Visitor, document: bytes) -> None:
    root = read(fetch(standing, document, "a.pdf"))
    assert root.find(f".//{OURS}Document").get("verdict") == "time_stamped"
    assert root.find(f".//{VR}SignatureValidationReport") is not None
    sheet = standing.http.post("/verify?report=pdf", content=document)
    assert sheet.headers["content-type"] == "application/pdf"
    assert standing.verify(sheet.content)["verdict"] == "authentic"


def test_it_is_made_to_last_and_outlives_the_authority_that_stamped_it(visitor: Visitor) -> None:
    first = stamped(visitor)
    lasting = augmented(visitor, first)
    assert lasting.startswith(first)
    years_pass(visitor, 4 * YEAR)
    renewed = augmented(visitor, lasting)
    years_pass(visitor, 3 * YEAR)
    assert visitor.verify(first)["verdict"] != "time_stamped"
    assert visitor.verify(renewed)["verdict"] == "time_stamped"
