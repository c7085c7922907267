"""XPath expressions that leave signatures out: a few that are known, by comparison, and no others
(XML Signature §6.6.3, §6.6.4; XML-Signature XPath Filter 2.0)."""

from dataclasses import replace

import pytest
from lxml import etree

from signing.rules.report import Indication, SubIndication
from tests.attacks.pki import AT, root
from tests.attacks.verdicts import MISSING, PASSED, judge, told
from tests.attacks.xades import (
    DEED,
    DS,
    ENVELOPED,
    EXCLUSIVE,
    XADES,
    Made,
    Reference,
    enveloped,
    with_proofs,
    with_unsigned,
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
}
KNOWN = {name: signed(one) for name, one in (OF_OWN | OF_ALL).items()}
UNKNOWN = {
    "another": by_xpath("not(ancestor-or-self::ds:Signature or ancestor-or-self::who)"),
    "of nothing": by_xpath("true()"),
    "in another namespace": by_xpath(ALL.replace("ds:", "s:")),
    "of the first": by_filter("//ds:Signature[1]"),
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
