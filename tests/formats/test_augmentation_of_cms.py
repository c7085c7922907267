"""What is added to a CMS in BER, in text, in a message, beside older archive time-stamps."""

import base64
from dataclasses import replace

import pytest

from keys import cms as written
from keys import der
from signing.formats.augmentation import open_document
from signing.formats.cades.ber import definite
from signing.formats.cades.signed_data import SignedData, SignerInfo
from signing.formats.cms import ARCHIVE_TIME_STAMP_V2
from signing.formats.detached import Detached
from signing.formats.seal import ValidationData
from signing.rules.report import Indication, Level, Verdict
from tests.attacks import cms
from tests.attacks.pki import AT, DAY, NOW, Holder
from tests.attacks.test_cades_stamps import AUTHORITY as AUTHORITY_OF_OLD
from tests.attacks.test_cades_stamps import CLOCK as CLOCK_OF_OLD
from tests.attacks.test_cades_stamps import CRLS
from tests.attacks.test_cades_stamps import MADE as OLD
from tests.attacks.test_cades_stamps import ROOT as OF_OLD
from tests.attacks.test_cades_stamps import SOMEBODY as SIGNER_OF_OLD
from tests.attacks.verdicts import judge
from tests.formats.test_augmentation import AUTHORITY, DATA, ROOT, SOMEBODY, lasting

CONTENT = b"Content-Type: text/plain\r\n\r\nWhat was agreed.\r\n"


def in_lines(encoded: bytes, width: int = 64, ends: bytes = b"\n") -> bytes:
    text = base64.b64encode(encoded)
    return ends.join(text[at : at + width] for at in range(0, len(text), width))


def pem(encoded: bytes) -> bytes:
    held = in_lines(encoded)
    return b"-----BEGIN CMS-----\n" + held + b"\n-----END CMS-----\nand more\n"


def message(encoded: bytes) -> bytes:
    """RFC 8551 §3.5.2: the signature as it is, in lines of 76."""
    kind = b"application/pkcs7-mime; smime-type=signed-data"
    head = b"From: a@example.kh\r\nContent-Type: " + kind + b"\r\n\r\n"
    return head + in_lines(encoded, 76, b"\r\n") + b"\r\n"


def clear_signed(encoded: bytes) -> bytes:
    """RFC 8551 §3.5.3."""
    head = (
        b'From: a@example.kh\nContent-Type: multipart/signed; boundary="b";'
        b" protocol=application/pkcs7-signature\n\n"
    )
    of_signature = b"Content-Type: application/pkcs7-signature\n\n"
    text = CONTENT.replace(b"\r\n", b"\n")
    signature = of_signature + in_lines(encoded) + b"\n"
    return head + b"--b\n" + text + b"\n--b\n" + signature + b"--b--\nafter\n"


def with_open_lengths(encoded: bytes) -> bytes:
    """BER: no length is said, and content is in segments; what has to be in DER is."""
    kind, within = der.parts(encoded)
    [body] = der.parts(within)
    version, algorithms, encapsulated, *rest = der.parts(body)
    content_type, held = der.parts(encapsulated)
    [octets] = der.parts(held)
    pieces = [der.octet_string(der.content(octets)[at : at + 4]) for at in range(0, 40, 4)]
    encapsulated = opened(0x30, content_type, opened(0xA0, opened(0x24, *pieces)))
    certificates, infos = rest
    signers = [opened(0x30, *der.parts(one)) for one in der.parts(infos)]
    fields = (opened(0xA0, *der.parts(certificates)), opened(0x31, *signers))
    return opened(
        0x30, kind, opened(0xA0, opened(0x30, version, algorithms, encapsulated, *fields))
    )


def opened(tag: int, *parts: bytes) -> bytes:
    return bytes((tag, 0x80)) + b"".join(parts) + b"\x00\x00"


ENVELOPING = cms.cades(SOMEBODY)
DETACHED = cms.content_info(cms.signature(SOMEBODY, CONTENT), content=None)
FORMS: dict[str, bytes] = {
    "pem": pem(ENVELOPING),
    "base64": in_lines(ENVELOPING, 76, b"\r\n"),
    "one line": base64.b64encode(ENVELOPING),
    "message": message(ENVELOPING),
    "clear-signed": clear_signed(DETACHED),
    "ber": with_open_lengths(ENVELOPING),
    "ber in pem": pem(with_open_lengths(ENVELOPING)),
}
MEDIA_TYPES = {
    **dict.fromkeys(("pem", "base64", "one line", "ber in pem"), "text/plain"),
    **dict.fromkeys(("message", "clear-signed"), "message/rfc822"),
    "ber": "application/pkcs7-mime",
}


@pytest.mark.parametrize("name", FORMS)
def test_whatever_it_came_in_it_lasts_in_the_same(name: str) -> None:
    before = FORMS[name]
    assert judge(before, ROOT, SOMEBODY).verdict is Verdict.AUTHENTIC
    made = lasting(open_document(before))
    report = judge(made, ROOT)
    assert report.verdict is Verdict.AUTHENTIC
    assert {one.level for one in report.signatures} == {Level.LTA}
    assert open_document(made).media_type == open_document(before).media_type == MEDIA_TYPES[name]


@pytest.mark.parametrize("name", ["pem", "base64", "message", "clear-signed", "ber in pem"])
def test_what_is_around_a_signature_is_not_touched(name: str) -> None:
    before, made = FORMS[name], lasting(open_document(FORMS[name]))
    ends = b"\r\n" if b"\r\n" in before else b"\n"
    head, _, text = before.partition(b"MI")
    assert made.startswith(head + b"MI")
    _, mark, after = text.partition(ends + b"--") if b"--" in text else (text, ends, b"")
    assert made.endswith(mark + after) == before.endswith(mark + after)
    lines = [max(map(len, one[len(head) :].split(ends))) for one in (before, made)]
    assert lines[0] == lines[1]


def test_what_was_signed_in_ber_is_not_encoded_again() -> None:
    made = lasting(open_document(FORMS["ber"]))
    assert opened(0x24, *[der.octet_string(b"What")])[:8] in made
    assert definite(made) != (made, b"")


def test_an_answer_of_a_time_stamp_authority_lasts_with_its_status() -> None:
    token = cms.token(AUTHORITY.time_authority(), cms.CONTENT)
    answer = der.sequence(der.sequence(der.integer(0)), token)
    made = lasting(open_document(answer, Detached.of(cms.CONTENT)))
    assert der.parts(made)[0] == der.parts(answer)[0]
    assert judge(made, ROOT, detached=cms.CONTENT).verdict is Verdict.TIME_STAMPED


def grown(document: bytes, clock: Holder) -> bytes:
    lists = (AUTHORITY_OF_OLD.crl(until=NOW + 9 * DAY), OF_OLD.crl(until=NOW + 9 * DAY))
    proofs = ValidationData((AUTHORITY_OF_OLD.certificate,), (), lists)

    def stamp(digest: bytes) -> bytes:
        return cms.token(clock, b"", NOW + 3 * DAY, imprint=digest)

    return open_document(document).with_proofs(proofs).archived(stamp).dump()


@pytest.mark.parametrize("name", ["archive", "archive, as in annex K", "archive of all"])
def test_beside_an_older_archive_time_stamp_all_of_them_last(name: str) -> None:
    at = AT + 4 * 86_400
    clock = AUTHORITY_OF_OLD.time_authority("Another clock")
    [before] = judge(OLD[name], OF_OLD, at=at).signatures
    [after] = judge(grown(OLD[name], clock), OF_OLD, at=at).signatures
    assert {one.indication for one in after.time_stamps} == {Indication.TOTAL_PASSED}
    assert len(after.time_stamps) == len(before.time_stamps) + 1
    assert (after.indication, after.level) == (Indication.TOTAL_PASSED, Level.LTA)


def test_the_order_that_an_older_archive_time_stamp_is_over_stays() -> None:
    """Its unsigned attributes are in no order of DER."""
    made = cms.signature(SIGNER_OF_OLD).stamped(CLOCK_OF_OLD, NOW - DAY).with_revocation(CRLS)
    made.unsigned.sort(reverse=True)
    document = in_order(made)
    signer = SignerInfo.parse(document.signer_infos[0])
    over = (document.encapsulated, der.tlv(0xA0, *document.certificates), *signer.fields)
    token = cms.token(CLOCK_OF_OLD, b"".join((*over, der.tlv(0xA1, *signer.unsigned))))
    made.unsigned.append(written.attribute(ARCHIVE_TIME_STAMP_V2, token))
    before = in_order(made).dump(as_it_is=True)
    clock = AUTHORITY_OF_OLD.time_authority("Another clock")
    for each, at in ((before, AT + 43_200), (grown(before, clock), AT + 4 * 86_400)):
        [told] = judge(each, OF_OLD, CLOCK_OF_OLD, at=at).signatures
        assert {one.indication for one in told.time_stamps} == {Indication.TOTAL_PASSED}


def test_beside_another_s_older_archive_time_stamp_proofs_go_into_the_signature_s_own() -> None:
    first = cms.signature(SIGNER_OF_OLD).stamped(CLOCK_OF_OLD, NOW - DAY).with_revocation(CRLS)
    second = cms.signature(SIGNER_OF_OLD, by="sha384").stamped(CLOCK_OF_OLD, NOW - DAY)
    document = SignedData.parse(cms.content_info(first, second))
    signers = [SignerInfo.parse(one) for one in document.signer_infos]
    older, other = sorted(signers, key=lambda one: -len(one.unsigned))
    over = (document.encapsulated, der.tlv(0xA0, *document.certificates), *older.fields)
    token = cms.token(CLOCK_OF_OLD, b"".join((*over, der.tlv(0xA1, *older.unsigned))))
    archived = older.with_unsigned(written.attribute(ARCHIVE_TIME_STAMP_V2, token))
    before = replace(document, signer_infos=(archived.dump(), other.dump())).dump()
    made = grown(before, AUTHORITY_OF_OLD.time_authority("Another clock"))
    told = judge(made, OF_OLD, CLOCK_OF_OLD, at=AT + 4 * 86_400).signatures
    assert {one.level for one in told} == {Level.LTA}
    stamps = [each.indication for one in told for each in one.time_stamps]
    assert stamps == [Indication.TOTAL_PASSED] * 5
    assert SignedData.parse(made).certificates == document.certificates


def in_order(made: cms.Made) -> SignedData:
    """Its attributes as they were added."""
    found = SignedData.parse(cms.content_info(made))
    signer = SignerInfo.parse(found.signer_infos[0])
    kept = replace(signer, unsigned=tuple(made.unsigned)).dump(as_it_is=True)
    return replace(found, signer_infos=(kept,))


def test_how_long_it_lasts_is_told_of_a_clock_that_is_named_by_its_key() -> None:
    clock = AUTHORITY.time_authority("Clock by key")
    named = der.tlv(0x80, clock.asn1.key_identifier)

    def by_key(made: cms.Made) -> None:
        made.sid = named

    def stamp(digest: bytes) -> bytes:
        return cms.token(clock, b"", imprint=digest, change=by_key)

    found = open_document(ENVELOPING).stamped(stamp).with_proofs(DATA).archived(stamp)
    assert found.protection().until == int(clock.parsed.not_valid_after_utc.timestamp())
    assert judge(found.dump(), ROOT).verdict is Verdict.AUTHENTIC
