"""Archive time-stamps of the third version, by each version of their index (EN 319 122-1 §5.5.2, TS
101 733 v2.2.1 §6.4.2)."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from keys import cms as written
from keys import der
from signing.formats.cades.signed_data import SignedData, SignerInfo
from signing.formats.cms import ARCHIVE_TIME_STAMP_V3
from signing.rules.report import Indication, StampKind, Verdict
from tests.attacks.cms import Made, content_info, signature, token
from tests.attacks.pki import AT, HASHES
from tests.attacks.test_cades_stamps import (
    CLOCK,
    CONTENT,
    CRLS,
    ROOT,
    SIGNED,
    SOMEBODY,
    YEARS,
    report,
    signed,
    with_attribute,
)
from tests.attacks.verdicts import judge

VERSIONS = {"first": "0.4.0.1733.2.5", "second": "0.4.0.19122.1.4", "third": "0.4.0.19122.1.5"}


def pieces(document: bytes, version: str) -> tuple[list[bytes], list[bytes], list[bytes]]:
    """What an index names."""
    found = SignedData.parse(document)
    [encoded] = found.signer_infos
    attributes = list(SignerInfo.parse(encoded).unsigned)
    if version == "third":
        opened = [(kind, der.parts(listed)) for kind, listed in map(der.parts, attributes)]
        attributes = [kind + value for kind, values in opened for value in values]
    return list(found.certificates), list(found.revocation), attributes


def archived(
    document: bytes,
    version: str,
    by: str = "sha256",
    *,
    said: bool = True,
    more: bytes = b"",
    in_der: bool = False,
) -> bytes:
    """`said`: the index says its hash function; `more`: it names something that is not there;
    `in_der`: signed attributes are in their order."""
    algorithm = der.sequence(der.oid(HASHES[by][0])) if said else b""
    held = pieces(document, version)
    lists = [
        der.sequence(*(der.octet_string(hashlib.new(by, one).digest()) for one in each))
        for each in (*held[:2], [*held[2], *([more] if more else [])])
    ]
    index = der.sequence(algorithm, *lists)
    found = SignedData.parse(document)
    signer = SignerInfo.parse(found.signer_infos[0])
    content = hashlib.sha256(CONTENT).digest()
    over = b"".join(
        (found.content_type, content, *(signer.in_der if in_der else signer.fields), index)
    )

    def indexed(made: Made) -> None:
        made.unsigned.append(written.attribute(VERSIONS[version], index))

    return with_attribute(
        document, written.attribute(ARCHIVE_TIME_STAMP_V3, token(CLOCK, over, change=indexed))
    )


def unordered() -> bytes:
    """Signed attributes that were signed in DER (RFC 5652 §5.4), and came in another order."""
    made = content_info(signature(SOMEBODY).stamped(CLOCK, SIGNED).with_revocation(CRLS))
    found = SignedData.parse(made)
    signer = SignerInfo.parse(found.signer_infos[0])
    fields = list(signer.fields)
    fields[3] = der.tlv(0xA0, *reversed(der.parts(fields[3])))
    odd = replace(found, signer_infos=(replace(signer, fields=tuple(fields)).dump(),)).dump()
    assert odd != made
    return odd


MADE: dict[str, Callable[[], bytes]] = {
    "first": lambda: archived(signed(), "first", said=False),
    "first by SHA-512": lambda: archived(signed(), "first", "sha512"),
    "second": lambda: archived(signed(), "second", "sha512"),
    "third": lambda: archived(signed(), "third"),
    "in another order": lambda: archived(unordered(), "third", in_der=True),
    "one over another": lambda: archived(archived(signed(), "first"), "third"),
}


def last(document: bytes) -> Indication:
    stamps = report(document).signatures[0].time_stamps
    return next(one for one in reversed(stamps) if one.kind is StampKind.ARCHIVE).indication


@pytest.mark.parametrize("name", MADE)
def test_an_index_of_any_version_is_read_and_proves_what_it_names(name: str) -> None:
    made = MADE[name]()
    assert last(made) is Indication.TOTAL_PASSED
    assert report(made, YEARS).verdict is Verdict.AUTHENTIC


@pytest.mark.parametrize("version", VERSIONS)
def test_what_an_index_names_has_to_be_there(version: str) -> None:
    made = archived(signed(), version, more=b"Not there.")
    assert last(made) is not Indication.TOTAL_PASSED
    assert report(made, YEARS).verdict is not Verdict.AUTHENTIC


@pytest.mark.parametrize("version", ["second", "third"])
def test_since_the_second_version_it_says_its_hash_function(version: str) -> None:
    assert last(archived(signed(), version, said=False)) is not Indication.TOTAL_PASSED


def test_the_archive_time_stamp_of_2003_is_read_as_any_attribute() -> None:
    """archive-time-stamp, 1.2.840.113549.1.9.16.2.27: EU DSS doesn't read it either."""
    first = written.attribute("1.2.840.113549.1.9.16.2.27", token(CLOCK, b"whatever"))
    made = with_attribute(signed(), first)
    told = judge(made, ROOT, CLOCK, at=AT + 43_200).signatures[0]
    assert {one.kind for one in told.time_stamps} == {StampKind.SIGNATURE}
    assert told.indication is Indication.TOTAL_PASSED


def test_what_is_time_stamped_in_the_order_that_it_came_in_is_read_too() -> None:
    made = archived(unordered(), "third")
    assert last(made) is Indication.TOTAL_PASSED
    assert report(made, YEARS).verdict is Verdict.AUTHENTIC
