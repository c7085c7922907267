"""Ways to hurt a PDF: by its objects, its revisions, and what no signature covers."""

import re
from dataclasses import replace
from random import Random

from signing.formats.pades import increment
from tests.fuzz.ways import asn1
from tests.fuzz.ways.octets import Mutated, Way, put


def flip_a_bit_that_no_signature_covers(document: bytes, dice: Random) -> Mutated:
    start, end = dice.choice(_uncovered(document))
    place, bit = dice.randrange(start, end), dice.randrange(8)
    return f"{place}.{bit}", put(document, place, bytes([document[place] ^ 1 << bit]))


def change_a_byte_that_no_signature_covers(document: bytes, dice: Random) -> Mutated:
    start, end = dice.choice(_uncovered(document))
    place, byte = dice.randrange(start, end), dice.choice(b" \t\r\n\x00\x0c%/<>[]()09afAF")
    return f"{place} {byte:02x}", put(document, place, bytes([byte]))


def change_an_octet_of_a_signature(document: bytes, dice: Random) -> Mutated:
    """One octet of the CMS, written as the hexadecimal digits around it are."""
    start, end = _encoded(document, dice)
    place = start + 2 * dice.randrange((end - start) // 2)
    octet = bytes.fromhex(document[place : place + 2].decode())[0] ^ 1 << dice.randrange(8)
    digits = b"%02x" % octet if document[start:end].islower() else b"%02X" % octet
    return f"{place} {digits.decode()}", put(document, place, digits)


def change_a_value_of_a_signature(document: bytes, dice: Random) -> Mutated:
    """Its CMS by the parts of that, as far as there is room."""
    start, end = dice.choice(_gaps(document))
    first, last = _encoded_in(document, start, end)
    way = dice.choice(asn1.WAYS)
    told, changed = way(bytes.fromhex(document[first:last].decode()), dice)
    digits = changed.hex().encode()
    digits = digits if document[first:last].islower() else digits.upper()
    room = end - start - 2
    if len(digits) > room:
        raise ValueError("no room")
    return f"{start} {way.__name__} {told}", put(document, first, digits.ljust(room, b"0"))


def write_the_proofs_otherwise(document: bytes, dice: Random) -> Mutated:
    """The last revision with other validation data, by the book."""
    end = [match.end() for match in re.finditer(rb"%%EOF\n", document)][-2]
    data = increment.read_new(document[:end], document)
    if data is None:
        raise ValueError("no validation data")
    kinds = ("certificates", "ocsps", "crls")
    kind = dice.choice([one for one in kinds if getattr(data, one)])
    held = list(getattr(data, kind))
    number = dice.randrange(len(held))
    way = dice.choice((None, *asn1.WAYS))
    if way is None:
        del held[number]
    else:
        held[number] = way(held[number], dice)[1]
    changed = replace(data, **{kind: tuple(held)})
    said = f"{kind} {number} {way.__name__ if way else 'cut'}"
    return said, document[:end] + increment.write(document[:end], changed)


def change_the_case_of_a_digit(document: bytes, dice: Random) -> Mutated:
    start, end = _encoded(document, dice)
    letters = [m.start() for m in re.compile(rb"[A-Fa-f]").finditer(document, start, end)]
    place = dice.choice(letters)
    return f"{place}", put(document, place, document[place : place + 1].swapcase())


def cut_off_the_end(document: bytes, dice: Random) -> Mutated:
    last = document.rfind(b"/ByteRange")
    place = dice.randrange(last, len(document))
    return f"{place}", document[:place]


def insert_space(document: bytes, dice: Random) -> Mutated:
    start, end = dice.choice(_uncovered(document))
    place, more = dice.randrange(start, end + 1), dice.choice((b" ", b"\n", b"\r\n", b"%x\n"))
    return f"{place} {more!r}", document[:place] + more + document[place:]


def swap_objects(document: bytes, dice: Random) -> Mutated:
    (a, b), (c, d) = sorted(dice.sample(_objects(document), 2))
    swapped = document[:a] + document[c:d] + document[b:c] + document[a:b] + document[d:]
    return f"{a} {c}", swapped


def swap_streams(document: bytes, dice: Random) -> Mutated:
    """The contents of two objects under each other's number, places put right."""
    (a, b), (c, d) = sorted(dice.sample(_objects(document), 2))
    one, other = (part.split(b"obj", 1) for part in (document[a:b], document[c:d]))
    first, second = one[0] + b"obj" + other[1], other[0] + b"obj" + one[1]
    swapped = document[:a] + first + document[b:c] + second + document[d:]
    return f"{a} {c}", _with_places(swapped)


def cut_an_object(document: bytes, dice: Random) -> Mutated:
    start, end = dice.choice(_objects(document))
    return f"{start}", _with_places(document[:start] + document[end:])


def repeat_an_object(document: bytes, dice: Random) -> Mutated:
    start, end = dice.choice(_objects(document))
    return f"{start}", _with_places(document[:end] + document[start:end] + document[end:])


def add_an_increment(document: bytes, dice: Random) -> Mutated:
    """One object of the file written again at its end, by the book."""
    start, end = dice.choice(_objects(document))
    again = document[start:end]
    number = int(again.split()[0])
    size = max(int(said) for said in re.findall(rb"/Size (\d+)", document))
    previous = int(re.findall(rb"startxref\s+(\d+)", document)[-1])
    place = len(document) + len(again)
    return f"{number}", document + again + (
        b"xref\n%d 1\n%010d 00000 n \ntrailer\n<< /Size %d /Root 1 0 R /Prev %d >>\n"
        b"startxref\n%d\n%%%%EOF\n"
    ) % (number, len(document), size, previous, place)


def cut_a_revision(document: bytes, dice: Random) -> Mutated:
    ends = [match.end() for match in re.finditer(rb"%%EOF\n?", document)][:-1]
    begin, end = sorted(dice.sample([0, *ends, len(document)], 2))
    return f"{begin}-{end}", document[:begin] + document[end:]


WAYS: tuple[Way, ...] = (
    flip_a_bit_that_no_signature_covers,
    flip_a_bit_that_no_signature_covers,
    change_a_byte_that_no_signature_covers,
    change_an_octet_of_a_signature,
    change_an_octet_of_a_signature,
    change_a_value_of_a_signature,
    change_a_value_of_a_signature,
    write_the_proofs_otherwise,
    change_the_case_of_a_digit,
    cut_off_the_end,
    insert_space,
    swap_objects,
    swap_streams,
    cut_an_object,
    repeat_an_object,
    add_an_increment,
    cut_a_revision,
)


def _gaps(document: bytes) -> list[tuple[int, int]]:
    """Where the hexadecimal strings of the signatures are, brackets included."""
    found = re.finditer(rb"/ByteRange\s*\[\s*0 (\d+) (\d+) \d+", document)
    return [(int(match[1]), int(match[2])) for match in found]


def _uncovered(document: bytes) -> list[tuple[int, int]]:
    ranges = re.findall(rb"/ByteRange\s*\[\s*0 \d+ (\d+) (\d+)", document)
    end = max(int(after) + int(rest) for after, rest in ranges)
    tail = [(end, len(document))] if end < len(document) else []
    return [*_gaps(document)[-1:], *tail]


def _encoded(document: bytes, dice: Random) -> tuple[int, int]:
    """The digits of a signature's encoding, padding left out."""
    return _encoded_in(document, *dice.choice(_gaps(document)))


def _encoded_in(document: bytes, start: int, end: int) -> tuple[int, int]:
    digits = document[start + 1 : end - 1]
    length = 4 + int(digits[4:8], 16)
    return start + 1, start + 1 + 2 * length


def _objects(document: bytes) -> list[tuple[int, int]]:
    return [m.span() for m in re.finditer(rb"\d+ 0 obj\n.*?endobj\n", document, re.DOTALL)]


def _with_places(document: bytes) -> bytes:
    """The last cross-reference table made right again, for objects after its predecessor."""
    table = document.rfind(b"\nxref\n") + 1
    if not table:
        return document
    start = document.rfind(b"%%EOF", 0, table)
    out = document
    entry = re.compile(rb"(\d{10}) 00000 n")
    places = sorted(int(m[1]) for m in entry.finditer(document, table))
    now = [
        m.start() for m in re.finditer(rb"(?<=\n)\d+ 0 obj", document[:table]) if m.start() > start
    ]
    moved = dict(zip(places, now, strict=False))
    out = document[:table] + entry.sub(
        lambda m: b"%010d 00000 n" % moved.get(int(m[1]), int(m[1])), document[table:]
    )
    return re.sub(rb"startxref\n\d+\n%%EOF\n\Z", b"startxref\n%d\n%%%%EOF\n" % table, out)
