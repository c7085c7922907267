"""The older time-stamps of CAdES signatures, what each was made over, and what each proves (ETSI TS
101 733 §6.3.5, §6.3.6, §6.4.1)."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from keys import cms as written
from keys import der
from signing.formats.cades.signed_data import SignedData, SignerInfo
from signing.rules.report import Indication, Report, StampKind, Verdict
from tests.attacks.cms import CONTENT, content_info, signature, token
from tests.attacks.ending import AUTHORITY, CLOCK, CRLS, ENDED, ROOT, SIGNED, SOMEBODY, YEARS
from tests.attacks.pki import AT, DAY, HASHES, NOW, Holder
from tests.attacks.verdicts import judge

BOTH, ALONE, ARCHIVE = (f"1.2.840.113549.1.9.16.2.{last}" for last in (25, 26, 48))
CERTIFICATES, REVOCATION = (f"1.2.840.113549.1.9.16.2.{last}" for last in (21, 22))
STAMP = written.SIGNATURE_TIME_STAMP


def hashed(value: bytes, by: str) -> bytes:
    """OtherHash."""
    algorithm = der.sequence(der.oid(HASHES[by][0]))
    return der.sequence(algorithm, der.octet_string(hashlib.new(by, value).digest()))


def references(by: str = "sha256") -> tuple[bytes, bytes]:
    """complete-certificate-references, complete-revocation-references (§6.2.1, §6.2.2)."""
    known = (ENDED.certificate, SOMEBODY.certificate)
    certificates = der.sequence(*(der.sequence(hashed(one, by)) for one in known))
    lists = der.sequence(*(der.sequence(hashed(one, by)) for one in CRLS))
    revocation = der.sequence(der.sequence(der.explicit(0, der.sequence(lists))))
    return written.attribute(CERTIFICATES, certificates), written.attribute(REVOCATION, revocation)


def signed(*more: bytes, clock: Holder = CLOCK) -> bytes:
    """A signature of yesterday with its time-stamp and proofs, and other unsigned attributes."""
    made = signature(SOMEBODY).stamped(clock, SIGNED).with_revocation(CRLS)
    made.unsigned += more
    return content_info(made)


def with_attribute(document: bytes, attribute: bytes) -> bytes:
    found = SignedData.parse(document)
    signer = SignerInfo.parse(found.signer_infos[0]).with_unsigned(attribute)
    return _with_signer(document, signer)


def _with_signer(document: bytes, signer: SignerInfo) -> bytes:
    found = SignedData.parse(document)
    return written.content_info(
        1, found.digest_algorithms, found.encapsulated, found.certificates, found.revocation,
        [signer.dump()],
    )  # fmt: skip


def stamped(
    document: bytes, kind: str, over: bytes, at: datetime = NOW, clock: Holder = CLOCK
) -> bytes:
    return with_attribute(document, written.attribute(kind, token(clock, over, at)))


def held(document: bytes, kinds: Sequence[str]) -> bytes:
    signer = SignerInfo.parse(SignedData.parse(document).signer_infos[0])
    return b"".join(
        der.content(one)
        for kind in kinds
        for one in signer.unsigned
        if der.parts(one)[0] == der.oid(kind)
    )


def both(by: str = "sha256") -> bytes:
    document = signed(*references(by))
    value = SignerInfo.parse(SignedData.parse(document).signer_infos[0]).fields[-1]
    over = der.content(value) + held(document, (STAMP, CERTIFICATES, REVOCATION))
    return stamped(document, BOTH, over)


def alone() -> bytes:
    document = signed(*references())
    return stamped(document, ALONE, held(document, (CERTIFICATES, REVOCATION)))


def archived(
    document: bytes,
    at: datetime = NOW,
    clock: Holder = CLOCK,
    *,
    tagged: bool = True,
    content: bytes = b"",
) -> bytes:
    found = SignedData.parse(document)
    signer = SignerInfo.parse(found.signer_infos[0])
    unsigned = der.set_of(*signer.unsigned)
    over = (
        *(found.encapsulated, content, der.tlv(0xA0, *found.certificates)),
        *(*signer.fields, der.implicit(1, unsigned) if tagged else der.content(unsigned)),
    )
    return stamped(document, ARCHIVE, b"".join(over), at, clock)


def detached() -> bytes:
    made = signature(SOMEBODY).stamped(CLOCK, SIGNED).with_revocation(CRLS)
    return archived(content_info(made, content=None), content=CONTENT)


MADE: dict[str, bytes] = {
    "signature and references": both(),
    "references": alone(),
    "archive": archived(signed()),
    "archive, as in annex K": archived(signed(), tagged=False),
    "archive of all": archived(both(), at=NOW + DAY / 2),
}


def report(document: bytes, at: int = AT + 43_200, **how: Any) -> Report:
    return judge(document, ROOT, CLOCK, at=at, **how)


def kinds(document: bytes, **how: Any) -> dict[StampKind, Indication]:
    told = report(document, **how).signatures
    return {one.kind: one.indication for each in told for one in each.time_stamps}


@pytest.mark.parametrize("name", MADE)
def test_a_time_stamp_is_over_what_its_attribute_says(name: str) -> None:
    kind = StampKind.ARCHIVE if "archive" in name else StampKind.VALIDATION_DATA
    told = kinds(MADE[name])
    assert kind in told
    assert set(told.values()) == {Indication.TOTAL_PASSED}
    assert report(MADE[name]).verdict is Verdict.AUTHENTIC


def test_an_archive_time_stamp_is_over_content_that_is_elsewhere() -> None:
    assert kinds(detached(), detached=CONTENT)[StampKind.ARCHIVE] is Indication.TOTAL_PASSED
    told = kinds(detached(), detached=b"Another.")
    assert told[StampKind.ARCHIVE] is not Indication.TOTAL_PASSED


@pytest.mark.parametrize("name", MADE)
def test_a_signature_outlives_its_certificate_by_what_was_proven(name: str) -> None:
    assert report(signed(*references()), YEARS).verdict is not Verdict.AUTHENTIC
    assert report(MADE[name], YEARS).verdict is Verdict.AUTHENTIC


def test_references_by_a_broken_function_prove_nothing() -> None:
    assert kinds(both("sha1"))[StampKind.VALIDATION_DATA] is Indication.TOTAL_PASSED
    assert report(both("sha1"), YEARS).verdict is not Verdict.AUTHENTIC


def test_references_alone_prove_nothing_of_the_signature() -> None:
    signer = SignerInfo.parse(SignedData.parse(alone()).signer_infos[0])
    kept = [one for one in signer.unsigned if der.parts(one)[0] != der.oid(STAMP)]
    found = report(_with_signer(alone(), SignerInfo(signer.fields, tuple(kept)))).signatures[0]
    assert [one.indication for one in found.time_stamps] == [Indication.TOTAL_PASSED]
    assert found.signed_at is None


ADDED = {
    "an attribute": lambda one: with_attribute(one, references()[0]),
    "a certificate": lambda one: SignedData.parse(one).with_proofs((CLOCK.certificate,), ()).dump(),
    "a list": lambda one: SignedData.parse(one).with_proofs((), (ROOT.crl(),)).dump(),
}


@pytest.mark.parametrize("change", ADDED)
def test_nothing_is_added_to_what_an_archive_time_stamp_is_over(change: str) -> None:
    told = kinds(ADDED[change](MADE["archive"]))
    assert told[StampKind.ARCHIVE] is not Indication.TOTAL_PASSED


def covered(name: str) -> list[bytes]:
    """What the time-stamp is over, piece by piece."""
    found = SignedData.parse(MADE[name])
    signer = SignerInfo.parse(found.signer_infos[0])
    before = [one for one in signer.unsigned if der.parts(one)[0] != der.oid(ARCHIVE)]
    if "archive" in name:
        return [found.encapsulated, *found.certificates, *signer.fields, *before]
    value = [signer.fields[-1]] if "signature" in name else []
    kinds = {der.oid(one) for one in (CERTIFICATES, REVOCATION, *((STAMP,) if value else ()))}
    return [*value, *(one for one in before if der.parts(one)[0] in kinds)]


@pytest.mark.parametrize("name", MADE)
def test_no_changed_byte_of_what_it_is_over_passes(name: str) -> None:
    kind = StampKind.ARCHIVE if "archive" in name else StampKind.VALIDATION_DATA
    document, end = MADE[name], 26
    for piece in covered(name):
        start = document.index(piece, end)
        end = start + len(piece)
        for place in range(end - 1, start, -211):
            changed = bytearray(document)
            changed[place] ^= 1
            assert kinds(bytes(changed)).get(kind) is not Indication.TOTAL_PASSED, place


def renewed() -> bytes:
    """With the proofs of the first authority in its own token: nothing may be added beside it."""
    first = AUTHORITY.time_authority("First", until=NOW + 10 * DAY)
    lists = [AUTHORITY.crl(since=NOW + 5 * DAY, until=NOW + 9 * DAY)]
    made = signature(SOMEBODY).stamped(first, SIGNED, revocation=lists).with_revocation(CRLS)
    once = archived(content_info(made), clock=first)
    return archived(once, at=NOW + 6 * DAY)


def test_archive_time_stamps_are_stamped_again_before_their_authorities_end() -> None:
    document = renewed()
    assert report(document, YEARS).verdict is Verdict.AUTHENTIC
    signer = SignerInfo.parse(SignedData.parse(document).signer_infos[0])
    for number in range(len(signer.unsigned)):
        kept = (*signer.unsigned[:number], *signer.unsigned[number + 1 :])
        cut = _with_signer(document, SignerInfo(signer.fields, kept))
        assert report(cut, YEARS).verdict is not Verdict.AUTHENTIC
