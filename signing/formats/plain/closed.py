"""Whether a document refers to nothing but what it has, and its pages and structure are trees.

What a later revision brings then has the one role that this revision gives it, and nothing that was
signed waits for it. pyHanko's comparison of revisions finds the same.
"""

from collections import Counter
from typing import Final

from signing.formats.plain.document import Plain, references
from signing.formats.plain.lexer import NotPlain, Value
from signing.formats.plain.odd import Objects
from signing.formats.plain.place import Dictionary

_ELEMENT: Final = b"/StructElem"


def used(held: Plain) -> Counter[int]:
    """How often what can be reached refers to each object. Raises NotPlain, or what pyHanko raises,
    where one is missing."""
    counted = Counter(references(dict(held.trailer)))
    waiting = list(counted)
    with Objects(held) as objects:
        while waiting:
            found = objects.read(waiting.pop()).references
            waiting += {one for one in found if one not in counted}
            counted.update(found)
    return counted


def check_trees(held: Plain, catalogue: Dictionary) -> set[int]:
    """The nodes of the page tree; raises NotPlain where pages, or the elements of their structure
    (ISO 32000-2 §14.7.2), are no trees."""
    seen: set[int] = set()
    waiting = [catalogue.get(b"/Pages", b"")]
    while waiting:
        value = held.dictionary(_once(waiting.pop(), seen))
        if len(seen) == 1 or value.get(b"/Type") == b"/Pages":
            waiting += _items(held.follow(value.get(b"/Kids", b"")))
    pages, seen = seen, set()
    elements = [held.dictionary(catalogue.get(b"/StructTreeRoot", {}))]
    while elements:
        kids = held.follow(elements.pop().get(b"/K", []))
        for kid in kids if isinstance(kids, list) else [kids]:
            element = held.follow(kid)
            if isinstance(element, dict) and element.get(b"/Type", _ELEMENT) == _ELEMENT:
                elements.append(element)
                if isinstance(kid, int):
                    _once(kid, seen)
    return pages


def _once(number: Value, seen: set[int]) -> int:
    if not isinstance(number, int) or number in seen:
        raise NotPlain("no tree")
    seen.add(number)
    return number


def _items(value: Value) -> list[Value]:
    if not isinstance(value, list):
        raise NotPlain("no array")
    return value
