"""Ways to hurt a value in DER by its parts, all lengths put right."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random

from keys import der
from tests.fuzz.ways.octets import Mutated, Way
from tests.twins import each_changed

_CONSTRUCTED, _OCTETS, _BITS = 0x20, 0x04, 0x03
_OF_A_ROOT = b"Root CA"
"""In the name of who issued it. A root may be somebody else's, and sign as it likes."""

_MORE = (
    b"\x05\x00",
    b"\x04\x00",
    b"\x30\x00",
    b"\xa0\x00",
    b"\xa1\x00",
    b"\x31\x00",
    b"\x01\x01\xff",
)


@dataclass
class Value:
    """A value: what is within, or its octets. `form`: how its length is written."""

    tag: int
    within: "list[Value]" = field(default_factory=list)
    octets: bytes = b""
    form: str = ""

    def dump(self) -> bytes:
        body = b"".join(one.dump() for one in self.within) or self.octets
        if self.form == "open":
            return bytes((self.tag | _CONSTRUCTED, 0x80)) + body + b"\x00\x00"
        if self.form == "long":
            return bytes((self.tag, 0x84)) + len(body).to_bytes(4) + body
        return der.tlv(self.tag, body)

    def below(self) -> "Iterator[tuple[Value, int]]":
        """Each value within, by who holds it and its number."""
        for number, one in enumerate(self.within):
            yield self, number
            yield from one.below()


def parse(encoded: bytes) -> Value:
    """Raises ValueError. What is encoded in OCTET STRINGs is taken apart, too."""
    tag, octets = encoded[0], der.content(encoded)
    if tag & _CONSTRUCTED:
        return Value(tag, [parse(one) for one in der.parts(encoded)])
    if tag == _OCTETS and octets[:1] == b"\x30":
        try:
            return Value(tag, [parse(octets)])
        except ValueError:
            pass
    return Value(tag, octets=octets)


def _chosen(document: bytes, dice: Random) -> tuple[Value, Value, int]:
    """The whole, and one value in it by its holder."""
    whole = parse(document)
    return whole, *dice.choice(list(whole.below()))


def cut_a_value(document: bytes, dice: Random) -> Mutated:
    whole, held, number = _chosen(document, dice)
    cut = held.within.pop(number)
    return f"{cut.tag:02x} {number}", whole.dump()


def repeat_a_value(document: bytes, dice: Random) -> Mutated:
    whole, held, number = _chosen(document, dice)
    held.within.insert(dice.randrange(len(held.within) + 1), held.within[number])
    return f"{held.within[number].tag:02x} {number}", whole.dump()


def swap_values(document: bytes, dice: Random) -> Mutated:
    whole = parse(document)
    several = [held for held, number in whole.below() if number == 1]
    held = dice.choice(several).within
    one, other = dice.sample(range(len(held)), 2)
    held[one], held[other] = held[other], held[one]
    return f"{held[one].tag:02x} {one} {other}", whole.dump()


def put_a_value_elsewhere(document: bytes, dice: Random) -> Mutated:
    whole, held, number = _chosen(document, dice)
    source, which = dice.choice(list(whole.below()))
    held.within[number] = deepcopy(source.within[which])
    return f"{held.within[number].tag:02x} {number}", whole.dump()


def add_a_value(document: bytes, dice: Random) -> Mutated:
    whole, held, number = _chosen(document, dice)
    held.within.insert(number, parse(dice.choice(_MORE)))
    return f"{held.within[number].tag:02x} {number}", whole.dump()


def flip_a_bit_of_a_value(document: bytes, dice: Random) -> Mutated:
    whole = parse(document)
    plain = [held.within[n] for held, n in whole.below() if held.within[n].octets]
    one = dice.choice(plain)
    octets = bytearray(one.octets)
    octets[dice.randrange(len(octets))] ^= 1 << dice.randrange(8)
    one.octets = bytes(octets)
    return f"{one.tag:02x}", whole.dump()


def change_a_tag(document: bytes, dice: Random) -> Mutated:
    whole, held, number = _chosen(document, dice)
    one = held.within[number]
    one.tag ^= 1 << dice.randrange(8)
    return f"{one.tag:02x}", whole.dump()


def empty_a_value(document: bytes, dice: Random) -> Mutated:
    whole, held, number = _chosen(document, dice)
    held.within[number] = Value(held.within[number].tag)
    return f"{held.within[number].tag:02x}", whole.dump()


def write_a_length_otherwise(document: bytes, dice: Random) -> Mutated:
    """BER (X.690 §8.1.3): longer than it need be, or left open."""
    whole, held, number = _chosen(document, dice)
    one = dice.choice((whole, held.within[number]))
    one.form = "open" if one.tag & _CONSTRUCTED and dice.random() < 0.5 else "long"
    return f"{one.tag:02x} {one.form}", whole.dump()


def write_octets_in_pieces(document: bytes, dice: Random) -> Mutated:
    whole = parse(document)
    strings = [held.within[n] for held, n in whole.below() if held.within[n].tag == _OCTETS]
    one = dice.choice(strings)
    octets = der.content(one.dump())
    place = dice.randrange(len(octets) + 1)
    one.tag, one.octets = _OCTETS | _CONSTRUCTED, b""
    one.within = [Value(_OCTETS, octets=part) for part in (octets[:place], octets[place:])]
    return f"{place}", whole.dump()


def count_bits_otherwise(document: bytes, dice: Random) -> Mutated:
    """The unused bits of a BIT STRING, its last octet cleared or not."""
    whole = parse(document)
    strings = [held.within[n] for held, n in whole.below() if held.within[n].tag == _BITS]
    one = dice.choice([each for each in strings if each.octets])
    one.octets = bytes((dice.randrange(8),)) + one.octets[1:]
    return f"{one.octets[0]}", whole.dump()


def take_the_other_value_of_a_signature(document: bytes, dice: Random) -> Mutated:
    """(r, n − s) for (r, s), in what no root signed."""
    found = [one for one in each_changed(document) if _OF_A_ROOT not in one.signed]
    one = dice.choice(found)
    return f"{one.value.hex()[-16:]}", one.encoded


WAYS: tuple[Way, ...] = (
    cut_a_value,
    cut_a_value,
    repeat_a_value,
    swap_values,
    put_a_value_elsewhere,
    add_a_value,
    flip_a_bit_of_a_value,
    flip_a_bit_of_a_value,
    change_a_tag,
    empty_a_value,
    write_a_length_otherwise,
    write_octets_in_pieces,
    count_bits_otherwise,
    take_the_other_value_of_a_signature,
)
