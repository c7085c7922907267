"""Whether an update brought validation data and did nothing else, as a plain document proves.

pyHanko's comparison of revisions says the same of it, and goes every way to every object for that.
What is allowed here is a part of what it allows; of all else, and of what is not plain, nothing is
proven, and pyHanko is asked.
"""

import re
from collections import Counter
from typing import Final

from lxml import etree

from signing.formats.plain.closed import check_trees, used
from signing.formats.plain.document import Held, Plain, references
from signing.formats.plain.lexer import NotPlain, Value
from signing.formats.plain.place import Dictionary, check_info, signature_names
from signing.formats.plain.sections import Section, read_sections, unpack
from signing.formats.plain.stamps import check_time_stamp

_LEADING: Final = (b"/Root", b"/Info")
_CHECKED: Final = (b"/DSS", b"/Metadata")
_TEXTS: Final = (b"/Extensions", b"/Version")
"""Of a catalogue: what an update may change."""

_LISTS: Final = (b"/Certs", b"/OCSPs", b"/CRLs")
_LISTS_OF_ONE: Final = (b"/Cert", b"/OCSP", b"/CRL")
_TEXTS_OF_A_STORE: Final = (b"/Type", b"/TU")
_HASH: Final = re.compile(rb"/[0-9A-F]{40}")
_METADATA: Final = "{adobe:ns:meta/}xmpmeta"
_METADATA_BYTES: Final = 1024 * 1024


def only_validation_data_follows(document: bytes, end: int, signature: int) -> bool:
    """Whether what follows the first `end` bytes is an update with validation data (EN 319 142-1
    §5.4.2) and metadata of the document, or such with document time-stamps, or these alone.
    `signature`: the number of the object that the first bytes end with. False where that is not
    proven."""
    try:
        _check(document, end, signature)
    except Exception:  # of what our reader stumbles over, nothing is proven
        return False
    return True


def _check(document: bytes, end: int, signature: int) -> None:
    """Raises NotPlain."""
    old = Plain(document, end, read_sections(document, end))
    sections = read_sections(document, len(document), old.sections)
    count = len(sections) - len(old.sections)
    signed = old.sections[0].places
    if not count or sections[count:] != old.sections or signature not in signed:
        raise NotPlain("no updates of what was signed")
    before = old.dictionary(old.trailer[b"/Root"])
    _check_form(old, before)
    pages, counted, known = check_trees(old, before), used(old), old
    for number in reversed(range(count)):
        new = Plain(document, len(document), sections[number:])
        _check_places(old, known, sections[number])
        if known is old and _is_of_store(sections[number], old.trailer[b"/Root"], before):
            _check_data(old, new, counted)
        else:
            _catalogues(old, new)
            check_time_stamp(known, new, sections[number], pages, counted)
        known = new


def _is_of_store(update: Section, root: Value, catalogue: Dictionary) -> bool:
    """Whether an update is of the catalogue or its store."""
    held = (root, catalogue.get(b"/DSS"))
    return any(isinstance(one, int) and one in update.places for one in held)


def _check_data(old: Plain, new: Plain, counted: Counter[int]) -> None:
    """An update with validation data."""
    before, after = _catalogues(old, new)
    _check_metadata(old, new, before, after)
    _check_store(old, new, before, after)
    changed = {number for number in new.sections[0].places if number < old.sections[0].size}
    once = {before.get(b"/DSS"), before.get(b"/Metadata")}
    for number in changed - {old.trailer[b"/Root"]}:
        if number not in once or counted[number] != 1:
            raise NotPlain("another object changed")


def _check_places(old: Plain, known: Plain, update: Section) -> None:
    """Nothing goes, and what comes stands after what was signed."""
    if update.listed.free:
        raise NotPlain("an object that is gone")
    if update.stream is not None and update.stream < known.sections[0].size:
        raise NotPlain("a number that was in use")
    for place in update.places.values():
        if not isinstance(place, int) or place < old.end:
            raise NotPlain("an object that stands elsewhere")


def _catalogues(old: Plain, new: Plain) -> tuple[Dictionary, Dictionary]:
    """Before the update and after it; raises NotPlain where it changed more than it may."""
    root, info = old.trailer[b"/Root"], old.trailer.get(b"/Info")
    if not isinstance(root, int) or (root, info) != (
        new.trailer[b"/Root"],
        new.trailer.get(b"/Info"),
    ):
        raise NotPlain("another catalogue")
    for trailer in (old.trailer, new.trailer):
        if any(any(references(value)) for key, value in trailer.items() if key not in _LEADING):
            raise NotPlain("a trailer that leads elsewhere")
    check_info(old)
    before, after = old.dictionary(root), new.dictionary(root)
    for key in before.keys() | after.keys():
        one, other = before.get(key, b""), after.get(key, b"")
        texts = key in _TEXTS and not any(references([one, other]))
        if one != other and key not in _CHECKED and not texts:
            raise NotPlain("another catalogue")
    return before, after


def _check_form(old: Plain, catalogue: Dictionary) -> None:
    """Signatures that were made, and no fields that an update could have filled in."""
    form = old.dictionary(catalogue.get(b"/AcroForm"))
    signature_names(old, form)
    old.dictionary(form.get(b"/DR", {}))


def _check_metadata(old: Plain, new: Plain, before: Dictionary, after: Dictionary) -> None:
    """Where there are other metadata, they are XMP (ISO 16684-1), and were."""
    had, has = before.get(b"/Metadata"), after.get(b"/Metadata")
    if had == has and (not isinstance(has, int) or new.place(has) == old.place(has)):
        return
    for held, catalogue in ((old, before), (new, after)):
        if b"/Metadata" in catalogue or held is new:
            _check_xmp(held, _stream(held, catalogue.get(b"/Metadata", b"")))
    _check_is_new(after[b"/Metadata"], before.get(b"/Metadata"), old)


def _check_xmp(held: Plain, found: Held) -> None:
    assert found.stream is not None
    assert isinstance(found.value, dict)
    start, length = found.stream
    content = unpack(held.text[start : start + length], found.value, _METADATA_BYTES)
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, encoding="utf-8"))
    entities = next(root.iter(etree.Entity), None)
    if root.tag != _METADATA or entities is not None or found.references:
        raise NotPlain("no metadata")


def _check_store(old: Plain, new: Plain, before: Dictionary, after: Dictionary) -> None:
    """Lists of streams, and such lists for each signature (EN 319 142-1 §5.4.2.2)."""
    store, had = new.dictionary(after.get(b"/DSS")), old.dictionary(before.get(b"/DSS", {}))
    _check_is_new(after[b"/DSS"], before.get(b"/DSS"), old)
    streams = _listed(store, {*_LISTS, b"/VRI"})
    kept, had_kept = new.dictionary(store.get(b"/VRI", {})), old.dictionary(had.get(b"/VRI", {}))
    if b"/VRI" in store:
        _check_is_new(store[b"/VRI"], had.get(b"/VRI"), old)
    if b"/VRI" in had.keys() - store.keys() or not had_kept.items() <= kept.items():
        raise NotPlain("data that are gone")
    for key in kept.keys() - had_kept.keys():
        if _HASH.fullmatch(key) is None:
            raise NotPlain("data of no signature")
        _check_is_new(kept[key], None, old)
        streams |= _listed(new.dictionary(kept[key]), {*_LISTS_OF_ONE, b"/TU"})
    for number in streams:
        _stream(new, number)


def _listed(held: Dictionary, expected: set[bytes]) -> set[int]:
    """The objects in the lists of a store."""
    found: set[int] = set()
    if not held.keys() <= expected | {b"/Type"}:
        raise NotPlain("a store of something else")
    for key, value in held.items():
        if key in _TEXTS_OF_A_STORE:
            if not isinstance(value, bytes):
                raise NotPlain("no text")
        elif key != b"/VRI":
            for number in _items(value):
                if not isinstance(number, int):
                    raise NotPlain("no reference")
                found.add(number)
    return found


def _check_is_new(value: Value, was: Value | None, old: Plain) -> None:
    """A reference is the one that there was, or to an object that there was not."""
    if isinstance(value, int) and value != was and value < old.sections[0].size:
        raise NotPlain("an object in another role")


def _stream(held: Plain, number: Value) -> Held:
    found = held.read(number) if isinstance(number, int) else None
    if found is None or found.stream is None:
        raise NotPlain("no stream")
    return found


def _items(value: Value) -> list[Value]:
    if not isinstance(value, list):
        raise NotPlain("no array")
    return value
