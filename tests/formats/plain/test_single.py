"""The one signature of a plain document: our reader finds what pyHanko does, or nothing."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter

from bench.stock import Stock
from signing.formats.digests import Digests, Hashed
from signing.formats.pades import intake, reading, sealing, stamping
from signing.formats.plain import single
from signing.formats.trust import Anchors, Asked
from signing.rules.evidence import Changes, DocumentEvidence
from signing.rules.report import Level
from tests.documents import page_objects, pdf, plain_pdf
from tests.formats.plain.shapes import packed
from tests.formats.plain.test_intake import PLAIN
from tests.formats.plain.test_reading import ODD
from tests.formats.plain.test_updates import ROOT, SOMEBODY, lasting, with_data
from tests.fuzz.mutations import Sample, mutations
from tests.seals import Sealer, asked_by

MUTATIONS = 250
ODD_CATALOGUE = pdf(page_objects(catalogue=b"% said\n"))
TRUSTED = Asked(Anchors((ROOT.certificate.public_bytes(Encoding.DER),)))


@pytest.fixture(scope="module")
def sealer() -> Sealer:
    return Sealer(datetime.now(UTC))


def found_alike(document: bytes, asked: Asked = TRUSTED) -> DocumentEvidence | None:
    """What our reader finds, which is what pyHanko does."""
    found = single.read(Digests(document), asked)
    assert found is None or found == reading.read(Digests(document), asked)
    return found


@pytest.mark.parametrize("name", PLAIN)
def test_it_finds_what_pyhanko_finds_in_each_kind_of_document(name: str) -> None:
    signed = SOMEBODY.sign(PLAIN[name])
    found, later = found_alike(signed), found_alike(lasting(PLAIN[name]))
    assert found is not None
    assert later is not None
    assert found.signatures[0].covers_whole_file
    assert later.signatures[0].changes is Changes.VALIDATION_DATA


def test_it_finds_what_pyhanko_finds_at_each_level(sealer: Sealer) -> None:
    stock = Stock(sealer)
    for document in (plain_pdf(), packed(page_objects())):
        for lasts, level in ((False, Level.T), (True, Level.LT)):
            found = found_alike(stock.seal(document, lasting=lasts), asked_by(sealer))
            assert found is not None
            assert found.signatures[0].level is level


def test_forms_that_do_not_name_their_certificate_are_read_too() -> None:
    found = found_alike(SOMEBODY.sign(plain_pdf(), subfilter=SigSeedSubFilter.ADOBE_PKCS7_DETACHED))
    assert found is not None
    assert found.signatures[0].names_its_certificate


def test_it_finds_nothing_of_several_signatures_and_of_what_came_later(sealer: Sealer) -> None:
    signed = SOMEBODY.sign(plain_pdf(), permissions=MDPPerm.FILL_FORMS)
    ours = sealer.seal(plain_pdf())
    for document in (
        *(plain_pdf(), SOMEBODY.sign(ours), SOMEBODY.sign(signed, "Sig2"), sealer.seal(ours)),
        *(signed + stamping.add(signed, sealer.stamp), signed + b"\n% more\n"),
        pdf(page_objects(page=b"% said\n")),
    ):
        assert single.read(Digests(document), asked_by(sealer)) is None


@pytest.mark.parametrize("kind", ["with a time-stamp", "without"])
def test_what_was_changed_is_not_told_better_than_pyhanko_tells_it(
    sealer: Sealer, kind: str
) -> None:
    if kind == "without":
        document, asked = with_data(SOMEBODY.sign(packed(page_objects()))), TRUSTED
    else:
        document, asked = Stock(sealer).seal(plain_pdf(), lasting=True), asked_by(sealer)
    sample = Sample("pades", kind, "pdf", document, asked.anchors, frozenset(), sealer.now)
    assert found_alike(document, asked) is not None
    found = [found_alike(one.document, asked) for one in mutations(sample, MUTATIONS, seed=2026)]
    assert any(found)


@pytest.mark.parametrize("name", [*PLAIN, *ODD])
def test_it_finds_our_seals_that_pyhanko_wrote(sealer: Sealer, name: str) -> None:
    document = (PLAIN | ODD)[name]
    accepted = intake.check_with_pyhanko(document)
    made = sealing.sign(Hashed(document), accepted, sealer.identity, sealer.stamp, sealer.utc)
    for sealed in (document + made.part, sealer.finish(document, accepted)):
        assert found_alike(sealed, asked_by(sealer)) is not None


@pytest.mark.parametrize("level", [Level.T, Level.LT])
def test_what_was_changed_of_our_seals_is_not_told_better_either(
    sealer: Sealer, level: Level
) -> None:
    sealed = sealer.seal_with_pyhanko(ODD_CATALOGUE)
    if level is Level.T:
        sealed = sealed[: sealed.index(b"%%EOF\n", sealed.index(b"/ByteRange")) + 6]
    sample = Sample("pades", level, "pdf", sealed, sealer.anchors, frozenset(), sealer.now)
    for mutation in mutations(sample, MUTATIONS, seed=2026):
        found_alike(mutation.document, asked_by(sealer))
