"""The annotations of pages (ISO 32000-2 §12.5), as pyHanko's rules for updates want them: each an
object of its own."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver


def take_within(resolver: HistoricalResolver) -> list[list[Any]]:
    """What stands in the lists themselves, page by page, which is then no more in them."""
    found = []
    for page in _pages(resolver):
        listed = _entry(page, "/Annots")
        if isinstance(listed, generic.ArrayObject):
            held = list(list.__iter__(listed))
            within = [one for one in held if not isinstance(one, generic.IndirectObject)]
            if within:
                found.append(within)
                listed[:] = [one for one in held if isinstance(one, generic.IndirectObject)]
    return found


def _pages(resolver: HistoricalResolver) -> Iterator[generic.DictionaryObject]:
    seen: set[generic.Reference] = set()
    waiting = [_entry(resolver.root, "/Pages")]
    while waiting:
        node = waiting.pop()
        kids = _entry(node, "/Kids")
        if not isinstance(kids, generic.ArrayObject):
            if isinstance(node, generic.DictionaryObject):
                yield node
            continue
        for kid in list.__iter__(kids):
            if isinstance(kid, generic.IndirectObject) and kid.reference not in seen:
                seen.add(kid.reference)
                waiting.append(kid.get_object())


def _entry(of: Any, name: str) -> Any:
    """An entry, followed where it is a reference; None where there is none."""
    if isinstance(of, generic.DictionaryObject):
        with suppress(KeyError):
            return of[name]
    return None
