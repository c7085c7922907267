"""B-LTA from end to end in every format: what is renewed in time passes after the certificates of
its signer and of the first time-stamp authority; no link of the proof can be changed or lost."""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from itertools import pairwise
from zipfile import ZipFile

import pytest
from lxml import etree

from core.clock import FixedClock
from signing.formats.asic import container
from signing.formats.augmentation import open_document
from signing.formats.cades.signed_data import SignedData, SignerInfo
from signing.formats.detached import Detached
from signing.rules.seal_format import SealFormat
from tests.documents import plain_pdf
from tests.sealing import ask
from tests.signing_service import Visitor, signing_service
from tests.web.signing.test_augment import YEAR, years_pass
from tests.web.signing.test_augment_formats import BESIDE, FORMATS, LETTER, augmented, seal, verdict

ALL = [SealFormat.PADES, *FORMATS]
EACH_OF_ITS_KIND = [
    *(SealFormat.PADES, SealFormat.CADES, SealFormat.JADES),
    *(SealFormat.ASIC_E, SealFormat.ASIC_E_XADES),
]
XADES = "{http://uri.etsi.org/01903/v1.3.2#}"

Links = Iterator[tuple[str, bytes]]


def content(wanted: SealFormat) -> bytes | None:
    return LETTER if wanted in BESIDE else None


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """A service some seven years on, and what was sealed and renewed in it."""
    folder = tmp_path_factory.mktemp("signing")
    clock = FixedClock(datetime(2026, 4, 14, 2, 0, tzinfo=UTC))
    with signing_service(f"sqlite:///{folder / 'signing.sqlite'}", clock) as someone:
        yield someone


@pytest.fixture(scope="module")
def sealed(later: Visitor) -> dict[SealFormat, bytes]:
    made = {wanted: seal(later, wanted, "B-LTA") for wanted in FORMATS}
    answer = ask(later, plain_pdf(), kind="application/pdf", level="B-LTA")
    return {SealFormat.PADES: answer.content, **made}


@pytest.fixture(scope="module")
def renewed(later: Visitor, sealed: dict[SealFormat, bytes]) -> dict[SealFormat, bytes]:
    """After it, the authority that stamped first is over."""
    ends = {
        open_document(one, Detached.of(content(name))).protection().until
        for name, one in sealed.items()
    }
    [until] = ends
    assert until is not None
    years_pass(later, until - later.service.clock.now() - 30 * 86_400)
    made = {name: augmented(later, one, content(name), "B-LTA") for name, one in sealed.items()}
    years_pass(later, YEAR)
    return made


@pytest.mark.parametrize("wanted", ALL)
def test_what_is_renewed_passes_and_what_is_not_does_not(
    later: Visitor,
    sealed: dict[SealFormat, bytes],
    renewed: dict[SealFormat, bytes],
    wanted: SealFormat,
) -> None:
    assert verdict(later, renewed[wanted], content(wanted)) == "authentic"
    assert verdict(later, sealed[wanted], content(wanted)) != "authentic"


@pytest.mark.parametrize("wanted", EACH_OF_ITS_KIND)
def test_no_link_of_the_proof_can_be_changed_or_lost(
    later: Visitor, renewed: dict[SealFormat, bytes], wanted: SealFormat
) -> None:
    tried = list(links(wanted, renewed[wanted]))
    assert len(tried) >= 8
    for name, changed in tried:
        assert changed != renewed[wanted]
        assert verdict(later, changed, content(wanted)) != "authentic", name


def links(wanted: SealFormat, document: bytes) -> Links:
    """The document with each piece of its proof changed, and without it."""
    if wanted is SealFormat.PADES:
        yield from _of_pdf(document)
    elif wanted is SealFormat.CADES:
        yield from _of_cms(document)
    elif wanted is SealFormat.JADES:
        yield from _of_json(document)
    else:
        yield from _of_container(document)


def _of_cms(document: bytes) -> Links:
    signed = SignedData.parse(document)
    signer = SignerInfo.parse(signed.signer_infos[0])

    def with_unsigned(*unsigned: bytes) -> bytes:
        made = replace(signer, unsigned=unsigned).dump()
        return replace(signed, signer_infos=(made,)).dump()

    for number, one in enumerate(signer.unsigned):
        before, after = signer.unsigned[:number], signer.unsigned[number + 1 :]
        yield f"attribute {number} lost", with_unsigned(*before, *after)
        changed = one[:-8] + bytes((one[-8] ^ 1,)) + one[-7:]
        yield f"attribute {number} changed", with_unsigned(*before, changed, *after)
    for number, one in enumerate(signed.revocation):
        kept = tuple(each for each in signed.revocation if each != one)
        yield f"revocation {number} lost", replace(signed, revocation=kept).dump()


def _of_json(document: bytes) -> Links:
    held = json.loads(document)["header"]["etsiU"]

    def with_unsigned(*unsigned: str) -> bytes:
        said = json.loads(document)
        said["header"]["etsiU"] = list(unsigned)
        return json.dumps(said).encode()

    for number, one in enumerate(held):
        before, after = held[:number], held[number + 1 :]
        yield f"component {number} lost", with_unsigned(*before, *after)
        text = base64.urlsafe_b64decode(one + "=" * (-len(one) % 4)).decode()
        changed = base64.urlsafe_b64encode(_turned(text).encode()).rstrip(b"=").decode()
        yield f"component {number} changed", with_unsigned(*before, changed, *after)


def _of_xml(document: bytes) -> Links:
    count = len(next(etree.fromstring(document).iter(f"{XADES}UnsignedSignatureProperties")))
    for number in range(count):
        tree = etree.fromstring(document)
        held = next(tree.iter(f"{XADES}UnsignedSignatureProperties"))
        *_, last = (one for one in held[number].iter() if one.text and len(one.text) > 99)
        last.text = _turned(last.text)
        yield f"property {number} changed", etree.tostring(tree)
        held.remove(held[number])
        yield f"property {number} lost", etree.tostring(tree)


def _turned(text: str) -> str:
    """With another character of base64 some way from the end."""
    place = len(text) - 40
    return f"{text[:place]}{'A' if text[place] != 'A' else 'B'}{text[place + 1 :]}"


def _of_container(document: bytes) -> Links:
    with ZipFile(BytesIO(document)) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    media_type = files.pop("mimetype").decode()
    for name, held in files.items():
        if re.search(r"signature.*\.(p7s|xml)$", name):
            inner = _of_xml(held) if name.endswith("xml") else _of_cms(held)
            for told, changed in inner:
                parts = {**files, name: changed}
                yield told, container.write(media_type, parts.items())


def _of_pdf(document: bytes) -> Links:
    """Each revision after the document's own, at some places, and cut off."""
    ends = [found.end() for found in re.finditer(rb"%%EOF\r?\n?", document)]
    for start, end in pairwise(ends):
        for part in (0.1, 0.5, 0.9):
            place = start + int((end - start) * part)
            other = b"!" if document[place:].startswith(b"~") else b"~"
            yield f"at {place}", document[:place] + other + document[place + 1 :]
    yield "cut", document[: ends[-2]]
