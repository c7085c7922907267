"""XML that may be hostile: no DTD, no entities, no network, nothing deep or endless."""

import re
from typing import Any, Final, TypeAlias

from lxml import etree

DS: Final = "http://www.w3.org/2000/09/xmldsig#"
SIGNATURE: Final = f"{{{DS}}}Signature"

Element: TypeAlias = Any  # of lxml, which tells no types
Tree: TypeAlias = Any

_ID: Final = frozenset({"Id", "ID", "id", "AssertionID", "RequestID", "ResponseID"})
"""Attributes that are IDs: without a DTD nobody can tell. The last are SAML 1's."""

_LONG: Final = 10_000_000
"""Octets of one text that libxml2 reads without being asked to."""

_ENCODED: Final = re.compile(rb"\s*<\?xml\s[^>]*?\bencoding\s*=\s*[\"']([\w.:-]+)")
_PLAIN: Final = frozenset({b"utf-8", b"utf8", b"us-ascii", b"ascii", b"iso-8859-1"})
_DOCTYPE: Final = b"<!DOCTYPE"
_OFFICE: Final = re.compile(
    _DOCTYPE + rb'\s+[\w:.-]+\s+PUBLIC\s+"-//OpenOffice.org//DTD [^"<>]*"\s+"[^"<>]*"\s*>'
)


class Malformed(ValueError):
    """Not XML that we read, or not a signature as it has to be."""


class Declared(Malformed):
    """Its DTD may change what it says: it is not read."""


class Absent(Malformed):
    """What was signed is not here, or in no form that we can have it in."""


class Emptied(Malformed):
    """Its transforms leave nothing of what was to be signed."""


def parse(document: bytes, *, office: bool = False) -> Tree:
    """Raises Malformed. `office`: a part of an office document, which may name a DTD of
    OpenOffice.org's: nobody loads it."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=_is_long(document),
        recover=False,
        remove_blank_text=False,
        strip_cdata=False,
    )
    try:
        tree = etree.fromstring(document, parser).getroottree()
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Malformed("not XML") from error
    if tree.docinfo.doctype and not (office and _is_bare(document)):
        raise Declared
    return tree


def _is_long(document: bytes) -> bool:
    """Whether its texts may be long: only where no entity is declared that could make them so."""
    return len(document) > _LONG and _is_plain(document) and _DOCTYPE not in document


def _is_plain(document: bytes) -> bool:
    """Whether its markup can be seen in its octets: it is in ASCII or what extends that."""
    start = document[:1_000].removeprefix(b"\xef\xbb\xbf")
    said = _ENCODED.match(start)
    known = said is None or said[1].lower() in _PLAIN
    return known and start.lstrip()[:1] == b"<" and b"\x00" not in start


def _is_bare(document: bytes) -> bool:
    """Whether its DTD is a name, and says nothing."""
    named = _is_plain(document) and document.count(_DOCTYPE) == 1
    return named and _OFFICE.search(document) is not None


def signatures(tree: Tree) -> list[Element]:
    return list(tree.iter(SIGNATURE))


def countersigned(signature: Element) -> Element | None:
    """The signature that one is over, where it is among that one's unsigned properties
    (EN 319 132-1 §5.2.7)."""
    beside = False
    for above in signature.iterancestors("{*}*"):
        if above.tag == SIGNATURE:
            return above if beside else None
        beside = beside or above.tag.endswith("}UnsignedSignatureProperties")
    return None


def names(tree: Tree) -> dict[Element, str]:
    """What each signature is called, in the order in which they begin: `Signature2`, and
    `Signature2/1` the first over it."""
    found: dict[Element, str] = {}
    counts: dict[Element | None, int] = {}
    for one in signatures(tree):
        over = countersigned(one)
        counts[over] = counts.get(over, 0) + 1
        found[one] = (
            f"{found[over]}/{counts[over]}" if over is not None else f"Signature{counts[None]}"
        )
    return found


def by_id(tree: Tree, name: str) -> Element:
    """The one element of that ID, of those that anyone would take for it; raises Malformed."""
    found = [one for one in tree.iter("{*}*") if name in ids(one)]
    if not found:
        raise Absent("nothing has that ID")
    if len(found) > 1:
        raise Malformed("an ID twice")
    return found[0]


def ids(element: Element) -> set[str]:
    """An attribute of that name in any namespace may be one."""
    return {value for name, value in element.items() if name.rpartition("}")[2] in _ID}


def child(element: Element, *path: str) -> Element | None:
    """The one descendant on a path of qualified names; None where it is not one."""
    for name in path:
        found = element.findall(name)
        if len(found) != 1:
            return None
        [element] = found
    return element


def text(element: Element | None) -> str:
    """The text of an element that has nothing else within; raises Malformed."""
    if element is None or len(element):
        raise Malformed("a value is missing")
    return "".join((element.text or "").split())
