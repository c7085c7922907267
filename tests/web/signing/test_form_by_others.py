"""Whoever makes our seals last with another tool answers for their form: what somebody else stamped
needs no further account, where that time-stamp leads to a trusted root."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from signing import policies
from signing.formats.asic import container
from signing.formats.augmentation import open_document
from signing.formats.reading import gather
from signing.formats.trust import Anchors
from signing.rules.validation import validate
from signing.web.verdicts import anchors
from tests.attacks import cms
from tests.attacks.pki import NOW, root
from tests.attacks.records import Record
from tests.attacks.verdicts import MALFORMED, PASSED, Told
from tests.attacks.verdicts import told as in_short
from tests.sealing import ask_for_all
from tests.signing_service import Visitor
from tests.web.signing import test_one_form as ours

STRANGER = root("Another nation")
AUTHORITY = STRANGER.authority("Another authority")
CLOCK = AUTHORITY.time_authority()
LATER = NOW + timedelta(hours=1)
NEWS = [one.crl(since=LATER) for one in (AUTHORITY, STRANGER)]


def cms_with_more(visitor: Visitor) -> bytes:
    return ours.with_an_unsigned_attribute(ours.enveloping(visitor, "B-LT"))


def jws_with_a_space(visitor: Visitor) -> bytes:
    return ours.component(ours.json(visitor), 1, lambda text: text + b" ")


def xml_with_a_space(visitor: Visitor) -> bytes:
    sealed = ask_for_all(visitor, *ours.FILES, format="asic-e-xades", level="B-LT").content
    *held, (name, text) = ours.entries(sealed)
    spaced = text.replace(b"<xades:CertificateValues>", b"<xades:CertificateValues >")
    assert spaced != text
    return container.write(container.EXTENDED, (*held, (name, spaced)))


REWRITTEN = (cms_with_more, jws_with_a_space, xml_with_a_space)


def told(
    visitor: Visitor, document: bytes, *, trusted: bool = True, record: bytes | None = None
) -> Told:
    known = anchors(visitor.service.ctx)
    roots = (*known.roots, STRANGER.certificate) if trusted else known.roots
    evidence = gather(document, Anchors(roots, known.authorities), record=record)
    return in_short(validate(evidence, {}, int(LATER.timestamp()), policies.default()))


def stamp(digest: bytes) -> bytes:
    return cms.token(CLOCK, b"", LATER, imprint=digest, revocation=NEWS)


@pytest.mark.parametrize("rewritten", REWRITTEN)
def test_an_archive_time_stamp_of_somebody_else_answers_for_what_it_covers(
    standing: Visitor, rewritten: Callable[[Visitor], bytes]
) -> None:
    document = rewritten(standing)
    assert told(standing, document) == MALFORMED
    archived = open_document(document).archived(stamp).dump()
    assert told(standing, archived) == PASSED
    assert told(standing, archived, trusted=False) == MALFORMED


@pytest.mark.parametrize("rewritten", REWRITTEN)
def test_so_does_an_evidence_record(
    standing: Visitor, rewritten: Callable[[Visitor], bytes]
) -> None:
    document = rewritten(standing)
    record = Record((document,)).stamped(CLOCK, LATER, crls=NEWS).dump()
    assert told(standing, document, record=record) == PASSED
    assert told(standing, document, record=record, trusted=False) == MALFORMED


def test_we_make_no_time_stamp_over_it(standing: Visitor) -> None:
    headers = {
        "Authorization": f"Bearer {standing.service.token()}",
        "Content-Type": "application/pkcs7-mime",
    }
    asked = standing.http.post("/augment", content=cms_with_more(standing), headers=headers)
    assert (asked.status_code, asked.json()["code"]) == (422, "augment_not_valid")
