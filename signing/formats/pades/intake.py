"""What is refused before sealing: whatever can be prepared against the reader of the document."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, enumerate_sig_fields
from pyhanko.sign.validation.pdf_embedded import read_certification_data

from core.errors import Reason, Refusal
from signing.formats.pades import structure
from signing.formats.pades.hints import FIRST_BYTES, are_hints
from signing.formats.pades.opening import reading
from signing.formats.plain import intake as plain
from signing.formats.plain.intake import Prepared
from signing.formats.plain.lexer import Value
from signing.rules import reasons

DOCUMENT_BYTES: Final = 25_000_000
"""The largest document that is sealed or verified."""

OBJECTS: Final = 200_000
"""Objects that are looked at; a page has 5 to 30."""

_ACTIONS: Final = frozenset(
    {
        *("/Launch", "/SubmitForm", "/ImportData", "/ResetForm", "/Hide", "/SetOCGState"),
        *("/GoToE", "/Rendition", "/Movie", "/Sound", "/GoTo3DView", "/RichMediaExecute"),
    }
)
_MEDIA: Final = frozenset({"/RichMedia", "/Movie", "/Sound", "/Screen", "/3D"})
_NO_ELEMENTS: Final = frozenset({"/MCR", "/OBJR"})  # what an element refers to, and may twice
_PAGE_TREE: Final = frozenset({"/Catalog", "/Pages", "/Page"})
_CARRIERS: Final = frozenset({"/XRef", "/ObjStm"})  # objects that hold objects, and no content


@dataclass(frozen=True, slots=True)
class Accepted:
    """A document that may be sealed. `certify`: it has no signature yet; `prepared`: where the seal
    goes, where our own writer can write it."""

    certify: bool
    field_name: str
    prepared: Prepared | None = None


def check(document: bytes) -> Accepted:
    """Look through the whole document; raises Refusal with one code for each reason."""
    if not document.startswith(structure.HEADER):
        raise Refusal(reasons.NOT_A_PDF, "no %PDF- at the beginning")
    prepared = plain.find(document)
    if prepared is None:
        return check_with_pyhanko(document)
    ours = Accepted(prepared.place.certify, prepared.place.field_name, prepared)
    if plain.is_harmless(prepared):
        return ours
    judged = check_with_pyhanko(document)
    return ours if judged == replace(ours, prepared=None) else judged


def check_with_pyhanko(document: bytes) -> Accepted:
    """The same for any document; raises Refusal."""
    try:
        with reading(document) as reader:
            return _check(document, reader)
    except Refusal:
        raise
    except RecursionError as error:
        raise Refusal(reasons.PDF_TOO_COMPLEX, "nested too deep") from error
    except Exception as error:  # whatever the reader stumbles over is a broken document
        raise Refusal(reasons.PDF_BROKEN, f"{type(error).__name__}: {error}") from error


def _check(document: bytes, reader: PdfFileReader) -> Accepted:
    if reader.encrypted:
        raise Refusal(reasons.PDF_ENCRYPTED)
    if reader.xrefs.hybrid_xrefs_present:
        raise Refusal(reasons.PDF_MIXED_REFERENCES)
    if structure.unsigned_suffix(document):
        raise Refusal(reasons.PDF_BROKEN, "bytes after the end")
    if not list(reader.root["/Pages"]["/Kids"]):
        raise Refusal(reasons.PDF_BROKEN, "no pages")
    _check_trees(reader)
    if "/ID" in reader.trailer:
        reader.document_id  # noqa: B018  # raises where it is not two strings
    reader.find_page_container(0)  # where the seal's field will stand
    seen: set[tuple[int, int]] = set()
    for found in _reachable(reader, seen):
        _check_object(found)
    _check_form(reader)
    _check_hidden(reader, seen)
    return _check_signatures(reader)


def _check_trees(reader: PdfFileReader) -> None:
    """A page, or an element of the structure, is in one place (ISO 32000-2 §7.7.3.1, §14.7.2)."""
    for top, below in (("/Pages", "/Kids"), ("/StructTreeRoot", "/K")):
        seen: set[generic.Reference] = set()
        waiting = [reader.root.raw_get(top)] if top in reader.root else []
        while waiting:
            one = waiting.pop()
            held = one.get_object()
            if _name(held, "/Type") in _NO_ELEMENTS:
                continue
            if isinstance(one, generic.IndirectObject):
                if one.reference in seen:
                    raise Refusal(reasons.PDF_BROKEN, f"in two places below {top}: {one}")
                seen.add(one.reference)
            if isinstance(held, generic.ArrayObject):
                waiting.extend(list.__iter__(held))
            elif isinstance(held, generic.DictionaryObject) and below in held:
                waiting.append(held.raw_get(below))


def _reachable(reader: PdfFileReader, seen: set[tuple[int, int]]) -> Iterator[Any]:
    """Every dictionary that the document refers to, and each object's number in `seen`."""
    waiting: list[Any] = [value for _, value in reader.trailer.items()]
    while waiting:
        value = waiting.pop()
        if isinstance(value, generic.IndirectObject):
            key = (value.idnum, value.generation)
            if key in seen:
                continue
            seen.add(key)
            if len(seen) > OBJECTS:
                raise Refusal(reasons.PDF_TOO_COMPLEX, "too many objects")
            value = reader.get_object(value.reference)
        if isinstance(value, generic.DictionaryObject):
            yield value
            waiting.extend(dict.values(value))
        elif isinstance(value, generic.ArrayObject):
            waiting.extend(list.__iter__(value))


def _check_object(found: Any) -> None:
    kind, subtype = _name(found, "/Type"), _name(found, "/Subtype")
    action = _name(found, "/S") if kind != "/StructElem" else None
    wrong: tuple[tuple[bool, Reason], ...] = (
        ("/JS" in found or "/JavaScript" in found or action == "/JavaScript", _JS),
        (action in _ACTIONS, reasons.PDF_ACTION),
        ("/XFA" in found, reasons.PDF_XFA),
        ("/EF" in found or "/EmbeddedFiles" in found, reasons.PDF_EMBEDDED_FILES),
        (subtype == "/FileAttachment", reasons.PDF_EMBEDDED_FILES),
        (subtype in _MEDIA and "/Rect" in found, reasons.PDF_MEDIA),
        (subtype == "/Widget" and _field_type(found) != "/Sig", reasons.PDF_FORM_FIELDS),
    )
    for is_wrong, reason in wrong:
        if is_wrong:
            raise Refusal(reason, f"{kind} {subtype} {action}")


def _value(found: Any, name: str) -> Any:
    """An entry of a dictionary, followed where it is a reference; None where there is none, or
    null."""
    try:
        return found[name] if isinstance(found, dict) else None
    except KeyError:
        return None


def _name(found: Any, name: str) -> str | None:
    """The name that an entry is, followed where it is a reference."""
    value = _value(found, name)
    return value if isinstance(value, generic.NameObject) else None


def _field_type(field: Any) -> str | None:
    """/FT, which a field may inherit (ISO 32000-2 §12.7.4.1)."""
    for _ in range(32):
        if "/FT" in field:
            return str(field["/FT"])
        if "/Parent" not in field:
            return None
        field = field["/Parent"]
    return None


def _check_form(reader: PdfFileReader) -> None:
    waiting = list(_value(_value(reader.root, "/AcroForm"), "/Fields") or ())
    while waiting:
        field = waiting.pop().get_object()
        kids = [kid for kid in _value(field, "/Kids") or () if "/T" in kid.get_object()]
        waiting.extend(kids)
        if not kids and (_field_type(field) != "/Sig" or "/V" not in field):
            raise Refusal(reasons.PDF_FORM_FIELDS, "a field without a signature")


def _check_hidden(reader: PdfFileReader, seen: set[tuple[int, int]]) -> None:
    """Nothing that could be drawn waits for a later change to refer to it."""
    unreferenced = []
    for revision in range(reader.xrefs.total_revisions):
        for reference in reader.xrefs.explicit_refs_in_revision(revision):
            key = (reference.idnum, reference.generation)
            place = reader.xrefs[reference]
            if key not in seen and place is not None:  # else it is free
                seen.add(key)
                unreferenced.append((place, reader.get_object(reference)))
        if len(seen) > OBJECTS:
            raise Refusal(reasons.PDF_TOO_COMPLEX, "too many objects")
    named = _named_as_hints(unreferenced)
    for place, found in unreferenced:
        kind = _name(found, "/Type")
        drawn = isinstance(found, generic.StreamObject) and kind not in _CARRIERS
        hints = drawn and place in named and are_hints(_written(found), found.encoded_data)
        if (drawn and not hints) or kind in _PAGE_TREE:
            raise Refusal(reasons.PDF_HIDDEN_OBJECTS, f"object at {place}, {kind}")


def _named_as_hints(unreferenced: Iterable[tuple[Any, Any]]) -> frozenset[int]:
    """Where a linearised file has its hint tables: named by position alone (ISO 32000-2 F.3.2)."""
    for place, found in unreferenced:
        if _value(found, "/Linearized") is not None:
            if not isinstance(place, int) or place >= FIRST_BYTES:
                break
            return frozenset(int(number) for number in list(_value(found, "/H") or ())[::2])
    return frozenset()


def _written(found: generic.DictionaryObject) -> dict[bytes, Value]:
    """The names, numbers and arrays of a dictionary, as they are spelt."""

    def spelt(value: Any) -> Value:
        if isinstance(value, generic.ArrayObject):
            return [spelt(one) for one in list.__iter__(value)]
        return str(value).encode() if isinstance(value, generic.NameObject | int) else b"?"

    return {key.encode(): spelt(value) for key, value in dict.items(found)}


def _check_signatures(reader: PdfFileReader) -> Accepted:
    names = [name for name, _, _ in enumerate_sig_fields(reader)]
    number = len(names) + 1
    while (field_name := f"Seal{number}") in names:
        number += 1
    if not names:
        return Accepted(certify=True, field_name=field_name)
    certification = read_certification_data(reader)
    if certification is None:
        raise Refusal(reasons.PDF_SIGNED_UNCERTIFIED)
    if certification.permission is MDPPerm.NO_CHANGES:
        raise Refusal(reasons.PDF_LOCKED)
    return Accepted(certify=False, field_name=field_name)


_JS: Final = reasons.PDF_JAVASCRIPT
