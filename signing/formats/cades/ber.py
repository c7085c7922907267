"""BER (X.690 §8) made definite: lengths that were left open are written, strings that came in
segments are joined. Values that are DER already stay as they are, byte for byte."""

from typing import Final

from keys.der import tlv

_CONSTRUCTED: Final = 0x20
_MANY_OCTETS: Final = 0x1F
_OPEN: Final = 0x80
_OCTET_STRING: Final = 0x04
_END: Final = b"\x00\x00"
_DEEPEST: Final = 64


def definite(encoded: bytes) -> tuple[bytes, bytes]:
    """The first value, and what follows it; raises ValueError where there is none."""
    value, end = _value(memoryview(encoded), 0, _DEEPEST)
    return bytes(value), encoded[end:]


def parts(encoded: bytes) -> tuple[bytes, ...]:
    """The values, as they are, that one constructed value is made of; raises ValueError."""
    view = memoryview(encoded)
    _, place, end = _header(view, 0)
    found = []
    while place != end and not (end is None and bytes(view[place : place + 2]) == _END):
        _, _, after = _header(view, place)
        if after is None:
            _, after = _value(view, place, _DEEPEST)
        found.append(encoded[place:after])
        place = after
    if place + (2 if end is None else 0) != len(encoded):
        raise ValueError("something after the value, or too little in it")
    return tuple(found)


def _value(encoded: memoryview, at: int, deeper: int) -> tuple[bytes | memoryview, int]:
    """The value that begins at `at`, and where it ends."""
    tag, body, end = _header(encoded, at)
    if deeper == 0:
        raise ValueError("nested too deep")
    if not encoded[at] & _CONSTRUCTED:
        if end is None:
            raise ValueError("a primitive value without a length")
        return encoded[at:end], end
    parts, place, changed = [], body, end is None
    while place != end:
        if end is None and bytes(encoded[place : place + 2]) == _END:
            break
        part, after = _value(encoded, place, deeper - 1)
        changed = changed or not isinstance(part, memoryview)
        parts.append(part)
        place = after
        if end is not None and place > end:
            raise ValueError("a value within ends after the one around it")
    after = place if end is not None else place + 2
    if tag == _OCTET_STRING | _CONSTRUCTED:
        return tlv(_OCTET_STRING, *(_content(part) for part in parts)), after
    if not changed:
        return encoded[at:after], after
    return _again(encoded[at:body], parts), after


def _again(header: memoryview, parts: list[bytes | memoryview]) -> bytes:
    """A value with its length written; its tag may have many octets."""
    size = 1
    if header[0] & _MANY_OCTETS == _MANY_OCTETS:
        while header[size] & 0x80:
            size += 1
        size += 1
    whole = tlv(0, *(bytes(part) for part in parts))
    return bytes(header[:size]) + whole[1:]


def _content(segment: bytes | memoryview) -> bytes:
    view = memoryview(segment)
    tag, body, end = _header(view, 0)
    if tag != _OCTET_STRING or end is None:
        raise ValueError("a segment of another type")
    return bytes(view[body:end])


def _header(encoded: memoryview, at: int) -> tuple[int, int, int | None]:
    """The first octet of the tag, where the content begins, and where it ends, if that is said."""
    if at + 2 > len(encoded):
        raise ValueError("cut off")
    tag, place = encoded[at], at + 1
    if tag & _MANY_OCTETS == _MANY_OCTETS:
        while place < len(encoded) and encoded[place] & 0x80:
            place += 1
        place += 1
    if place >= len(encoded):
        raise ValueError("cut off")
    size, place = encoded[place], place + 1
    if size == _OPEN:
        return tag, place, None
    if size > _OPEN:
        octets = size & 0x7F
        size = int.from_bytes(encoded[place : place + octets])
        place += octets
    if place + size > len(encoded):
        raise ValueError("cut off")
    return tag, place, place + size
