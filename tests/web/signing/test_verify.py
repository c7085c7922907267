"""POST /verify: each way to be wrong has its own verdict, and none of them is an error."""

from typing import Any

import pytest

from keys.revocation import Reason
from tests.attacks.foreign import with_signature
from tests.attacks.test_pdf_encodings import indefinite_length
from tests.documents import plain_pdf
from tests.signing_service import Visitor

FLIPPED = (b"Certificate of", b"/MediaBox [0 0", b"/BaseFont /Helv")


def verdict(visitor: Visitor, document: bytes) -> tuple[Any, Any, Any]:
    report = visitor.verify(document)
    return report["verdict"], report["indication"], report["sub_indication"]


def changed(document: bytes, where: int) -> bytes:
    out = bytearray(document)
    out[where] ^= 1
    return bytes(out)


@pytest.mark.parametrize("mark", FLIPPED)
def test_one_changed_byte_of_the_document_is_changed(
    standing: Visitor, sealed: bytes, mark: bytes
) -> None:
    assert verdict(standing, changed(sealed, sealed.index(mark) + 2)) == (
        "changed",
        "TOTAL_FAILED",
        "HASH_FAILURE",
    )


def test_no_changed_byte_of_the_signed_revision_passes(standing: Visitor, sealed: bytes) -> None:
    # The first signed revision, outside /Contents, in steps that touch every kind of object.
    gap = sealed.index(b"/Contents <") + 10
    end = sealed.index(b"%%EOF", sealed.index(b"/ByteRange")) + 5
    places = [place for place in range(0, end, 37) if not gap <= place < gap + 16_386]
    passed = [
        place for place in places if verdict(standing, changed(sealed, place))[1] == "TOTAL_PASSED"
    ]
    assert passed == []


def test_no_changed_byte_of_what_the_signature_rests_on_passes(
    standing: Visitor, sealed: bytes
) -> None:
    signer = standing.service.seal.certificate.der.hex().encode()
    start, length = sealed.lower().index(signer), len(signer)
    for offset in range(9, length, 211):  # within the signer's certificate
        flipped = bytearray(sealed)
        flipped[start + offset] = ord("0") if flipped[start + offset] != ord("0") else ord("1")
        assert verdict(standing, bytes(flipped))[1] != "TOTAL_PASSED", offset


@pytest.mark.parametrize(
    "attribute", ["2a864886f70d010904", "2a864886f70d010903", "2a864886f70d010910022f"]
)
def test_no_changed_byte_of_a_signed_attribute_passes(
    standing: Visitor, sealed: bytes, attribute: str
) -> None:
    place = sealed.lower().index(attribute.encode()) + len(attribute) + 9
    flipped = bytearray(sealed)
    flipped[place] = ord("0") if flipped[place] != ord("0") else ord("1")
    assert verdict(standing, bytes(flipped))[1] != "TOTAL_PASSED"


def test_junk_after_the_signature_s_encoding_is_a_fault_of_format(
    standing: Visitor, sealed: bytes
) -> None:
    end = sealed.index(b">", sealed.index(b"/Contents <"))
    junk = sealed[: end - 4] + b"beef" + sealed[end:]
    assert verdict(standing, junk) == ("changed", "TOTAL_FAILED", "FORMAT_FAILURE")


def test_bytes_after_the_end_are_a_fault_of_format_and_are_counted(
    standing: Visitor, sealed: bytes
) -> None:
    report = standing.verify(sealed + b"hidden words")
    assert (report["verdict"], report["sub_indication"]) == ("changed", "FORMAT_FAILURE")
    assert report["unsigned_bytes"] == 12


def test_bytes_before_the_beginning_are_a_fault_of_format(standing: Visitor, sealed: bytes) -> None:
    assert verdict(standing, b"GIF89a" + sealed)[1] != "TOTAL_PASSED"


@pytest.mark.parametrize(
    "byte_range", [b"[0 0 0 0]", b"[]", b"[0 1 2 999999]", b"[-1 5 9 9]", b"[0 1000 1000 9]"]
)
def test_a_byte_range_of_another_shape_never_passes(
    standing: Visitor, sealed: bytes, byte_range: bytes
) -> None:
    start = sealed.index(b"/ByteRange") + len(b"/ByteRange ")
    end = sealed.index(b"]", start) + 1
    forged = sealed[:start] + byte_range.ljust(end - start) + sealed[end:]
    assert verdict(standing, forged)[1] == "TOTAL_FAILED"


def test_a_later_revision_that_changes_a_page_is_changed(standing: Visitor, sealed: bytes) -> None:
    start = len(sealed)
    update = sealed + (
        b"4 0 obj\n<< /Length 44 >>\nstream\nBT /F1 24 Tf 72 770 Td (Another text) Tj ET    \n"
        b"endstream\nendobj\nxref\n4 1\n%010d 00000 n \ntrailer\n<< /Size 40 /Root 1 0 R "
        b"/Prev %s >>\nstartxref\n%d\n%%%%EOF\n"
    ) % (
        start,
        sealed.rsplit(b"startxref\n", 1)[1].split(b"\n")[0],
        start + len(b"4 0 obj\n<< /Length 44 >>\nstream\n") + 44 + len(b"\nendstream\nendobj\n"),
    )
    assert verdict(standing, update)[:2] == ("changed", "TOTAL_FAILED")


def test_an_unsigned_document_is_not_signed(standing: Visitor) -> None:
    assert verdict(standing, plain_pdf())[0] == "not_signed"


def test_the_unsigned_beginning_of_a_sealed_document_is_not_signed(
    standing: Visitor, sealed: bytes, plain: bytes
) -> None:
    assert sealed.startswith(plain)
    assert verdict(standing, sealed[: len(plain)])[0] == "not_signed"


@pytest.mark.parametrize("garbage", [b"x", b"\x00" * 5_000, b"GIF89a"])
def test_what_has_no_signature_that_we_know_is_not_supported(
    standing: Visitor, garbage: bytes
) -> None:
    assert verdict(standing, garbage)[0] == "unsupported"


@pytest.mark.parametrize(
    "garbage",
    [b"%PDF-1.7\n", b"%PDF-1.7" + b"[" * 20_000, plain_pdf()[:100]],
)
def test_a_damaged_pdf_is_unreadable(standing: Visitor, garbage: bytes) -> None:
    assert verdict(standing, garbage)[0] == "unreadable"


@pytest.mark.parametrize("cut", range(500, 24_000, 2_300))
def test_a_sealed_document_that_was_cut_off_never_passes(
    standing: Visitor, sealed: bytes, cut: int
) -> None:
    assert verdict(standing, sealed[:cut])[1] != "TOTAL_PASSED"


def test_a_seal_of_an_issuer_that_we_do_not_know_is_unrecognised(
    standing: Visitor, visitor: Visitor, plain: bytes
) -> None:
    foreign = visitor.sealed(plain)  # by a service of the same names with another root
    assert verdict(standing, foreign) == (
        "unrecognised",
        "INDETERMINATE",
        "NO_CERTIFICATE_CHAIN_FOUND",
    )


def test_a_seal_whose_key_was_compromised_is_revoked_at_once(
    visitor: Visitor, plain: bytes
) -> None:
    sealed = visitor.sealed(plain)
    assert verdict(visitor, sealed)[0] == "authentic"
    visitor.service.revoke(visitor.service.seal.serial, Reason.KEY_COMPROMISE)
    assert verdict(visitor, sealed) == ("revoked", "INDETERMINATE", "REVOKED_NO_POE")


def test_a_document_that_was_sealed_before_the_revocation_stays_authentic_with_a_note(
    visitor: Visitor, plain: bytes
) -> None:
    sealed = visitor.sealed(plain)
    visitor.service.clock.advance(3_600)
    visitor.service.revoke(visitor.service.seal.serial, Reason.CESSATION_OF_OPERATION)
    report = visitor.verify(sealed)
    assert report["verdict"] == "authentic"
    assert "revoked_later" in report["signatures"][0]["notes"]
    assert report["signatures"][0]["revoked_at"] == visitor.service.clock.now()


def test_a_document_that_was_sealed_before_a_compromise_began_stays_authentic(
    visitor: Visitor, plain: bytes
) -> None:
    clock = visitor.service.clock
    sealed = visitor.sealed(plain)
    clock.advance(3_600)
    began = clock.now() - 600
    visitor.service.revoke(visitor.service.seal.serial, Reason.KEY_COMPROMISE, since=began)
    assert verdict(visitor, sealed)[0] == "authentic"


def test_a_seal_outlives_its_certificate(visitor: Visitor, plain: bytes) -> None:
    sealed = visitor.sealed(plain)
    visitor.service.clock.advance(3 * 365 * 86_400)
    assert verdict(visitor, sealed)[0] == "authentic"


def test_a_time_stamp_of_a_compromised_authority_proves_nothing(
    visitor: Visitor, plain: bytes
) -> None:
    sealed = visitor.sealed(plain)
    authority = visitor.service.authorities.timestamp
    visitor.service.revoke(authority.serial, Reason.KEY_COMPROMISE)
    assert verdict(visitor, sealed)[:2] == ("indeterminate", "INDETERMINATE")


def test_the_words_come_in_khmer_and_in_english(standing: Visitor, sealed: bytes) -> None:
    report = standing.verify(sealed)
    for part in ("title", "sentence", "next"):
        assert set(report[part]) == {"km", "en"}
        assert all(report[part].values())


def test_a_form_is_taken_as_a_body_is(standing: Visitor, sealed: bytes) -> None:
    answer = standing.http.post("/verify", files={"document": ("x.pdf", sealed)})
    assert answer.json()["verdict"] == "authentic"


def test_a_seal_of_ours_is_not_read_with_lengths_that_were_left_open(
    standing: Visitor, sealed: bytes
) -> None:
    forged = with_signature(sealed, indefinite_length)
    answer = standing.http.post("/verify", content=forged)
    assert answer.json()["verdict"] == "changed"


def test_an_upload_is_not_kept(standing: Visitor) -> None:
    answer = standing.http.post("/verify", content=plain_pdf())
    assert answer.headers["cache-control"] == "no-store"
    assert standing.service.ctx.public.held == 0


def test_more_than_25_mb_are_a_413(standing: Visitor) -> None:
    answer = standing.http.post("/verify", content=bytes(25_000_001))
    assert (answer.status_code, answer.json()["code"]) == (413, "document_too_large")


def test_no_document_is_a_400(standing: Visitor) -> None:
    for asked in ({"content": b""}, {"files": {"other": ("x.pdf", b"x")}}):
        answer = standing.http.post("/verify", **asked)  # type: ignore[arg-type]
        assert (answer.status_code, answer.json()["code"]) == (400, "document_missing")


def test_too_many_documents_at_once_are_asked_to_wait_and_seals_are_made(
    standing: Visitor,
) -> None:
    desk = standing.service.ctx.public
    desk.held += 16
    try:
        answer = standing.http.post("/verify", content=plain_pdf())
        sealed = standing.seal(plain_pdf())
    finally:
        desk.held -= 16
    assert sealed.status_code == 200
    assert (answer.status_code, answer.json()["code"]) == (503, "overloaded")
