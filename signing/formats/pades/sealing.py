"""A seal: PAdES B-T as a certification signature, then validation data for B-LT.

What is signed is built in keys.cms and the private key stays in the vault; pyHanko writes the
incremental updates. The document's own bytes are never touched.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
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

from keys import cms
from keys.certificates import Certificate
from keys.signer import Signer
from signing.formats.pades import increment
from signing.formats.pades.increment import ValidationData

RESERVED: Final = 16_384
"""Hexadecimal digits kept free for the CMS: 8 kB, more than twice what a P-256 seal needs."""

_PDF_2: Final = (2, 0)
_PDF_1_7: Final = (1, 7)

TimeStamper = Callable[[bytes], bytes]
"""From the SHA-256 of a signature value to a TimeStampToken."""


@dataclass(frozen=True, slots=True)
class Identity:
    """In whose name: a seal certificate, its key, and the authorities above, roots left out."""

    certificate: Certificate
    signer: Signer
    chain: tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class Signed:
    """A document with one more signature, and the SHA-256 of the signature's value."""

    document: bytes
    signature_digest: bytes


def sign(
    document: bytes,
    identity: Identity,
    stamp: TimeStamper,
    field_name: str,
    utc: datetime,
    *,
    certify: bool,
) -> Signed:
    """PAdES B-T (EN 319 142-1 §6). `certify`: the first signature, which says that only further
    signatures may follow (DocMDP P=2, ISO 32000-2 §12.8.2.2)."""
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
    attributes = cms.signed_attributes(
        cms.DATA, prepared.document_digest, identity.certificate, identity.signer
    )
    signature = identity.signer.sign(attributes)
    signature_digest = hashlib.sha256(signature).digest()
    embedding.send(
        cms.signed_data(
            cms.DATA,
            None,
            attributes,
            signature,
            identity.signer,
            identity.certificate,
            identity.chain,
            time_stamp=stamp(signature_digest),
        )
    )
    return Signed(output.getvalue(), signature_digest)


def add_validation_data(document: bytes, data: ValidationData) -> bytes:
    """From B-T to B-LT: what proves that the certificates stood (EN 319 142-1 §5.4.2), without
    VRI."""
    return document + increment.write(document, data)


def _place_for_validation_data(writer: IncrementalPdfFileWriter) -> None:
    """A document security store, empty yet: so the catalogue need not change after signing."""
    root = writer.root
    if "/DSS" not in root:
        store = generic.DictionaryObject({pdf_name("/Type"): pdf_name("/DSS")})
        root[pdf_name("/DSS")] = writer.add_object(store)
        writer.update_root()
