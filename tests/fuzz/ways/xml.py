"""Ways to hurt XML: by its elements, by how it is written, and by what is in its base64."""

import base64
import re
from random import Random

from lxml import etree

from tests.fuzz.ways import asn1
from tests.fuzz.ways.octets import Mutated, Way
from tests.twins import other_raw

_VALUES = re.compile(rb">(MI[A-Za-z0-9+/]{16,}=*)<")
_TWO_NUMBERS = re.compile(rb"(?<=>)[A-Za-z0-9+/]{86}==(?=</ds:SignatureValue>)")
_SPACES = (b" ", b"\n", b"\t", b"<!-- -->", b"<?x?>")


def change_an_element(document: bytes, dice: Random) -> Mutated:
    root = etree.fromstring(document)
    one = dice.choice(list(root.iterdescendants("{*}*")))
    parent = one.getparent()
    way = dice.choice(("cut", "repeat", "swap", "move", "empty", "name", "attribute", "wrap"))
    other = dice.choice(list(root.iterdescendants("{*}*")))
    if way == "cut":
        parent.remove(one)
    elif way == "repeat":
        parent.insert(parent.index(one), etree.fromstring(etree.tostring(one)))
    elif way == "swap":
        parent.insert(dice.randrange(len(parent)), one)
    elif way == "move":
        other.append(etree.fromstring(etree.tostring(one)))
    elif way == "empty":
        one.clear()
    elif way == "name":
        one.tag = other.tag
    elif way == "attribute":
        one.set(dice.choice(("Id", "x", "URI", "Algorithm", "Encoding")), "x")
    else:
        one.append(etree.Element(dice.choice((other.tag, "x"))))
    return f"{way} {etree.QName(one).localname}", etree.tostring(root)


def change_an_attribute(document: bytes, dice: Random) -> Mutated:
    found = dice.choice(list(re.finditer(rb' ([\w:]+)="([^"]*)"', document)))
    name, value = found[1], found[2]
    changed = dice.choice(
        (
            b"",
            b" %s='%s'" % (name, value),
            b'  %s="%s"' % (name, value),
            b' %s = "%s"' % (name, value),
            b' %s="%s "' % (name, value),
            b' %s="%s#"' % (name, value),
            b' %s="&#x%x;%s"' % (name, value[0] if value else 32, value[1:]),
            b' x="%s" %s="%s"' % (value, name, value),
        )
    )
    return f"{found.start()} {changed!r}", document[: found.start()] + changed + document[
        found.end() :
    ]


def add_space(document: bytes, dice: Random) -> Mutated:
    """Between elements, in a tag, in text."""
    places = [m.start() for m in re.finditer(rb"[<>/]", document)]
    place = dice.choice(
        (dice.choice(places), dice.choice(places) + 1, dice.randrange(len(document)))
    )
    more = dice.choice(_SPACES)
    return f"{place} {more!r}", document[:place] + more + document[place:]


def write_a_letter_otherwise(document: bytes, dice: Random) -> Mutated:
    """As a reference, or in a CDATA section."""
    letters = [
        m.start(1) for m in re.finditer(rb"(?<=[>A-Za-z0-9+/])([A-Za-z0-9])(?=[^<>]*</)", document)
    ]
    place = dice.choice(letters)
    letter = document[place : place + 1]
    said = dice.choice((b"&#x%x;" % letter[0], b"<![CDATA[%s]]>" % letter))
    return f"{place} {said!r}", document[:place] + said + document[place + 1 :]


def write_it_otherwise(document: bytes, dice: Random) -> Mutated:
    """A declaration, another prefix, another encoding."""
    way = dice.randrange(5)
    if way == 0:
        return "declaration", b'<?xml version="1.0" encoding="UTF-8"?>' + document
    if way == 1:
        return "prefix", document.replace(b"xades:", b"x:").replace(b"xmlns:xades=", b"xmlns:x=")
    if way == 2:
        return "namespace", document.replace(b">", b' xmlns:unused="urn:x">', 1)
    if way == 3:
        return "encoding", document.decode().encode("utf-16")
    return "tags", re.sub(rb"></[\w:]+>", b"/>", document, count=1)


def change_a_value(document: bytes, dice: Random) -> Mutated:
    """What is in DER, as DER."""
    found = dice.choice(list(_VALUES.finditer(document)))
    way = dice.choice(asn1.WAYS)
    told, changed = way(base64.b64decode(found[1]), dice)
    text = base64.b64encode(changed)
    start, end = found.span(1)
    return f"{start} {way.__name__} {told}", document[:start] + text + document[end:]


def write_base64_otherwise(document: bytes, dice: Random) -> Mutated:
    found = dice.choice(list(re.finditer(rb">([A-Za-z0-9+/]{8,}=*)<", document)))
    text = found[1]
    place = dice.randrange(len(text))
    bare = text.rstrip(b"=")
    near = bytes((bare[-1] ^ 1,)) + text[len(bare) :]
    changed = dice.choice(
        (text[:place] + b"\n" + text[place:], text + b"=", bare[:-1] + near, bare)
    )
    return f"{found.start()}", document[: found.start(1)] + changed + document[found.end(1) :]


def take_the_other_value_of_a_signature(document: bytes, dice: Random) -> Mutated:
    """(r, n − s) for (r, s), as XML writes both; in DER they are changed with the values."""
    found = dice.choice(list(_TWO_NUMBERS.finditer(document)))
    twin = base64.b64encode(other_raw(base64.b64decode(found[0])))
    return f"{found.start()}", document[: found.start()] + twin + document[found.end() :]


WAYS: tuple[Way, ...] = (
    change_an_element,
    change_an_element,
    change_an_attribute,
    add_space,
    write_a_letter_otherwise,
    write_it_otherwise,
    change_a_value,
    change_a_value,
    write_base64_otherwise,
    take_the_other_value_of_a_signature,
)
