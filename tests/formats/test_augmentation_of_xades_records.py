"""Evidence records among the unsigned properties of XAdES signatures (TS 119 132-3): they are over
the signature and its proofs, and are renewed where nothing else may grow."""

from functools import cache

import pytest
from lxml import etree

from signing.formats.augmentation import open_document
from signing.formats.ers import renewal
from signing.formats.seal import ValidationData
from signing.formats.xades import properties, references
from signing.formats.xades.parsing import parse, signatures
from signing.formats.xades.records import SEALING, Group
from signing.formats.xades.references import Sources
from signing.formats.xades.stamps import Stamps
from signing.rules.report import Indication, Level, Verdict
from tests.attacks import xades
from tests.attacks.pki import AT, NOW, Holder
from tests.attacks.records import XmlRecord
from tests.attacks.test_asic_archives import (
    CRLS,
    ENDED,
    FIRST,
    ROOT,
    SIGNED,
    SOMEBODY,
    THIRD,
)
from tests.attacks.verdicts import judge
from tests.attacks.xades import b64
from tests.formats.test_augmentation_of_nested import YEARS, through_the_years
from tests.formats.test_augmentation_of_records import stamps

NAMESPACE = SEALING[1:].partition("}")[0]


def group(document: bytes) -> Group:
    """What the record in a document is over."""
    tree = parse(document)
    [element] = signatures(tree)
    found = properties.find(element, tree)
    assert found is not None
    covered = references.check(element, Sources(tree))
    return Stamps(element, found, covered).group(found.unsigned[-1])


PROOFS = ValidationData((ENDED.certificate,), (), CRLS)


def recorded(
    document: bytes, *, in_xml: bool, clock: Holder = FIRST, proofs: ValidationData = PROOFS
) -> bytes:
    """With proofs, and a record over all that there is."""
    lasting = open_document(document).stamped(stamps(clock, SIGNED)).with_proofs(proofs).dump()
    holder = f'<e:SealingEvidenceRecords xmlns:e="{NAMESPACE}"/>'
    over = group(xades.with_unsigned(lasting, holder)).digest("sha256")
    if in_xml:
        made = XmlRecord(()).stamped(clock, NOW, more=[over]).root
        record = etree.tostring(made).decode()
    else:
        der = renewal.write([[over]], stamps(clock, NOW)(over))
        record = f"<e:ASN1EvidenceRecord>{b64(der)}</e:ASN1EvidenceRecord>"
    return xades.with_unsigned(
        lasting, holder.replace("/>", f">{record}</e:SealingEvidenceRecords>")
    )


MADE = {
    f"{make.__name__}, {'xml' if in_xml else 'der'}": recorded(
        make(SOMEBODY, at=SIGNED), in_xml=in_xml
    )
    for make in (xades.enveloped, xades.enveloping)
    for in_xml in (True, False)
}


@cache
def lasting(name: str) -> bytes:
    return through_the_years(open_document(MADE[name]))


@pytest.mark.parametrize("name", MADE)
def test_it_is_renewed_and_carries_the_signature_through_the_years(name: str) -> None:
    assert judge(MADE[name], ROOT, at=YEARS).verdict is not Verdict.AUTHENTIC
    found = judge(lasting(name), ROOT, at=YEARS)
    assert found.verdict is Verdict.AUTHENTIC
    [one] = found.signatures
    assert (one.level, one.signed_at) == (Level.LTA, AT - 86_400)
    assert [stamp.indication for stamp in one.time_stamps] == [Indication.TOTAL_PASSED] * 5
    until = open_document(lasting(name)).protection().until
    assert until == int(THIRD.parsed.not_valid_after_utc.timestamp())


@pytest.mark.parametrize("name", MADE)
def test_nothing_but_the_record_grows(name: str) -> None:
    before, after = MADE[name], lasting(name)
    assert group(before).octets == group(after).octets
    kinds = [
        [etree.QName(each).localname for each in listed]
        for one in (before, after)
        for listed in etree.fromstring(one).iter("{*}UnsignedSignatureProperties")
    ]
    assert kinds[0] == kinds[1]


@pytest.mark.parametrize("name", MADE)
def test_no_changed_byte_passes(name: str) -> None:
    """But of the last time-stamp's proofs, and of tags, which can be written in several ways."""
    made = lasting(name)
    end = made.index(b"EvidenceRecord", made.index(b"SealingEvidenceRecords") + 30)
    for place in range(made.index(b"SignatureTimeStamp>"), end, 211):
        if made.rfind(b">", 0, place) < made.rfind(b"<", 0, place):
            continue
        changed = made[:place] + bytes((made[place] ^ 1,)) + made[place + 1 :]
        assert judge(changed, ROOT, at=YEARS).verdict is not Verdict.AUTHENTIC, place


@pytest.mark.parametrize("inner", ["", "<e:ASN1EvidenceRecord>!</e:ASN1EvidenceRecord>", "<e:x/>"])
def test_what_is_no_record_proves_nothing(inner: str) -> None:
    held = f'<e:SealingEvidenceRecords xmlns:e="{NAMESPACE}">{inner}</e:SealingEvidenceRecords>'
    document = xades.with_unsigned(xades.enveloped(SOMEBODY, at=SIGNED), held)
    assert judge(document, ROOT, SOMEBODY, ENDED).signatures[0].time_stamps == ()
