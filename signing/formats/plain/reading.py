"""Evidence for seals of ours in a plain PDF, found by making each revision of theirs again.

What `pades.reading` finds in such a document, it finds too, in a twentieth of the time. For every
other document, and wherever anything is not as we would have written it, it finds nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from signing.formats.digests import Covered, Digests
from signing.formats.own.certificates import NotOurs
from signing.formats.own.evidence import Placed, of_seals
from signing.formats.own.signatures import read_seal, read_time
from signing.formats.pades import increment
from signing.formats.pades.structure import der_length
from signing.formats.plain.closed import check_trees, used
from signing.formats.plain.document import Plain, read_plain, until
from signing.formats.plain.intake import Prepared
from signing.formats.plain.lexer import NotPlain, Value, octets
from signing.formats.plain.place import Dictionary, find_place
from signing.formats.plain.sealing import EMPTY, HEAD, end_of, prepare, read_store, store_after
from signing.formats.plain.sections import Place, natural
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
    """A seal in the document: what it was before, its CMS, and what it covers (/ByteRange)."""

    name: str
    before: Prepared
    ranges: list[int]
    utc: datetime
    contents: bytes

    @property
    def end(self) -> int:
        """Where that ends."""
        return sum(self.ranges[2:])


def read(digests: Digests, asked: Asked, base: Prepared | None = None) -> DocumentEvidence | None:
    """None where not everything in a document is ours. `base` is what it begins with, where that
    was looked through."""
    try:
        return _read(digests, asked, base)
    except Exception:  # whatever our reader stumbles over, others read
        return None


def _read(digests: Digests, asked: Asked, base: Prepared | None) -> DocumentEvidence:
    held = read_plain(digests.document, base.held if base is not None else None)
    seals = sorted(_seals(held, base), key=lambda seal: seal.end)
    if not seals:
        raise NotPlain("no seal")
    if seals[0].end != held.end:
        _check_closed(seals[0].before, looked_through=base is not None)
    data = _proofs(held, seals)
    placed = []
    for seal in seals:
        covered = Covered(digests, seal.ranges).digest("sha256")
        signed, stamp = read_seal(seal.contents, covered)
        at, changed = int(seal.utc.timestamp()), _changes(seal, seals, held)
        placed.append(Placed(seal.name, at, changed, seal.end, covered, signed, stamp))
    found = of_seals(placed, data, asked)
    return DocumentEvidence(held.end, digests.whole(), found, format=Format.PDF)


def _check_closed(before: Prepared, *, looked_through: bool) -> None:
    """Raises where what follows the first seal could have another role than it has by itself. Who
    looked through a document knows already that it refers to nothing that it has not."""
    check_trees(before.held, before.place.catalogue)
    if not looked_through:
        used(before.held)


def _seals(held: Plain, base: Prepared | None) -> Iterator[_Seal]:
    """Those of the form's fields, each made again from the document before it."""
    form = held.dictionary(held.dictionary(held.trailer.get(b"/Root")).get(b"/AcroForm"))
    fields = _items(held.follow(form.get(b"/Fields", b"")))
    if len(fields) > _MOST:
        raise NotOurs("more seals than are read here")
    for field in fields:
        found = held.dictionary(field)
        name = octets(found.get(b"/T", b"")).decode()
        yield _seal(held, name, held.dictionary(found.get(b"/V")), base)


def _seal(held: Plain, name: str, signature: Dictionary, base: Prepared | None) -> _Seal:
    ranges = [natural(one) for one in _items(signature.get(b"/ByteRange"))]
    start, gap, after, rest = ranges
    if not held.text.endswith(HEAD, 0, gap):
        raise NotOurs("a signature of another form")
    end = after + rest
    revision = until(held, end)
    section, first = revision.sections[0], min(map(_offset, revision.sections[0].places.values()))
    before = _before(revision, first, base)
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
    return _Seal(name, before, ranges, utc, contents)


def _before(revision: Plain, end: int, base: Prepared | None) -> Prepared:
    """What was sealed."""
    older = revision.sections[1:]
    if base is not None and end == base.held.end and older == base.held.sections:
        return base
    before = until(revision, end)
    if before.sections != older:
        raise NotPlain("sections out of order")
    return Prepared(before, find_place(before))


def _proofs(held: Plain, seals: list[_Seal]) -> ValidationData:
    """What the document's store holds: between seals, and after the last, stands nothing but
    what came into it."""
    ends, store = [*(seal.before.held.end for seal in seals[1:]), held.end], _NOTHING
    for seal, end in zip(seals, ends, strict=True):
        if seal.end == end:
            continue
        signed, stored = until(held, seal.end), until(held, end)
        had, store = store_after(seal.before), read_store(stored)
        if increment.append(end_of(signed), had, store.since(had)) != held.text[seal.end : end]:
            raise NotOurs("a store of another form")
    return ValidationData(*store.data)


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
