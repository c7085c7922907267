"""POST /seal: what comes back, and what a retry gets."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from core.audit import events
from keys.revocation import Reason
from signing.rules.sealing import LEASE_SECONDS, RETRY_SECONDS
from signing.store import seals, tables
from tests.signing_service import AGENCY, OTHER_AGENCY, Visitor


def test_a_document_comes_back_under_its_agency_s_seal(visitor: Visitor, plain: bytes) -> None:
    answer = visitor.seal(plain)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    report = visitor.verify(answer.content)
    assert (report["verdict"], report["indication"]) == ("authentic", "TOTAL_PASSED")
    (signature,) = report["signatures"]
    assert signature["signer"]["organization"] == AGENCY.name_km
    assert signature["signer"]["common_name"] == AGENCY.name_en
    assert signature["level"] == "B-LT"
    assert signature["signed_at"] == visitor.service.clock.now()
    assert signature["time_stamped_by"]["common_name"] == "Tra Time-Stamp Authority"


def test_the_document_s_own_bytes_are_untouched(visitor: Visitor, plain: bytes) -> None:
    assert visitor.sealed(plain).startswith(plain)


def test_two_agencies_seal_one_document_and_both_seals_pass(visitor: Visitor, plain: bytes) -> None:
    visitor.service.give_seal(OTHER_AGENCY)
    once = visitor.sealed(plain)
    twice = visitor.sealed(once, agency=OTHER_AGENCY.agency_id)
    thrice = visitor.sealed(twice)
    report = visitor.verify(thrice)
    assert [one["indication"] for one in report["signatures"]] == ["TOTAL_PASSED"] * 3
    assert [one["signer"]["common_name"] for one in report["signatures"]] == [
        AGENCY.name_en,
        OTHER_AGENCY.name_en,
        AGENCY.name_en,
    ]
    assert report["signatures"][0]["notes"] == ["followed_by_signatures"]


def test_nothing_of_the_document_is_stored(visitor: Visitor, plain: bytes) -> None:
    visitor.sealed(plain)
    rows = visitor.service.ledger.read_now(
        lambda transaction: transaction.execute(select(tables.seals)).mappings().all()
    )
    assert len(rows) == 1
    assert all(b"Certificate of registration" not in repr(row).encode() for row in rows)
    assert rows[0]["state"] == "signed"


def test_a_seal_is_in_the_audit_log_without_its_content(visitor: Visitor, plain: bytes) -> None:
    visitor.sealed(plain)
    last = visitor.service.ledger.read_now(
        lambda transaction: transaction.execute(select(events).order_by(events.c.id)).all()[-1]
    )
    assert (last.event, last.actor) == ("agency:document:seal", "client:moc-documents")


def test_a_retry_with_the_same_key_gets_the_same_bytes(visitor: Visitor, plain: bytes) -> None:
    first, second = visitor.seal(plain, key="one"), visitor.seal(plain, key="one")
    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    assert first.headers["x-seal-id"] == second.headers["x-seal-id"]


def test_without_a_key_each_request_is_a_new_seal(visitor: Visitor, plain: bytes) -> None:
    assert visitor.seal(plain).content != visitor.seal(plain).content


def test_many_requests_at_once_with_one_key_make_one_seal(visitor: Visitor, plain: bytes) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: visitor.seal(plain, key="race"), range(8)))
    good = [answer for answer in answers if answer.status_code == 200]
    waiting = [answer for answer in answers if answer.status_code == 409]
    assert len(good) >= 1
    assert len(good) + len(waiting) == 8
    assert len({answer.content for answer in good}) == 1
    assert {answer.json()["code"] for answer in waiting} <= {"seal_in_progress"}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in waiting)


def test_a_key_that_was_used_for_another_document_is_refused(
    visitor: Visitor, plain: bytes
) -> None:
    visitor.seal(plain, key="one")
    other = visitor.seal(plain.replace(b"registration", b"resignation!"), key="one")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_a_crash_leaves_a_reservation_that_a_retry_takes_over_after_its_lease(
    visitor: Visitor, plain: bytes
) -> None:
    service = visitor.service
    crashed = service.ledger.write_now(
        seals.reserve,
        AGENCY.agency_id,
        "moc-documents",
        "crashed",
        hashlib.sha256(plain).digest(),
        "pades B-LT",
        service.clock.now(),
    )
    assert visitor.seal(plain, key="crashed").status_code == 409
    service.clock.advance(LEASE_SECONDS)
    again = visitor.seal(plain, key="crashed")
    assert again.status_code == 200
    assert again.headers["x-seal-id"] == crashed.seal_id


def test_a_seal_can_be_fetched_again_for_a_day(visitor: Visitor, plain: bytes) -> None:
    service = visitor.service
    visitor.seal(plain, key="old")
    service.clock.advance(RETRY_SECONDS + 1)
    service.ledger.write_now(seals.forget_old, service.clock.now())
    late = visitor.seal(plain, key="old")
    assert (late.status_code, late.json()["code"]) == (409, "seal_answered")


def test_a_seal_that_could_not_be_made_frees_its_key(visitor: Visitor, plain: bytes) -> None:
    sealed = bytearray(visitor.sealed(plain))
    sealed[sealed.index(b"Certificate of")] ^= 1
    refused = visitor.seal(bytes(sealed), key="again")
    assert (refused.status_code, refused.json()["code"]) == (422, "pdf_signature_invalid")
    assert visitor.seal(bytes(sealed), key="again").status_code == 422


def test_an_agency_without_a_seal_is_refused(visitor: Visitor, plain: bytes) -> None:
    answer = visitor.seal(plain, agency="unknown")
    assert (answer.status_code, answer.json()["code"]) == (403, "agency_without_seal")


def test_a_revoked_seal_seals_no_more(visitor: Visitor, plain: bytes) -> None:
    visitor.service.revoke(visitor.service.seal.serial, Reason.CESSATION_OF_OPERATION)
    answer = visitor.seal(plain)
    assert (answer.status_code, answer.json()["code"]) == (403, "agency_without_seal")


def test_a_seal_that_another_process_issued_a_moment_ago_seals(
    visitor: Visitor, plain: bytes
) -> None:
    visitor.service.give_seal(OTHER_AGENCY)  # the ring of the running service does not know it
    assert visitor.seal(plain, agency=OTHER_AGENCY.agency_id).status_code == 200


def test_an_expired_seal_seals_no_more(visitor: Visitor, plain: bytes) -> None:
    visitor.service.clock.advance(2 * 365 * 86_400)
    assert visitor.seal(plain).json()["code"] == "agency_without_seal"
