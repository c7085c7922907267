"""POST /seal."""

from tests.signing_service import AGENCY, Visitor


def test_an_agency_s_document_comes_back_under_its_seal(visitor: Visitor, plain: bytes) -> None:
    answer = visitor.seal(plain)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(plain)
    report = visitor.verify(answer.content)
    assert (report["verdict"], report["indication"]) == ("authentic", "TOTAL_PASSED")
    (signature,) = report["signatures"]
    assert signature["signer"]["organization"] == AGENCY.name_km
    assert signature["signer"]["common_name"] == AGENCY.name_en
    assert signature["level"] == "B-LT"
    assert signature["signed_at"] == visitor.service.clock.now()
