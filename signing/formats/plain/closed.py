"""Whether a document refers to nothing but what it has, and its pages and structure are trees.

What a later revision brings then has the one role that this revision gives it, and nothing that was
signed waits for it. pyHanko's comparison of revisions finds the same.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.formats.pades.opening import reading
from signing.formats.plain.document import Plain, references
from signing.formats.plain.lexer import NotPlain, Value
from signing.formats.plain.place import Dictionary
from signing.formats.plain.sections import Place

_ELEMENT: Final = b"/StructElem"


def used(held: Plain) -> Counter[int]:
    """How often what can be reached refers to each object. An object that is not plain is read by
    pyHanko. Raises NotPlain, or what pyHanko raises, where one is missing."""
    counted = Counter(references(dict(held.trailer)))
    waiting = list(counted)
    with ExitStack() as stack:
        reader: PdfFileReader | None = None
        while waiting:
            number = waiting.pop()
            try:
                found = held.read(number).references
            except NotPlain:
                reader = reader or stack.enter_context(reading(held.text))
                found = list(_by_pyhanko(reader, number, held.place(number)))
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


def _by_pyhanko(reader: PdfFileReader, number: int, place: Place) -> Iterator[int]:
    """What an object refers to that stands where our own reader looked for it, too."""
    reference = generic.Reference(number, 0, reader)
    marker: Any = reader.xrefs[reference]
    stands = marker if isinstance(marker, int) else (marker.obj_stream_id, marker.ix_in_stream)
    if stands != place:
        raise NotPlain("an object that stands in two places")
    waiting: list[Any] = [reader.get_object(reference)]
    while waiting:
        value = waiting.pop()
        if isinstance(value, generic.IndirectObject):
            if value.generation:
                raise NotPlain("another generation")
            yield value.idnum
        elif isinstance(value, generic.DictionaryObject):
            waiting.extend(dict.values(value))
        elif isinstance(value, generic.ArrayObject):
            waiting.extend(list.__iter__(value))


def _once(number: Value, seen: set[int]) -> int:
    if not isinstance(number, int) or number in seen:
        raise NotPlain("no tree")
    seen.add(number)
    return number


def _items(value: Value) -> list[Value]:
    if not isinstance(value, list):
        raise NotPlain("no array")
    return value
