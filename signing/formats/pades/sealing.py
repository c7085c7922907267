"""A seal: PAdES B-T as a certification signature, validation data for B-LT, a time-stamp for B-LTA.

What is signed is built in keys.cms and the private key stays in the vault; pyHanko writes the
incremental updates. The document's own bytes are never touched.
"""

from collections.abc import Callable
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
    SigIOSetup,
    SigMDPSetup,
    SigObjSetup,
)
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from signing.formats.cades import sealing as cades
from signing.formats.pades import increment, stamping
from signing.formats.seal import Identity, Signed, TimeStamper, ValidationData

RESERVED: Final = 16_384
"""Hexadecimal digits kept free for the CMS: 8 kB, more than twice what a P-256 seal needs."""

_PDF_2: Final = (2, 0)
_PDF_1_7: Final = (1, 7)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that waits for its signature. `digest` is SHA-256 over what will be signed;
    `embed` takes the CMS and returns the signed document."""

    digest: bytes
    embed: Callable[[bytes], bytes]


def prepare(document: bytes, field_name: str, utc: datetime, *, certify: bool) -> Prepared:
    """All of a PAdES signature but its CMS (EN 319 142-1 §6). `certify`: the first signature,
    which says that only further signatures may follow (DocMDP P=2, ISO 32000-2 §12.8.2.2)."""
    output = BytesIO(document)
    writer = IncrementalPdfFileWriter(output)
    writer.ensure_output_version(version=_PDF_1_7)
    if writer.output_version < _PDF_2:
        writer.register_extension(ESIC_EXTENSION_1)
    _place_for_validation_data(writer)
    embedding = PdfCMSEmbedder(SigFieldSpec(field_name)).write_cms(field_name, writer)
    next(embedding)
    placeholder = SignatureObject(utc, SigSeedSubFilter.PADES, bytes_reserved=RESERVED)
    permissions = SigMDPSetup("sha256", certify=True, docmdp_perms=MDPPerm.FILL_FORMS)
    embedding.send(SigObjSetup(placeholder, mdp_setup=permissions if certify else None))
    prepared, _ = embedding.send(SigIOSetup("sha256", in_place=True))

    def embed(signature: bytes) -> bytes:
        embedding.send(signature)
        return output.getvalue()

    return Prepared(prepared.document_digest, embed)


def sign(
    document: bytes,
    by: Identity,
    stamp: TimeStamper | None,
    field_name: str,
    utc: datetime,
    *,
    certify: bool,
) -> Signed:
    """PAdES B-T, or B-B without `stamp`."""
    prepared = prepare(document, field_name, utc, certify=certify)
    signed = cades.sign(prepared.digest, by, stamp, signing_time=None)
    return replace(signed, part=prepared.embed(signed.part)[len(document) :])


def add_validation_data(document: bytes, part: bytes, data: ValidationData) -> bytes:
    """From B-T to B-LT: what proves that the certificates stood (EN 319 142-1 §5.4.2), without
    VRI. `part` is what was appended to the document."""
    return part + increment.write(document + part, data)


def add_time_stamp(document: bytes, part: bytes, stamp: TimeStamper) -> bytes:
    """From B-LT to B-LTA (EN 319 142-1 §5.4.3)."""
    return part + stamping.add(document + part, stamp)


def _place_for_validation_data(writer: IncrementalPdfFileWriter) -> None:
    """A document security store, empty yet: so the catalogue need not change after signing."""
    root = writer.root
    if "/DSS" not in root:
        store = generic.DictionaryObject({pdf_name("/Type"): pdf_name("/DSS")})
        root[pdf_name("/DSS")] = writer.add_object(store)
        writer.update_root()
