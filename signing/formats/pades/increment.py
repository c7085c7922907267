"""The revision that carries validation data, written in one way only (EN 319 142-1 §5.4.2).

No signature covers it, so a verifier makes it again from the data that it holds: what differs in
one byte was changed. The form is therefore fixed; a new form would be one more, beside this one.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.rw_common import PdfHandler

from signing.formats.pades.opening import reading
from signing.formats.pades.revision import End, Revision, end_after, end_of, stream
from signing.formats.seal import ValidationData

_ENDS: Final = re.compile(rb"startxref\s+(\d{1,10})\s+%%EOF\s*\n\Z")
_ENDS_WITHIN: Final = 64
KINDS: Final = (b"/Certs", b"/OCSPs", b"/CRLs")
_PURPOSES: Final = (DecodePurpose.CERTIFICATE, DecodePurpose.OCSP_RESPONSE, DecodePurpose.CRL)


@dataclass(frozen=True, slots=True)
class Store:
    """A document security store: its object, and what it refers to, by kind."""

    number: int
    references: tuple[tuple[int, ...], ...]
    data: tuple[tuple[bytes, ...], ...]

    def since(self, earlier: "Store") -> ValidationData:
        """What came into the store after an earlier revision."""
        new = (
            tuple(data for data, at in zip(held, listed, strict=True) if at not in known)
            for held, listed, known in zip(
                self.data, self.references, earlier.references, strict=True
            )
        )
        return ValidationData(*new)


def write(document: bytes, data: ValidationData) -> bytes:
    """What is appended to a document whose store is an object of its own; raises ValueError."""
    with reading(document) as reader:
        store = store_of(reader)
        if store is None or not _ENDS.search(document[-_ENDS_WITHIN:]):
            raise ValueError("no store, or no end, to write after")
        return append(end_of(document, reader), store, data)


def append(end: End, store: Store, data: ValidationData) -> bytes:
    """What is appended. Data that the store has already are left out; what is new comes in the
    order of its encoding."""
    revision = Revision(end)
    listed, streams = [], []
    for name, had, references, offered in zip(
        KINDS, store.data, store.references, _parts(data), strict=True
    ):
        new = [(revision.number(), one) for one in sorted(set(offered) - set(had))]
        streams += new
        numbers = (*references, *(number for number, _ in new))
        referred = b" ".join(b"%d 0 R" % number for number in numbers)
        listed.append(b"%s [ %s ]" % (name, referred))
    revision.put(store.number, b"<< /Type /DSS %s >>" % b" ".join(listed))
    for number, content in streams:
        revision.put(number, stream(content))
    return revision.write()


def end_of_line(document: bytes, end: int) -> int:
    """Where the line ends that has the last byte before `end`, if a byte is wanting to that."""
    ended = document[end - 1 : end] == b"\n" or document[end : end + 1] != b"\n"
    return end if ended else end + 1


def read_last(document: bytes, reader: PdfFileReader, end: int) -> tuple[Store, Store] | None:
    """The store before the last revision and after it, where that revision begins at `end` and is
    as it is written here. `reader` has the document. That this revision goes on from what ends
    there, it says itself (/Prev)."""
    said = _ENDS.search(document[max(0, end - _ENDS_WITHIN) : end])
    before = reader.xrefs.total_revisions - 2
    if said is None or before < 0:
        return None
    old = reader.get_historical_resolver(before)
    had, has = store_of(old), store_of(reader)
    if had is None or has is None:
        return None
    goes_on = end_after(document, end, int(said[1]), old.trailer_view)
    return (had, has) if append(goes_on, had, has.since(had)) == document[end:] else None


def read_new(before: bytes, after: bytes) -> ValidationData | None:
    """The data that a later revision put into the store; None where there is none."""
    with reading(before) as old, reading(after) as new:
        had, has = store_of(old), store_of(new)
    return has.since(had) if had is not None and has is not None else None


def store_of(reader: PdfHandler) -> Store | None:
    """That of a document or of a revision; None where it is no object of its own."""
    root = reader.root
    reference = root.raw_get("/DSS") if "/DSS" in root else None
    if not isinstance(reference, generic.IndirectObject):
        return None
    held = reference.get_object()
    listed = [
        list(list.__iter__(held[name])) if (name := kind.decode()) in held else [] for kind in KINDS
    ]
    references = tuple(tuple(one.idnum for one in kind) for kind in listed)
    data = tuple(
        tuple(_data(one, purpose) for one in kind)
        for kind, purpose in zip(listed, _PURPOSES, strict=True)
    )
    return Store(reference.idnum, references, data)


def _data(reference: Any, purpose: DecodePurpose) -> bytes:
    return bytes(reference.get_object().read_data(purpose))


def _parts(data: ValidationData) -> tuple[tuple[bytes, ...], ...]:
    return data.certificates, data.ocsps, data.crls
