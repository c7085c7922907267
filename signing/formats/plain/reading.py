"""Evidence for seals of ours in a plain PDF, found by making each revision of theirs again.

What `pades.reading` finds in such a document, it finds too, in a twentieth of the time. For every
other document, and wherever anything is not as we would have written it, it finds nothing.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from signing.formats.digests import Hashed
from signing.formats.own.certificates import NotOurs
from signing.formats.own.evidence import Placed, of_seals
from signing.formats.own.signatures import read_seal, read_time
from signing.formats.pades import increment
from signing.formats.pades.structure import der_length
from signing.formats.plain.closed import check_trees, used
from signing.formats.plain.document import Plain, read_plain
from signing.formats.plain.intake import Prepared
from signing.formats.plain.lexer import NotPlain, Value
from signing.formats.plain.place import Dictionary, find_place
from signing.formats.plain.sealing import EMPTY, HEAD, end_of, octets, prepare, read_store
from signing.formats.plain.sections import Place, Section, last_start, natural
from signing.formats.seal import ValidationData
from signing.formats.trust import Asked
from signing.rules.evidence import (
    Changes,
    DocumentEvidence,
)
from signing.rules.report import Format

_MOST: Final = 32
_NOTHING: Final = increment.Store(0, ((), (), ()), ((), (), ()))


@dataclass(frozen=True, slots=True)
class _Seal:
    """A seal in the document: what it was before, its CMS, and where what it covers ends."""

    name: str
    before: Prepared
    gap: int
    end: int
    utc: datetime
    contents: bytes


def read(
    document: bytes, asked: Asked, begun: Hashed | None = None, base: Prepared | None = None
) -> DocumentEvidence | None:
    """None where not everything in it is ours. `begun` and `base` are what the document begins
    with, where that was hashed, and looked through."""
    try:
        return _read(document, asked, begun, base)
    except Exception:  # whatever our reader stumbles over, others read
        return None


def _read(
    document: bytes, asked: Asked, begun: Hashed | None, base: Prepared | None
) -> DocumentEvidence:
    held = read_plain(document, base.held if base is not None else None)
    seals = sorted(_seals(held, base), key=lambda seal: seal.end)
    if not seals:
        raise NotPlain("no seal")
    if seals[0].end != held.end:
        _check_closed(seals[0].before, looked_through=base is not None)
    data = _proofs(held, seals)
    digest, digests = _digests(document, seals, begun)
    placed = [
        Placed(
            seal.name,
            int(seal.utc.timestamp()),
            _changes(seal, seals, held),
            seal.end,
            own,
            *read_seal(seal.contents, own),
        )
        for seal, own in zip(seals, digests, strict=True)
    ]
    found = of_seals(placed, data, asked)
    return DocumentEvidence(len(document), digest, found, format=Format.PDF)


def _check_closed(before: Prepared, *, looked_through: bool) -> None:
    """Raises where what follows the first seal could have another role than it has by itself. Who
    looked through a document knows already that it refers to nothing that it has not."""
    check_trees(before.held, before.place.catalogue)
    if not looked_through:
        used(before.held)


def _seals(held: Plain, base: Prepared | None) -> Iterator[_Seal]:
    """Those of the form's fields, each made again from the document before it."""
    form = held.dictionary(held.dictionary(held.trailer.get(b"/Root")).get(b"/AcroForm"))
    fields = _items(form.get(b"/Fields"))
    if len(fields) > _MOST:
        raise NotOurs("more seals than are read here")
    for field in fields:
        found = held.dictionary(field)
        name = octets(found.get(b"/T", b"")).decode()
        yield _seal(held, name, held.dictionary(found.get(b"/V")), base)


def _seal(held: Plain, name: str, signature: Dictionary, base: Prepared | None) -> _Seal:
    start, gap, after, rest = map(natural, _items(signature.get(b"/ByteRange")))
    if not held.text.endswith(HEAD, 0, gap):
        raise NotOurs("a signature of another form")
    end = after + rest
    revision = _begins(held, end)
    section, first = revision.sections[0], min(map(_offset, revision.sections[0].places.values()))
    before = _before(held, first, revision.sections[1:], base)
    utc = read_time(octets(signature.get(b"/M", b"")).removeprefix(b"D:"))
    _, identifier = map(octets, _items(section.trailer.get(b"/ID")))
    made = prepare(before, utc, identifier)
    digits = held.text[gap + 1 : after - 1]
    padded = bytes.fromhex(digits.decode())
    contents = padded[: der_length(padded)]
    if (
        (start, gap, after) != (0, first + len(made.before), gap + len(EMPTY))
        or held.text[first:end] != made.signed(contents)
        or before.place.field_name != name
    ):
        raise NotOurs("a revision of another form")
    return _Seal(name, before, gap, end, utc, contents)


def _before(
    held: Plain, end: int, sections: tuple[Section, ...], base: Prepared | None
) -> Prepared:
    """What was sealed."""
    if base is not None and end == base.held.end and sections == base.held.sections:
        return base
    before = _first(held, end, sections)
    return Prepared(before, find_place(before))


def _begins(held: Plain, end: int) -> Plain:
    """What the document was when it ended there."""
    if end == held.end:
        return held
    older = tuple(section for section in held.sections if section.place < end)
    return _first(held, end, older)


def _first(held: Plain, end: int, sections: tuple[Section, ...]) -> Plain:
    if not sections or last_start(held.text, end) != sections[0].place:
        raise NotPlain("no end of a revision")
    return Plain(held.text, end, sections)


def _proofs(held: Plain, seals: list[_Seal]) -> ValidationData:
    """What the document's store holds: between seals, and after the last, stands nothing but
    what came into it."""
    ends, store = [*(seal.before.held.end for seal in seals[1:]), held.end], _NOTHING
    for seal, end in zip(seals, ends, strict=True):
        if seal.end == end:
            continue
        signed, stored = _begins(held, seal.end), _begins(held, end)
        had, store = read_store(signed), read_store(stored)
        if increment.append(end_of(signed), had, store.since(had)) != held.text[seal.end : end]:
            raise NotOurs("a store of another form")
    return ValidationData(*store.data)


def _digests(document: bytes, seals: list[_Seal], begun: Hashed | None) -> tuple[str, list[bytes]]:
    """SHA-256 of the document in hex, and of what each seal is over, in one pass."""
    view, at = memoryview(document), 0
    state = hashlib.sha256()
    if begun is not None and len(begun.document) <= seals[0].gap:
        state, at = begun.begun(), len(begun.document)
    digests = []
    for seal in seals:
        state.update(view[at : seal.gap])
        covered = state.copy()
        covered.update(view[seal.gap + len(EMPTY) : seal.end])
        digests.append(covered.digest())
        at = seal.gap
    state.update(view[at:])
    return state.hexdigest(), digests


def _changes(seal: _Seal, seals: list[_Seal], held: Plain) -> Changes:
    if seal is not seals[-1]:
        return Changes.SIGNATURES
    return Changes.NONE if seal.end == held.end else Changes.VALIDATION_DATA


def _items(value: Value | None) -> list[Value]:
    if not isinstance(value, list):
        raise NotPlain("no array")
    return value


def _offset(place: Place) -> int:
    if not isinstance(place, int):
        raise NotOurs("an object in a stream")
    return place
