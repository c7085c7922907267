"""A seal: PAdES B-T as a certification signature, validation data for B-LT, a time-stamp for B-LTA.

What is signed is built in keys.cms and the private key stays in the vault. The revisions of a plain
document are our own; of any other, pyHanko writes the one that is signed. The document's own bytes
are never touched.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from typing import Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import (
    PdfCMSEmbedder,
    SigMDPSetup,
    SigObjSetup,
)
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from core.errors import Refusal
from signing.formats.cades import sealing as cades
from signing.formats.digests import Hashed
from signing.formats.pades import increment, stamping
from signing.formats.pades.intake import Accepted
from signing.formats.pades.opening import forget
from signing.formats.plain import sealing as plain
from signing.formats.plain.document import read_plain
from signing.formats.plain.lexer import NotPlain
from signing.formats.plain.sealing import RESERVED, Unsigned
from signing.formats.seal import Identity, Signed, TimeStamper, ValidationData
from signing.rules import reasons

_PDF_2: Final = (2, 0)
_PDF_1_7: Final = (1, 7)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that waits for its signature."""

    document: Hashed
    revision: Unsigned

    @property
    def digest(self) -> bytes:
        """SHA-256 over what will be signed."""
        return self.document.digest(self.revision.before, self.revision.after)

    def embed(self, signature: bytes) -> bytes:
        """What is appended, with the CMS in it; raises ValueError where there is not room."""
        return self.revision.signed(signature)


def prepare(document: Hashed, accepted: Accepted, utc: datetime) -> Prepared:
    """All of a PAdES signature but its CMS (EN 319 142-1 §6). The first signature certifies: it
    says that only further signatures may follow (DocMDP P=2, ISO 32000-2 §12.8.2.2). Raises
    Refusal."""
    try:
        if accepted.prepared is None:
            return Prepared(document, _by_pyhanko(document.document, accepted, utc))
        return Prepared(document, plain.prepare(accepted.prepared, utc, _identifier(document)))
    except Exception as error:  # what is stumbled over is in the document
        raise Refusal(reasons.PDF_BROKEN, f"{type(error).__name__}: {error}") from error


def sign(
    document: Hashed, accepted: Accepted, by: Identity, stamp: TimeStamper | None, utc: datetime
) -> Signed:
    """PAdES B-T, or B-B without `stamp`."""
    prepared = prepare(document, accepted, utc)
    signed = cades.sign(prepared.digest, by, stamp, signing_time=None)
    return replace(signed, part=prepared.embed(signed.part))


def add_validation_data(
    document: Hashed, accepted: Accepted, part: bytes, data: ValidationData
) -> bytes:
    """From B-T to B-LT: what proves that the certificates stood (EN 319 142-1 §5.4.2), without
    VRI. `part` is what was appended to the document."""
    if accepted.prepared is None:
        return part + _append(document.followed_by(part), data)
    end = plain.end_after(accepted.prepared, _identifier(document), part)
    return part + increment.append(end, plain.store_after(accepted.prepared), data)


def add_time_stamp(document: bytes, part: bytes, stamp: TimeStamper) -> bytes:
    """From B-LT to B-LTA (EN 319 142-1 §5.4.3)."""
    return part + stamping.add(document + part, stamp)


def _identifier(document: Hashed) -> bytes:
    """Tells a document from what comes of it (ISO 32000-2 §14.4)."""
    return document.digest()[:16]


def _append(signed: bytes, data: ValidationData) -> bytes:
    """What is appended to a document that pyHanko wrote the seal in."""
    try:
        held = read_plain(signed)
        return increment.append(plain.end_of(held), plain.read_store(held), data)
    except NotPlain:
        return increment.write(signed, data)


def _by_pyhanko(document: bytes, accepted: Accepted, utc: datetime) -> Unsigned:
    with BytesIO(document) as output:
        return _written(document, output, accepted, utc)


def _written(document: bytes, output: BytesIO, accepted: Accepted, utc: datetime) -> Unsigned:
    writer = IncrementalPdfFileWriter(output)
    writer.ensure_output_version(version=_PDF_1_7)
    if writer.output_version < _PDF_2:
        writer.register_extension(ESIC_EXTENSION_1)
    _place_for_validation_data(writer)
    name = accepted.field_name
    embedding = PdfCMSEmbedder(SigFieldSpec(name)).write_cms(name, writer)
    next(embedding)
    placeholder = SignatureObject(utc, SigSeedSubFilter.PADES, bytes_reserved=RESERVED)
    permissions = SigMDPSetup("sha256", certify=True, docmdp_perms=MDPPerm.FILL_FORMS)
    mdp_setup = permissions if accepted.certify else None
    embedding.send(SigObjSetup(placeholder, mdp_setup=mdp_setup))
    writer.write_in_place()
    gap, after = placeholder.contents.offsets
    placeholder.byte_range.fill_offsets(output, gap, after, output.tell())
    with output.getbuffer() as written:
        revision = Unsigned(bytes(written[len(document) : gap]), bytes(written[after:]))
    forget(writer.prev)
    return revision


def _place_for_validation_data(writer: IncrementalPdfFileWriter) -> None:
    """A document security store, empty yet: so the catalogue need not change after signing."""
    root = writer.root
    if "/DSS" not in root:
        store = generic.DictionaryObject({pdf_name("/Type"): pdf_name("/DSS")})
        root[pdf_name("/DSS")] = writer.add_object(store)
        writer.update_root()
