"""Signatures over signatures over signatures: each is one of the document's (EN 319 122-1 §5.2.7,
TS 119 182-1 §5.3.2)."""

import json

import pytest
from lxml import etree

from keys import cms as written
from signing.rules.report import Indication, Report, SubIndication
from tests.attacks import cms, jades, xades
from tests.attacks.pki import Holder, root
from tests.attacks.verdicts import judge
from tests.attacks.xades import DEED, ENVELOPED, EXCLUSIVE, XADES

XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
COUNTERSIGNED = "http://uri.etsi.org/01903#CountersignedSignature"
COUNTERSIGNATURE = "1.2.840.113549.1.9.6"
ROOT = root()
AUTHORITY = ROOT.authority("Authority")
FIRST, SECOND, THIRD = (AUTHORITY.signer(name) for name in ("First", "Second", "Third"))
DEEPEST, MOST = 8, 64


def in_cms(*holders: Holder, last: bytes | None = None, wide: int = 1) -> bytes:
    """Each over the one before; the last over `last`, if that is another value."""
    made = [cms.signature(holders[0])]
    for number, holder in enumerate(holders[1:], start=2):
        over = last if last is not None and number == len(holders) else made[-1].value
        attributes = cms.attributes(holder, over)
        del attributes["content_type"]
        made.append(cms.Made(holder, over, signed=attributes).sign())
    for signed, counter in zip(made[-2::-1], made[:0:-1], strict=True):
        counters = written.attribute(COUNTERSIGNATURE, counter.dump())
        signed.unsigned.extend([counters] * wide)
    chains = [one for holder in holders for one in holder.chain]
    return cms.content_info(made[0], certificates=list(dict.fromkeys(chains)))


def in_json(*holders: Holder, last: bytes | None = None, wide: int = 1) -> bytes:
    made = [jades.signature(holders[0])]
    for number, holder in enumerate(holders[1:], start=2):
        over = last if last is not None and number == len(holders) else made[-1].value
        made.append(jades.signature(holder, payload=over))
    for signed, counter in zip(made[-2::-1], made[:0:-1], strict=True):
        for _ in range(wide):
            signed.with_component(cSig=json.loads(counter.flattened))
    return made[0].flattened


WAYS = {"cms": in_cms, "json": in_json}


def told(document: bytes) -> Report:
    return judge(document, ROOT, FIRST, SECOND, THIRD)


@pytest.mark.parametrize("way", WAYS)
def test_each_is_a_signature_of_its_own(way: str) -> None:
    report = told(WAYS[way](FIRST, SECOND, THIRD))
    assert [one.name for one in report.signatures] == [
        *("Signature1", "Signature1/1", "Signature1/1/1")
    ]
    assert {one.indication for one in report.signatures} == {Indication.TOTAL_PASSED}


@pytest.mark.parametrize("way", WAYS)
def test_the_last_of_them_can_fail_the_document(way: str) -> None:
    report = told(WAYS[way](FIRST, SECOND, THIRD, last=b"another value"))
    assert [one.sub_indication for one in report.signatures] == [
        *(None, None, SubIndication.HASH_FAILURE)
    ]


@pytest.mark.parametrize("way", WAYS)
def test_there_is_an_end_to_them(way: str) -> None:
    deep = told(WAYS[way](*[FIRST] * (DEEPEST + 3)))
    assert len(deep.signatures) == DEEPEST + 2
    assert deep.signatures[-1].sub_indication is SubIndication.FORMAT_FAILURE
    wide = told(WAYS[way](FIRST, SECOND, THIRD, wide=9))
    assert len(wide.signatures) == 1 + MOST + 1
    assert wide.sub_indication is SubIndication.FORMAT_FAILURE


@pytest.mark.parametrize("over", ["#deed", "#another-value"])
def test_in_xml_it_is_over_the_value_of_the_signature_around_it(over: str) -> None:
    """Not over anything else (EN 319 132-1 §5.2.7.2), be it another signature's value."""
    more = '<ds:Object><ds:SignatureValue Id="another-value">AA==</ds:SignatureValue></ds:Object>'
    document = xades.enveloped(FIRST, objects=more)
    root = etree.fromstring(document)
    [signed] = [one for one in root.iter() if one.get("Id") == over[1:]]
    octets = etree.tostring(signed, method="c14n", exclusive=True, with_tail=False)
    if over == "#deed":
        signed, octets = root, etree.tostring(etree.fromstring(DEED), method="c14n", exclusive=True)
    holder = f'<x:CounterSignature xmlns:x="{XADES}"/>'
    root = etree.fromstring(xades.with_unsigned(document, holder))
    [holder] = root.iter(f"{{{XADES}}}CounterSignature")
    transforms = (ENVELOPED, EXCLUSIVE) if over != "#deed" else (XPATH, EXCLUSIVE)
    inner = "<ds:XPath>not(ancestor-or-self::ds:Signature)</ds:XPath>" if over == "#deed" else ""
    reference = xades.Reference(over, transforms, COUNTERSIGNED, octets, inner=inner)
    xades.Made(SECOND, name="over").within(holder, reference)
    report = told(etree.tostring(root))
    assert [one.name for one in report.signatures] == ["Signature1", "Signature1/1"]
    assert report.signatures[0].indication is Indication.TOTAL_PASSED
    assert report.signatures[1].sub_indication is SubIndication.HASH_FAILURE
