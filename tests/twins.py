"""The other value of an ECDSA signature: whoever has (r, s) has (r, n − s), too, which verifies as
well (SEC 1 §4.1)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from keys import der
from keys.jose import der_signature, raw_signature

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
_OCTETS, _BITS, _CONSTRUCTED = 0x04, 0x03, 0x20


def other(value: bytes) -> bytes:
    """Of a signature in DER; raises ValueError for what is none."""
    r, s = decode_dss_signature(value)
    if min(r, s).bit_length() < 200:
        raise ValueError("two small numbers")
    return encode_dss_signature(r, _ORDER - s)


def other_raw(value: bytes) -> bytes:
    """Of r and s beside each other (RFC 7518 §3.4)."""
    return raw_signature(other(der_signature(value)))


@dataclass(frozen=True)
class Changed:
    """A value in DER that has the other value of one of the signatures in it. `signed` comes first
    in the SEQUENCE whose last part is that signature: what was signed, in SIGNED{…}."""

    encoded: bytes
    value: bytes
    signed: bytes = b""


def each_changed(encoded: bytes) -> Iterator[Changed]:
    """For each signature in it, wherever it is encoded."""
    tag = encoded[0]
    if tag & _CONSTRUCTED:
        parts = der.parts(encoded)
        for number, part in enumerate(parts):
            for one in each_changed(part):
                again = der.tlv(tag, *parts[:number], one.encoded, *parts[number + 1 :])
                yield Changed(again, one.value, one.signed or parts[0])
    elif tag in {_OCTETS, _BITS}:
        head = b"\x00" if tag == _BITS else b""
        held = der.content(encoded).removeprefix(head)
        try:
            yield Changed(der.tlv(tag, head, other(held)), held)
        except ValueError:
            for one in _within(held):
                yield replace(one, encoded=der.tlv(tag, head, one.encoded))


def _within(octets: bytes) -> Iterator[Changed]:
    try:
        der.parts(octets)
    except (ValueError, IndexError):
        return
    yield from each_changed(octets)
