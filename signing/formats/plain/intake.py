"""What `pades.intake` refuses is not there: looked through in a plain document, object by object.

It finds out no more than that, and where a seal goes. A document in which anything is found, or
whose cross-references are not plain, is left to `pades.intake`, which says what is wrong with it;
where the seal goes may be plain all the same. An object that is not plain is read by pyHanko.
"""

from dataclasses import dataclass
from typing import Final

from signing.formats.pades.hints import FIRST_BYTES, are_hints
from signing.formats.plain.closed import check_trees
from signing.formats.plain.document import Held, Plain, identifier, read_plain, references
from signing.formats.plain.lexer import NotPlain, Value, dictionaries
from signing.formats.plain.odd import Objects, Odd
from signing.formats.plain.place import Place, find_place
from signing.formats.plain.sections import natural

SUSPECT: Final = frozenset(
    {
        *(b"/JS", b"/JavaScript", b"/XFA", b"/EF", b"/EmbeddedFiles", b"/FileAttachment"),
        *(b"/Launch", b"/SubmitForm", b"/ImportData", b"/ResetForm", b"/Hide", b"/SetOCGState"),
        *(b"/GoToE", b"/Rendition", b"/Movie", b"/Sound", b"/GoTo3DView", b"/RichMediaExecute"),
        *(b"/RichMedia", b"/Screen", b"/3D", b"/Widget"),
    }
)
"""Names that have to do with what is refused, wherever they stand."""

_KEYS: Final = frozenset({b"/JS", b"/JavaScript", b"/XFA", b"/EF", b"/EmbeddedFiles"})
_KINDS: Final = (b"/Type", b"/Subtype", b"/S", b"/FT")
_PAGE_TREE: Final = frozenset({b"/Catalog", b"/Pages", b"/Page"})
_CARRIERS: Final = frozenset({b"/XRef", b"/ObjStm"})


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that our own writer can seal, and where the seal goes."""

    held: Plain
    place: Place


def find(document: bytes) -> Prepared | None:
    """Where a seal goes; None where that is not plain. That it may be sealed is not said."""
    try:
        held = read_plain(document)
        identifier(held.trailer)
        return Prepared(held, find_place(held))
    except Exception:  # nothing is plain in a document that our reader stumbles over
        return None


def is_harmless(prepared: Prepared) -> bool:
    """Whether the whole document, looked through, is proven to have nothing that is refused."""
    try:
        look_through(prepared.held)
        check_trees(prepared.held, prepared.place.catalogue)
    except Exception:
        return False
    return True


def look_through(held: Plain) -> None:
    """Raises NotPlain."""
    _check_hidden(held, _reachable(held))


def _reachable(held: Plain) -> set[int]:
    """The objects that the document refers to, each looked at."""
    seen: set[int] = set()
    for value in held.trailer.values():
        _check_value(value)
    waiting = list(references(dict(held.trailer)))
    with Objects(held) as objects:
        while waiting:
            number = waiting.pop()
            if number not in seen:
                seen.add(number)
                found = objects.read(number)
                _check_object(found)
                waiting += found.references
    return seen


def _check_object(found: Held | Odd) -> None:
    if isinstance(found, Odd):
        if not SUSPECT.isdisjoint(found.names):
            raise NotPlain("a name that is spelled oddly")
    elif not SUSPECT.isdisjoint(found.tokens):
        _check_value(found.value)


def _check_value(value: Value) -> None:
    """Whether names that are suspect stand where they do no harm: as the names of resources, say,
    or in the widget of a signature."""
    if not isinstance(value, dict | list):
        if isinstance(value, bytes) and value in SUSPECT:
            raise NotPlain("a name that something may refer to")
        return
    for found in dictionaries(value):
        kinds = (found.get(key, b"") for key in _KINDS)
        if not _KEYS.isdisjoint(found) or not all(isinstance(one, bytes) for one in kinds):
            raise NotPlain("scripts, forms or files")
        kind, subtype = found.get(b"/Type"), found.get(b"/Subtype")
        acts = kind != b"/StructElem" and found.get(b"/S") in _ACTIONS
        plays = subtype in _MEDIA and b"/Rect" in found
        asks = subtype == b"/Widget" and found.get(b"/FT") != b"/Sig"
        if acts or plays or asks or subtype == b"/FileAttachment":
            raise NotPlain("something that acts, plays or asks")


def _check_hidden(held: Plain, seen: set[int]) -> None:
    """Nothing that could be drawn waits for a later change to refer to it."""
    hidden = [(number, held.read(number)) for number in held.numbers if number not in seen]
    named = _named_as_hints(held, hidden)
    for number, found in hidden:
        entries = found.value if isinstance(found.value, dict) else {}
        kind = entries.get(b"/Type", b"")
        if not isinstance(kind, bytes) or kind in _PAGE_TREE:
            raise NotPlain("a page that waits")
        if found.stream is None or kind in _CARRIERS:
            continue
        start, length = found.stream
        encoded = held.text[start : start + length]
        if held.place(number) not in named or not are_hints(entries, encoded):
            raise NotPlain("a drawing that waits")


def _named_as_hints(held: Plain, hidden: list[tuple[int, Held]]) -> frozenset[int]:
    """Where a linearised file has its hint tables: named by position alone (ISO 32000-2 F.3.2)."""
    found = [
        (held.place(number), one.value)
        for number, one in hidden
        if isinstance(one.value, dict) and b"/Linearized" in one.value
    ]
    if not found:
        return frozenset()
    [(place, parameters), *more] = found
    listed = parameters.get(b"/H", [])
    if more or not isinstance(listed, list) or not isinstance(place, int) or place >= FIRST_BYTES:
        raise NotPlain("linearised twice, or oddly")
    return frozenset(natural(one) for one in listed[::2])


_ACTIONS: Final = frozenset(
    {
        *(b"/Launch", b"/SubmitForm", b"/ImportData", b"/ResetForm", b"/Hide", b"/SetOCGState"),
        *(b"/GoToE", b"/Rendition", b"/Movie", b"/Sound", b"/GoTo3DView", b"/RichMediaExecute"),
        b"/JavaScript",
    }
)
_MEDIA: Final = frozenset({b"/RichMedia", b"/Movie", b"/Sound", b"/Screen", b"/3D"})
