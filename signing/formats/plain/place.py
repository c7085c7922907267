"""Where a seal goes in a plain document: which objects change, and to what."""

import re
from dataclasses import dataclass
from typing import Final

from signing.formats.plain.document import Plain, references
from signing.formats.plain.lexer import NotPlain, Value
from signing.formats.plain.sections import natural

_TREE_DEPTH: Final = 64
_FIELDS: Final = 1_000
_NAME: Final = re.compile(rb"\(([A-Za-z0-9_ -]{1,64})\)")
_VERSIONS: Final = (b"/1.7", b"/2.0")

Dictionary = dict[bytes, Value]


@dataclass(frozen=True, slots=True)
class Place:
    """The catalogue, the form and the first page, each an object's number and its value. The form
    has no number where it stands in the catalogue or is yet to be; `fields` and `annotations` are
    the form's and the page's, each with the number of its array where that is an object of its own.
    `names` are those of the signatures."""

    root: int
    catalogue: Dictionary
    form: tuple[int | None, Dictionary]
    fields: tuple[int | None, list[Value]]
    page: tuple[int, Dictionary]
    annotations: tuple[int | None, list[Value]]
    names: frozenset[str]
    header: bytes

    @property
    def certify(self) -> bool:
        """Whether the seal is the document's first signature."""
        return not self.names

    @property
    def field_name(self) -> str:
        """The name of a new field."""
        number = len(self.names) + 1
        while (name := f"Seal{number}") in self.names:
            number += 1
        return name


def find_place(held: Plain) -> Place:
    """Where a seal goes, as the first signature or after one that allows it; raises NotPlain."""
    root = held.trailer.get(b"/Root")
    if not isinstance(root, int):
        raise NotPlain("no catalogue")
    catalogue = held.dictionary(root)
    if catalogue.get(b"/Type") != b"/Catalog":
        raise NotPlain("no catalogue")
    form = catalogue.get(b"/AcroForm", {})
    page = _first_page(held, catalogue.get(b"/Pages"))
    value = held.dictionary(form)
    place = Place(
        root,
        catalogue,
        (form if isinstance(form, int) else None, value),
        listed(held, value.get(b"/Fields", [])),
        page,
        listed(held, page[1].get(b"/Annots", [])),
        signature_names(held, value),
        held.version,
    )
    _check(held, place)
    return place


def listed(held: Plain, value: Value) -> tuple[int | None, list[Value]]:
    """An array, and its number where it is an object of its own; raises NotPlain."""
    found = held.follow(value)
    if not isinstance(found, list):
        raise NotPlain("no array")
    return value if isinstance(value, int) else None, found


def _first_page(held: Plain, node: Value | None) -> tuple[int, Dictionary]:
    for depth in range(_TREE_DEPTH):
        if not isinstance(node, int):
            break
        value = held.dictionary(node)
        if depth and value.get(b"/Type") == b"/Page" and b"/Kids" not in value:
            return node, value
        kids = value.get(b"/Kids")
        if value.get(b"/Type") != b"/Pages" or not isinstance(kids, list) or not kids:
            break
        if natural(value.get(b"/Count")) == 0:
            break
        node = kids[0]
    raise NotPlain("no first page")


def signature_names(held: Plain, form: Dictionary) -> frozenset[str]:
    """The names of the fields, if all are signatures that were made."""
    _, fields = listed(held, form.get(b"/Fields", []))
    if len(fields) > _FIELDS:
        raise NotPlain("more fields than are looked at")
    names = set()
    for one in fields:
        field = held.dictionary(one)
        name = field.get(b"/T")
        found = _NAME.fullmatch(name) if isinstance(name, bytes) else None
        signed = field.get(b"/FT") == b"/Sig" and isinstance(field.get(b"/V"), int)
        apart = isinstance(one, int) and b"/Kids" not in field and b"/Parent" not in field
        if found is None or not signed or not apart:
            raise NotPlain("a field that is no signature")
        names.add(found[1].decode())
    if len(names) != len(fields):
        raise NotPlain("two fields of one name")
    return frozenset(names)


def check_info(held: Plain) -> None:
    """Texts about the document, each in its place or an object of its own (ISO 32000-2 §14.3.3);
    raises NotPlain."""
    told = held.dictionary(held.trailer[b"/Info"]) if b"/Info" in held.trailer else {}
    if any(any(references(held.follow(value))) for value in told.values()):
        raise NotPlain("more than texts about the document")


def _check(held: Plain, place: Place) -> None:
    """What there is of signatures goes together: none, or a certification that allows more."""
    catalogue, root, page = place.catalogue, place.root, place.page[0]
    places = (root, place.form[0], place.fields[0], page, place.annotations[0])
    extensions, version = catalogue.get(b"/Extensions", {}), catalogue.get(b"/Version", b"/1.0")
    if not isinstance(extensions, dict) or not isinstance(version, bytes):
        raise NotPlain("odd extensions")
    check_info(held)
    numbers = [number for number in places if number is not None]
    if len(set(numbers)) != len(numbers):
        raise NotPlain("an object in two roles")
    if place.certify:
        if b"/Perms" in catalogue or b"/DSS" in catalogue:
            raise NotPlain("what belongs to signatures, without one")
        return
    permissions = catalogue.get(b"/Perms")
    certified = permissions.get(b"/DocMDP") if isinstance(permissions, dict) else None
    if not isinstance(certified, int) or held.dictionary(certified).get(b"/Reference") != DOCMDP:
        raise NotPlain("not certified, or for no further signature")
    if not isinstance(catalogue.get(b"/DSS"), int):
        raise NotPlain("no store for validation data")


def changed(place: Place, form: int, store: int, field: int, signature: int) -> dict[int, Value]:
    """The objects as they are with the seal's field and, where it is the first, its permissions
    (ISO 32000-2 §12.8.6) and an empty store for validation data."""
    number, value = place.form
    catalogue = dict(place.catalogue)
    objects: dict[int, Value] = {place.root: catalogue}
    fields = _grown(place.fields, field, objects)
    grown: Dictionary = {**value, b"/Fields": fields, b"/SigFlags": b"3"}
    if number is None and b"/AcroForm" in catalogue:
        catalogue[b"/AcroForm"] = grown
    else:
        catalogue[b"/AcroForm"] = number or form
        objects[number or form] = grown
    if place.certify:
        _add_permissions(place, catalogue, store, signature)
    annotations = _grown(place.annotations, field, objects)
    if place.annotations[0] is None:
        objects[place.page[0]] = {**place.page[1], b"/Annots": annotations}
    return objects


def _grown(listed: tuple[int | None, list[Value]], one: int, objects: dict[int, Value]) -> Value:
    """A list with one more, as it stands in its dictionary: an array that is an object of its own
    becomes one of the objects that change."""
    number, held = listed
    if number is None:
        return [*held, one]
    objects[number] = [*held, one]
    return number


def _add_permissions(place: Place, catalogue: Dictionary, store: int, signature: int) -> None:
    version = max(b"/" + place.header, _leaf(catalogue.get(b"/Version")))
    if version not in _VERSIONS:
        catalogue[b"/Version"] = version = b"/1.7"
    extensions = catalogue.get(b"/Extensions", {})
    assert isinstance(extensions, dict)
    if version != b"/2.0" and b"/ESIC" not in extensions:
        catalogue[b"/Extensions"] = {**extensions, b"/ESIC": dict(_ESIC)}
    catalogue[b"/DSS"] = store
    catalogue[b"/Perms"] = {b"/DocMDP": signature}


def _leaf(value: Value | None) -> bytes:
    return value if isinstance(value, bytes) else b""


DOCMDP: Final[Value] = [
    {
        b"/Type": b"/SigRef",
        b"/TransformMethod": b"/DocMDP",
        b"/TransformParams": {b"/Type": b"/TransformParams", b"/V": b"/1.2", b"/P": b"2"},
    }
]
"""Further signatures may follow, and nothing else (ISO 32000-2 §12.8.2.2)."""

_ESIC: Final[Dictionary] = {
    b"/Type": b"/DeveloperExtensions",
    b"/BaseVersion": b"/1.7",
    b"/ExtensionLevel": b"1",
}
"""The extension of PDF 1.7 that has PAdES (ETSI TS 119 142-3)."""
