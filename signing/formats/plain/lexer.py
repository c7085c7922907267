"""Objects of a PDF, read strictly (ISO 32000-2 §7.2, §7.3).

Every token has one spelling that all readers agree on; anything else is not plain. Regular
expressions do the work byte by byte; all their repetitions are possessive, so time is linear.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

Value = bytes | int | list["Value"] | dict[bytes, "Value"]
"""A name, number, string or keyword as it is spelled; the number of the object that is referred
to (of generation 0); an array; a dictionary."""

OBJECT_BYTES: Final = 1024 * 1024
"""The longest object, streams left out."""

_DEPTH: Final = 64

_SPACE: Final = rb"[\t\n\r ]"
_END: Final = rb"(?=[\t\n\r ()<>\[\]/]|\Z)"

# An escape that need not be one could hide a name; the space and the slash are what producers
# escape in fact.
_NAME: Final = rb"/(?:[!\"$&'*-.0-9:;=?@A-Z\\^_`a-z|~]|#2[0F])++" + _END
_REFERENCE: Final = rb"[1-9][0-9]{0,7} 0 R" + _END
_NUMBER: Final = rb"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})" + _END
_HEXADECIMAL: Final = rb"<[0-9A-Fa-f\t\n\r ]*+>"
_KEYWORD: Final = rb"(?:true|false|null)" + _END


def _literal(depth: int) -> bytes:
    """A string in parentheses, which may hold others that many deep (§7.3.4.2)."""
    inner = rb"|" + _literal(depth - 1) if depth else rb""
    escape = rb"\\(?:[nrtbf()\\]|[0-3][0-7]{2}|[0-7]{1,2}(?![0-9]))"
    return rb"\((?:[^()\\]++|" + escape + inner + rb")*+\)"


_STRING: Final = _literal(3)
_ONE: Final = rb"|".join(
    (_NAME, _REFERENCE, _NUMBER, rb"<<", rb">>", rb"\[", rb"\]", _STRING, _HEXADECIMAL, _KEYWORD)
)
_GAP: Final = rb"(?:" + _SPACE + rb"|% [0-9]{1,8}\n)*+"  # Cairo numbers its pages by comments
_TOKENS: Final = re.compile(_GAP + rb"(?:(?:" + _ONE + rb")" + _GAP + rb")++")
"""One token after the other; whatever is none of them ends the match."""

_SPLIT: Final = re.compile(
    _GAP + rb"(/?[^\t\n\r ()<>\[\]/]++(?: 0 R(?![^\t\n\r ()<>\[\]/]))?+"
    rb"|<<|>>|[\[\]]|" + _STRING + rb"|<[^>]*+>)"
)
"""What `_TOKENS` matched, token by token."""


class NotPlain(Exception):
    """The document is not proven plain; that says nothing against it."""


class Parsed(NamedTuple):
    """A value, the objects that it refers to, its tokens, and where what follows it begins."""

    value: Value
    references: list[int]
    tokens: list[bytes]
    end: int


def parse(text: bytes, start: int, end: int) -> Parsed:
    """The one value at `start`; raises NotPlain."""
    run = _TOKENS.match(text, start, min(end, start + OBJECT_BYTES))
    if run is None:
        raise NotPlain("no value")
    tokens = _SPLIT.findall(text, start, run.end())
    references: list[int] = []
    return Parsed(_build(tokens, references), references, tokens, run.end())


def _build(tokens: list[bytes], references: list[int]) -> Value:
    outer: list[tuple[bytes, list[Value]]] = []
    opener, items = b"", []  # type: bytes, list[Value]
    for token in tokens:
        if token[0] == _SLASH:
            items.append(token)
        elif token in _CLOSERS:
            outer.append((opener, items))
            opener, items = token, []
            if len(outer) > _DEPTH:
                raise NotPlain("nested too deep")
        elif token in _CLOSING:
            if token != _CLOSERS.get(opener):
                raise NotPlain("closed without being open")
            closed: Value = items if opener == b"[" else _dictionary(items)
            opener, items = outer.pop()
            items.append(closed)
        elif token[-1] == _R:
            references.append(number := int(token[:-4]))
            items.append(number)
        else:
            items.append(token)
    if opener or len(items) != 1:
        raise NotPlain("not one value")
    return items[0]


def _dictionary(items: list[Value]) -> dict[bytes, Value]:
    keys = items[::2]
    held: dict[bytes, Value] = {}
    for key, value in zip(keys, items[1::2], strict=False):
        if not isinstance(key, bytes) or key[0] != _SLASH:
            raise NotPlain("a key that is no name")
        held[key] = value
    if len(held) * 2 != len(items):
        raise NotPlain("a key without a value, or twice")
    return held


def dictionaries(value: Value) -> Iterator[dict[bytes, Value]]:
    """Every dictionary within a value."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def write(value: Value) -> bytes:
    """The value, spelled in one way."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, int):
        return b"%d 0 R" % value
    if isinstance(value, list):
        return b"[ %s ]" % b" ".join(map(write, value))
    return b"<< %s >>" % b" ".join(b"%s %s" % (key, write(one)) for key, one in value.items())


def octets(value: Value) -> bytes:
    """What a string holds (§7.3.4)."""
    if not isinstance(value, bytes) or value[:1] not in {b"(", b"<"} or b"\r" in value:
        raise NotPlain("no string")
    if value.startswith(b"<"):
        digits = value[1:-1].translate(None, b"\t\n ").decode()
        return bytes.fromhex(digits + "0" * (len(digits) % 2))
    return _ESCAPE.sub(_unescaped, value[1:-1])


def _unescaped(escape: re.Match[bytes]) -> bytes:
    said = escape[1]
    return bytes((int(said, 8),)) if said.isdigit() else _ESCAPES.get(said, said)


_ESCAPE: Final = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_ESCAPES: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_SLASH: Final = ord("/")
_R: Final = ord("R")
_CLOSERS: Final = {b"<<": b">>", b"[": b"]"}
_CLOSING: Final = frozenset(_CLOSERS.values())
