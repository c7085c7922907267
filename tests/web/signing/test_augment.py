"""POST /augment: what passes is made to last, and what does not is refused."""

from typing import Any

import pytest
from sqlalchemy import select

from core.audit import events
from signing.formats.pades import augmentation
from signing.store import authority, revocation
from tests.signing_service import OPERATOR, Visitor

YEAR = 365 * 86_400


def augment(visitor: Visitor, document: bytes, level: str | None = None) -> Any:
    headers = {
        "Authorization": f"Bearer {visitor.service.token()}",
        "Content-Type": "application/pdf",
    }
    asked = {} if level is None else {"level": level}
    return visitor.http.post("/augment", params=asked, content=document, headers=headers)


def augmented(visitor: Visitor, document: bytes, level: str | None = None) -> bytes:
    answer = augment(visitor, document, level)
    assert answer.status_code == 200, answer.text
    content: bytes = answer.content
    return content


def years_pass(visitor: Visitor, seconds: int) -> None:
    """Time passes, and the authorities are re-keyed as they are in a running service."""
    service = visitor.service
    end = service.clock.now() + seconds
    while service.clock.now() < end:
        service.clock.advance(min(YEAR // 2, end - service.clock.now()))
        now = service.clock.now()
        service.ledger.write_now(authority.renew, service.custody, OPERATOR, now)
        service.ledger.write_now(revocation.renew_crls, service.custody, OPERATOR, now)
    assert visitor.http.portal is not None
    visitor.http.portal.call(service.ctx.learn)


@pytest.mark.parametrize("before", ["B-T", "B-LT", "B-LTA"])
@pytest.mark.parametrize("after", ["B-LT", "B-LTA"])
def test_a_seal_reaches_the_level_that_is_asked_for(
    standing: Visitor, plain: bytes, before: str, after: str
) -> None:
    sealed = standing.sealed(plain, level=before)
    made = augmented(standing, sealed, after)
    assert made.startswith(sealed)
    report = standing.verify(made)
    assert report["verdict"] == "authentic"
    assert report["signatures"][0]["level"] in {after, "B-LTA"}


def test_b_lta_is_what_is_meant_where_nothing_is_said(standing: Visitor, sealed: bytes) -> None:
    assert standing.verify(augmented(standing, sealed))["signatures"][0]["level"] == "B-LTA"


def test_it_is_in_the_audit_log(standing: Visitor, sealed: bytes) -> None:
    augmented(standing, sealed)
    last = standing.service.ledger.read_now(
        lambda transaction: transaction.execute(select(events).order_by(events.c.id)).all()[-1]
    )
    assert (last.event, last.actor) == ("agency:document:augment", "client:moc-documents")


def test_what_does_not_pass_is_refused(standing: Visitor, sealed: bytes, plain: bytes) -> None:
    changed = sealed.replace(b"registration", b"resignation!")
    for document in (changed, plain, b"no PDF", sealed[:-200]):
        answer = augment(standing, document)
        assert (answer.status_code, answer.json()["code"]) == (422, "augment_not_valid")


def test_another_level_is_refused(standing: Visitor, sealed: bytes) -> None:
    answer = augment(standing, sealed, "B-T")
    assert (answer.status_code, answer.json()["code"]) == (400, "level_not_offered")


def test_nobody_is_served_without_a_token(standing: Visitor, sealed: bytes) -> None:
    assert standing.http.post("/augment", content=sealed).status_code == 401


def test_what_is_renewed_in_time_outlives_the_authority_that_stamped_it(
    visitor: Visitor, plain: bytes
) -> None:
    first = visitor.sealed(plain, level="B-LTA")
    until = augmentation.protection(first).until
    assert until is not None
    now = visitor.service.clock.now()
    years_pass(visitor, until - now - 30 * 86_400)  # the signer's certificate is long over
    assert visitor.verify(first)["verdict"] == "authentic"
    renewed = augmented(visitor, first)
    assert renewed.startswith(first)
    years_pass(visitor, YEAR)  # and now that of the first time-stamp's authority
    assert visitor.verify(first)["verdict"] != "authentic"
    assert visitor.verify(renewed)["verdict"] == "authentic"
    late = augment(visitor, first)
    assert (late.status_code, late.json()["code"]) == (422, "augment_not_valid")
    again = augmented(visitor, renewed)
    assert visitor.verify(again)["verdict"] == "authentic"
