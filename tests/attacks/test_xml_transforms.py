"""XPath expressions that leave signatures out: a few that are known, by comparison, and no others
(XML Signature §6.6.3, §6.6.4; XML-Signature XPath Filter 2.0)."""

from dataclasses import replace
from typing import Any

import pytest
from lxml import etree

from signing.rules.report import Indication, SubIndication
from tests.attacks.pki import AT, root
from tests.attacks.test_asic import EXTENDED, packed
from tests.attacks.verdicts import MISSING, PASSED, judge, told
from tests.attacks.xades import (
    DEED,
    DS,
    ENVELOPED,
    EXCLUSIVE,
    SIGNED_PROPERTIES,
    XADES,
    Made,
    Reference,
    enveloped,
    with_proofs,
    with_unsigned,
    written,
)

ROOT = root()
AUTHORITY = ROOT.authority("Authority")
SOMEBODY = AUTHORITY.signer()
PROOFS = [AUTHORITY.crl(), ROOT.crl()]
XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
FILTER = "http://www.w3.org/2002/06/xmldsig-filter2"
OWN = (
    "count(ancestor-or-self::ds:Signature |\n  here()/ancestor::ds:Signature[1]) >\n"
    "count(ancestor-or-self::ds:Signature)"
)
ALL = "not(ancestor-or-self::ds:Signature)"


def by_xpath(expression: str) -> Reference:
    inner = f'<ds:XPath xmlns:s="urn:another">{expression.replace(">", "&gt;")}</ds:XPath>'
    return Reference("", (XPATH, EXCLUSIVE), octets=bare(), inner=inner)


def by_filter(expression: str, what: str = "subtract", more: str = "") -> Reference:
    inner = f'<f:XPath xmlns:f="{FILTER}" Filter="{what}">{expression}</f:XPath>'
    return Reference("", (FILTER, EXCLUSIVE), octets=bare(), inner=inner + more)


def bare() -> bytes:
    return bytes(etree.tostring(etree.fromstring(DEED), method="c14n", exclusive=True))


def signed(*references: Reference, again: bool = False) -> bytes:
    """`again`: another signature, over the document alone, is there already."""
    document = etree.fromstring(enveloped(SOMEBODY) if again else DEED)
    Made(SOMEBODY, name="second").within(document, *references)
    return with_proofs(etree.tostring(document), PROOFS)


OF_OWN = {"xpath": by_xpath(OWN), "filter": by_filter("here()/ancestor::ds:Signature[1]")}
OF_ALL = {
    "xpath of all": by_xpath(ALL),
    "filter of all": by_filter("/descendant::ds:Signature"),
    "filter of all, as short": by_filter("//ds:Signature"),
    "filter of all, by their name": by_filter("/descendant::*[name()='ds:Signature']"),
    "filter of all below the root": by_filter("/*/ds:Signature"),
}
KNOWN = {name: signed(one) for name, one in (OF_OWN | OF_ALL).items()}
UNKNOWN = {
    "another": by_xpath("not(ancestor-or-self::ds:Signature or ancestor-or-self::who)"),
    "of nothing": by_xpath("true()"),
    "in another namespace": by_xpath(ALL.replace("ds:", "s:")),
    "of the first": by_filter("//ds:Signature[1]"),
    "of another name": by_filter("/descendant::*[name()='f:Signature']"),
    "what is kept": by_filter("//ds:Signature", "intersect"),
    "two": by_filter(
        "//ds:Signature", more=f'<f:XPath xmlns:f="{FILTER}" Filter="union">/</f:XPath>'
    ),
}


@pytest.mark.parametrize("name", KNOWN)
def test_expressions_that_leave_signatures_out_are_known(name: str) -> None:
    assert told(judge(KNOWN[name], ROOT)) == PASSED
    changed = judge(KNOWN[name].replace(b"<who>", b"<who >").replace(b"Some", b"Any"), ROOT)
    assert changed.sub_indication is SubIndication.HASH_FAILURE


@pytest.mark.parametrize("name", UNKNOWN)
def test_no_other_expression_is_evaluated(name: str) -> None:
    assert told(judge(signed(UNKNOWN[name]), ROOT)) == MISSING


@pytest.mark.parametrize("name", OF_OWN)
def test_one_that_leaves_its_own_out_covers_the_others(name: str) -> None:
    last = judge(signed(OF_OWN[name], again=True), ROOT).signatures[-1]
    assert last.sub_indication is SubIndication.HASH_FAILURE


@pytest.mark.parametrize("name", OF_ALL)
def test_one_that_leaves_all_out_covers_none(name: str) -> None:
    last = judge(signed(OF_ALL[name], again=True), ROOT).signatures[-1]
    assert last.indication is Indication.TOTAL_PASSED


def test_a_time_stamp_in_xml_is_none_that_anybody_reads() -> None:
    """XMLTimeStamp (EN 319 132-1 §5.1.4); EU DSS doesn't read it either."""
    made = with_unsigned(
        KNOWN["xpath"],
        f'<x:SignatureTimeStamp xmlns:x="{XADES}"><x:XMLTimeStamp><Timestamp xmlns="urn:dss"/>'
        "</x:XMLTimeStamp></x:SignatureTimeStamp>",
    )
    report = judge(made, ROOT, at=AT)
    assert told(report) == PASSED
    assert report.signatures[0].time_stamps == ()


def test_every_transform_leaves_out_its_own() -> None:
    """In whatever order: an enveloped signature after all of them puts none back."""
    both = by_xpath(ALL)
    both = replace(both, transforms=(XPATH, ENVELOPED, EXCLUSIVE))
    last = judge(signed(both, again=True), ROOT).signatures[-1]
    assert last.indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize("name", OF_ALL)
def test_of_what_is_within_a_signature_an_expression_leaves_nothing(name: str) -> None:
    """Whatever digest is said to be that of it, of nothing included."""
    document = etree.fromstring(DEED)
    held = etree.fromstring(f'<ds:Object xmlns:ds="{DS}" Id="held">A</ds:Object>')
    for octets in (etree.tostring(held, method="c14n", exclusive=True), b""):
        reference = replace(OF_ALL[name], uri="#held", octets=octets)
        made = Made(SOMEBODY, objects='<ds:Object Id="held">A</ds:Object>', name="second")
        made.within(document, reference)
        report = judge(with_proofs(etree.tostring(document), PROOFS), ROOT)
        assert report.sub_indication is SubIndication.HASH_FAILURE
        document = etree.fromstring(DEED)


@pytest.mark.parametrize("around", ["//*[@Id='around']", 'id("around")'])
@pytest.mark.parametrize("uri", ["", "#around"])
def test_signed_properties_are_chosen_by_the_object_around_them(around: str, uri: str) -> None:
    """As Austria's security layer does (Security-Layer 1.2)."""

    def choose(signature: Any) -> None:
        signed = next(signature.iter(f"{{{XADES}}}SignedProperties"))
        signed.getparent().getparent().set("Id", "around")
        octets = etree.tostring(signed, method="c14n", exclusive=True)
        signature[0].remove(signature[0][-1])
        inner = (
            f'<f:XPath xmlns:f="{FILTER}" xmlns:x="{XADES}" Filter="intersect">{around}'
            "/x:QualifyingProperties/x:SignedProperties</f:XPath>"
        )
        said = Reference(uri, (FILTER, EXCLUSIVE), SIGNED_PROPERTIES, octets, inner=inner)
        signature[0].append(etree.fromstring(written(said, declared=True)))

    made = with_proofs(enveloped(SOMEBODY, change=choose), PROOFS)
    assert told(judge(made, ROOT)) == PASSED
    claimed = made.replace(b"2026-04-14T02", b"2026-04-13T02")
    assert claimed != made
    assert judge(claimed, ROOT).sub_indication is SubIndication.HASH_FAILURE
    elsewhere = made.replace(b'Id="around"', b'Id="another"')
    assert told(judge(elsewhere, ROOT)) == MISSING


@pytest.mark.parametrize("around", ["//*[@Id='held']", "id('held')"])
@pytest.mark.parametrize("uri", ["", "#held"])
@pytest.mark.parametrize("then", [(), (EXCLUSIVE,)])
def test_what_is_within_an_object_is_chosen_by_its_id(
    around: str, uri: str, then: tuple[str, ...]
) -> None:
    """As Austria's security layer does: text and elements, comments left out."""
    document = etree.fromstring(DEED)
    inner = f'<f:XPath xmlns:f="{FILTER}" Filter="intersect">{around}/node()</f:XPath>'
    spaces = f' xmlns="urn:deed" xmlns:ds="{DS}"' if not then else ""
    octets = f"1 &gt; 0 <html{spaces}>text</html> and more".encode()
    held = (
        '<ds:Object Id="held">1 &gt; 0 <html xmlns="%s">text</html><!-- - --> and more</ds:Object>'
    )
    reference = Reference(uri, (FILTER, *then), octets=octets, inner=inner)
    made = Made(SOMEBODY, objects=held % ("urn:deed" if not then else ""), name="second")
    made.within(document, reference)
    proven = with_proofs(etree.tostring(document), PROOFS)
    assert judge(proven, ROOT).signatures[0].sub_indication is None
    changed = judge(proven.replace(b">text<", b">next<"), ROOT)
    assert changed.signatures[0].sub_indication is SubIndication.HASH_FAILURE


def test_a_signature_value_in_another_file_is_countersigned() -> None:
    """EN 319 132-1 §5.2.7.1, by a reference from another file of a container."""
    first = etree.Element("signatures")
    value = Made(SOMEBODY).within(first, Reference("a.txt", octets=b"A letter."))[1]
    octets = etree.tostring(value, method="c14n", exclusive=True)
    second = etree.Element("signatures")
    inner = "<ds:XPath>ancestor-or-self::ds:SignatureValue[@Id='sig1-value']</ds:XPath>"
    over = Reference("META-INF/signatures0.xml", (XPATH, EXCLUSIVE), None, octets, inner=inner)
    Made(SOMEBODY, name="second").within(second, over)
    entries = [
        ("mimetype", EXTENDED),
        ("a.txt", b"A letter."),
        ("META-INF/signatures0.xml", etree.tostring(first)),
        ("META-INF/signatures1.xml", etree.tostring(second)),
    ]
    assert told(judge(packed(entries), ROOT, SOMEBODY)) == PASSED
    text = entries[2][1].replace(b"-value", b"-values")
    entries[2] = ("META-INF/signatures0.xml", text)
    assert told(judge(packed(entries), ROOT, SOMEBODY)) == MISSING
