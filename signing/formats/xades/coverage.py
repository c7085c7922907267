"""What of an XML document no signature covers."""

from collections.abc import Iterable, Iterator
from typing import Final

from signing.formats.xades.parsing import DS, SIGNATURE, Element, Tree

_MOST: Final = 64
_QUALIFYING: Final = "QualifyingProperties"
_KNOWN: Final = frozenset({"SignedInfo", "SignatureValue", "KeyInfo"})
_SCHEMA: Final = "{http://www.w3.org/2001/XMLSchema-instance}"
_IDS: Final = frozenset({"Id", "ID", "id", "{http://www.w3.org/XML/1998/namespace}id"})


def uncovered(tree: Tree, covered: Iterable[Element], left_out: Iterable[Element]) -> list[str]:
    """The paths of what is neither covered nor a part of a signature. An element around covered
    ones is no more than that where it says nothing itself; `left_out` are signatures within."""
    held = set(covered)
    found = dict.fromkeys(
        (
            *_rest(tree.getroot(), held),
            *(each for one in left_out for each in _of_signature(one, held)),
        )
    )
    return [tree.getpath(one) for one in found][:_MOST]


def _rest(element: Element, covered: set[Element]) -> Iterator[Element]:
    if element in covered:
        return
    if element.tag == SIGNATURE:
        yield from _of_signature(element, covered)
        return
    holds = any(one in covered or one.tag == SIGNATURE for one in element.iterdescendants("{*}*"))
    if not holds or _says(element):
        yield element
        return
    for one in element.iterchildren("{*}*"):
        yield from _rest(one, covered)


def _of_signature(signature: Element, covered: set[Element]) -> Iterator[Element]:
    """Of a signature: objects that it doesn't sign, properties left out."""
    for one in signature.iterchildren("{*}*"):
        name = one.tag.rpartition("}")[2]
        if one in covered or (one.tag == f"{{{DS}}}{name}" and name in _KNOWN):
            continue
        inner = list(one.iterchildren("{*}*"))
        if any(each.tag.endswith(f"}}{_QUALIFYING}") for each in inner) and not _says(one):
            continue
        if not inner or not all(each in covered for each in inner) or _says(one):
            yield one


def _says(element: Element) -> bool:
    """Whether an element says something besides what is in the elements within."""
    texts = (element.text, *(one.tail for one in element))
    attributes = (
        name for name in element.attrib if name not in _IDS and not name.startswith(_SCHEMA)
    )
    return any(each and each.strip() for each in texts) or any(attributes)
