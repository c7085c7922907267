"""A document time-stamp, in a revision of its own (ISO 32000-2 §12.8.5, EN 319 142-1 §5.4.3).

It covers all that stands before it, validation data included, so what it covers needs no one form.
"""

import hashlib
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields

from signing.formats.pades.revision import Revision, encoded, end_of, opened
from signing.formats.seal import TimeStamper

RESERVED: Final = 12_288
"""Hexadecimal digits for the token: 6 kB, enough for one with its chain and RSA keys."""

_HEAD: Final = b"<< /Type /DocTimeStamp /Filter /Adobe.PPKLite /SubFilter /ETSI.RFC3161 /Contents "
_RANGE: Final = b"/ByteRange " + b"[ 0 0 0 0 ]".ljust(40)
_MOST_NODES: Final = 1_024  # of a page tree


def add(document: bytes, stamp: TimeStamper) -> bytes:
    """What is appended to a document: a time-stamp over all of it; raises ValueError."""
    end = b"" if document.endswith(b"\n") else b"\n"
    document += end
    reader = opened(document)
    revision = Revision(end_of(document, reader))
    value, field = revision.number(), revision.number()
    revision.put(value, b"%s<%s> %s >>" % (_HEAD, b"0" * RESERVED, _RANGE))
    page = _first_page(reader)
    revision.put(field, _field(_free_name(reader), value, page.reference))
    form = reader.root["/AcroForm"]
    form[pdf_name("/SigFlags")] = generic.NumberObject(3)  # signatures exist, append only
    reference = generic.IndirectObject(field, 0, reader)
    changed = {form.container_ref, _listed(form, "/Fields", reference)}
    changed.add(_listed(page.get_object(), "/Annots", reference))
    for one in sorted(changed, key=lambda one: (one.idnum, one.generation)):
        revision.put(one.idnum, encoded(one.get_object()), one.generation)
    return end + _filled(document, revision.write(), stamp)


def _filled(document: bytes, appended: bytes, stamp: TimeStamper) -> bytes:
    """The revision with its range, and the token in its place."""
    opens = appended.index(_HEAD) + len(_HEAD)
    closes = opens + RESERVED + 2
    covered = (len(document) + opens, len(document) + closes, len(appended) - closes)
    byte_range = b"/ByteRange [ 0 %d %d %d ]" % covered
    rest = appended[closes:].replace(_RANGE, byte_range.ljust(len(_RANGE)), 1)
    digest = hashlib.sha256(document + appended[:opens] + rest).digest()
    token = stamp(digest).hex().encode()
    if len(token) > RESERVED:
        raise ValueError("the time-stamp is larger than its place")
    return b"%s<%s>%s" % (appended[:opens], token.ljust(RESERVED, b"0"), rest)


def _field(name: bytes, value: int, page: Any) -> bytes:
    """A signature field that is its own, invisible annotation (ISO 32000-2 §12.7.5.5)."""
    return (
        b"<< /FT /Sig /T (%s) /V %d 0 R /Type /Annot /Subtype /Widget /F 132 /Rect [ 0 0 0 0 ] "
        b"/P %d %d R >>" % (name, value, page.idnum, page.generation)
    )


def _free_name(reader: PdfFileReader) -> bytes:
    names = {name for name, _, _ in enumerate_sig_fields(reader)}
    number = 1
    while (name := f"Timestamp{number}") in names:
        number += 1
    return name.encode()


def _first_page(reader: PdfFileReader) -> Any:
    """The reference to the first page."""
    waiting = [reader.root.raw_get("/Pages")]
    for _ in range(_MOST_NODES):
        if not waiting:
            break
        found = waiting.pop()
        node = found.get_object()
        if "/Kids" not in node:
            return found
        waiting += reversed(list(list.__iter__(node["/Kids"])))
    raise ValueError("no page is found")


def _listed(holder: Any, name: str, reference: Any) -> Any:
    """Put a reference into a list of a dictionary; returns what has to be written again."""
    raw = holder.raw_get(name) if name in holder else None
    if raw is None:
        holder[pdf_name(name)] = generic.ArrayObject([reference])
        return holder.container_ref
    held = raw.get_object()
    held.append(reference)
    return raw.reference if isinstance(raw, generic.IndirectObject) else holder.container_ref
