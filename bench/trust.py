"""The authority's hot paths: time-stamps and OCSP answers, over HTTP."""

import base64
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from asn1crypto import algos, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from bench.load import Ask, Workload
from tra.settings import Settings

_QUERY = ("Content-Type", "application/timestamp-query")
_OCSP = ("Content-Type", "application/ocsp-request")


@dataclass
class Authority:
    """What verifiers and signers everywhere ask of a signing service."""

    settings: Settings
    folder: Path

    def workloads(self) -> Iterator[Workload]:
        """Once the service runs."""
        query, plain, fresh = (self.folder / name for name in ("tsq", "ocsp", "nonce"))
        query.write_bytes(_time_stamp_request())
        plain.write_bytes(self._ocsp_request(None))
        fresh.write_bytes(self._ocsp_request(b"n" * 32))
        stamp = [Ask("POST", "/tsa", (_QUERY,), f"@{query}")]
        path = f"/ocsp/{quote(base64.b64encode(plain.read_bytes()).decode(), safe='')}"
        by_get, by_post = [Ask("GET", path)], [Ask("POST", "/ocsp", (_OCSP,), f"@{plain}")]
        with_nonce = [Ask("POST", "/ocsp", (_OCSP,), f"@{fresh}")]
        said = "Tra OCSP Responder"
        yield Workload("time-stamp", lambda _: stamp, must_have="Tra Time-Stamp Authority")
        yield Workload("OCSP: GET", lambda _: by_get, must_have=said)
        yield Workload("OCSP: POST", lambda _: by_post, must_have=said)
        yield Workload("OCSP: POST with a nonce", lambda _: with_nonce, must_have=said)

    def _ocsp_request(self, nonce: bytes | None) -> bytes:
        asked, issuer = (self._certificate(name) for name in ("timestamp", "issuing"))
        builder = ocsp.OCSPRequestBuilder().add_certificate(asked, issuer, hashes.SHA1())
        if nonce is not None:
            builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
        return builder.build().public_bytes(Encoding.DER)

    def _certificate(self, name: str) -> x509.Certificate:
        address = f"{self.settings.signing_url}/certificates/{name}.cer"
        with urllib.request.urlopen(address) as answer:
            return x509.load_der_x509_certificate(answer.read())


def _time_stamp_request() -> bytes:
    digest = algos.DigestAlgorithm({"algorithm": "sha256"})
    imprint = tsp.MessageImprint({"hash_algorithm": digest, "hashed_message": bytes(32)})
    asked = {"version": 1, "message_imprint": imprint, "cert_req": True, "nonce": 7}
    encoded: bytes = tsp.TimeStampReq(asked).dump()
    return encoded
