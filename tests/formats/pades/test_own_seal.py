"""A seal of ours in a document that is not plain, made again: the same is found, or nothing."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from keys.revocation import Reason, Revoked, Status, ocsp_for
from signing.formats.digests import Digests, Hashed
from signing.formats.pades import intake, own_seal, reading, sealing
from signing.formats.seal import ValidationData
from signing.rules.evidence import DocumentEvidence
from tests.attacks.foreign import Signer, authority
from tests.documents import page_objects, pdf, stream_pdf
from tests.formats.plain.test_intake import PLAIN
from tests.fuzz.mutations import Sample, mutations
from tests.seals import Sealer, asked_by

MUTATIONS = 120
ODD = pdf(page_objects(page=b"% said\n"))
SHAPES = {
    "not plain": ODD,
    "not plain, by a stream": stream_pdf(b"% said\n"),
    **PLAIN,
}


@pytest.fixture(scope="module")
def sealer() -> Sealer:
    return Sealer()


class Both:
    """Found by making it again (None where that finds nothing), and as anybody's is."""

    def __init__(self, sealer: Sealer, patch: pytest.MonkeyPatch) -> None:
        self._asked, self._patch = asked_by(sealer), patch

    def __call__(self, document: bytes) -> tuple[DocumentEvidence | None, DocumentEvidence]:
        found = []

        def watched(*asked: object) -> object:
            found.append(_READ(*asked))  # type: ignore[arg-type]
            return found[-1]

        with self._patch.context() as patch:
            patch.setattr(own_seal, "read", watched)
            whole = reading.read(Digests(document), self._asked)
            patch.setattr(own_seal, "read", lambda *_: None)
            return whole if any(found) else None, reading.read(Digests(document), self._asked)


_READ = own_seal.read


@pytest.fixture
def both(sealer: Sealer, monkeypatch: pytest.MonkeyPatch) -> Both:
    return Both(sealer, monkeypatch)


def sign(sealer: Sealer, document: bytes, *, stamped: bool = True) -> bytes:
    """By pyHanko's way."""
    stamp = sealer.stamp if stamped else None
    accepted = intake.check_with_pyhanko(document)
    made = sealing.sign(Hashed(document), accepted, sealer.identity, stamp, sealer.utc)
    return document + made.part


@pytest.mark.parametrize("name", SHAPES)
def test_it_finds_what_is_found_of_anybodys_at_each_level(
    sealer: Sealer, both: Both, name: str
) -> None:
    document = SHAPES[name]
    for sealed in (
        sign(sealer, document, stamped=False),
        sign(sealer, document),
        sealer.seal_with_pyhanko(document),
    ):
        made_again, anybodys = both(sealed)
        assert made_again == anybodys


def test_it_finds_nothing_of_two_seals_of_others_and_of_what_came_later(
    sealer: Sealer, both: Both
) -> None:
    once = sealer.seal_with_pyhanko(ODD)
    by_another = Signer(authority()).sign(ODD)
    for document in (sealer.seal_with_pyhanko(once), by_another, once + b"\n", once + b"% more\n"):
        made_again, _ = both(document)
        assert made_again is None


def _data(sealer: Sealer) -> Iterator[tuple[str, ValidationData]]:
    known, good, other = sealer.authorities, sealer.proofs(), Sealer().authorities
    now, later = sealer.now, sealer.now + 3_600
    revoked = Status(Revoked(now - 5, Reason.KEY_COMPROMISE))
    answer = ocsp_for(known.seal.certificate, revoked, known.responder, now, later)
    yield "revoked", replace(good, ocsps=(answer, good.ocsps[1]))
    yield "one answer less", replace(good, ocsps=good.ocsps[:1])
    yield "no CRL", replace(good, crls=())
    strangers = (*good.certificates, other.seal.certificate.der)
    yield "a stranger's certificate", replace(good, certificates=strangers)
    yield "nothing", ValidationData((), (), ())


def test_it_finds_nothing_with_proofs_that_are_not_ours(sealer: Sealer, both: Both) -> None:
    accepted, signed = intake.check_with_pyhanko(ODD), sign(sealer, ODD)
    for said, data in _data(sealer):
        part = sealing.add_validation_data(Hashed(ODD), accepted, signed[len(ODD) :], data)
        made_again, _ = both(ODD + part)
        assert made_again is None, said


def test_it_finds_nothing_where_the_digits_are_spelt_otherwise(sealer: Sealer, both: Both) -> None:
    signed = sign(sealer, ODD)
    for spelt in (signed.upper, signed.swapcase):
        digits = re.search(rb"/Contents <([0-9a-f]+)>", signed)
        assert digits is not None
        start, end = digits.span(1)
        made_again, _ = both(signed[:start] + spelt()[start:end] + signed[end:])
        assert made_again is None


@pytest.mark.parametrize("level", ["B-T", "B-LT"])
def test_what_was_changed_is_not_told_better_than_of_anybodys(
    sealer: Sealer, both: Both, level: str
) -> None:
    sealed = sealer.seal_with_pyhanko(ODD) if level == "B-LT" else sign(sealer, ODD)
    sample = Sample("pades", level, "pdf", sealed, sealer.anchors, frozenset(), sealer.now)
    for mutation in mutations(sample, MUTATIONS, seed=2026):
        made_again, anybodys = both(mutation.document)
        assert made_again is None or made_again == anybodys, mutation.said
