"""What an update wrote again and left as it was: a copy is no change, whatever its number is."""

from collections.abc import Iterator
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver

_MOST: Final = 20_000  # pairs of objects that are compared
_MARK: Final = "/ITXT"
"""The name and version of iText, which it writes into the page tree."""


class Alike:
    """Two revisions, side by side."""

    def __init__(self, old: HistoricalResolver, new: HistoricalResolver) -> None:
        self._old, self._new = old, new
        self._left = _MOST

    def restored(self) -> dict[generic.Reference, Any]:
        """The dictionaries of the update that refer to copies, as they would be if they referred to
        what was copied."""
        found = {}
        for ref in self._new.explicit_refs_in_revision():
            if self._old.is_ref_unassignable(ref):
                continue
            before, after = self._old(ref), self._new(ref)
            entries = dict(self._copies(before, after)) if _both_plain(before, after) else {}
            marked = _is_page_tree(before) and _MARK in after and _MARK not in before
            if entries or (marked and isinstance(after.raw_get(_MARK), str)):
                again = generic.DictionaryObject(after)
                again.container_ref = after.container_ref
                again.update(entries)
                if marked:
                    del again[_MARK]
                found[ref] = again
        return found

    def same(self, old: Any, new: Any) -> bool:
        """Whether two objects say the same, all that they refer to with them."""
        return self._same(old, new, set())

    def _copies(self, before: Any, after: Any) -> Iterator[tuple[str, Any]]:
        for key in before.keys() & after.keys():
            old, new = before.raw_get(key), after.raw_get(key)
            if (
                isinstance(old, generic.IndirectObject)
                and isinstance(new, generic.IndirectObject)
                and old != new
                and self._old.is_ref_unassignable(new.reference)
                and self.same(old, new)
            ):
                yield key, generic.IndirectObject(old.idnum, old.generation, self._new)

    def _same(self, old: Any, new: Any, seen: set[tuple[Any, Any]]) -> bool:
        self._left -= 1
        if self._left < 0:
            return False
        if isinstance(old, generic.IndirectObject) and isinstance(new, generic.IndirectObject):
            pair = (old.reference, new.reference)
            if old == new or pair in seen:
                return True
            seen.add(pair)
            return self._same(self._old(pair[0]), self._new(pair[1]), seen)
        if isinstance(old, generic.DictionaryObject) and isinstance(new, type(old)):
            return (
                getattr(old, "encoded_data", None) == getattr(new, "encoded_data", None)
                and old.keys() == new.keys()
                and all(self._same(old.raw_get(key), new.raw_get(key), seen) for key in old)
            )
        if isinstance(old, generic.ArrayObject) and isinstance(new, generic.ArrayObject):
            pairs = zip(list.__iter__(old), list.__iter__(new), strict=False)
            return len(old) == len(new) and all(self._same(*pair, seen) for pair in pairs)
        return type(old) is type(new) and bool(old == new)


def _both_plain(one: Any, other: Any) -> bool:
    return all(
        isinstance(each, generic.DictionaryObject) and not isinstance(each, generic.StreamObject)
        for each in (one, other)
    )


def _is_page_tree(one: Any) -> bool:
    return _both_plain(one, one) and one.get("/Type") == "/Pages"
