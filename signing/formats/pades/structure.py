"""What the bytes of a PDF say by themselves, before any PDF reader is asked."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from asn1crypto import cms

from signing.formats import time_stamps
from signing.formats.cades.ber import definite
from signing.rules.evidence import Fault

HEADER: Final = b"%PDF-"
_END: Final = b"%%EOF"
_SPACE: Final = b"\x00\t\n\f\r "

_BYTE_RANGE: Final = re.compile(
    rb"/ByteRange\s*\[\s*(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})"
)
_ESCAPED: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_LAST: Final = 1_024  # where readers look for the end (ISO 32000-2 Annex I, note 15)
_HEX: Final = re.compile(rb"<[0-9A-Fa-f\s]*>\Z")


def unsigned_suffix(document: bytes) -> int:
    """How many bytes stand after the last %%EOF, white space left out."""
    end = document.rfind(_END)
    if end < 0:
        return 0
    return len(document[end + len(_END) :].strip(_SPACE))


def faults(
    document: bytes, byte_range: Sequence[int], contents: bytes, *, encrypted: bool = False
) -> tuple[Fault, ...]:
    """What is wrong with how a signature sits in its file.

    `contents` is the value of /Contents with its padding. ISO 32000-2 §12.8.1: the range covers
    everything but the hexadecimal string, from the first byte to the end of its revision. In a
    document that is `encrypted`, PDFBox encrypts the padding too.
    """
    found = []
    if not document.startswith(HEADER):
        found.append(Fault.PREFIX)
    if unsigned_suffix(document):
        found.append(Fault.SUFFIX)
    if not _one_gap(document, byte_range, contents):
        found.append(Fault.BYTE_RANGE)
    try:
        _, padding = encoded(contents)
    except ValueError:
        padding = contents
    if padding is contents or (padding.strip(b"\x00") and not encrypted):
        found.append(Fault.CONTENTS)
    return tuple(found)


def encoded(contents: bytes) -> tuple[bytes, bytes]:
    """The CMS at the beginning of /Contents and what follows it; raises ValueError. ISO 32000-2
    §12.8.3.3 wants DER; what NSS signs (LibreOffice, poppler) is in BER."""
    length = der_length(contents)
    if length is not None:
        return contents[:length], contents[length:]
    return definite(contents)


def der_length(encoded: bytes) -> int | None:
    """The length of the one DER value at the beginning; None where there is none."""
    if len(encoded) < 2 or encoded[0] != 0x30:
        return None
    size, octets = encoded[1], 0
    if size == 0x80:  # indefinite: BER
        return None
    if size > 0x80:
        octets = size & 0x7F
        size = int.from_bytes(encoded[2 : 2 + octets])
    total = 2 + octets + size
    return total if octets <= 4 and total <= len(encoded) else None


def digest_differs(document: bytes) -> bool:
    """Whether some signature in the bytes was made over other bytes than these.

    For files that no reader can open: a changed byte may have hit what readers need.
    """
    return any(
        expected != hashlib.new(name, covered, usedforsecurity=False).digest()
        for name, expected, covered in _signed_digests(document)
    )


def range_misfits(document: bytes) -> bool:
    """Whether some signature's range leaves out what is not its hexadecimal string.

    For files that no reader can open: something was moved, or put in.
    """
    for match in _BYTE_RANGE.finditer(document):
        start, before, after, _ = (int(number) for number in match.groups())
        if start + before < after <= len(document) and not _HEX.match(
            document[start + before : after]
        ):
            return True
    return False


def may_be_signed(document: bytes) -> bool:
    """Whether a file that no reader can open may have a signature: it was cut off, or has what
    every signature has."""
    return _END not in document[-_LAST:] or names_a_range(document)


def names_a_range(document: bytes) -> bool:
    """Whether the bytes have what every signature has, under whatever spelling of the name (ISO
    32000-2 §7.3.5)."""
    spelt = _ESCAPED.sub(lambda found: bytes.fromhex(found[1].decode()), document)
    return b"/ByteRange" in spelt


def mentions_signature(document: bytes, but: Iterable[tuple[int, ...]] = ()) -> bool:
    """Whether the bytes have what looks like a signature's /ByteRange, other than those."""
    known = {*but}
    return any(
        tuple(map(int, found.groups())) not in known for found in _BYTE_RANGE.finditer(document)
    )


def _signed_digests(document: bytes) -> Iterator[tuple[str, bytes, bytes]]:
    for match in _BYTE_RANGE.finditer(document):
        start, before, after, rest = (int(number) for number in match.groups())
        gap = document[start + before : after]
        if not _HEX.match(gap):
            continue
        try:
            contents = bytes.fromhex(gap[1:-1].decode())
            name, expected = _expected(cms.ContentInfo.load(contents)["content"])
            hashlib.new(name)
        except (ValueError, TypeError, KeyError, IndexError):
            continue
        covered = document[start : start + before] + document[after : after + rest]
        yield name, expected, covered


def _expected(signed: cms.SignedData) -> tuple[str, bytes]:
    """What a signature, or a time-stamp (RFC 3161 §2.4.2), says of the bytes that it is over."""
    stamp = time_stamps.said(signed)
    if stamp is not None:
        imprint = stamp["message_imprint"]
        return imprint["hash_algorithm"]["algorithm"].native, imprint["hashed_message"].native
    info = signed["signer_infos"][0]
    attributes = {entry["type"].native: entry["values"] for entry in info["signed_attrs"]}
    return info["digest_algorithm"]["algorithm"].native, attributes["message_digest"][0].native


def _one_gap(document: bytes, byte_range: Sequence[int], contents: bytes) -> bool:
    if len(byte_range) != 4 or any(not isinstance(number, int) for number in byte_range):
        return False
    start, before, after, rest = (int(number) for number in byte_range)
    end = after + rest
    if start != 0 or before <= 0 or rest <= 0 or not before < after < end <= len(document):
        return False
    gap = document[before:after]
    if not _HEX.match(gap):
        return False
    digits = gap[1:-1].translate(None, _SPACE)
    in_gap = bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())
    return in_gap == contents and _ends(document, end)


def _ends(document: bytes, end: int) -> bool:
    """Whether a revision ends there: white space apart, with %%EOF, or as the file does."""
    if not document[end:].strip(_SPACE):
        return True
    last = document.rfind(_END, 0, end)
    return last >= 0 and not document[last + len(_END) : end].strip(_SPACE)
