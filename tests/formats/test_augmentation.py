"""What is added to signatures that are there already, and to what nothing can be added."""

from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from zipfile import ZipFile

import pytest
from lxml import etree

from signing.formats.augmentation import Augmentable, is_bare, open_document
from signing.formats.jades.unsigned import in_clear
from signing.formats.seal import ValidationData
from signing.rules.report import Level, Verdict
from tests.attacks import cms, jades, opc, xades
from tests.attacks.pki import AT, DAY, NOW, Holder, root
from tests.attacks.test_asic import packed
from tests.attacks.test_asic_archives import ONCE, SECOND, YEARS, news
from tests.attacks.test_asic_archives import ROOT as CONTAINERS
from tests.attacks.verdicts import judge

ROOT = root()
AUTHORITY = ROOT.authority("Authority")
SOMEBODY = AUTHORITY.signer()
ANOTHER = AUTHORITY.signer("Another")
CLOCK = AUTHORITY.time_authority()
DATA = ValidationData((AUTHORITY.certificate,), (), (AUTHORITY.crl(), ROOT.crl()))


def stamps(clock: Holder = CLOCK, at: object = NOW) -> Callable[[bytes], bytes]:
    return lambda digest: cms.token(clock, b"", at, imprint=digest)  # type: ignore[arg-type]


def lasting(found: Augmentable) -> bytes:
    return found.stamped(stamps()).with_proofs(DATA).archived(stamps()).dump()


IN_CLEAR = {"xVals": [{"x509Cert": {"val": jades.b64(AUTHORITY.certificate)}}]}


def stamped_in_clear(holder: Holder = SOMEBODY, clock: Holder = CLOCK, at: datetime = NOW) -> bytes:
    """With an archive time-stamp over components in clear, as EU DSS takes them."""
    odd = {"said": ["\u2014 \x7f \u1780/", 7, 2**70, 1.50], "xVals": IN_CLEAR["xVals"]}
    components: list[dict[str, object]] = [IN_CLEAR, {"anyValData": odd}]
    made = jades.Made(holder, etsi_u=[*components]).sign()
    text = "".join(in_clear(one) for each in components for one in each.values())
    parts = (jades.b64url(one) for one in (jades.PAYLOAD, made.protected, made.value))
    token = cms.token(clock, ".".join((*parts, text)).encode(), at)
    made.etsi_u.append({"arcTst": {"tstTokens": [{"val": jades.b64(token)}]}})
    return made.flattened


def in_gb_18030() -> bytes:
    document = xades.enveloped(SOMEBODY, "<deed xmlns='urn:deed'>协议 á</deed>".encode())
    text = etree.fromstring(document)
    return bytes(etree.tostring(text, encoding="gb18030", xml_declaration=True))


IN_CLEAR_AND_STAMPED = stamped_in_clear()

FOREIGN = {
    "cms": cms.cades(SOMEBODY),
    "two signers": cms.content_info(cms.signature(SOMEBODY), cms.signature(ANOTHER, by="sha512")),
    "json": jades.Made(SOMEBODY).sign().flattened,
    "compact json": jades.Made(SOMEBODY).sign().compact,
    "json in clear": jades.Made(SOMEBODY, etsi_u=[IN_CLEAR]).sign().flattened,
    "json stamped in clear": IN_CLEAR_AND_STAMPED,
    "json of two": jades.general(jades.signature(SOMEBODY), jades.signature(SOMEBODY)),
    "xml": xades.enveloping(SOMEBODY),
    "xml within": xades.enveloped(SOMEBODY),
    "xml in an encoding of several bytes": in_gb_18030(),
    "xml of 2002": xades.enveloped(SOMEBODY, version=xades.XADES_111),
    "xml of 2004": xades.enveloping(SOMEBODY, version=xades.XADES_122),
    "xml of 2004 in utf-16": xades.enveloped(SOMEBODY, version=xades.XADES_122)
    .decode()
    .encode("utf-16"),
    "office document": opc.package(opc.signed(SOMEBODY)),
    "xml in utf-16": xades.enveloped(SOMEBODY).decode().encode("utf-16"),
    "xml in utf-16, the other way": b"\xfe\xff"
    + xades.enveloped(SOMEBODY).decode().encode("utf-16-be"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_signature_of_others_is_made_to_last(name: str) -> None:
    made = lasting(open_document(FOREIGN[name]))
    report = judge(made, ROOT)
    assert report.verdict is Verdict.AUTHENTIC
    assert {one.level for one in report.signatures} == {Level.LTA}
    protection = open_document(made).protection()
    assert (protection.signed, protection.stamped_at) == (True, AT)
    assert protection.until == int(CLOCK.parsed.not_valid_after_utc.timestamp())


@pytest.mark.parametrize("name", sorted(FOREIGN.keys() - {"json stamped in clear"}))
def test_without_an_archive_time_stamp_nothing_is_promised(name: str) -> None:
    made = open_document(FOREIGN[name]).stamped(stamps()).with_proofs(DATA)
    assert (made.protection().signed, made.protection().until) == (True, None)


def test_xml_is_added_to_and_nowhere_written_anew() -> None:
    before = xades.enveloped(SOMEBODY).replace(b"<deed ", b"<!-- seen -->\n<deed \n ", 1)
    made = lasting(open_document(before))
    start = next(
        at for at, (one, other) in enumerate(zip(before, made, strict=False)) if one != other
    )
    rest = before[start:]
    assert made[:start] + rest == before
    assert made.endswith(rest)
    assert judge(made, ROOT).verdict is Verdict.AUTHENTIC


def test_of_an_office_document_the_signature_alone_grows() -> None:
    before = FOREIGN["office document"]
    made = lasting(open_document(before))
    with ZipFile(BytesIO(before)) as old, ZipFile(BytesIO(made)) as new:
        assert old.namelist() == new.namelist()
        grown = [name for name in old.namelist() if old.read(name) != new.read(name)]
    assert grown == ["_xmlsignatures/sig1.xml"]
    changed = made.replace(b"What was agreed.", b"What was not so.")
    assert judge(changed, ROOT).verdict is not Verdict.AUTHENTIC
    with pytest.raises(ValueError, match="not a package"):
        lasting(open_document(before + b"more"))


def test_what_is_archived_by_manifests_gets_a_further_one() -> None:
    held = open_document(packed(ONCE, 0))
    lists = news(NOW + 150 * DAY, NOW + 199 * DAY)
    renewed = held.with_proofs(ValidationData((), (), tuple(news(NOW + 5 * DAY, NOW + 9 * DAY))))
    renewed = renewed.archived(stamps(SECOND, NOW + 6 * DAY))
    again = renewed.with_proofs(ValidationData((), (), tuple(lists)))
    report = judge(again.dump(), CONTAINERS, at=AT + 190 * 86_400)
    assert report.verdict is Verdict.AUTHENTIC
    assert len(report.signatures[0].time_stamps) == 3
    assert again.protection().until == int(SECOND.parsed.not_valid_after_utc.timestamp())
    assert judge(packed(ONCE), CONTAINERS, at=YEARS).verdict is not Verdict.AUTHENTIC


@pytest.mark.parametrize(
    "document",
    [
        xades.enveloped(SOMEBODY, properties=False),
        packed(ONCE)[:-1] + b"\x00more",
        cms.content_info(cms.signature(SOMEBODY), content=None),
        b"nothing",
        b"",
    ],
    ids=["bare", "broken", "detached", "text", "empty"],
)
def test_what_can_hold_no_more_says_so(document: bytes) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        lasting(open_document(document))


def test_an_xml_signature_without_properties_is_told_as_such() -> None:
    """It is of no baseline, and has no place for proofs."""
    bare = xades.enveloped(SOMEBODY, properties=False)
    assert judge(bare, ROOT, SOMEBODY).verdict is not Verdict.AUTHENTIC
    assert is_bare(bare)
    assert is_bare(opc.package(opc.signed(SOMEBODY, properties=False)))
    for document in (*FOREIGN.values(), b"", b"<a/>", b"PK\x03\x04"):
        assert not is_bare(document)
