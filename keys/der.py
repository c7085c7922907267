"""DER (X.690), written by hand: certificates, CRLs, OCSP answers, time-stamps and CMS are built
of these. Each function returns the whole encoding of one value.

Building is ours because it is the hot part of a seal; reading goes to cryptography and asn1crypto,
but for `parts`, which takes a value of ours apart without a change of its bytes.
"""

from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Final

from keys.signer import Algorithm, Signer

NULL: Final = b"\x05\x00"
TRUE: Final = b"\x01\x01\xff"

_UTC_TIME_ENDS: Final = 2050  # RFC 5280 §4.1.2.5
_LENGTH_OCTETS: Final = 4
_TIMES: Final = 256  # that are kept: those of a moment's seals


def tlv(tag: int, *content: bytes) -> bytes:
    """One value: its tag (one byte), its length, its content."""
    body = b"".join(content)
    length = len(body)
    if length < 0x80:
        return b"%c%c%b" % (tag, length, body)
    octets = length.to_bytes((length.bit_length() + 7) // 8)
    return b"%c%c%b%b" % (tag, 0x80 | len(octets), octets, body)


def sequence(*parts: bytes) -> bytes:
    return tlv(0x30, *parts)


def set_of(*parts: bytes) -> bytes:
    """SET OF: the parts in ascending order of their encodings (X.690 §11.6)."""
    return tlv(0x31, *sorted(parts))


def integer(value: int) -> bytes:
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, signed=True))


def enumerated(value: int) -> bytes:
    return tlv(0x0A, bytes((value,)))


def octet_string(value: bytes) -> bytes:
    return tlv(0x04, value)


def bit_string(value: bytes) -> bytes:
    """A BIT STRING of whole octets."""
    return tlv(0x03, b"\x00", value)


def named_bits(*numbers: int) -> bytes:
    """A named bit list: trailing zero bits removed (X.690 §11.2.2)."""
    last = max(numbers)
    octets = bytearray(last // 8 + 1)
    for number in numbers:
        octets[number // 8] |= 0x80 >> number % 8
    return tlv(0x03, bytes((7 - last % 8,)), bytes(octets))


@cache
def oid(dotted: str) -> bytes:
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    return tlv(0x06, *(_base_128(arc) for arc in (first * 40 + second, *rest)))


def utf8(text: str) -> bytes:
    return tlv(0x0C, text.encode())


def ia5(text: str) -> bytes:
    return tlv(0x16, text.encode("ascii"))


def printable(text: str) -> bytes:
    return tlv(0x13, text.encode("ascii"))


@lru_cache(_TIMES)
def generalized_time(at: int) -> bytes:
    """A NumericDate as GeneralizedTime, in UTC, whole seconds."""
    return tlv(0x18, _utc(at).strftime("%Y%m%d%H%M%SZ").encode())


def time(at: int) -> bytes:
    """A NumericDate as `Time`: UTCTime until 2049, GeneralizedTime after (RFC 5280 §4.1.2.5)."""
    if _utc(at).year < _UTC_TIME_ENDS:
        return tlv(0x17, _utc(at).strftime("%y%m%d%H%M%SZ").encode())
    return generalized_time(at)


def explicit(number: int, *parts: bytes) -> bytes:
    """[number] EXPLICIT."""
    return tlv(0xA0 | number, *parts)


def implicit(number: int, encoded: bytes) -> bytes:
    """[number] IMPLICIT: the same content under another tag."""
    return bytes((0x80 | number | (encoded[0] & 0x20),)) + encoded[1:]


def extension(dotted: str, value: bytes, *, critical: bool = False) -> bytes:
    """An Extension (RFC 5280 §4.1)."""
    return sequence(oid(dotted), TRUE if critical else b"", octet_string(value))


@cache
def digest_algorithm(name: str) -> bytes:
    """The AlgorithmIdentifier of a hash, without parameters (RFC 5754 §2)."""
    return sequence(oid(HASHES[name]))


def signature_algorithm(algorithm: Algorithm) -> bytes:
    """The AlgorithmIdentifier of what `Signer.sign` makes."""
    return _SIGNATURE_ALGORITHMS[algorithm]


def rsassa_pss(dotted: str, salt: int) -> bytes:
    """The AlgorithmIdentifier of RSASSA-PSS (RFC 4055 §3.1): a hash function by its OID, in MGF1
    too, and the bytes of the salt."""
    hashed = sequence(oid(dotted), NULL)
    return sequence(
        oid("1.2.840.113549.1.1.10"),
        sequence(
            explicit(0, hashed),
            explicit(1, sequence(oid("1.2.840.113549.1.1.8"), hashed)),
            explicit(2, integer(salt)),
        ),
    )


def signed(to_be_signed: bytes, signer: Signer) -> bytes:
    """SIGNED{…} of X.509: what is signed, the algorithm, the signature."""
    return sequence(
        to_be_signed,
        signature_algorithm(signer.algorithm),
        bit_string(signer.sign(to_be_signed)),
    )


def unsigned(to_be_signed: bytes, algorithm: Algorithm) -> bytes:
    """SIGNED{…} in all but its signature, which is no signature: for a linter to read."""
    nothing = sequence(integer(1), integer(1)) if algorithm is Algorithm.ES256 else bytes(256)
    return sequence(to_be_signed, signature_algorithm(algorithm), bit_string(nothing))


def parts(encoded: bytes) -> tuple[bytes, ...]:
    """The values, each with its header, that one constructed value is made of; raises ValueError
    for anything but definite lengths that fit."""
    body = content(encoded)
    found, start = [], 0
    while start < len(body):
        _, end = _content(body, start)
        found.append(body[start:end])
        start = end
    return tuple(found)


def content(encoded: bytes) -> bytes:
    """The content of one value, its header left out; raises ValueError as `parts` does."""
    start, end = _content(encoded, 0)
    if end != len(encoded):
        raise ValueError("something after the value")
    return encoded[start:end]


def _content(encoded: bytes, at: int) -> tuple[int, int]:
    """Where the content of the value that begins at `at` begins and ends."""
    if len(encoded) < at + 2:
        raise ValueError("cut off")
    length, start = encoded[at + 1], at + 2
    if length >= 0x80:
        octets = length & 0x7F
        length = int.from_bytes(encoded[start : start + octets])
        start += octets
        if not 1 <= octets <= _LENGTH_OCTETS:
            raise ValueError("no definite length")
    if encoded[at] & 0x1F == 0x1F or start + length > len(encoded):
        raise ValueError("cut off, or a tag of many bytes")
    return start, start + length


def _base_128(arc: int) -> bytes:
    septets = [arc & 0x7F]
    while arc := arc >> 7:
        septets.append(0x80 | arc & 0x7F)
    return bytes(reversed(septets))


def _utc(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


HASHES: Final = {
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
}

_SIGNATURE_ALGORITHMS: Final = {
    Algorithm.ES256: sequence(oid("1.2.840.10045.4.3.2")),  # RFC 5758 §3.2
    Algorithm.RS256: sequence(oid("1.2.840.113549.1.1.11"), NULL),  # RFC 4055 §5
    Algorithm.PS256: rsassa_pss(HASHES["sha256"], 32),
}
