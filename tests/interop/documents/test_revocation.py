"""Revocation reaches every verifier within a minute: by OCSP, CRL and `/verify`, whichever process
of the service is asked."""

import base64
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from tests.documents import plain_pdf
from tests.interop.documents.conftest import LiveSigning
from tests.processes import free_port, running
from tests.signing_service import ProviderOnLoopback

A_MINUTE = 60.0


class Verifier:
    """Somebody who asks one process of the service about a certificate, in every way there is."""

    def __init__(self, url: str, certificate: x509.Certificate, sealed: bytes) -> None:
        self.url = url
        self.certificate = certificate
        self.sealed = sealed
        issuer = x509.load_pem_x509_certificate(self.get("/certificates/issuing.pem"))
        builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1())
        self.asked = builder.build().public_bytes(Encoding.DER)

    def get(self, path: str) -> bytes:
        answer = httpx2.get(f"{self.url}{path}", timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.content

    def by_get(self) -> bool:
        path = quote(base64.b64encode(self.asked).decode(), safe="")
        return _revoked(self.get(f"/ocsp/{path}"))

    def by_post(self) -> bool:
        kind = {"Content-Type": "application/ocsp-request"}
        return _revoked(httpx2.post(f"{self.url}/ocsp", content=self.asked, headers=kind).content)

    def by_crl(self) -> bool:
        extensions = self.certificate.extensions
        [point] = extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        [name] = point.full_name or ()
        crl = x509.load_der_x509_crl(self.get(urlsplit(name.value).path))
        entry = crl.get_revoked_certificate_by_serial_number(self.certificate.serial_number)
        return entry is not None

    def by_verify(self) -> bool:
        answer = httpx2.post(f"{self.url}/verify", content=self.sealed, timeout=60)
        return bool(answer.json()["verdict"] == "revoked")

    @property
    def ways(self) -> list[Callable[[], bool]]:
        return [self.by_get, self.by_post, self.by_crl, self.by_verify]


def _revoked(encoded: bytes) -> bool:
    status = ocsp.load_der_ocsp_response(encoded).certificate_status
    return status is ocsp.OCSPCertStatus.REVOKED


def test_every_process_tells_of_a_revocation_in_every_way(
    database_url: str, tmp_path: Path, provider_on_loopback: ProviderOnLoopback
) -> None:
    service = LiveSigning(tmp_path, database_url, provider_on_loopback)
    service.prepare()
    other = free_port()
    command = [*service.command[:-1], str(other)]
    healthy = f"http://127.0.0.1:{other}/readyz"
    with service.serving(), running("other", command, healthy, tmp_path, service.environment):
        sealed = service.sealed(plain_pdf())
        serial = service.verify(sealed)["signatures"][0]["signer"]["serial"]
        pem = httpx2.get(f"{service.url}/certificates/{serial}.pem").content
        certificate = x509.load_pem_x509_certificate(pem)
        urls = (service.url, f"http://127.0.0.1:{other}")
        verifiers = [Verifier(url, certificate, sealed) for url in urls]
        asked = [way for verifier in verifiers for way in verifier.ways]
        assert not any(way() for way in asked)  # and the answers are kept now
        service.tra("certificates", "revoke", serial, "--reason", "key-compromise")
        since = time.monotonic()
        waiting = asked
        while waiting := [way for way in waiting if not way()]:
            assert time.monotonic() - since < A_MINUTE, waiting
        assert all(way() for way in asked)
