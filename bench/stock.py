"""Stock pyHanko, by its public API, as somebody would use it who has the same keys."""

import asyncio
from datetime import UTC, datetime
from io import BytesIO

from asn1crypto import crl, keys, ocsp, tsp, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers, timestamps
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.validation import DocumentSecurityStore, async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from keys.revocation import Status, ocsp_for
from keys.timestamp import answer
from tests.seals import Sealer


class _TimeStamper(timestamps.TimeStamper):
    """Our authority, asked in this process: RFC 3161 without the way there."""

    def __init__(self, sealer: Sealer) -> None:
        super().__init__()
        self._sealer = sealer

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        authority = self._sealer.authorities.time_authority
        return tsp.TimeStampResp.load(answer(req.dump(), authority, datetime.now(UTC)))


class Stock:
    """SimpleSigner and PdfSigner; OCSP answers and the CRL are at hand, so nothing is fetched."""

    def __init__(self, sealer: Sealer) -> None:
        known = sealer.authorities
        # A citizen's certificate: seals by an agency's have a form of their own to be held to.
        chain = (known.signature, known.issuing, known.root, known.timestamp, known.ocsp)
        self._certificates = [x509.Certificate.load(one.certificate.der) for one in chain]
        self._sealer = sealer
        self._signer = signers.SimpleSigner(
            signing_cert=self._certificates[0],
            signing_key=keys.PrivateKeyInfo.load(known.signature.signer.export()),
            cert_registry=SimpleCertificateStore.from_certs(self._certificates),
        )

    def seal(self, document: bytes, *, lasting: bool) -> bytes:
        """PAdES B-T, or B-LT where it is lasting; certified as ours are."""
        now, known = self._sealer.now, self._sealer.authorities
        ocsps = [
            ocsp_for(one.certificate, Status(), known.responder, now, now + 3_600)
            for one in (known.signature, known.timestamp)
        ]
        context = ValidationContext(
            trust_roots=[self._certificates[2]],
            other_certs=self._certificates,
            ocsps=[ocsp.OCSPResponse.load(one) for one in ocsps],
            crls=[crl.CertificateList.load(self._sealer.crl)],
            allow_fetching=False,
        )
        metadata = signers.PdfSignatureMetadata(
            field_name="Sig1",
            subfilter=SigSeedSubFilter.PADES,
            md_algorithm="sha256",
            certify=True,
            embed_validation_info=lasting,
            validation_context=context if lasting else None,
        )
        signer = signers.PdfSigner(metadata, self._signer, timestamper=_TimeStamper(self._sealer))
        writer = IncrementalPdfFileWriter(BytesIO(document))
        return bytes(asyncio.run(signer.async_sign_pdf(writer)).getvalue())

    def verify(self, document: bytes) -> bool:
        """With the document's own validation data, as its API has it."""
        reader = PdfFileReader(BytesIO(document))
        [signature] = reader.embedded_signatures
        trust = {"trust_roots": [self._certificates[2]], "allow_fetching": False}
        context = DocumentSecurityStore.read_dss(reader).as_validation_context(trust)
        return bool(asyncio.run(async_validate_pdf_signature(signature, context)).bottom_line)
