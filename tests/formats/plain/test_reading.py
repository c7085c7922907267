"""Seals of ours read by making them again: it finds what pyHanko finds, or nothing."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from keys.crl import issue_crl
from keys.revocation import Reason, Responder, Revoked, Status, ocsp_for
from signing.formats.digests import Digests, Hashed
from signing.formats.pades import intake, sealing
from signing.formats.pades.intake import Accepted
from signing.formats.plain import reading
from signing.formats.plain.intake import find
from signing.formats.seal import ValidationData
from signing.formats.trust import Anchors, Asked
from signing.rules.evidence import Changes, DocumentEvidence
from tests.documents import page_objects, pdf, plain_pdf, stream
from tests.formats.plain.shapes import packed
from tests.formats.plain.test_intake import PLAIN
from tests.fuzz.mutations import Sample, mutations
from tests.keys.authorities import Infrastructure
from tests.seals import NOW, Sealer, asked_by, read_fully

MUTATIONS = 400
_FONT = b"/Type /Font /Subtype /Type1 /BaseFont /Helvetica"
ODD = {
    "a comment in a font": pdf(page_objects(o5=b"<< % said\n" + _FONT + b" >>")),
    "a name that is spelled oddly": pdf(page_objects(o5=b"<< /X#41 1 " + _FONT + b" >>")),
    "packed": packed(page_objects(o5=b"<< /X#41 1 " + _FONT + b" >>")),
}
"""Not where the seal goes."""


def read(document: bytes, asked: Asked) -> DocumentEvidence | None:
    return reading.read(Digests(document), asked)


@pytest.fixture(scope="module")
def sealer() -> Sealer:
    return Sealer()


@pytest.mark.parametrize("name", PLAIN)
def test_it_finds_what_pyhanko_finds_in_each_kind_of_document(sealer: Sealer, name: str) -> None:
    sealed = sealer.seal(PLAIN[name])
    assert read(sealed, asked_by(sealer)) == read_fully(sealed, sealer)


def test_it_finds_what_pyhanko_finds_at_each_level_and_of_each_seal(sealer: Sealer) -> None:
    for name in ("classic", "objects packed", "annotations", "annotations apart"):
        document = PLAIN[name]
        once = sealer.seal(document)
        for sealed in (_b_b(sealer, document), sealer.sign(document), sealer.seal(once)):
            found = read(sealed, asked_by(sealer))
            assert found is not None
            assert found == read_fully(sealed, sealer)
        thrice = sealer.sign(sealer.seal(once))
        assert read(thrice, asked_by(sealer)) == read_fully(thrice, sealer)


def test_what_was_hashed_and_read_before_changes_nothing(sealer: Sealer) -> None:
    document = plain_pdf()
    prepared = intake.check(document).prepared
    assert prepared is not None
    sealed = sealer.seal(document)
    found = reading.read(Digests(sealed, Hashed(document)), asked_by(sealer), prepared)
    assert found is not None
    assert found == read(sealed, asked_by(sealer))


@pytest.mark.parametrize("name", ODD)
def test_it_finds_what_pyhanko_finds_where_an_object_is_not_plain(
    sealer: Sealer, name: str
) -> None:
    document = ODD[name]
    for sealed in (
        sealer.sign(document),
        sealer.seal(document),
        sealer.seal(sealer.seal(document)),
    ):
        found = read(sealed, asked_by(sealer))
        assert found is not None
        assert found == read_fully(sealed, sealer)


def test_it_finds_nothing_where_what_was_sealed_refers_to_what_came_later(sealer: Sealer) -> None:
    """The seal's own objects, the store and what came into it: any agency may have a digest of such
    a document sealed, which the service has not seen."""
    for number in range(6, 19):
        document = pdf(page_objects(page=b"/Later %d 0 R" % number))
        prepared = find(document)
        assert prepared is not None
        sealed = sealer.finish(
            document, Accepted(certify=True, field_name="Seal1", prepared=prepared)
        )
        assert read(sealed, asked_by(sealer)) is None, number


def test_it_finds_nothing_where_pages_are_no_tree(sealer: Sealer) -> None:
    document = pdf(page_objects() | {2: b"<< /Type /Pages /Kids [3 0 R 3 0 R] /Count 2 >>"})
    prepared = find(document)
    assert prepared is not None
    accepted = Accepted(certify=True, field_name="Seal1", prepared=prepared)
    assert read(sealer.finish(document, accepted), asked_by(sealer)) is None


def test_an_identifier_that_is_null_is_none(sealer: Sealer) -> None:
    sealed = sealer.seal(pdf(page_objects(), b"/ID null"))
    assert read(sealed, asked_by(sealer)) is not None


def test_it_finds_nothing_in_a_document_without_a_seal(sealer: Sealer) -> None:
    assert read(plain_pdf(), asked_by(sealer)) is None
    assert read(b"", asked_by(sealer)) is None


def test_it_finds_nothing_in_what_pyhanko_wrote(sealer: Sealer) -> None:
    assert read(sealer.seal_with_pyhanko(plain_pdf()), asked_by(sealer)) is None


def test_it_finds_nothing_under_a_root_that_is_not_trusted(sealer: Sealer) -> None:
    sealed, other = sealer.seal(plain_pdf()), Sealer()
    assert read(sealed, asked_by(other)) is None


def test_it_finds_nothing_where_a_name_is_trusted_and_its_key_is_another(sealer: Sealer) -> None:
    """Authorities of the same names."""
    asked, other = asked_by(sealer), Sealer()
    both = Anchors(sealer.anchors.roots, other.anchors.authorities)
    assert read(other.seal(plain_pdf()), replace(asked, anchors=both)) is None


def test_it_finds_nothing_by_a_certificate_for_something_else(sealer: Sealer) -> None:
    known = sealer.authorities
    for issued in (known.signature, known.ocsp, known.timestamp):
        by = replace(sealer.identity, certificate=issued.certificate, signer=issued.signer)
        document = plain_pdf()
        part = sealing.sign(
            Hashed(document), intake.check(document), by, sealer.stamp, sealer.utc
        ).part
        assert read(document + part, asked_by(sealer)) is None


def test_it_finds_nothing_with_a_time_stamp_by_somebody_else_or_over_something_else(
    sealer: Sealer,
) -> None:
    document = plain_pdf()

    def signed(stamp: Callable[[bytes], bytes]) -> bytes:
        accepted = intake.check(document)
        made = sealing.sign(Hashed(document), accepted, sealer.identity, stamp, sealer.utc)
        return document + made.part

    assert read(signed(sealer.stamp), asked_by(sealer)) is not None
    assert read(signed(Sealer().stamp), asked_by(sealer)) is None
    assert read(signed(lambda _: sealer.stamp(bytes(32))), asked_by(sealer)) is None


def _data(sealer: Sealer) -> Iterator[tuple[str, ValidationData]]:
    """Proofs that are not what a seal of ours comes with."""
    known, good, other = sealer.authorities, sealer.proofs(), Infrastructure(sealer.now)
    now, later = sealer.now, sealer.now + 3_600

    def answer(status: Status, responder: Responder = known.responder) -> ValidationData:
        made = ocsp_for(known.seal.certificate, status, responder, now, later)
        return replace(good, ocsps=(made, good.ocsps[1]))

    yield "revoked", answer(Status(Revoked(now - 5, Reason.KEY_COMPROMISE)))
    yield "on hold", answer(Status(Revoked(now - 5, Reason.CERTIFICATE_HOLD)))
    yield "another's answer", answer(Status(), other.responder)
    yield (
        "an answer by a seal's key",
        answer(
            Status(),
            Responder(known.seal.certificate, known.seal.signer, known.issuing.certificate),
        ),
    )
    yield (
        "an answer by a key that the responder's certificate does not have",
        answer(
            Status(),
            Responder(known.ocsp.certificate, other.ocsp.signer, known.issuing.certificate),
        ),
    )
    strangers = (*good.certificates, other.seal.certificate.der)
    yield "a stranger's certificate", replace(good, certificates=strangers)
    crl = issue_crl(other.root.certificate, other.root.signer, [], 1, now, later, None)
    yield "a stranger's CRL", replace(good, crls=(crl,))
    damaged = good.ocsps[0][:-1] + bytes((good.ocsps[0][-1] ^ 1,))
    yield "a damaged answer", replace(good, ocsps=(damaged,))
    many = tuple(
        ocsp_for(known.seal.certificate, Status(), known.responder, now + one, later)
        for one in range(65)
    )
    yield "nothing", ValidationData((), (), ())
    yield "more answers than we bring", replace(good, ocsps=many)


def test_it_finds_nothing_with_proofs_that_are_not_ours(sealer: Sealer) -> None:
    document = plain_pdf()
    accepted = intake.check(document)
    made = sealing.sign(Hashed(document), accepted, sealer.identity, sealer.stamp, sealer.utc)
    for said, data in _data(sealer):
        part = sealing.add_validation_data(Hashed(document), accepted, made.part, data)
        assert read(document + part, asked_by(sealer)) is None, said


def test_an_authority_that_was_revoked_is_told_of(sealer: Sealer) -> None:
    known = sealer.authorities
    revoked = [(known.issuing.certificate.serial, Revoked(sealer.now, Reason.CA_COMPROMISE))]
    crl = issue_crl(
        *(known.root.certificate, known.root.signer, revoked, 2),
        *(sealer.now, sealer.now + 3_600, None),
    )
    document = plain_pdf()
    accepted = intake.check(document)
    made = sealing.sign(Hashed(document), accepted, sealer.identity, sealer.stamp, sealer.utc)
    data = replace(sealer.proofs(), crls=(crl,))
    sealed = document + sealing.add_validation_data(Hashed(document), accepted, made.part, data)
    found = read(sealed, asked_by(sealer))
    assert found is not None
    assert found.signatures[0].chains[0].certificates[1].statuses[-1].revoked is not None
    assert found == read_fully(sealed, sealer)


@pytest.mark.parametrize("kind", ["one seal", "two seals", "objects packed", "not plain"])
def test_what_was_changed_is_not_told_better_than_pyhanko_tells_it(
    sealer: Sealer, kind: str
) -> None:
    odd, usual = ODD["a comment in a font"], pdf(page_objects())
    shapes = {"objects packed": packed(page_objects()), "not plain": odd}
    sealed = sealer.seal(shapes.get(kind, usual))
    if kind == "two seals":
        sealed = sealer.seal(sealed)
    sample = Sample("pades", kind, "pdf", sealed, sealer.anchors, frozenset(), sealer.now)
    for mutation in mutations(sample, MUTATIONS, seed=2026):
        found = read(mutation.document, asked_by(sealer))
        assert found is None or found == read_fully(mutation.document, sealer), mutation.said


def _b_b(sealer: Sealer, document: bytes) -> bytes:
    accepted = intake.check(document)
    made = sealing.sign(Hashed(document), accepted, sealer.identity, None, NOW)
    return document + made.part


@pytest.mark.parametrize("name", ["no metadata at all", "a trailer that leads to the catalogue"])
def test_what_stays_as_it_was_sealed_may_be_anything(sealer: Sealer, name: str) -> None:
    document = {
        "no metadata at all": pdf(page_objects(b"/Metadata 6 0 R", o6=stream(b"no XMP"))),
        "a trailer that leads to the catalogue": pdf(page_objects(), b"/Other [1 0 R]"),
    }[name]
    sealed = sealer.seal(document)
    found = read(sealed, asked_by(sealer))
    assert found is not None
    assert found.signatures[0].changes is Changes.VALIDATION_DATA
    assert found == read_fully(sealed, sealer)


def test_an_annotation_that_stands_in_its_page_may_not_change(sealer: Sealer) -> None:
    once = sealer.sign(PLAIN["annotations"])
    later = sealer.sign(once)[len(once) :]
    for instead, changes in (
        (b"[ 0 0 9 9 ]", Changes.SIGNATURES),
        (b"[ 0 0 8 9 ]", Changes.FORBIDDEN),
    ):
        assert later.count(b"[ 0 0 9 9 ]") == 1
        changed = once + later.replace(b"[ 0 0 9 9 ]", instead)
        assert read_fully(changed, sealer).signatures[0].changes is changes
