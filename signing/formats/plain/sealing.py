"""The revision that carries a seal, for a plain document (ISO 32000-2 §12.8, EN 319 142-1 §5)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from signing.formats.pades.increment import KINDS, Store
from signing.formats.pades.revision import End, Revision
from signing.formats.plain.document import Plain, identifier
from signing.formats.plain.intake import Prepared
from signing.formats.plain.lexer import NotPlain, Value, write
from signing.formats.plain.place import DOCMDP, changed
from signing.formats.plain.sections import last_start

RESERVED: Final = 16_384
"""Hexadecimal digits kept free for the CMS: 8 kB, more than twice what a P-256 seal needs."""

EMPTY: Final = b"<" + b"0" * RESERVED + b">"
HEAD: Final = b"<< /Contents "
"""What stands before that in the revision."""

_NEW: Final = 2
"""Objects that come with each seal: its field and its signature."""

_RANGE: Final = b"/ByteRange [ 0 "
_RANGE_LENGTH: Final = 34  # three numbers of ten digits, the spaces between, and the bracket
_RANGE_FREE: Final = _RANGE + b"]".rjust(_RANGE_LENGTH)


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A revision without its signature: what stands before the signature's string, and after."""

    before: bytes
    after: bytes

    def signed(self, contents: bytes) -> bytes:
        """The revision with a CMS in it; raises ValueError where there is not room enough."""
        return b"%s%s%s" % (self.before, digits(contents), self.after)


def digits(contents: bytes) -> bytes:
    """The signature's string with a CMS in it; raises ValueError where there is not room enough."""
    spelt = contents.hex().encode()
    if len(spelt) > RESERVED:
        raise ValueError("the signature is longer than the place that was kept for it")
    return b"<%s>" % spelt.ljust(RESERVED, b"0")


def end_of(held: Plain) -> End:
    """What an update goes on from; raises NotPlain."""
    trailer, newest = held.trailer, held.sections[0]
    root, info = trailer.get(b"/Root"), trailer.get(b"/Info")
    if not isinstance(root, int):
        raise NotPlain("no catalogue")
    return End(
        held.end,
        newest.place,
        newest.stream is None,
        newest.size,
        (root, 0),
        (info, 0) if isinstance(info, int) else None,
        identifier(trailer),
    )


def prepare(prepared: Prepared, utc: datetime, identifier: bytes) -> Unsigned:
    """The revision. `identifier` tells the document from what it was before (§14.4)."""
    held, place = prepared.held, prepared.place
    gap = b"" if held.text.endswith(b"\n", 0, held.end) else b"\n"
    revision = Revision(_begins(prepared, identifier, held.end + len(gap)))
    store = revision.number() if place.certify else 0
    form = revision.number() if b"/AcroForm" not in place.catalogue else 0
    field, signature = revision.number(), revision.number()
    objects = changed(place, form, store, field, signature)
    if place.certify:
        objects[store] = {b"/Type": b"/DSS"}
    objects[field] = _field(place.field_name, place.page[0], signature)
    for number, value in sorted(objects.items()):
        revision.put(number, write(value))
    revision.put(signature, _signature(utc, certify=place.certify))
    update = gap + revision.write()
    at = update.rindex(EMPTY)
    before, after = update[:at], update[at + len(EMPTY) :]
    start = held.end + len(before)
    covered = b"%d %d %d ]" % (start, start + len(EMPTY), len(after))
    return Unsigned(before, after.replace(_RANGE_FREE, _RANGE + covered.ljust(_RANGE_LENGTH), 1))


def end_after(prepared: Prepared, identifier: bytes, part: bytes) -> End:
    """What a document says at its end once it has such a revision, `part`, signed."""
    place, before = prepared.place, prepared.held.end
    began = _begins(prepared, identifier, before)
    objects = _NEW + place.certify + (b"/AcroForm" not in place.catalogue) + (not began.by_table)
    previous = last_start(part, len(part))
    return replace(began, length=before + len(part), previous=previous, size=began.size + objects)


def store_after(prepared: Prepared) -> Store:
    """The document security store, once there is such a revision; raises NotPlain."""
    if not prepared.place.certify:
        return read_store(prepared.held)
    return Store(prepared.held.sections[0].size, ((), (), ()), ((), (), ()))


def _begins(prepared: Prepared, identifier: bytes, length: int) -> End:
    end = end_of(prepared.held)
    kept = end.identifier[0] if end.identifier else identifier
    return replace(end, length=length, identifier=(kept, identifier))


def read_store(held: Plain) -> Store:
    """The document security store (EN 319 142-1 §5.4.2.2); raises NotPlain."""
    root = held.trailer.get(b"/Root")
    number = held.dictionary(root).get(b"/DSS")
    if not isinstance(number, int):
        raise NotPlain("no store")
    store = held.dictionary(number)
    if store.get(b"/Type") != b"/DSS" or not store.keys() <= {b"/Type", *KINDS}:
        raise NotPlain("a store of another form")
    listed = tuple(tuple(_numbers(store.get(kind, []))) for kind in KINDS)
    data = tuple(tuple(held.stream(one) for one in kind) for kind in listed)
    return Store(number, listed, data)


def _numbers(value: Value) -> list[int]:
    if not isinstance(value, list) or not all(isinstance(one, int) for one in value):
        raise NotPlain("no array of references")
    return [one for one in value if isinstance(one, int)]


def _field(name: str, page: int, signature: int) -> Value:
    """A signature field and its widget, which is not to be seen (§12.7.5.5)."""
    return {
        b"/FT": b"/Sig",
        b"/T": b"(%s)" % name.encode(),
        b"/Type": b"/Annot",
        b"/Subtype": b"/Widget",
        b"/F": b"132",
        b"/Rect": [b"0", b"0", b"0", b"0"],
        b"/P": page,
        b"/V": signature,
    }


def _signature(utc: datetime, *, certify: bool) -> bytes:
    reference = b"/Reference %s " % write(DOCMDP) if certify else b""
    return (
        HEAD + b"%s %s /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached "
        b"/M (D:%s) %s>>" % (EMPTY, _RANGE_FREE, utc.strftime("%Y%m%d%H%M%SZ").encode(), reference)
    )
