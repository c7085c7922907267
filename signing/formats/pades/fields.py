"""The signature fields of a PDF that have a value (ISO 32000-2 §12.7.4.5), however odd its form.

Readers differ in which odd forms they still read. What is not found here counts as unsigned, so
all is found that any of them finds: a field may have no name, may stand in the list itself, and a
list may refer to nothing, to itself, or to one field twice.
"""

from collections.abc import Iterator
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

Field = tuple[str, Any, Any]
"""Its full name, its value, and the dictionary that has the value."""

_DEEPEST: Final = 32
_NOTHING: Final = generic.NullObject()


def signed(reader: PdfFileReader) -> Iterator[Field]:
    """Each value once, by the first field that has it. Where a reference is to nothing, the strict
    reader raises: a signature may have been taken away; to the lenient one that is nothing."""
    form = _value(reader.root, "/AcroForm")
    if not isinstance(form, generic.DictionaryObject):
        return
    seen: set[Any] = set()
    for name, field in _walk(_value(form, "/Fields"), "", None, set(), _DEEPEST):
        held = field.raw_get("/V")
        value = held.get_object()
        known = held.reference if isinstance(held, generic.IndirectObject) else id(held)
        if known not in seen and _is_something(value):
            seen.add(known)
            yield name, value, field


def usage_rights(reader: PdfFileReader) -> list[tuple[int, ...]]:
    """The /ByteRange of signatures that give a reader rights in a form (ISO 32000-1 §12.8.2.3):
    they are no field's, and nobody's word for the document."""
    held = _value(reader.root, "/Perms")
    found = [_value(held, name) for name in ("/UR3", "/UR")] if _is_plain(held) else []
    ranges = [_value(one, "/ByteRange") for one in found if _is_plain(one)]
    return [tuple(map(int, one)) for one in ranges if isinstance(one, generic.ArrayObject)]


def has_none(reader: PdfFileReader) -> bool:
    """Whether a document has pages, and no form and no permissions, and so no signature."""
    entries = [_value(reader.root, name) for name in ("/Pages", "/AcroForm", "/Perms")]
    return [_is_something(one) for one in entries] == [True, False, False]


def _walk(
    listed: Any, above: str, kind: Any, seen: set[Any], depth: int
) -> Iterator[tuple[str, generic.DictionaryObject]]:
    """The signature fields with a value in a list of fields; `kind` is that of their parent."""
    if not isinstance(listed, generic.ArrayObject) or not depth:
        return
    for one in listed:
        if isinstance(one, generic.IndirectObject):
            if one.reference in seen:
                continue
            seen.add(one.reference)
        field = one.get_object()
        if not isinstance(field, generic.DictionaryObject):
            continue
        name = ".".join(part for part in (above, _text(_value(field, "/T"))) if part)
        own = _value(field, "/FT") if "/FT" in field else kind
        if own == "/Sig" and "/V" in field:
            yield name, field
        yield from _walk(_value(field, "/Kids"), name, own, seen, depth - 1)


def _value(of: Any, name: str) -> Any:
    return of.raw_get(name).get_object() if name in of else _NOTHING


def _is_plain(value: Any) -> bool:
    return isinstance(value, generic.DictionaryObject)


def _is_something(value: Any) -> bool:
    if isinstance(value, generic.DictionaryObject):
        return bool(value)
    return not isinstance(value, generic.NullObject)


def _text(name: Any) -> str:
    """As a name can be written down: half of a surrogate pair is no character."""
    if not isinstance(name, str):
        return ""
    return str(name).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
