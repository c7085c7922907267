"""Ways to hurt a JWS: by its members, how JSON and base64 are written, and what is in them."""

import base64
import json
import re
from collections.abc import Iterator
from random import Random
from typing import Any

import orjson

from keys.segments import decode, encode
from tests.fuzz.ways import asn1
from tests.fuzz.ways.octets import Mutated, Way
from tests.twins import other_raw

_VALUES = (None, True, 0, "", "x", [], {}, [{}], {"alg": "none"})
_NAMES = ("x", "header", "etsiU", "crit", "payload", "val", "sigTst", "x5c", "encoding")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

Place = tuple[Any, Any]
"""A list or an object, and where in it."""


def _places(held: Any) -> Iterator[Place]:
    for key, value in held.items() if isinstance(held, dict) else enumerate(held):
        yield held, key
        if isinstance(value, dict | list):
            yield from _places(value)


def _members(document: bytes) -> dict[str, Any]:
    """Raises ValueError for a compact one."""
    said = json.loads(document)
    assert isinstance(said, dict)
    return said


def change_a_member(document: bytes, dice: Random) -> Mutated:
    said = _members(document)
    held, key = dice.choice(list(_places(said)))
    way = dice.randrange(4)
    if way == 0:
        del held[key]
    elif way == 1:
        held[key] = dice.choice(_VALUES)
    elif way == 2:
        source, other = dice.choice(list(_places(said)))
        held[key] = source[other]
    elif isinstance(held, dict):
        held[dice.choice(_NAMES)] = dice.choice((*_VALUES, held[key]))
    else:
        held.insert(dice.randrange(len(held) + 1), held[key])
    return f"{key} {way}", orjson.dumps(json.loads(json.dumps(said)))


def change_the_order(document: bytes, dice: Random) -> Mutated:
    said = _members(document)
    several = [said, *(held[key] for held, key in _places(said))]
    held = dice.choice([one for one in several if isinstance(one, dict | list) and len(one) > 1])
    mixed = list(held.items()) if isinstance(held, dict) else list(held)
    dice.shuffle(mixed)
    held.clear()
    held.update(mixed) if isinstance(held, dict) else held.extend(mixed)
    return f"{len(mixed)}", orjson.dumps(said)


def add_space(document: bytes, dice: Random) -> Mutated:
    marks = [m.start() for m in re.finditer(rb"[{}\[\],:.]", document)]
    place, more = dice.choice(marks) + dice.randrange(2), dice.choice((b" ", b"\n", b"\t", b"\r\n"))
    return f"{place} {more!r}", document[:place] + more + document[place:]


def write_a_letter_otherwise(document: bytes, dice: Random) -> Mutated:
    """RFC 8259 §7: as an escape."""
    letters = [m.start() for m in re.finditer(rb"(?<=[A-Za-z0-9])[A-Za-z0-9]", document)]
    place = dice.choice(letters)
    escape = b"\\u%04x" % document[place]
    return f"{place}", document[:place] + escape + document[place + 1 :]


def add_a_member_twice(document: bytes, dice: Random) -> Mutated:
    found = dice.choice(list(re.finditer(rb'"(\w+)":("[^"]*"),?', document)))
    again = b'"%s":%s,' % (found[1], dice.choice((found[2], b'""', b"null")))
    return f"{found[1]!r}", document[: found.start()] + again + document[found.start() :]


def write_base64_otherwise(document: bytes, dice: Random) -> Mutated:
    """Padding, bits that are lost, the other alphabet."""
    found = dice.choice(list(re.finditer(rb"[A-Za-z0-9_+/=-]{8,}", document)))
    text = found[0].decode()
    way = dice.randrange(4)
    if way == 0:
        text += "="
    elif way == 1:
        text = text.rstrip("=")
    elif way == 2:
        text = text.translate(str.maketrans("-_+/", "+/-_"))
    else:
        last = text.rstrip("=")[-1]
        near = _ALPHABET[_ALPHABET.index(last) ^ 1] if last in _ALPHABET else "A"
        text = text.rstrip("=")[:-1] + near + "=" * (len(text) - len(text.rstrip("=")))
    changed = document[: found.start()] + text.encode() + document[found.end() :]
    return f"{found.start()} {way}", changed


def change_what_is_unsigned(document: bytes, dice: Random) -> Mutated:
    """A component of etsiU: as JSON, or a value within as DER."""
    said = _members(document)
    one = dice.choice(said.get("signatures", [said]))
    unsigned = one["header"]["etsiU"]
    number = dice.randrange(len(unsigned))
    clear = json.loads(decode(unsigned[number]))
    values = [place for place in _places(clear) if place[1] == "val"]
    if values and dice.random() < 0.7:
        held, key = dice.choice(values)
        way = dice.choice(asn1.WAYS)
        told, changed = way(base64.b64decode(held[key]), dice)
        held[key] = base64.b64encode(changed).decode()
        unsigned[number] = encode(orjson.dumps(clear))
        return f"{number} {way.__name__} {told}", orjson.dumps(said)
    way = dice.choice(_OF_JSON)
    told, text = way(decode(unsigned[number]), dice)
    unsigned[number] = encode(text)
    return f"{number} {way.__name__} {told}", orjson.dumps(said)


def write_a_component_in_clear(document: bytes, dice: Random) -> Mutated:
    """§5.3.1 allows both."""
    said = _members(document)
    one = dice.choice(said.get("signatures", [said]))
    unsigned = one["header"]["etsiU"]
    number = dice.randrange(len(unsigned))
    unsigned[number] = json.loads(decode(unsigned[number]))
    return f"{number}", orjson.dumps(said)


def change_the_protected_header(document: bytes, dice: Random) -> Mutated:
    found = re.search(rb"eyJ[A-Za-z0-9_-]+", document)
    assert found is not None
    way = dice.choice(_OF_JSON)
    told, text = way(decode(found[0].decode()), dice)
    changed = document[: found.start()] + encode(text).encode() + document[found.end() :]
    return f"{way.__name__} {told}", changed


def write_it_in_another_serialisation(document: bytes, dice: Random) -> Mutated:
    """Compact, flattened, general (RFC 7515 §7)."""
    if document[:1] != b"{":
        protected, payload, signature = document.decode().split(".")
        said: dict[str, Any] = {"payload": payload, "protected": protected, "signature": signature}
        return "flattened", orjson.dumps(said)
    said = _members(document)
    if "signatures" in said:
        return "fewer", orjson.dumps(
            {**said, "signatures": said["signatures"][: dice.randrange(1, 3)]}
        )
    if dice.random() < 0.5:
        text = f"{said['protected']}.{said.get('payload', '')}.{said['signature']}"
        return "compact", text.encode()
    payload = {"payload": said.pop("payload")} if "payload" in said else {}
    return "general", orjson.dumps({**payload, "signatures": [said]})


def take_the_other_value_of_a_signature(document: bytes, dice: Random) -> Mutated:
    """(r, n − s) for (r, s)."""
    found = dice.choice(list(re.finditer(rb'(?<=[".])[A-Za-z0-9_-]{86}(?="|\Z)', document)))
    twin = encode(other_raw(decode(found[0].decode()))).encode()
    return f"{found.start()}", document[: found.start()] + twin + document[found.end() :]


_OF_JSON: tuple[Way, ...] = (
    change_a_member,
    change_the_order,
    add_space,
    write_a_letter_otherwise,
    add_a_member_twice,
    write_base64_otherwise,
)

WAYS: tuple[Way, ...] = (
    *_OF_JSON,
    change_what_is_unsigned,
    change_what_is_unsigned,
    change_what_is_unsigned,
    write_a_component_in_clear,
    change_the_protected_header,
    write_it_in_another_serialisation,
    take_the_other_value_of_a_signature,
)
