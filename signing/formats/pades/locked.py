"""Validation data and time-stamps for PDFs that are encrypted and open without a password: what is
added has to be encrypted with the rest (ISO 32000-2 §7.6), which pyHanko's writer does."""

from io import BytesIO
from itertools import count
from typing import Final

from asn1crypto import cms, crl, ocsp
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.signers import PdfTimeStamper
from pyhanko.sign.timestamps import TimeStamper as ByPyHanko
from pyhanko.sign.validation.dss import DocumentSecurityStore

from signing.formats import certificates
from signing.formats.pades.encrypted import opens
from signing.formats.pades.stamping import RESERVED
from signing.formats.seal import TimeStamper, ValidationData
from signing.formats.trust import at_once

_HASH: Final = "sha256"


def add_validation_data(document: bytes, data: ValidationData) -> bytes:
    writer = _writer(document)
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=[certificates.load(one) for one in data.certificates],
        ocsps=[ocsp.OCSPResponse.load(one) for one in data.ocsps],
        crls=[crl.CertificateList.load(one) for one in data.crls],
    )
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def add_time_stamp(document: bytes, stamp: TimeStamper) -> bytes:
    writer = _writer(document)
    had = {name for name, _, _ in enumerate_sig_fields(writer.prev)}
    name = next(name for number in count(1) if (name := f"Timestamp{number}") not in had)
    made = PdfTimeStamper(_Clock(stamp), field_name=name).async_timestamp_pdf(
        writer, _HASH, bytes_reserved=RESERVED
    )
    written: BytesIO = at_once(made)
    return written.getvalue()


class _Clock(ByPyHanko):
    """A time-stamp authority by a function of ours."""

    def __init__(self, stamp: TimeStamper) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._stamp = stamp

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        if md_algorithm != _HASH:  # which is what we ask for
            raise ValueError(md_algorithm)
        return cms.ContentInfo.load(self._stamp(message_digest))


def _writer(document: bytes) -> IncrementalPdfFileWriter:
    """Raises ValueError where a password is wanted."""
    writer = IncrementalPdfFileWriter(BytesIO(document), strict=False)
    if not opens(writer.prev):
        raise ValueError("nobody can open it without a password")
    writer.encrypt(b"")
    return writer
