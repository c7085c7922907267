"""Inputs for the targets, made from others by chance: the same dice, the same inputs.

JSON is mutated as JSON, a form as a form, several lines each for itself; all of them as bytes too.
"""

import json
from collections.abc import Iterator, Sequence
from enum import Enum
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlencode


class Kind(Enum):
    """What a parser's input is made of."""

    BYTES = "bytes"
    JSON = "json"  # a document, or several, a line each
    FORM = "form"
    REQUEST = "request"  # of HTTP: lines, an empty one, and a body


_TEXTS = (
    "",
    " ",
    "\x00",
    "\n",
    "\r\nX: y",
    "\ud800",
    "a" * 3_000,
    "ក្រសួង",
    "\u202e",
    "null",
    "https://service.example.kh/callback",
    "https://a.example.kh:99999/",
    "https://[",
    "https://[::1%25lo]/",
    "//host",
    "urn:x",
    "http://127.0.0.1",
    "javascript:alert(1)",
    "com.example.app:/callback",
    "none",
    "ES256",
    "RS256",
    "*",
    "=",
    "&",
    "%",
    "%ff",
    "-1",
    "1e999",
    "9" * 20,
    "٣",
)
_VALUES = (
    None,
    True,
    False,
    0,
    -1,
    1,
    1.5,
    1e308,
    2**31,
    2**53,
    2**63,
    2**64,
    10**30,
    -(10**400),
    [],
    {},
    [[]],
    {"": {}},
    *_TEXTS,
)
_BITS = (
    b"\x00",
    b"\xff",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\r\n",
    b"..",
    b"%00",
    b"NaN",
    b"Infinity",
    b"\\ud800",
    b"-0",
    b"1E400",
    b"[" * 300 + b"]" * 300,
    b"[" * 2_000,
    b"\x30\x80",
    b"\x30\x84\xff\xff\xff\xff",
    b"\x02\x01\x00",
    b"\x05\x00",
    b"\xa0\x82\x01\x00",
)
_DEPTHS = (10, 300, 900)


def mutated(data: bytes, kind: Kind, dice: Random, others: Sequence[bytes] = ()) -> bytes:
    """One other input."""
    if kind is Kind.JSON and dice.random() < 0.7:
        return _json(data, dice)
    if kind is Kind.FORM and dice.random() < 0.7:
        return _form(data, dice)
    if kind is Kind.REQUEST and dice.random() < 0.8:
        return _request(data, dice, others)
    return _bytes(data, dice, others)


def inputs(seeds: Sequence[bytes], kind: Kind, count: int, seed: str) -> Iterator[bytes]:
    """Inputs that descend from the seeds: each by one to four mutations."""
    dice = Random(seed)
    for _ in range(count):
        data = dice.choice(seeds)
        for _ in range(dice.randint(1, 4)):
            data = mutated(data, kind, dice, seeds)
        yield data


def _json(data: bytes, dice: Random) -> bytes:
    lines = data.split(b"\n")
    place = dice.randrange(len(lines))
    ascii_only = dice.random() < 0.5
    try:
        document = json.loads(lines[place])
        changed = json.dumps(_node(document, dice), ensure_ascii=ascii_only)
    except (ValueError, RecursionError):
        return _bytes(data, dice, ())
    lines[place] = changed.encode("utf-8", "surrogatepass")
    return b"\n".join(lines)


def _request(data: bytes, dice: Random, others: Sequence[bytes]) -> bytes:
    head, _, body = data.partition(b"\n\n")
    if dice.random() < 0.5 and body:
        kind = Kind.JSON if body[:1] in b"{[" else Kind.FORM
        return head + b"\n\n" + mutated(body, kind, dice, others)
    lines = head.split(b"\n")
    if dice.random() < 0.5:
        method, _, address = lines[0].partition(b" ")
        path, mark, query = address.partition(b"?")
        if mark and dice.random() < 0.7:
            lines[0] = method + b" " + path + b"?" + _form(query, dice)
        else:
            lines[0] = _bytes(lines[0], dice, others)
    elif dice.random() < 0.3:
        lines.append(dice.choice(dice.choice(others or [data]).partition(b"\n\n")[0].split(b"\n")))
    else:
        place = dice.randrange(len(lines))
        lines[place] = _bytes(lines[place], dice, others)
    return b"\n".join(lines) + b"\n\n" + body


def _node(value: Any, dice: Random) -> Any:
    """The document with one of its nodes changed."""
    if isinstance(value, dict) and value and dice.random() < 0.85:
        name = dice.choice(list(value))
        way = dice.random()
        if way < 0.1:
            return {key: kept for key, kept in value.items() if key != name}
        if way < 0.15:
            return {**value, dice.choice(_TEXTS): dice.choice(_VALUES)}
        if way < 0.2:
            return {**value, name: value[dice.choice(list(value))]}
        return {**value, name: _node(value[name], dice)}
    if isinstance(value, list) and value and dice.random() < 0.85:
        place = dice.randrange(len(value))
        way = dice.random()
        if way < 0.1:
            return value[:place] + value[place + 1 :]
        if way < 0.3:
            return [*value, value[place]]
        return [*value[:place], _node(value[place], dice), *value[place + 1 :]]
    return _leaf(value, dice)


def _leaf(value: Any, dice: Random) -> Any:
    way = dice.random()
    if way < 0.1:
        for _ in range(dice.choice(_DEPTHS)):
            value = [value]
        return value
    if isinstance(value, str) and way < 0.5:
        return _text(value, dice)
    if isinstance(value, int | float) and not isinstance(value, bool) and way < 0.5:
        return value + dice.choice((-3_601, -1, 1, 61, 3_601))
    return dice.choice(_VALUES)


def _text(value: str, dice: Random) -> str:
    place = dice.randrange(len(value) + 1)
    return value[:place] + dice.choice(_TEXTS) + value[place + dice.randint(0, 3) :]


def _form(data: bytes, dice: Random) -> bytes:
    pairs = parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True)
    if not pairs:
        return _bytes(data, dice, ())
    place = dice.randrange(len(pairs))
    name, value = pairs[place]
    way = dice.random()
    if way < 0.15:
        del pairs[place]
    elif way < 0.3:
        pairs.append((name, dice.choice(_TEXTS)))
    elif way < 0.6 and value[:1] in ("{", "["):
        pairs[place] = (
            name,
            _json(value.encode("utf-8", "replace"), dice).decode("utf-8", "replace"),
        )
    else:
        pairs[place] = name, _text(value, dice)
    return urlencode(pairs, errors="surrogatepass").encode()


def _bytes(data: bytes, dice: Random, others: Sequence[bytes]) -> bytes:
    place, end = sorted((dice.randrange(len(data) + 1), dice.randrange(len(data) + 1)))
    end = min(end, place + 64)
    way = dice.randrange(6)
    if way == 0 and data:
        place = min(place, len(data) - 1)
        return data[:place] + bytes([data[place] ^ 1 << dice.randrange(8)]) + data[place + 1 :]
    if way == 1:
        return data[:place] + data[end:]
    if way == 2:
        return data[:place] + dice.choice(_BITS) + data[place:]
    if way == 3:
        return data[:end] + data[place:end] + data[end:]
    if way == 4 and others:
        other = dice.choice(others)
        cut = dice.randrange(len(other) + 1)
        return data[:place] + other[cut : cut + 64] + data[end:]
    return data[:place] + dice.randbytes(dice.randint(1, 8)) + data[place:]
