"""XAdES of 2002 and of 2004 (ETSI TS 101 903 v1.1.1, v1.2.2), made to last by the properties that
each has, in its own schema."""

import re
from functools import cache

import pytest
from lxml import etree

from signing.formats.augmentation import open_document
from signing.rules.report import Indication, Level, Verdict
from tests.attacks import xades
from tests.attacks.pki import Holder
from tests.attacks.test_asic_archives import ROOT, SIGNED, SOMEBODY, THIRD
from tests.attacks.verdicts import judge
from tests.attacks.xades import XADES_111, XADES_122
from tests.formats.test_augmentation_of_nested import YEARS, through_the_years

MADE = {
    f"{make.__name__}, {version[-6:-1]}": make(SOMEBODY, version=version, at=SIGNED)
    for make in (xades.enveloped, xades.enveloping)
    for version in (XADES_111, XADES_122)
}


@cache
def lasting(name: str) -> bytes:
    return through_the_years(open_document(MADE[name]))


@pytest.mark.parametrize("name", MADE)
def test_it_passes_years_after_its_certificates_ended(name: str) -> None:
    assert judge(MADE[name], ROOT, at=YEARS).verdict is not Verdict.AUTHENTIC
    found = judge(lasting(name), ROOT, at=YEARS)
    assert found.verdict is Verdict.AUTHENTIC
    [one] = found.signatures
    assert one.level is Level.LTA
    assert [stamp.indication for stamp in one.time_stamps] == [Indication.TOTAL_PASSED] * 4
    until = open_document(lasting(name)).protection().until
    assert until == int(THIRD.parsed.not_valid_after_utc.timestamp())


@pytest.mark.parametrize("name", MADE)
def test_nothing_of_a_later_version_is_in_it(name: str) -> None:
    """What was there is not written anew; only what a time-stamp brings grows, before another one
    is over it."""
    before, after = MADE[name], lasting(name)
    versions = set(re.findall(rb"http://uri.etsi.org/01903/v[^#]*#", after))
    assert versions == set(re.findall(rb"http://uri.etsi.org/01903/v[^#]*#", before))
    start = next(at for at, pair in enumerate(zip(before, after, strict=False)) if len({*pair}) > 1)
    assert after.endswith(before[start:])
    names = [
        etree.QName(one).localname
        for one in etree.fromstring(after).iter("{*}UnsignedSignatureProperties")
        for one in one
    ]
    values = ["SignatureTimeStamp", "CertificateValues", "RevocationValues"]
    assert names == [*values, *["ArchiveTimeStamp"] * 3]


@pytest.mark.parametrize("name", MADE)
def test_no_changed_byte_of_what_was_added_passes(name: str) -> None:
    """But of what is in the last time-stamp, which nothing is over yet."""
    made = lasting(name)
    last = made.rindex(b"<xades:ArchiveTimeStamp")
    for place in range(made.index(b"SignatureTimeStamp>"), last, 307):
        if made.rfind(b">", 0, place) < made.rfind(b"<", 0, place):
            continue  # in a tag, which can be written in more ways than one
        changed = made[:place] + bytes((made[place] ^ 1,)) + made[place + 1 :]
        assert judge(changed, ROOT, at=YEARS).verdict is not Verdict.AUTHENTIC, place


def by(holder: Holder, version: str) -> bytes:
    """Two, the second of which has another version."""
    root = etree.Element("both")
    root.append(etree.fromstring(xades.DEED))
    octets = etree.tostring(root[0], method="c14n", exclusive=True)
    reference = xades.Reference("#deed", (xades.EXCLUSIVE,), octets=octets)
    xades.Made(holder, name="first", at=SIGNED, version=version).within(root, reference)
    xades.Made(holder, name="second", at=SIGNED).within(root, reference)
    return bytes(etree.tostring(root))


@pytest.mark.parametrize("version", [XADES_111, XADES_122])
def test_signatures_of_several_versions_each_get_their_own(version: str) -> None:
    made = through_the_years(open_document(by(SOMEBODY, version)))
    found = judge(made, ROOT, at=YEARS)
    assert found.verdict is Verdict.AUTHENTIC
    assert [one.level for one in found.signatures] == [Level.LTA, Level.LTA]
