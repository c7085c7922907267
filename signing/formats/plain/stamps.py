"""Whether an update brought a document time-stamp and did nothing else (EN 319 142-1 §5.4.3), as a
plain document proves: see `signing.formats.plain.updates`."""

from collections.abc import Mapping
from typing import Final

from signing.formats.plain.document import Plain, references
from signing.formats.plain.lexer import NotPlain, Value
from signing.formats.plain.place import Dictionary, listed, signature_names
from signing.formats.plain.sections import Section

_FIELD: Final = frozenset({b"/FT", b"/T", b"/V", b"/Type", b"/Subtype", b"/F", b"/Rect", b"/P"})
_NOWHERE: Final[Value] = [b"0", b"0", b"0", b"0"]
_NODES: Final = (b"/Pages", b"/Page")


def check_time_stamp(
    before: Plain, after: Plain, update: Section, pages: set[int], counted: Mapping[int, int]
) -> None:
    """Raises NotPlain. `pages`: the nodes of the page tree; `counted`: how often each object was
    referred to in what was signed."""
    _check_pages(before, pages)
    form = before.dictionary(before.trailer[b"/Root"]).get(b"/AcroForm")
    if not isinstance(form, int):
        raise NotPlain("a form that is no object of its own")
    had, has = before.dictionary(form), after.dictionary(form)
    field, fields = _added(before, after, had.get(b"/Fields"), has.get(b"/Fields"))
    _check_same(had, has, {b"/Fields", b"/SigFlags"})
    if field < before.sections[0].size or counted[form] != 1:
        raise NotPlain("no new field, or a form in two roles")
    entries = after.dictionary(field)
    value = _check_field(entries, signature_names(before, had))
    page, annotations = _annotated(before, after, field, entries.get(b"/P"), pages)
    if value < before.sections[0].size:
        raise NotPlain("no new time-stamp")
    stamp = after.dictionary(value)
    if stamp.get(b"/Type") != b"/DocTimeStamp" or any(references(stamp)):
        raise NotPlain("no time-stamp")
    once = {number for number in (fields, annotations) if number is not None}
    if any(counted[number] != 1 for number in once):
        raise NotPlain("a list in two roles")
    allowed = {field, value, form, page, update.stream, *once}
    if not update.places.keys() <= allowed:
        raise NotPlain("more than a time-stamp")


def _check_pages(held: Plain, pages: set[int]) -> None:
    """What is looked through for annotations."""
    for number in pages:
        node = held.dictionary(number)
        _, annotations = listed(held, node.get(b"/Annots", []))
        if node.get(b"/Type") not in _NODES or not all(isinstance(one, int) for one in annotations):
            raise NotPlain("an odd page")


def _check_same(had: Dictionary, has: Dictionary, apart_from: set[bytes]) -> None:
    if any(had.get(key) != has.get(key) for key in (had.keys() | has.keys()) - apart_from):
        raise NotPlain("a dictionary that changed")


def _added(
    before: Plain, after: Plain, had: Value | None, has: Value | None
) -> tuple[int, int | None]:
    """The one thing that a list has more; and the list's number, where it is an object of its own
    both times."""
    one, old = listed(before, had if had is not None else [])
    other, new = listed(after, has if has is not None else [])
    if one != other or len(new) != len(old) + 1 or new[:-1] != old or new[-1] in old:
        raise NotPlain("not one more in a list")
    added = new[-1]
    if not isinstance(added, int):
        raise NotPlain("no reference")
    return added, one


def _check_field(field: Dictionary, names: frozenset[str]) -> int:
    """A signature field that is not seen (ISO 32000-2 §12.7.5.5); returns its value's number."""
    name, value = field.get(b"/T"), field.get(b"/V")
    if not field.keys() <= _FIELD or not isinstance(value, int) or not isinstance(name, bytes):
        raise NotPlain("another field than a time-stamp's")
    plain = name[1:-1].decode()
    kinds = field.get(b"/FT"), field.get(b"/Subtype"), field.get(b"/Rect")
    if kinds != (b"/Sig", b"/Widget", _NOWHERE):
        raise NotPlain("a field that is seen")
    if field.get(b"/Type", b"/Annot") != b"/Annot" or not _is_simple(plain, names):
        raise NotPlain("a field of another name")
    return value


def _is_simple(name: str, names: frozenset[str]) -> bool:
    return name.isascii() and name.isalnum() and name not in names


def _annotated(
    before: Plain, after: Plain, field: int, page: Value | None, pages: set[int]
) -> tuple[int, int | None]:
    """The page that has the field among its annotations, and the number of their list."""
    if not isinstance(page, int) or page not in pages:
        raise NotPlain("no page")
    had, has = before.dictionary(page), after.dictionary(page)
    _check_same(had, has, {b"/Annots"})
    added, annotations = _added(before, after, had.get(b"/Annots"), has.get(b"/Annots"))
    if added != field or had.get(b"/Type") != b"/Page":
        raise NotPlain("another annotation")
    return page, annotations
