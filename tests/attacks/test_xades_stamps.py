"""The time-stamps of XAdES signatures: what each was made over, and what each proves (EN 319 132-1
§5.5, §A.1.5, ETSI TS 101 903 §7.7.1)."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from lxml import etree

from signing.rules.report import Indication, Report, StampKind, Verdict
from tests.attacks import cms
from tests.attacks.ending import AUTHORITY, CLOCK, CRLS, ENDED, ROOT, SIGNED, SOMEBODY, YEARS
from tests.attacks.pki import AT, DAY, NOW, Holder
from tests.attacks.verdicts import judge
from tests.attacks.xades import (
    DEED,
    DS,
    ENVELOPED,
    EXCLUSIVE,
    XADES,
    Made,
    Reference,
    b64,
    digest,
    stamped,
    with_proofs,
    with_unsigned,
)

LATER = "http://uri.etsi.org/01903/v1.4.1#"


def c14n(element: Any) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True)


def parts(signature: Any, *, objects: bool) -> list[bytes]:
    """What an archive time-stamp is over, up to where it is put."""
    document = etree.fromstring(etree.tostring(signature.getroottree()))
    document.remove(document.find(f"{{{DS}}}Signature"))
    signed = next(signature.iter(f"{{{XADES}}}SignedProperties"))
    unsigned = next(signature.iter(f"{{{XADES}}}UnsignedSignatureProperties"))
    held = [one for one in signature.findall(f"{{{DS}}}Object")[1:] if objects]
    inner = next(iter(signature.findall(f"{{{DS}}}Object")[1:]))
    return [
        *(c14n(document), c14n(inner), c14n(signed)),
        *map(c14n, signature[:3]),
        *map(c14n, unsigned),
        *map(c14n, held),
    ]


def signed(clock: Holder = CLOCK) -> bytes:
    """A deed with a signature over it and over an object within, time-stamped, with its proofs."""
    deed = etree.fromstring(DEED)
    note = '<n:note xmlns:n="urn:note">Seen</n:note>'
    inner = f'<ds:Object xmlns:ds="{DS}" Id="inner">{note}</ds:Object>'
    made = Made(SOMEBODY, at=SIGNED, objects=inner.replace(f' xmlns:ds="{DS}"', ""))
    made.within(
        deed,
        Reference("", (ENVELOPED, EXCLUSIVE), octets=c14n(deed)),
        Reference("#inner", (EXCLUSIVE,), octets=c14n(etree.fromstring(inner))),
    )
    return with_proofs(stamped(etree.tostring(deed), clock, SIGNED), CRLS)


def put(
    document: bytes, name: str, over: bytes, at: datetime = NOW, clock: Holder = CLOCK
) -> bytes:
    """With a time-stamp as an unsigned property."""
    namespace, _, local = name.rpartition("#")
    return with_unsigned(
        document,
        f'<x:{local} xmlns:x="{namespace}#" xmlns:xades="{XADES}" xmlns:ds="{DS}">'
        f'<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"/><xades:EncapsulatedTimeStamp>'
        f"{b64(cms.token(clock, over, at))}</xades:EncapsulatedTimeStamp></x:{local}>",
    )


def archived(document: bytes, namespace: str = LATER, **how: Any) -> bytes:
    signature = etree.fromstring(document).find(f"{{{DS}}}Signature")
    over = parts(signature, objects=namespace == LATER)
    return put(document, f"{namespace}ArchiveTimeStamp", b"".join(over), **how)


def referring(document: bytes, version: str) -> bytes:
    """With references to what proves the signature: certificates and revocation data."""
    namespace = LATER if version else XADES
    certificates = "".join(
        f"<xades:Cert><xades:CertDigest>{digest('sha256', one.certificate)}</xades:CertDigest>"
        "</xades:Cert>"
        for one in (ENDED, SOMEBODY)
    )
    lists = "".join(
        "<xades:CRLRef><xades:DigestAlgAndValue>"
        f"{digest('sha256', one)}</xades:DigestAlgAndValue></xades:CRLRef>"
        for one in CRLS
    )
    declared = f'xmlns:x="{namespace}" xmlns:xades="{XADES}" xmlns:ds="{DS}"'
    document = with_unsigned(
        document,
        f"<x:CompleteCertificateRefs{version} {declared}><xades:CertRefs>{certificates}"
        f"</xades:CertRefs></x:CompleteCertificateRefs{version}>",
    )
    return with_unsigned(
        document,
        f"<xades:CompleteRevocationRefs {declared}><xades:CRLRefs>{lists}</xades:CRLRefs>"
        "</xades:CompleteRevocationRefs>",
    )


def over_references(document: bytes, version: str, *, both: bool, **how: Any) -> bytes:
    namespace, kind = (LATER if version else XADES), "SigAndRefs" if both else "RefsOnly"
    signature = etree.fromstring(document).find(f"{{{DS}}}Signature")
    unsigned = next(signature.iter(f"{{{XADES}}}UnsignedSignatureProperties"))
    held = [one for one in unsigned if "Refs" in one.tag or ("Signature" in one.tag and both)]
    over = [*([signature[1]] if both else []), *held]
    name = f"{namespace}{kind}TimeStamp{version}"
    return put(document, name, b"".join(map(c14n, over)), **how)


KINDS: dict[str, Callable[[], bytes]] = {
    "archive": lambda: archived(signed()),
    "archive of 2006": lambda: archived(signed(), XADES),
    "signature and references": lambda: over_references(referring(signed(), ""), "", both=True),
    "references": lambda: over_references(referring(signed(), ""), "", both=False),
    "signature and references, V2": lambda: over_references(
        referring(signed(), "V2"), "V2", both=True
    ),
    "references, V2": lambda: over_references(referring(signed(), "V2"), "V2", both=False),
}
MADE = {name: make() for name, make in KINDS.items()}


def report(document: bytes, at: int = AT) -> Report:
    return judge(document, ROOT, CLOCK, at=at)


def last(document: bytes) -> tuple[StampKind, Indication]:
    stamp = report(document).signatures[0].time_stamps[-1]
    return stamp.kind, stamp.indication


@pytest.mark.parametrize("name", KINDS)
def test_a_time_stamp_is_over_what_its_property_says(name: str) -> None:
    kind = StampKind.ARCHIVE if name.startswith("archive") else StampKind.VALIDATION_DATA
    assert last(MADE[name]) == (kind, Indication.TOTAL_PASSED)
    assert report(MADE[name]).verdict is Verdict.AUTHENTIC


def touched(document: bytes, name: str) -> bytes:
    """With an attribute more on one element of the signature."""
    tree = etree.fromstring(document)
    next(tree.iter(name)).set("more", "1")
    return etree.tostring(tree)


@pytest.mark.parametrize("name", ["archive", "archive of 2006"])
@pytest.mark.parametrize(
    "element",
    [
        *(f"{{{DS}}}{name}" for name in ("SignedInfo", "SignatureValue", "KeyInfo", "X509Data")),
        *(f"{{{XADES}}}{name}" for name in ("SignedProperties", "SigningTime")),
        *(f"{{{XADES}}}{name}" for name in ("SignatureTimeStamp", "RevocationValues", "CRLValues")),
        *("{urn:deed}deed", "{urn:deed}who", "{urn:note}note"),
    ],
)
def test_an_archive_time_stamp_is_over_each_of_these(name: str, element: str) -> None:
    assert last(touched(MADE[name], element))[1] is not Indication.TOTAL_PASSED


def test_what_no_reference_is_to_is_archived_too() -> None:
    """Of ds:Object elements the older time-stamp takes those that are not signed, the newer all."""
    tree = etree.fromstring(MADE["archive"])
    signature = tree.find(f"{{{DS}}}Signature")
    signature.append(etree.fromstring(f'<ds:Object xmlns:ds="{DS}">More</ds:Object>'))
    assert last(etree.tostring(tree))[1] is not Indication.TOTAL_PASSED


@pytest.mark.parametrize("name", [name for name in KINDS if "references" in name])
@pytest.mark.parametrize(
    "element", ["SignatureValue", "SignatureTimeStamp", "CertRefs", "CompleteRevocationRefs"]
)
def test_a_time_stamp_over_references_is_over_each_of_these(name: str, element: str) -> None:
    changed = touched(MADE[name], f"{{*}}{element}")
    within = name.startswith("signature") or "Refs" in element
    assert (last(changed)[1] is Indication.TOTAL_PASSED) is not within


@pytest.mark.parametrize("name", KINDS)
def test_what_came_before_a_time_stamp_stays_before_it(name: str) -> None:
    tree = etree.fromstring(MADE[name])
    unsigned = next(tree.iter(f"{{{XADES}}}UnsignedSignatureProperties"))
    unsigned.insert(0, unsigned[-1])
    told = report(etree.tostring(tree)).signatures[0].time_stamps
    assert Indication.INDETERMINATE in {one.indication for one in told}


@pytest.mark.parametrize("name", KINDS)
def test_a_signature_outlives_its_certificate_by_what_was_proven(name: str) -> None:
    """What proves the signature has to have been there while its certificate was good: values or
    references to them, the time-stamp with it or by itself."""
    assert report(MADE[name], YEARS).verdict is Verdict.AUTHENTIC
    bare = etree.fromstring(MADE[name])
    unsigned = next(bare.iter(f"{{{XADES}}}UnsignedSignatureProperties"))
    unsigned.remove(unsigned[-1])
    assert report(etree.tostring(bare), YEARS).verdict is not Verdict.AUTHENTIC


def test_references_alone_prove_nothing_of_the_signature() -> None:
    tree = etree.fromstring(MADE["references"])
    [stamp] = tree.iter(f"{{{XADES}}}SignatureTimeStamp")
    stamp.getparent().remove(stamp)
    found = report(etree.tostring(tree)).signatures[0]
    assert [one.indication for one in found.time_stamps] == [Indication.TOTAL_PASSED]
    assert found.signed_at is None


def test_references_by_a_broken_function_prove_nothing() -> None:
    document = referring(signed(), "")
    for one in CRLS:
        old, new = digest("sha256", one), digest("sha1", one)
        document = document.replace(old.encode(), new.encode())
    made = over_references(document, "", both=True)
    assert last(made)[1] is Indication.TOTAL_PASSED
    assert report(made, YEARS).verdict is not Verdict.AUTHENTIC


@pytest.mark.parametrize("namespace", [LATER, XADES])
def test_a_chain_of_archive_time_stamps_outlives_its_authorities(namespace: str) -> None:
    first = AUTHORITY.time_authority("First", until=NOW + 10 * DAY)
    document = archived(signed(first), namespace, clock=first)
    document = with_proofs(document, [AUTHORITY.crl(since=NOW + 5 * DAY, until=NOW + 9 * DAY)])
    renewed = archived(document, namespace, at=NOW + 6 * DAY)
    assert report(document, AT + 7 * 86_400).verdict is Verdict.AUTHENTIC
    assert report(document, YEARS).verdict is not Verdict.AUTHENTIC
    assert report(renewed, YEARS).verdict is Verdict.AUTHENTIC
    for element in ("SignatureTimeStamp", "RevocationValues", "ArchiveTimeStamp"):
        changed = touched(renewed, f"{{*}}{element}")
        assert report(changed, YEARS).verdict is not Verdict.AUTHENTIC


CONTENT = {
    "AllDataObjectsTimeStamp": "",
    "IndividualDataObjectsTimeStamp": '<xades:Include URI="#the-deed" referencedData="true"/>',
}


@pytest.mark.parametrize("name", CONTENT)
@pytest.mark.parametrize("over", ["<who>Somebody</who>", "<who>Nobody</who>"])
def test_what_was_stamped_before_it_was_signed_was_signed_later(name: str, over: str) -> None:
    deed = etree.fromstring(DEED)
    octets = c14n(etree.fromstring(DEED.replace(b"<who>Somebody</who>", over.encode())))
    token = b64(cms.token(CLOCK, octets, SIGNED - DAY))
    held = (
        f'<xades:SignedDataObjectProperties xmlns:xades="{XADES}" xmlns:ds="{DS}"><xades:{name}>'
        f'{CONTENT[name]}<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"/>'
        f"<xades:EncapsulatedTimeStamp>{token}</xades:EncapsulatedTimeStamp></xades:{name}>"
        "</xades:SignedDataObjectProperties>"
    )

    def add(signature: Any) -> None:
        [properties] = signature.iter(f"{{{XADES}}}SignedProperties")
        properties.append(etree.fromstring(held))
        signature[0][2].set("Id", "the-deed")
        value = b64(hashlib.sha256(c14n(properties)).digest())
        signature[0][3].find(f"{{{DS}}}DigestValue").text = value

    reference = Reference("", (ENVELOPED, EXCLUSIVE), octets=c14n(deed))
    Made(SOMEBODY, change=add).within(deed, reference)
    [stamp] = report(etree.tostring(deed)).signatures[0].time_stamps
    passed = stamp.indication is Indication.TOTAL_PASSED
    assert (stamp.kind, passed) == (StampKind.CONTENT, "Somebody" in over)
