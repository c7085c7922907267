"""Evidence records among the unsigned properties of a XAdES signature (TS 119 132-3): each is over
the group of all that is signed, of the signature and of the properties before."""

import base64
import copy
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from asn1crypto import cms
from lxml import etree

from signing.formats import primitives
from signing.formats.cms import WHATEVER
from signing.formats.ers import reading
from signing.formats.xades.parsing import Element, parse
from signing.formats.xades.properties import Properties
from signing.formats.xades.values import tolerated
from signing.rules import hash_tree

SEALING: Final = "{http://uri.etsi.org/19132/v1.1.1#}SealingEvidenceRecords"
_IN_XML: Final = f"{{{reading.ERS}}}EvidenceRecord"
_MOST: Final = 16


@dataclass(frozen=True)
class Group:
    """Octets that are hashed one by one, and together as a data object group (RFC 6283 §2.1)."""

    octets: tuple[bytes, ...]

    def digest(self, name: str) -> bytes:
        by = partial(primitives.digest, name)
        return hash_tree.node([by(one) for one in self.octets], by)

    def whole(self) -> bytes:
        raise ValueError("a group is no one object")


def within(found: Properties) -> list[Element]:
    """The properties with records, in their order."""
    return [one for one in found.unsigned if one.tag == SEALING]


def encoded(listed: Element) -> list[bytes]:
    """The records of one property."""
    return [_encoded(one) for one in list(listed.iterchildren("{*}*"))[:_MOST]]


def tokens(found: Properties) -> Iterator[cms.SignedData]:
    """Their time-stamps; what is no record has none."""
    for one in (each for listed in within(found) for each in encoded(listed)):
        with suppress(*WHATEVER):
            yield from reading.parse(one).tokens


def made_of(listed: Element, step: Callable[[bytes], bytes]) -> list[str]:
    """The elements of one property, each with what a step makes of its record."""
    return [_element(one, step(_encoded(one))) for one in listed.iterchildren("{*}*")]


def _encoded(one: Element) -> bytes:
    if one.tag == _IN_XML:
        return bytes(etree.tostring(one, with_tail=False))
    return tolerated(one) or b""


def _element(one: Element, made: bytes) -> str:
    if one.tag == _IN_XML:
        return str(etree.tostring(parse(made).getroot(), encoding="unicode"))
    again = copy.deepcopy(one)
    again.text = base64.b64encode(made).decode()
    return str(etree.tostring(again, encoding="unicode", with_tail=False))
