"""The objects of a document whose cross-references are plain: an object that is not plain itself is
read by pyHanko."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple, Self

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.formats.pades.opening import reading
from signing.formats.plain.document import Held, Plain
from signing.formats.plain.lexer import NotPlain
from signing.formats.plain.sections import Place


class Odd(NamedTuple):
    """What an object refers to that is not plain, and the names in it."""

    references: list[int]
    names: list[bytes]


class Objects:
    """To be closed: pyHanko's reader holds what it has read."""

    def __init__(self, held: Plain) -> None:
        self._held = held
        self._open = ExitStack()
        self._reader: PdfFileReader | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def read(self, number: int) -> Held | Odd:
        """Raises NotPlain, or what pyHanko raises, where the object is missing or broken."""
        try:
            return self._held.read(number)
        except NotPlain:
            return self._by_pyhanko(number, self._held.place(number))

    def _by_pyhanko(self, number: int, place: Place) -> Odd:
        """An object that stands where our own reader looked for it, too."""
        if self._reader is None:
            self._reader = self._open.enter_context(reading(self._held.text))
        reference = generic.Reference(number, 0, self._reader)
        marker: Any = self._reader.xrefs[reference]
        stands = marker if isinstance(marker, int) else (marker.obj_stream_id, marker.ix_in_stream)
        if stands != place:
            raise NotPlain("an object that stands in two places")
        found = Odd([], [])
        for one in _leaves(self._reader.get_object(reference)):
            if isinstance(one, generic.NameObject):
                found.names.append(str(one).encode())
            elif isinstance(one, generic.IndirectObject):
                if one.generation:
                    raise NotPlain("another generation")
                found.references.append(one.idnum)
        return found


def _leaves(value: Any) -> Iterator[Any]:
    """All that is in a value but its dictionaries and arrays; the keys, too."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, generic.DictionaryObject):
            yield from dict.keys(one)
            waiting.extend(dict.values(one))
        elif isinstance(one, generic.ArrayObject):
            waiting.extend(list.__iter__(one))
        else:
            yield one
