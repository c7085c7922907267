"""Signatures over signatures, in every format, and what is added beside them."""

import json
from dataclasses import dataclass

import pytest
from lxml import etree

from keys import cms as written
from signing.formats.augmentation import open_document
from signing.formats.seal import ValidationData
from signing.rules.report import Indication, Verdict
from tests.attacks import cms, jades, xades
from tests.attacks.pki import NOW, Holder
from tests.attacks.verdicts import judge
from tests.attacks.xades import DS, EXCLUSIVE, XADES
from tests.formats.test_augmentation import ANOTHER, DATA, ROOT, SOMEBODY, lasting, stamps

COUNTERSIGNATURE = "1.2.840.113549.1.9.6"
COUNTERSIGNED = "http://uri.etsi.org/01903#CountersignedSignature"


def in_cms(first: Holder = SOMEBODY, over: Holder = ANOTHER) -> bytes:
    made = cms.signature(first)
    attributes = cms.attributes(over, made.value)
    del attributes["content_type"]  # RFC 5652 §11.4
    counter = cms.Made(over, made.value, signed=attributes).sign()
    made.unsigned.append(written.attribute(COUNTERSIGNATURE, counter.dump()))
    return cms.content_info(made, certificates=list(dict.fromkeys([*first.chain, *over.chain])))


def in_json(first: Holder = SOMEBODY, over: Holder = ANOTHER) -> bytes:
    made = jades.signature(first)
    counter = jades.signature(over, payload=made.value)
    return made.with_component(cSig=json.loads(counter.flattened)).flattened


def in_xml(document: bytes, over: Holder = ANOTHER) -> bytes:
    """A counter-signature at the end of the unsigned properties (EN 319 132-1 §5.2.7.2)."""
    holder = f'<x:CounterSignature xmlns:x="{XADES}"/>'
    root = etree.fromstring(xades.with_unsigned(document, holder))
    [holder] = root.iter(f"{{{XADES}}}CounterSignature")
    value = next(root.iter(f"{{{DS}}}SignatureValue"))
    octets = etree.tostring(value, method="c14n", exclusive=True)
    reference = xades.Reference(f"#{value.get('Id')}", (EXCLUSIVE,), COUNTERSIGNED, octets)
    xades.Made(over, name="over").within(holder, reference)
    return bytes(etree.tostring(root))


@dataclass(frozen=True)
class Case:
    document: bytes
    level_of_counter: str


CASES = {
    "cms": Case(in_cms(), "B-B"),
    "json": Case(in_json(), "B-B"),
    "xml": Case(in_xml(xades.enveloped(SOMEBODY)), "B-LTA"),
    "xml, archived before": Case(
        in_xml(lasting(open_document(xades.enveloped(SOMEBODY)))), "B-LTA"
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_signed_lasts_with_the_signatures_over_it(name: str) -> None:
    before = judge(CASES[name].document, ROOT, SOMEBODY, ANOTHER)
    assert before.verdict is Verdict.AUTHENTIC
    after = judge(lasting(open_document(CASES[name].document)), ROOT)
    assert after.verdict is Verdict.AUTHENTIC
    told = {one.name: str(one.level) for one in after.signatures}
    assert told == {"Signature1": "B-LTA", "Signature1/1": CASES[name].level_of_counter}
    stamped = [each for one in after.signatures for each in one.time_stamps]
    assert {one.indication for one in stamped} == {Indication.TOTAL_PASSED}


@pytest.mark.parametrize("name", CASES)
def test_the_signature_that_is_signed_tells_how_long_it_lasts(name: str) -> None:
    made = lasting(open_document(CASES[name].document))
    assert open_document(made).protection().until is not None


def test_nothing_is_added_to_what_an_archive_time_stamp_is_over() -> None:
    bare = in_xml(xades.enveloped(SOMEBODY))
    [before] = [open_document(bare).stamped(stamps()).with_proofs(DATA).archived(stamps()).dump()]
    again = open_document(before).with_proofs(ValidationData((), (), DATA.crls))
    made = again.archived(stamps(at=NOW)).dump()
    held = next(etree.fromstring(before).iter(f"{{{XADES}}}CounterSignature"))
    kept = next(etree.fromstring(made).iter(f"{{{XADES}}}CounterSignature"))
    assert etree.tostring(held) == etree.tostring(kept)
    assert judge(made, ROOT).verdict is Verdict.AUTHENTIC


def test_what_another_signature_signs_is_left_as_it_is() -> None:
    """A signed document within an object of a further signature."""
    within = xades.enveloped(SOMEBODY, uri="#deed", name="inner").decode()
    document = xades.enveloping(ANOTHER, within)
    signed = document[document.index(b"<deed") : document.index(b"</deed>")]
    made = lasting(open_document(document))
    report = judge(made, ROOT, SOMEBODY)
    assert signed in made
    assert [str(one.level) for one in report.signatures] == ["B-LTA", "B-B"]
    assert {one.indication for one in report.signatures} == {Indication.TOTAL_PASSED}
