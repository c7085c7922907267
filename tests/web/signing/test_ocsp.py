"""OCSP over HTTP: answers are signed once for all who ask the same, and are not given when more is
known; each generation of an authority is answered for."""

import asyncio
import base64
import hashlib
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from keys.revocation import Reason
from signing.store import certificates
from signing.store.authority import renew
from signing.store.certificates import Issued
from signing.web.ocsp import follow
from signing.web.signed_once import KEPT_SECONDS, Answered, SignedOnce
from tests.documents import plain_pdf
from tests.signing_service import OPERATOR, OTHER_AGENCY, Visitor

GOOD, REVOKED = ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED
UNKNOWN = ocsp.OCSPCertStatus.UNKNOWN


def request(
    visitor: Visitor, issued: Issued, nonce: bytes | None = None, more: bytes | None = None
) -> bytes:
    """`more`: the value of an extension that means nothing."""
    issuer = visitor.service.ctx.authorities.now.chain(issued)[0].certificate.parsed
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        issued.certificate.parsed, issuer, hashes.SHA1()
    )
    if nonce:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    if more:
        unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), more)
        builder = builder.add_extension(unknown, critical=False)
    return builder.build().public_bytes(Encoding.DER)


def ask(visitor: Visitor, encoded: bytes, **headers: str) -> Any:
    return visitor.http.get(
        f"/ocsp/{quote(base64.b64encode(encoded).decode(), safe='')}", headers=headers
    )


def told(answer: Any) -> ocsp.OCSPCertStatus:
    return ocsp.load_der_ocsp_response(answer.content).certificate_status


def test_the_same_question_gets_the_same_bytes_by_get_and_by_post(standing: Visitor) -> None:
    encoded = request(standing, standing.service.seal)
    kind = {"Content-Type": "application/ocsp-request"}
    answers = {ask(standing, encoded).content for _ in range(3)}
    answers.add(standing.http.post("/ocsp", content=encoded, headers=kind).content)
    assert len(answers) == 1


def test_slashes_side_by_side_in_a_question_may_be_escaped_or_not(standing: Visitor) -> None:
    """RFC 6960 §A.1 asks for it: programs on the way may take two for one."""
    encoded = request(standing, standing.service.seal, more=b"\xff" * 9)
    plain = base64.b64encode(encoded).decode()
    assert "//" in plain
    unescaped, escaped = standing.http.get(f"/ocsp/{plain}"), ask(standing, encoded)
    assert unescaped.headers["etag"] == escaped.headers["etag"]
    assert told(unescaped) is GOOD


def test_with_a_nonce_each_answer_is_its_own(standing: Visitor) -> None:
    encoded = request(standing, standing.service.seal, nonce=b"n" * 32)
    assert ask(standing, encoded).content != ask(standing, encoded).content


def test_a_nonce_may_have_from_1_to_128_octets(standing: Visitor) -> None:
    for length in (1, 16, 32, 128):
        encoded = request(standing, standing.service.seal, nonce=b"n" * length)
        said = ocsp.load_der_ocsp_response(ask(standing, encoded).content)
        nonce = said.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
        assert nonce == b"n" * length


def test_caches_are_told_how_long_an_answer_may_be_kept(standing: Visitor) -> None:
    answer = ask(standing, request(standing, standing.service.seal))
    assert answer.headers["cache-control"] == (
        f"max-age={KEPT_SECONDS}, public, no-transform, must-revalidate"
    )
    assert answer.headers["last-modified"] == "Tue, 14 Apr 2026 02:00:00 GMT"
    assert answer.headers["expires"] == "Tue, 14 Apr 2026 02:00:30 GMT"
    encoded = request(standing, standing.service.seal)
    again = ask(standing, encoded, **{"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_an_answer_is_signed_anew_after_a_moment(visitor: Visitor) -> None:
    encoded = request(visitor, visitor.service.seal)
    first = ask(visitor, encoded).content
    visitor.service.clock.advance(KEPT_SECONDS)  # type: ignore[attr-defined]  # it is a fixed one
    assert ask(visitor, encoded).content != first


def test_a_revocation_by_another_process_drops_what_was_kept(visitor: Visitor) -> None:
    encoded = request(visitor, visitor.service.seal)
    assert told(ask(visitor, encoded)) is GOOD
    visitor.service.revoke(visitor.service.seal.serial, Reason.SUPERSEDED)
    asyncio.run(follow(visitor.service.ctx))
    assert told(ask(visitor, encoded)) is REVOKED


def test_the_process_hears_of_it_by_itself(visitor: Visitor) -> None:
    encoded = request(visitor, visitor.service.seal)
    assert told(ask(visitor, encoded)) is GOOD
    visitor.service.revoke(visitor.service.seal.serial, Reason.SUPERSEDED)
    while told(ask(visitor, encoded)) is not REVOKED:  # or the test runs out of time
        pass


def test_what_is_not_known_yet_is_not_kept(visitor: Visitor) -> None:
    seal = visitor.service.seal
    [ours] = visitor.service.ctx.authorities.now.issuers
    answer = ask(visitor, by_hash(ours, seal.serial ^ 1))
    assert told(answer) is UNKNOWN
    assert answer.headers["cache-control"] == "no-store"


def by_hash(issuer: Issued, serial: int) -> bytes:
    name, key = (
        hashlib.sha256(part).digest()
        for part in (issuer.certificate.subject, issuer.certificate.public_key_bits)
    )
    builder = ocsp.OCSPRequestBuilder()
    builder = builder.add_certificate_by_hash(name, key, serial, hashes.SHA256())
    return builder.build().public_bytes(Encoding.DER)


def test_an_answer_that_is_older_than_what_is_known_is_not_kept() -> None:
    kept = SignedOnce(revision=5)
    kept.keep(b"asked", Answered(b"good", 0, shared=True), 4)
    assert kept.find(b"asked", 0) is None
    kept.keep(b"asked", Answered(b"revoked", 0, shared=True), 6)
    assert kept.find(b"asked", 0) is not None
    kept.follow(7)
    assert kept.find(b"asked", 0) is None


@pytest.fixture
def followed(visitor: Visitor) -> tuple[Visitor, Issued, Issued, bytes]:
    """A service whose issuing authority was followed by another: the seals of two agencies, and a
    document under the older one."""
    service = visitor.service
    before = visitor.sealed(plain_pdf())
    ends = service.authorities.issuing.certificate.not_after
    clock: Any = service.clock
    clock.at = datetime.fromtimestamp(ends - 9 * 365 * 86_400, clock.at.tzinfo)
    clock.advance(3 * 365 * 86_400 - 86_400)
    older = service.give_seal()
    clock.advance(2 * 86_400)
    service.ledger.write_now(renew, service.custody, OPERATOR, clock.now())
    newer = service.give_seal(OTHER_AGENCY)
    assert older.issuer != newer.issuer
    return visitor, older, newer, before


def test_each_generation_is_answered_for_by_its_own_responder(
    followed: tuple[Visitor, Issued, Issued, bytes],
) -> None:
    visitor, older, newer, _ = followed
    asyncio.run(visitor.service.ctx.learn())
    ours = visitor.service.ctx.authorities.now
    for issued in (older, newer):
        said = ocsp.load_der_ocsp_response(ask(visitor, request(visitor, issued)).content)
        assert said.certificate_status is GOOD
        [responder] = said.certificates
        assert responder == ours.responders[issued.issuer].certificate.parsed
        responder.verify_directly_issued_by(ours.chain(issued)[0].certificate.parsed)
    assert told(ask(visitor, by_hash(ours.chain(newer)[0], older.serial))) is UNKNOWN


def test_a_new_authority_is_known_as_soon_as_somebody_asks(
    followed: tuple[Visitor, Issued, Issued, bytes],
) -> None:
    visitor, _, newer, _ = followed
    issuer = visitor.service.ledger.read_now(find, newer.issuer)
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        newer.certificate.parsed, issuer, hashes.SHA1()
    )
    assert told(ask(visitor, builder.build().public_bytes(Encoding.DER))) is GOOD


def find(transaction: Any, serial: int) -> x509.Certificate:
    found = certificates.find(transaction, serial)
    assert found is not None
    return found.certificate.parsed


def test_documents_of_both_generations_are_sealed_and_authentic(
    followed: tuple[Visitor, Issued, Issued, bytes],
) -> None:
    visitor, _, newer, before = followed
    after = visitor.sealed(plain_pdf(), agency=OTHER_AGENCY.agency_id)
    by_older = visitor.sealed(plain_pdf())
    for document in (after, by_older, before):
        report = visitor.verify(document)
        assert report["verdict"] == "authentic", report
    assert visitor.verify(after)["signatures"][0]["signer"]["serial"] == f"{newer.serial:040x}"
