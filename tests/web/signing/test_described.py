"""The running signing service answers as openapi/signing.yaml says, to requests of every kind."""

import base64
import hashlib
import re
from collections.abc import Iterator
from random import Random
from urllib.parse import quote

import pytest
import requests
from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate, ocsp
from schemathesis import Case
from starlette.testclient import TestClient

from core.clock import FixedClock
from core.serving import BODY_BYTES
from signing.formats.pades.intake import DOCUMENT_BYTES
from signing.openapi import document
from tests.callers import Maker, Valid
from tests.conftest import NEW_YEAR
from tests.described import SEED, check, read, send, serving
from tests.documents import plain_pdf
from tests.postgres import Cluster
from tests.signing_service import URL, ProviderOnLoopback, SigningService

SCHEMA = read(document(URL, "0"))
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}
PDF = plain_pdf()


@pytest.fixture(scope="module")
def service(postgres: Cluster) -> Iterator[SigningService]:
    """On PostgreSQL, which refuses more than SQLite does."""
    provider = ProviderOnLoopback()
    yield SigningService(postgres.new_database(), FixedClock(NEW_YEAR), provider)
    provider.close()


@pytest.fixture(scope="module")
def makers(service: SigningService) -> dict[str, Maker]:
    """By operation: requests that it accepts."""
    asked = ocsp_request(service)

    token = {"Authorization": f"Bearer {service.token()}"}
    of_pdf = {**token, "Content-Type": "application/pdf"}
    sealed = TestClient(service.app, URL).post("/seal", content=PDF, headers=of_pdf).content

    def bearer() -> str:
        return f"Bearer {service.token()}"

    def seal(dice: Random) -> Valid:
        browser = {"Accept": "text/html"} if dice.random() < 0.3 else {}
        kind = dice.choice(({}, {"format": "pades", "level": "B-B"}, {"format": "cades"}))
        return Valid(PDF, kind, headers={"Authorization": bearer(), **browser})

    def seal_digest(dice: Random) -> Valid:
        told = {"hash": "sha256", "digest": hashlib.sha256(PDF).hexdigest()}
        kind = dice.choice(({}, {"format": "pades", "level": "B-B"}))
        return Valid({**told, **kind}, headers={"Authorization": bearer()})

    def job(_dice: Random) -> Valid:
        files = {"document": ("letter.pdf", PDF, "application/pdf")}
        made = TestClient(service.app, URL).post("/seals", files=files, headers=token)
        return Valid(path={"job": made.json()["id"]}, headers={"Authorization": bearer()})

    def job_document(dice: Random) -> Valid:
        asked = job(dice)
        asked.path["number"] = "1"
        return asked

    def ocsp_by_get(_dice: Random) -> Valid:
        return Valid(path={"request": quote(base64.b64encode(asked), safe="")})

    def certificate(dice: Random) -> Valid:
        names = ("root.cer", "issuing.pem", f"{service.seal.serial:040x}.cer")
        return Valid(path={"name": dice.choice(names)})

    def crl(_dice: Random) -> Valid:
        return Valid(path={"name": "root-0.crl"})

    return {
        "POST /seal": seal,
        "POST /seal/digest": seal_digest,
        "POST /augment": lambda _: Valid(sealed, headers={"Authorization": bearer()}),
        "POST /seals": lambda _: Valid(PDF, headers={"Authorization": bearer()}),
        "GET /seals/{job}": job,
        "DELETE /seals/{job}": job,
        "GET /seals/{job}/documents/{number}": job_document,
        "POST /verify": lambda _: Valid(PDF),
        "POST /signed": lambda _: Valid(sealed),
        "POST /compare": lambda _: Valid(sealed),
        "POST /": lambda _: Valid(PDF),
        "POST /tsa": lambda _: Valid(time_stamp_request()),
        "POST /ocsp": lambda _: Valid(asked),
        "GET /ocsp/{request}": ocsp_by_get,
        "GET /certificates/{name}": certificate,
        "GET /crl/{name}": crl,
        "GET /policies/{name}": lambda _: Valid(path={"name": service.ctx.policy.name}),
    }


@pytest.fixture(scope="module")
def url(service: SigningService) -> Iterator[str]:
    with serving(service.app) as address:
        yield address


@pytest.fixture(scope="module")
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.mark.rule("input.answers")
@SCHEMA.parametrize()
def test_every_answer_is_described(
    case: Case, url: str, http: requests.Session, makers: dict[str, Maker]
) -> None:
    check(case, url, http, makers.get(case.operation.label))


@pytest.mark.parametrize("operation", [label for label in OPERATIONS if "{" in label])
def test_an_address_with_a_nul_is_answered_as_described(
    operation: str, url: str, http: requests.Session, makers: dict[str, Maker]
) -> None:
    """It can be no text of PostgreSQL's."""
    valid = makers[operation](Random(SEED)) if operation in makers else Valid()
    valid.path = dict.fromkeys(re.findall(r"{(\w+)}", operation), "\x00")
    send(OPERATIONS[operation], valid, url, http)


def test_what_a_cache_has_already_is_answered_as_described(
    url: str, http: requests.Session, makers: dict[str, Maker]
) -> None:
    operation = "GET /ocsp/{request}"
    valid = makers[operation](Random(SEED))
    tag = send(OPERATIONS[operation], valid, url, http).headers["etag"][0]
    valid.headers["If-None-Match"] = tag
    assert send(OPERATIONS[operation], valid, url, http).status_code == 304


@pytest.mark.parametrize("operation", ["POST /tsa", "POST /ocsp", "POST /seal/digest"])
def test_a_body_that_is_too_large_is_answered_as_described(
    operation: str, url: str, http: requests.Session, makers: dict[str, Maker]
) -> None:
    valid = makers[operation](Random(SEED))
    if isinstance(valid.body, bytes):
        valid.body += bytes(BODY_BYTES)
    else:
        valid.body["more"] = "x" * BODY_BYTES
    assert send(OPERATIONS[operation], valid, url, http).status_code == 413


@pytest.mark.parametrize("operation", ["POST /seal", "POST /signed", "POST /verify"])
def test_a_document_that_is_too_large_is_answered_as_described(
    operation: str, url: str, http: requests.Session, makers: dict[str, Maker]
) -> None:
    valid = makers[operation](Random(SEED))
    valid.body = bytes(DOCUMENT_BYTES + 1)
    assert send(OPERATIONS[operation], valid, url, http).status_code == 413


def ocsp_request(service: SigningService) -> bytes:
    ours, seal = service.authorities, service.seal.certificate
    subject, issuer = (
        load_der_x509_certificate(found.der) for found in (seal, ours.issuing.certificate)
    )
    builder = ocsp.OCSPRequestBuilder().add_certificate(subject, issuer, hashes.SHA256())
    # Its base64 has slashes side by side, of which Schemathesis sends one where it may.
    slashes = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\xff" * 9)
    return builder.add_extension(slashes, critical=False).build().public_bytes(Encoding.DER)


def time_stamp_request() -> bytes:
    imprint = {
        "hash_algorithm": {"algorithm": "sha256"},
        "hashed_message": hashlib.sha256(PDF).digest(),
    }
    request = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, "cert_req": True})
    encoded: bytes = request.dump()
    return encoded
