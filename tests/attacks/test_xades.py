"""XML signatures by others (XAdES), and as attackers make them."""

from collections.abc import Callable
from typing import Any

import pytest
import signxml
import signxml.xades
from lxml import etree

from signing.rules.report import Format, Indication, Level, SubIndication, Verdict
from tests.attacks.pki import DAY, NOW, root, rsa_key
from tests.attacks.somebody import ANOTHER, AUTHORITY, CLOCK, ROOT, SOMEBODY, verdict
from tests.attacks.verdicts import (
    CHANGED,
    MALFORMED,
    MISSING,
    NAMELESS,
    PASSED,
    UNRECOGNISED,
    judge,
    told,
)
from tests.attacks.xades import (
    DEED,
    DS,
    EXCLUSIVE,
    INCLUSIVE,
    Made,
    Reference,
    enveloped,
    enveloping,
    stamped,
    with_proofs,
    written,
)


def test_an_enveloped_signature_is_authentic() -> None:
    report = judge(enveloped(SOMEBODY), ROOT, SOMEBODY)
    assert told(report) == PASSED
    assert (report.format, report.signatures[0].level, report.parts) == (Format.XML, Level.B, ())


def test_an_enveloping_signature_is_authentic() -> None:
    assert verdict(enveloping(SOMEBODY)) == PASSED


def test_a_reference_by_id_is_to_that_element() -> None:
    assert verdict(enveloped(SOMEBODY, uri="#deed")) == PASSED


def test_what_was_changed_is_changed() -> None:
    assert verdict(enveloped(SOMEBODY).replace(b"<who>Somebody", b"<who>Nobody")) == CHANGED
    assert verdict(enveloping(SOMEBODY).replace(b"<deed>Somebody", b"<deed>Nobody")) == CHANGED


def test_a_detached_signature_needs_what_it_signs() -> None:
    holder = etree.Element("holder")
    reference = Reference("deed.bin", octets=b"\x00 any bytes")
    signature = Made(SOMEBODY).within(holder, reference)
    holder.remove(signature)
    alone = etree.tostring(signature)
    assert verdict(alone) == MISSING
    assert verdict(alone, detached=b"\x00 any bytes") == PASSED
    assert verdict(alone, detached=b"other bytes") == CHANGED


def test_spaces_comments_and_prefixes_change_nothing() -> None:
    signed = enveloped(SOMEBODY)
    assert verdict(b'<?xml version="1.0"?>\n' + signed + b"\n") == PASSED
    assert verdict(signed.replace(b"</who>", b"</who><!-- a comment -->")) == PASSED
    assert verdict(signed.replace(b"<deed ", b"<deed  ")) == PASSED
    assert verdict(signed.decode().encode("utf-16")) == PASSED
    assert verdict(signed.replace(b"<who>", b"<who >").replace(b"Some", b"&#83;ome")) == PASSED


def test_time_stamps_and_validation_data_make_b_lt() -> None:
    made = stamped(enveloped(SOMEBODY), CLOCK, NOW - DAY)
    assert judge(made, ROOT, SOMEBODY, CLOCK).signatures[0].level is Level.T
    report = judge(with_proofs(made, [AUTHORITY.crl(), ROOT.crl()]), ROOT)
    assert told(report) == PASSED
    assert report.signatures[0].level is Level.LT
    assert report.signatures[0].signed_at == int((NOW - DAY).timestamp())


def test_a_second_signature_over_the_same_leaves_both_passing() -> None:
    document = etree.fromstring(enveloped(SOMEBODY))
    bare = etree.tostring(etree.fromstring(DEED), method="c14n", exclusive=True)
    said = "<ds:XPath>not(ancestor-or-self::ds:Signature)</ds:XPath>"
    xpath = "http://www.w3.org/TR/1999/REC-xpath-19991116"
    reference = Reference("", (xpath, EXCLUSIVE), octets=bare, inner=said)
    Made(ANOTHER, name="sig2").within(document, reference)
    both = etree.tostring(document)
    report = judge(both, ROOT, SOMEBODY, ANOTHER)
    # The first left out itself alone, so it covers the second, which came later.
    assert [one.indication for one in report.signatures] == [
        Indication.TOTAL_FAILED,
        Indication.TOTAL_PASSED,
    ]


@pytest.mark.parametrize(
    ("method", "key"),
    [
        (signxml.SignatureMethod.RSA_SHA256, lambda: rsa_key(3_072)),
        (signxml.SignatureMethod.SHA256_RSA_MGF1, lambda: rsa_key(3_072)),
        (signxml.SignatureMethod.ECDSA_SHA256, None),
    ],
)
@pytest.mark.parametrize("way", ["enveloped", "enveloping"])
def test_what_signxml_makes_is_read(
    method: signxml.SignatureMethod, key: Callable[[], Any] | None, way: str
) -> None:
    holder = AUTHORITY.signer("Somebody", **({"key": key()} if key else {}))
    signer = signxml.xades.XAdESSigner(
        method=getattr(signxml.SignatureConstructionMethod, way),
        signature_algorithm=method,
        c14n_algorithm=signxml.CanonicalizationMethod.CANONICAL_XML_1_1,
    )
    chain = [holder.parsed, AUTHORITY.parsed]
    made = signer.sign(
        etree.fromstring(DEED), key=holder.key, cert=chain, always_add_key_value=True
    )
    assert told(judge(etree.tostring(made), ROOT, holder)) == PASSED


def test_an_unknown_root_is_unrecognised_unless_the_digest_is_wrong() -> None:
    stranger = root("Another").signer()
    made = enveloped(stranger)
    assert told(judge(made, ROOT)) == UNRECOGNISED
    assert told(judge(made.replace(b">Somebody<", b">Nobody<", 1), ROOT)) == CHANGED


def test_a_key_value_vouches_for_nobody() -> None:
    made = enveloped(SOMEBODY, certificates=[])
    assert verdict(made)[2] is SubIndication.NO_SIGNING_CERTIFICATE_FOUND


def test_another_certificate_than_the_one_that_was_signed_is_refused() -> None:
    made = enveloped(SOMEBODY, named=ANOTHER)
    assert verdict(made)[2] is SubIndication.NO_SIGNING_CERTIFICATE_FOUND
    both = enveloped(SOMEBODY, named=ANOTHER, certificates=[*SOMEBODY.chain, *ANOTHER.chain])
    assert verdict(both) == NAMELESS


@pytest.mark.parametrize("kind", [None, "http://uri.etsi.org/01903#Other"])
def test_properties_that_were_not_signed_as_such_are_none(kind: str | None) -> None:
    report = judge(enveloped(SOMEBODY, kind=kind), ROOT, SOMEBODY)
    assert report.sub_indication is SubIndication.SIG_CONSTRAINTS_FAILURE
    assert report.signatures[0].claimed_at is None


def test_a_signature_that_names_no_certificate_is_not_decided() -> None:
    made = enveloped(SOMEBODY, properties=False)
    assert verdict(made)[2] is SubIndication.SIG_CONSTRAINTS_FAILURE


def test_properties_of_another_signature_are_a_fault_of_format() -> None:
    other = enveloped(SOMEBODY).replace(b'Target="#sig1"', b'Target="#sig2"')
    around = other.replace(b"</deed>", f'<ds:Signature xmlns:ds="{DS}" Id="sig2"/></deed>'.encode())
    assert [one.sub_indication for one in judge(around, ROOT, SOMEBODY).signatures] == [
        SubIndication.FORMAT_FAILURE,
        SubIndication.FORMAT_FAILURE,
    ]


@pytest.mark.parametrize("target", [b"", b'Target=""', b'Target="sig1"', b'Target="#nobody"'])
def test_properties_of_no_other_signature_qualify_the_one_that_they_are_in(target: bytes) -> None:
    assert verdict(enveloped(SOMEBODY).replace(b'Target="#sig1"', target)) == PASSED


def test_a_shared_secret_names_nobody() -> None:
    assert verdict(enveloped(SOMEBODY, method=f"{DS}hmac-sha1")) == NAMELESS


def test_unknown_algorithms_are_not_relied_on_and_do_not_say_that_anything_was_changed() -> None:
    files = (
        enveloped(SOMEBODY, method="urn:unknown"),
        enveloped(SOMEBODY).replace(b"xmlenc#sha256", b"xmlenc#unknown", 1),
    )
    for document in files:
        *_, indication, why = verdict(document)
        assert (indication, why) == (
            Indication.INDETERMINATE,
            SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
        )


def test_an_element_by_the_id_of_web_services_security() -> None:
    wsu = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
    document = DEED.replace(b'Id="deed"', f'xmlns:wsu="{wsu}" wsu:Id="deed"'.encode())
    assert verdict(enveloped(SOMEBODY, document, uri="#deed")) == PASSED


@pytest.mark.parametrize(
    "transform",
    [
        "http://www.w3.org/TR/1999/REC-xslt-19991116",
        "http://www.w3.org/TR/1999/REC-xpath-19991116",
        "http://www.w3.org/2002/06/xmldsig-filter2",
        "urn:unknown",
    ],
)
@pytest.mark.rule("attacks.dtd")
def test_no_program_of_a_file_s_is_run(transform: str) -> None:
    document = etree.fromstring(DEED)
    inner = f'<ds:XPath xmlns:ds="{DS}">ancestor-or-self::*</ds:XPath>'
    reference = Reference("", (transform, EXCLUSIVE), octets=b"", inner=inner)
    Made(SOMEBODY).within(document, reference)
    assert verdict(etree.tostring(document)) == MISSING


@pytest.mark.parametrize("uri", ["file:///etc/passwd", "http://169.254.169.254/", "../a", "//x/y"])
@pytest.mark.rule("attacks.no-fetch")
def test_nothing_is_fetched(uri: str) -> None:
    holder = etree.Element("holder")
    signature = Made(SOMEBODY).within(holder, Reference(uri, octets=b"x"))
    assert verdict(etree.tostring(signature)) == MISSING


LAUGHS = b'<!DOCTYPE d [<!ENTITY a "ha">%s]>' % b"".join(
    b'<!ENTITY a%d "%s">' % (number, b"&a%d;" % (number - 1) * 10 if number else b"&a;" * 10)
    for number in range(9)
)


@pytest.mark.parametrize(
    "dtd",
    [
        b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE d SYSTEM "http://169.254.169.254/d.dtd">',
        b'<!DOCTYPE d [<!ATTLIST deed added CDATA "Forged">]>',
        LAUGHS,
    ],
)
@pytest.mark.rule("attacks.dtd")
def test_a_dtd_is_refused(dtd: bytes) -> None:
    assert verdict(dtd + enveloped(SOMEBODY)) == MALFORMED
    assert verdict(dtd + b"<d>text</d>")[0] is Verdict.UNSUPPORTED


@pytest.mark.parametrize(
    "document", [b"<a", b"<a>" * 100_000, b"<a/><b/>", b"<a xmlns:x='", b"<p><br></p>"]
)
def test_damaged_xml_is_unreadable(document: bytes) -> None:
    assert verdict(document)[0] is Verdict.UNREADABLE


def test_xml_without_a_signature_is_not_signed() -> None:
    assert verdict(DEED)[0] is Verdict.NOT_SIGNED


def test_a_signature_without_references_is_a_fault_of_format() -> None:
    document = etree.fromstring(DEED)
    Made(SOMEBODY, properties=False).within(document)
    assert verdict(etree.tostring(document)) == MALFORMED


def test_inherited_attributes_are_part_of_inclusive_canonical_xml() -> None:
    """Canonical XML 1.0 §2.4: xml:lang of an ancestor goes with the element."""
    wrapper = etree.fromstring(
        b'<wrapper xml:lang="km" xmlns:x="urn:x"><deed Id="deed">X</deed></wrapper>'
    )
    octets = b'<deed xmlns:x="urn:x" Id="deed" xml:lang="km">X</deed>'
    Made(SOMEBODY).within(wrapper, Reference("#deed", (INCLUSIVE,), octets=octets))
    signed = etree.tostring(wrapper)
    assert judge(signed, ROOT, SOMEBODY).signatures[0].indication is Indication.TOTAL_PASSED
    assert verdict(signed.replace(b'lang="km"', b'lang="en"')) == CHANGED


def test_a_manifest_s_references_are_followed() -> None:
    manifest = '<ds:Object><ds:Manifest Id="m">{}</ds:Manifest></ds:Object>'
    held = written(Reference("deed.bin", octets=b"bytes"))
    text = manifest.format(held)
    octets = etree.tostring(
        etree.fromstring(text.replace("<ds:Object>", f'<ds:Object xmlns:ds="{DS}">'))[0],
        method="c14n",
        exclusive=True,
    )
    holder = etree.Element("holder")
    signature = Made(SOMEBODY, objects=text).within(
        holder, Reference("#m", (EXCLUSIVE,), f"{DS}Manifest", octets)
    )
    alone = etree.tostring(signature)
    assert verdict(alone) == MISSING
    assert verdict(alone, detached=b"bytes") == PASSED
    assert verdict(alone, detached=b"other") == CHANGED
