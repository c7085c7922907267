"""Signature wrapping (McIntosh and Austel 2005): what was signed is moved, something else is put
where it was."""

from typing import Any

import pytest
from lxml import etree

from signing.rules.report import Indication, SubIndication, Verdict
from tests.attacks.pki import root
from tests.attacks.verdicts import MALFORMED, PASSED, Told, judge, told
from tests.attacks.xades import DEED, DS, EXCLUSIVE, Made, Reference, enveloped

ROOT = root()
SOMEBODY = ROOT.authority("Authority").signer()


def verdict(document: bytes) -> Told:
    return told(judge(document, ROOT, SOMEBODY))


SIGNED = enveloped(SOMEBODY, uri="#deed")
SIGNATURE = SIGNED[SIGNED.index(b"<ds:Signature ") : SIGNED.index(b"</ds:Signature>") + 15]
BARE = SIGNED.replace(SIGNATURE, b"")
FORGED_DEED = b'<deed xmlns="urn:deed"><who>Forged</who>%s</deed>'

WRAPPED = {
    "beside what was signed": b"<w><deed>Forged</deed>%s%s</w>" % (BARE, SIGNATURE),
    "within another": b'<deed xmlns="urn:deed" who="Forged">%s%s</deed>' % (BARE, SIGNATURE),
    "in an object": FORGED_DEED
    % SIGNATURE.replace(b"</ds:Signature>", b"<ds:Object>%s</ds:Object></ds:Signature>" % BARE),
    "text around it": b"<w>Forged%s</w>" % SIGNED,
    "after another": FORGED_DEED % SIGNED,
    "in a document of signatures": b"<w>%s<ds:Signature xmlns:ds='%s'>%s</ds:Signature></w>"
    % (SIGNED, DS.encode(), b"<deed>Forged</deed>"),
}


MALFORMED_WRAPPERS = {"in a document of signatures"}
PARTLY_SIGNED: Told = (
    Verdict.PARTLY_SIGNED,
    Indication.INDETERMINATE,
    SubIndication.SIG_CONSTRAINTS_FAILURE,
)


def as_another_object(signed: Any) -> Any:
    etree.SubElement(signed.find(f"{{{DS}}}Signature"), f"{{{DS}}}Object").text = "Forged"
    return signed


def without_transform() -> bytes:
    """Signed beside its signature, so that it can be moved."""
    wrapper = etree.Element("wrapper")
    wrapper.append(etree.fromstring(DEED))
    octets = etree.tostring(wrapper[0], method="c14n", exclusive=True)
    Made(SOMEBODY).within(wrapper, Reference("#deed", (EXCLUSIVE,), octets=octets))
    return etree.tostring(wrapper)


def test_an_element_around_what_was_signed_says_nothing() -> None:
    assert verdict(without_transform()) == PASSED


@pytest.mark.parametrize("wrapped", WRAPPED)
@pytest.mark.rule("attacks.wrapping")
def test_a_wrapped_document_does_not_pass(wrapped: str) -> None:
    report = judge(WRAPPED[wrapped], ROOT, SOMEBODY)
    if wrapped in MALFORMED_WRAPPERS:
        assert told(report) == MALFORMED
    else:
        assert told(report) == PARTLY_SIGNED
        assert any(not part.signed_by for part in report.parts)


def test_what_was_wrapped_around_a_signed_element_is_listed() -> None:
    report = judge(WRAPPED["beside what was signed"], ROOT, SOMEBODY)
    assert report.verdict is Verdict.PARTLY_SIGNED
    assert [(part.name, part.signed_by) for part in report.parts] == [("/w/deed", ())]


def test_an_object_that_was_added_to_a_signature_is_signed_by_nobody() -> None:
    made = etree.tostring(as_another_object(etree.fromstring(enveloped(SOMEBODY))))
    assert verdict(made)[0] is Verdict.PARTLY_SIGNED


@pytest.mark.rule("attacks.wrapping")
def test_an_id_twice_is_a_fault_of_format() -> None:
    forged = without_transform().replace(b"<wrapper>", b'<wrapper><deed ID="deed">Forged</deed>')
    assert verdict(forged) == MALFORMED
