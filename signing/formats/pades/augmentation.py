"""Validation data and time-stamps for signatures that are there already, ours or others'
(EN 319 142-1 §5.4). The document's bytes are never touched: revisions follow."""

from collections.abc import Iterator
from typing import Any, Final

from asn1crypto import cms
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import EmbeddedPdfSignature, generic_cms

from signing.formats import protection as protections
from signing.formats.pades import increment, locked, stamping
from signing.formats.pades.encrypted import opens
from signing.formats.pades.revision import Revision, encoded, end_of, opened, stream
from signing.formats.protection import Protection, of
from signing.formats.seal import TimeStamper, ValidationData

_STORE: Final = b"/DSS"
_KINDS: Final = ("/Certs", "/OCSPs", "/CRLs")


def certificates(document: bytes) -> frozenset[bytes]:
    """Those that signatures and time-stamps carry, DER; raises whatever the reader does."""
    held = _signed(_unlocked(document))
    return frozenset(one for signed in held for one in protections.certificates(signed))


def protection(document: bytes) -> Protection:
    """What protects a document in time: document time-stamps over a store of proofs. Raises
    whatever the reader does."""
    found = list(_embedded(_unlocked(document)))
    archives = [
        one.signed_data
        for one in found
        if one.sig_object_type == "/DocTimeStamp" and _STORE in document[: _end(one)]
    ]
    return of([archives]) if found else Protection(signed=False)


def add_validation_data(document: bytes, data: ValidationData) -> bytes:
    """The document, and a revision with what its store has not yet; raises ValueError."""
    reader = opened(document)
    if reader.encrypted:
        return locked.add_validation_data(document, data)
    try:
        if _plain(reader):
            return document + increment.write(document, data)
    except (ValueError, PdfReadError):
        pass
    return _in_any_store(document, data)


def add_time_stamp(document: bytes, stamp: TimeStamper) -> bytes:
    """The document, and a time-stamp over all of it; raises ValueError."""
    if opened(document).encrypted:
        return locked.add_time_stamp(document, stamp)
    return document + stamping.add(document, stamp)


def _unlocked(document: bytes) -> PdfFileReader:
    """Raises ValueError where a password is wanted."""
    reader = opened(document)
    if not opens(reader):
        raise ValueError("nobody can open it without a password")
    return reader


def _signed(reader: PdfFileReader) -> Iterator[cms.SignedData]:
    """Every signature and document time-stamp, and the time-stamps within."""
    for embedded in _embedded(reader):
        yield embedded.signed_data
        yield from generic_cms.extract_tst_data_iter(embedded.signer_info, signed=False)


def _embedded(reader: PdfFileReader) -> Iterator[EmbeddedPdfSignature]:
    for name, _, field in enumerate_sig_fields(reader, filled_status=True):
        yield EmbeddedPdfSignature(reader, field, name)


def _end(embedded: EmbeddedPdfSignature) -> int:
    """Where what is signed ends."""
    _, _, after, rest = map(int, embedded.byte_range)
    return after + rest


def _plain(reader: PdfFileReader) -> bool:
    """Whether the store has nothing but what is written in the one form of ours."""
    return "/DSS" in reader.root and set(reader.root["/DSS"]) <= {"/Type", *_KINDS}


def _in_any_store(document: bytes, data: ValidationData) -> bytes:
    """Whatever the store looks like, what it has stays, and other tools' entries too."""
    if not document.endswith(b"\n"):
        document += b"\n"
    reader = opened(document)
    revision, root = Revision(end_of(document, reader)), reader.root
    if "/DSS" not in root:
        store: Any = generic.DictionaryObject({pdf_name("/Type"): pdf_name("/DSS")})
        number = revision.number()
        root[pdf_name("/DSS")] = generic.IndirectObject(number, 0, reader)
        changed = {reader.root_ref}
        streams = [(number, store)]
    else:
        store = root["/DSS"]
        changed = {store.container_ref}
        streams = []
    for name, offered in zip(_KINDS, (data.certificates, data.ocsps, data.crls), strict=True):
        listed = generic.ArrayObject(list.__iter__(store[name]) if name in store else ())
        had = {bytes(one.get_object().data) for one in list.__iter__(listed)}
        for content in sorted(set(offered) - had):
            number = revision.number()
            revision.put(number, stream(content))
            listed.append(generic.IndirectObject(number, 0, reader))
        store[pdf_name(name)] = listed
    for number, new in streams:
        revision.put(number, encoded(new))
    for one in changed:
        revision.put(one.idnum, encoded(one.get_object()), one.generation)
    return document + revision.write()
