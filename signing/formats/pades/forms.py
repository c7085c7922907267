"""The fields of a form (ISO 32000-2 §12.7.4), as pyHanko's rules for updates want them: each an
object of its own with one name of its own."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import TextStringEncoding, pdf_name
from pyhanko.pdf_utils.reader import HistoricalResolver
from pyhanko.sign.fields import FieldMDPSpec

_DEEPEST: Final = 32
_PERIOD: Final = "\N{INFORMATION SEPARATOR TWO}"
"""In place of a period in a partial name, where §12.7.4.2 has none."""
_APART: Final = "\N{INFORMATION SEPARATOR ONE}"
"""Between a name and the number of its field, where it has none, or not for itself."""
_NAME: Final = pdf_name("/T")


def tidy(resolver: HistoricalResolver) -> None:
    """Take out of a form's list what is no field of its own, as it is looked at here: nothing, a
    reference to nothing, and a second mention. Give every field of its own a name. Twice does what
    once does."""
    listed = listed_in(resolver)
    kept: dict[Any, Any] = {}
    for number, one in enumerate(listed):
        if not isinstance(one.get_object(), generic.NullObject):
            known = one.reference if isinstance(one, generic.IndirectObject) else number
            kept.setdefault(known, one)
    listed[:] = kept.values()
    _name(listed, None, _DEEPEST)


def listed_in(resolver: HistoricalResolver) -> Any:
    """The list of a form's fields; an empty one where there is none."""
    with suppress(KeyError, TypeError):
        found = resolver.root["/AcroForm"]["/Fields"]
        if isinstance(found, generic.ArrayObject):
            return found
    return generic.ArrayObject()


def take_within(resolver: HistoricalResolver) -> list[Any]:
    """What stands in the list itself, which is then no more in it."""
    listed = listed_in(resolver)
    within = [one for one in listed if not isinstance(one, generic.IndirectObject)]
    listed[:] = [one for one in listed if isinstance(one, generic.IndirectObject)]
    return within


class Locks:
    """A FieldMDPSpec that knows its fields by the names given here."""

    def __init__(self, spec: FieldMDPSpec) -> None:
        self._spec = spec

    def is_locked(self, name: str) -> bool:
        spelt = name.replace(_PERIOD, ".")
        parts = [part.split(_APART)[0] for part in spelt.split(".")]
        return self._spec.is_locked(".".join(part for part in parts if part))


def signatures(resolver: HistoricalResolver) -> set[str]:
    """The full names of the signature fields of a form that was made tidy."""
    return set(_signatures(listed_in(resolver), "", None, _DEEPEST))


def signature_widgets(resolver: HistoricalResolver) -> set[generic.Reference]:
    """The signature fields of a form, and their kids."""
    return set(_widgets(listed_in(resolver), None, _DEEPEST))


def _widgets(listed: Any, kind: Any, depth: int) -> Iterator[generic.Reference]:
    for reference, field in _fields(listed) if depth else ():
        own = _kind(field, kind)
        if own == "/Sig":
            yield reference
        yield from _widgets(_kids(field), own, depth - 1)


def _signatures(listed: Any, above: str, kind: Any, depth: int) -> Iterator[str]:
    for _, field in _fields(listed) if depth else ():
        name = _text(field)
        if name:
            full = f"{above}.{name}" if above else name
            own = _kind(field, kind)
            if own == "/Sig":
                yield full
            yield from _signatures(_kids(field), full, own, depth - 1)


def _name(listed: Any, kind: Any, depth: int) -> None:
    """Names for the fields of a list; `kind` is their parent's /FT. Kids without a name are
    pictures of their parent, which may be filled in; those of a signature stay what they are."""
    seen: set[str] = set()
    for reference, field in _fields(listed) if depth else ():
        name, own = _text(field), _kind(field, kind)
        nameless = name == "" and own is not None and (kind is None or own != "/Sig")
        given = f"{name}{_APART}{reference.idnum}" if nameless or name in seen else name
        if given:
            seen.add(given)
            given = given.replace(".", _PERIOD)
        if given and given != name:
            field[_NAME] = _string(given)
        _name(_kids(field), own, depth - 1)


def _string(text: str) -> generic.TextStringObject:
    found = generic.TextStringObject(text)
    found.autodetected_encoding = TextStringEncoding.UTF16BE  # by which pyHanko compares it
    return found


def _fields(listed: Any) -> Iterator[tuple[generic.Reference, generic.DictionaryObject]]:
    for one in listed:
        field = one.get_object()
        if isinstance(one, generic.IndirectObject) and isinstance(field, generic.DictionaryObject):
            yield one.reference, field


def _kids(field: generic.DictionaryObject) -> Any:
    kids = field["/Kids"] if "/Kids" in field else ()  # noqa: SIM401  # which follows references
    return kids if isinstance(kids, generic.ArrayObject) else ()


def _kind(field: generic.DictionaryObject, inherited: Any) -> Any:
    return field.raw_get("/FT") if "/FT" in field else inherited


def _text(field: generic.DictionaryObject) -> str | None:
    """Its partial name, empty where it has none; None where that is no text."""
    name = field.raw_get("/T").get_object() if "/T" in field else ""
    return str(name) if isinstance(name, str) else None
