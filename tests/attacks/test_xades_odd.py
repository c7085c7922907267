"""XML signatures as odd software makes them: what is not signed and is no good is passed over, what
signs nothing is told."""

import hashlib
from typing import Any

import pytest
from lxml import etree

from signing.rules.report import Indication, SubIndication, Verdict
from tests.attacks.somebody import ANOTHER, AUTHORITY, CLOCK, ROOT, SOMEBODY, verdict
from tests.attacks.verdicts import CHANGED, FORGED, MISSING, PASSED, judge
from tests.attacks.xades import (
    DEED,
    DS,
    ENVELOPED,
    EXCLUSIVE,
    SIGNED_PROPERTIES,
    XADES,
    Made,
    Reference,
    b64,
    enveloped,
    stamped,
    written,
)


def test_a_signature_of_its_own_properties_alone_signs_nothing() -> None:
    def nothing(signature: Any) -> None:
        signature[0].remove(signature[0].find(f"{{{DS}}}Reference"))

    assert verdict(enveloped(SOMEBODY, change=nothing)) == MISSING


def test_of_several_certificates_the_one_whose_key_signed_is_the_signer_s() -> None:
    chain = [*AUTHORITY.chain, *ANOTHER.chain, *SOMEBODY.chain]
    *_, why = verdict(enveloped(SOMEBODY, properties=False, certificates=chain))
    assert why is SubIndication.SIG_CONSTRAINTS_FAILURE


@pytest.mark.parametrize("junk", ["", "###", "YWJj", "-----BEGIN CERTIFICATE-----"])
def test_what_is_no_certificate_and_not_signed_is_passed_over(junk: str) -> None:
    junk = f"<ds:X509Certificate>{junk}</ds:X509Certificate>"
    made = enveloped(SOMEBODY).replace(b"<ds:X509Data>", f"<ds:X509Data>{junk}".encode())
    assert verdict(made) == PASSED


def test_key_info_that_was_signed_names_the_certificate() -> None:
    """TS 101 903 §4.4.1: instead of a property that does."""

    def sign_key_info(signature: Any) -> None:
        for named in signature.iter("{*}SigningCertificateV2"):
            named.getparent().remove(named)
        held = signature.find(f"{{{DS}}}KeyInfo")
        held.set("Id", "key")
        octets = etree.tostring(held, method="c14n", exclusive=True)
        signed = next(signature.iter("{*}SignedProperties"))
        said = etree.tostring(signed, method="c14n", exclusive=True)
        references = [
            Reference("#key", (EXCLUSIVE,), None, octets),
            Reference("#sig1-signed", (EXCLUSIVE,), SIGNED_PROPERTIES, said),
        ]
        signature[0].remove(signature[0][-1])
        for one in references:
            signature[0].append(etree.fromstring(written(one, declared=True)))

    assert verdict(enveloped(SOMEBODY, change=sign_key_info)) == PASSED


@pytest.mark.parametrize("token", ["", "###", "YWJj"])
def test_a_time_stamp_that_is_none_fails_as_one(token: str) -> None:
    made = stamped(enveloped(SOMEBODY), CLOCK)
    before, rest = made.split(b"<xades:EncapsulatedTimeStamp>")
    _, after = rest.split(b"</xades:EncapsulatedTimeStamp>")
    inner = f"<xades:EncapsulatedTimeStamp>{token}</xades:EncapsulatedTimeStamp>".encode()
    *_, indication, why = verdict(before + inner + after)
    assert (indication, why) == (Indication.INDETERMINATE, SubIndication.SIG_CONSTRAINTS_FAILURE)


def test_a_value_that_is_not_two_numbers_does_not_verify() -> None:
    made = enveloped(SOMEBODY)
    before, rest = made.split(b'-value">')
    _, after = rest.split(b"</ds:SignatureValue>", 1)
    assert verdict(before + b'-value">MAUCAQECAA==</ds:SignatureValue>' + after) == FORGED


def test_a_text_of_more_than_ten_megabytes_is_read() -> None:
    assert verdict(enveloped(SOMEBODY, b"<deed>" + b"0" * 10_000_001 + b"</deed>")) == PASSED


def test_where_entities_are_declared_no_text_is_long() -> None:
    """In what is read without limits, one could grow without end."""
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 9 if n else "ha"}">' for n in range(20))
    made = f'<!DOCTYPE d [{laughs}]><d a="&a19;">{" " * 10_100_000}</d>'.encode()
    assert judge(made, ROOT).verdict in {Verdict.UNSUPPORTED, Verdict.UNREADABLE}


def test_an_id_in_any_namespace_may_be_one() -> None:
    document = DEED.replace(b'Id="deed"', b'xmlns:u="urn:u" u:Id="deed"')
    assert verdict(enveloped(SOMEBODY, document, uri="#deed")) == PASSED


@pytest.mark.parametrize("name", ["AssertionID", "RequestID", "ResponseID"])
def test_an_id_of_saml_1_is_one(name: str) -> None:
    """Its schema says so (oasis-sstc-saml-schema-assertion-1.1)."""
    document = DEED.replace(b"Id=", name.encode() + b"=")
    assert verdict(enveloped(SOMEBODY, document, uri="#deed")) == PASSED


def test_what_an_enveloped_signature_without_a_uri_is_over_is_around_it() -> None:
    """XML Signature §4.4.3.1 leaves it to the application; so xmlsec1 reads it."""
    document = etree.fromstring(DEED)
    octets = etree.tostring(document, method="c14n", exclusive=True)
    Made(SOMEBODY).within(document, Reference(None, (ENVELOPED, EXCLUSIVE), octets=octets))
    made = etree.tostring(document)
    assert verdict(made) == PASSED
    assert verdict(made.replace(b"<who>Some", b"<who>Any")) == CHANGED


def test_a_digest_and_a_value_that_are_no_base64_fit_nothing() -> None:
    made = enveloped(SOMEBODY)
    digest = made.index(b"<ds:DigestValue>") + len(b"<ds:DigestValue>")
    assert verdict(made[:digest] + b"#" + made[digest + 1 :]) == CHANGED
    value = made.index(b'-value">') + len(b'-value">')
    assert verdict(made[:value] + b"#" + made[value + 1 :]) == FORGED


def test_a_certificate_that_is_named_by_no_base64_is_named_by_nobody() -> None:
    def unreadable(signature: Any) -> None:
        named = next(signature.iter(f"{{{XADES}}}CertDigest"))
        named[1].text = "#"
        signed = next(signature.iter(f"{{{XADES}}}SignedProperties"))
        octets = etree.tostring(signed, method="c14n", exclusive=True)
        signature[0].remove(signature[0][-1])
        reference = Reference("#sig1-signed", (EXCLUSIVE,), SIGNED_PROPERTIES, octets)
        signature[0].append(etree.fromstring(written(reference, declared=True)))

    _, indication, _ = verdict(enveloped(SOMEBODY, change=unreadable))
    assert indication is Indication.INDETERMINATE


def test_a_file_of_a_digidoc_document_may_have_stayed_elsewhere() -> None:
    """DIGIDOC-XML 1.3: of one that is no more than its digest nobody can tell."""
    digest = hashlib.sha256(b"What the file's element was").digest()
    held = (
        '<SignedDoc format="DIGIDOC-XML" version="1.3"><DataFile ContentType="HASHCODE" '
        f'Filename="a.txt" Id="D0" DigestType="sha256" DigestValue="{b64(digest)}"/></SignedDoc>'
    )
    document = etree.fromstring(held)
    Made(SOMEBODY).within(document, Reference("#D0", octets=b"What the file's element was"))
    made = etree.tostring(document)
    assert verdict(made) == MISSING
    other = b64(bytes(32)).encode()
    assert (
        verdict(made.replace(b'DigestValue="' + b64(digest).encode(), b'DigestValue="' + other))
        == CHANGED
    )
