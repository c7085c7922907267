"""Documents, and what stands around them: seals of every format, uploads, questions in DER."""

import asyncio
import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import orjson
from asn1crypto import cms, core, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import TypeAdapter
from starlette.requests import Request

from core.clock import FixedClock
from keys import der, timestamp
from keys.revocation import OcspRefused, Status, answer_ocsp, parse_ocsp_request
from signing import policies
from signing.formats import kinds, outside, reading
from signing.formats.detached import NOTHING, Detached
from signing.formats.pades import intake
from signing.rules import access_token, seal_format, sealing
from signing.rules.evidence import DocumentEvidence
from signing.rules.register import Registered
from signing.rules.seal_format import OFFERS, SealFormat
from signing.rules.validation import validate
from signing.web import body
from tests.attacks.test_records import IN_XML, OF_DEED, OF_LETTER
from tests.conftest import NEW_YEAR
from tests.documents import page_objects, pdf, plain_pdf, stream
from tests.fuzz.mutating import Kind
from tests.fuzz.mutations import Sample
from tests.fuzz.samples import samples_of
from tests.fuzz.targets import accepted, same, target, text
from tests.keys.authorities import Infrastructure
from tests.rules.samples import NOW
from tests.signing_service import Visitor, signing_service

EVIDENCE = TypeAdapter(DocumentEvidence)
CONTENTS = (plain_pdf(), b"<letter/>", b'{"a":1}', b"A letter.\n")


@cache
def sealed() -> tuple[Sample, list[bytes]]:
    """What a document's verdict is given by; and documents under seals of every format."""
    with (
        TemporaryDirectory() as folder,
        signing_service(f"sqlite:///{Path(folder) / 'seeds'}", FixedClock(NEW_YEAR)) as visitor,
    ):
        found = samples_of(visitor, SealFormat.PADES)
        others = (_sealed_as(visitor, name) for name in OFFERS)
        return found[0], [*(sample.document for sample in found), *filter(None, others)]


def _sealed_as(visitor: Visitor, name: str) -> bytes | None:
    """The first of the contents that can be sealed so; None where something else is needed."""
    bearer = {"Authorization": f"Bearer {visitor.service.token()}"}
    for content in CONTENTS:
        kind = "application/pdf" if content.startswith(b"%PDF") else "application/octet-stream"
        answer = visitor.http.post(
            f"/seal?format={name}", content=content, headers={**bearer, "Content-Type": kind}
        )
        if answer.status_code == 200:
            found: bytes = answer.content
            return found
    return None


BESIDE = Detached((("a.txt", b"A letter."), ("b.txt", b"{}")))


@target(
    make=lambda: [*sealed()[1], *CONTENTS, b"PK\x03\x04", b"eyJ", b"-----BEGIN"],
    longest=100_000,
    share=4,
)
def document(data: bytes) -> None:
    """EN 319 102-1: whatever the bytes are, there is evidence and a verdict."""
    sample, _ = sealed()
    register = {fingerprint: Registered() for fingerprint in sample.register}
    for beside in (NOTHING, BESIDE):
        evidence = reading.gather(data, sample.anchors, detached=beside)
        again = EVIDENCE.validate_json(orjson.dumps(evidence))  # as it leaves its reader
        orjson.dumps(validate(again, register, sample.at, policies.default()))
    outside.names(data)


@target(make=lambda: [OF_LETTER, OF_DEED, IN_XML], longest=20_000, share=4)
def evidence_record(data: bytes) -> None:
    """RFC 4998, RFC 6283: whatever is brought as one, there is evidence."""
    reading.gather(b"A letter.", sealed()[0].anchors, record=data)


@target(b"%PDF-1.7", b"PK\x03\x04", b"\xef\xbb\xbf<", b"\x30\x80", b"")
def kind_of_a_document(data: bytes) -> None:
    """By its first bytes."""
    kinds.kind(data)


@target(
    make=lambda: [
        plain_pdf(),
        pdf(page_objects(b"/OpenAction 9 0 R", o9=b"<< /S /JavaScript /JS (x) >>")),
        pdf(page_objects(b"/Names << /EmbeddedFiles 9 0 R >>", o9=stream(b"x"))),
        pdf(page_objects(b"/AcroForm << /Fields [9 0 R] >>", o9=b"<< /FT /Tx /T (a) >>")),
    ],
    longest=20_000,
    share=30,
)
def pdf_to_be_sealed(data: bytes) -> None:
    """What could be prepared against its reader is refused."""
    accepted(intake.check, data)


@target(
    b'--b\r\nContent-Disposition: form-data; name="document"; filename="a.pdf"\r\n\r\n%PDF\r\n'
    b"--b--\r\n",
    b"--b\r\ncontent-disposition: form-data; name=text\r\n\r\nx\r\n--b\r\n\r\n\r\n--b--",
    b"--b--",
)
def multipart_form(data: bytes) -> None:
    """RFC 7578, as browsers send it and as nobody does."""
    for kind in (b"multipart/form-data; boundary=b", b'multipart/form-data; boundary="b"'):
        _read_form(kind, data)


@target(
    "multipart/form-data; boundary=b",
    "multipart/form-data; boundary*=utf-8''b",
    "multipart/form-data",
    'multipart/form-data; boundary="',
    "text/plain",
)
def type_of_an_upload(data: bytes) -> None:
    """RFC 9110 §8.3."""
    _read_form(data, b"--b\r\nContent-Disposition: form-data; name=document\r\n\r\nx\r\n--b--\r\n")


def _read_form(content_type: bytes, sent: bytes) -> None:
    waiting = [
        {"type": "http.request", "body": sent[:50], "more_body": True},
        {"type": "http.request", "body": sent[50:], "more_body": False},
    ]

    async def receive() -> Any:
        return waiting.pop(0)

    request = Request({"type": "http", "headers": [(b"content-type", content_type)]}, receive)
    form = accepted(asyncio.run, body.read_form(request))
    if form is not None:
        assert form.documents
        for one in form.documents:
            one.name.encode()
        json.dumps(form.texts, ensure_ascii=False).encode()


@cache
def authorities() -> Infrastructure:
    return Infrastructure(NOW)


def time_stamp_requests() -> list[bytes]:
    """Made by another library."""
    more = ({}, {"nonce": 1 << 64, "cert_req": True}, {"req_policy": "1.2.3"})
    imprints = [
        {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": bytes(length)}
        for algorithm, length in (("sha256", 32), ("sha512", 64), ("sha1", 20))
    ]
    return [
        tsp.TimeStampReq({"version": 1, "message_imprint": imprint, **one}).dump()
        for imprint in imprints
        for one in more
    ]


class Response(core.Sequence):  # type: ignore[misc]
    """TimeStampResp: its token is optional, which the library forgot."""

    _fields: ClassVar = [
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


@target(make=time_stamp_requests)
def time_stamp_request(data: bytes) -> None:
    """RFC 3161 §2.4: a time-stamp over what was asked, or a rejection; DER either way."""
    answer = timestamp.answer(data, authorities().time_authority, NEW_YEAR)
    response = Response.load(answer, strict=True)
    status = response["status"]["status"].native
    assert status in {"granted", "rejection"}
    if status == "granted":
        asked = tsp.TimeStampReq.load(data)
        info = response["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed
        same(info["nonce"].native, asked["nonce"].native)
        said = info["message_imprint"]["hashed_message"].native
        same(said, asked["message_imprint"]["hashed_message"].native)


def ocsp_requests() -> list[bytes]:
    ours = authorities()
    plain = x509.ocsp.OCSPRequestBuilder().add_certificate(
        ours.seal.certificate.parsed, ours.issuing.certificate.parsed, hashes.SHA1()
    )
    once = plain.add_extension(x509.OCSPNonce(b"n" * 32), critical=False)
    return [one.build().public_bytes(Encoding.DER) for one in (plain, once)]


@target(make=ocsp_requests)
def ocsp_request(data: bytes) -> None:
    """RFC 6960 §4.1: a signed answer to what was asked, or an error of the protocol."""
    ours = authorities()
    try:
        asked = parse_ocsp_request(data)
        statuses = {ours.seal.certificate.serial: Status()}
        answer = answer_ocsp(asked, statuses, ours.responder, NOW, NOW + 60)
    except OcspRefused:
        return
    said = x509.ocsp.load_der_ocsp_response(answer)
    same(len(list(said.responses)), len(asked.asked))


@target("seal openid", "seal", kind=Kind.BYTES)
def scope_of_a_token(data: bytes) -> None:
    """RFC 9068 §4: what a token says, once its signature was right."""
    claims = {"iss": "i", "aud": ["a"], "exp": NOW + 60, "iat": NOW, "scope": text(data)}
    found = accepted(access_token.check, {**claims, "client_id": "c", "agency": "m"}, "i", "a", NOW)
    assert (found is not None) == ("seal" in text(data).split(" "))


@target(
    json.dumps(
        {
            "iss": "i",
            "aud": "a",
            "exp": NOW + 60,
            "iat": NOW,
            "scope": "seal",
            "client_id": "c",
            "agency": "m",
        }
    ),
    kind=Kind.JSON,
)
def claims_of_a_token(data: bytes) -> None:
    """The same of any claims."""
    try:
        claims = orjson.loads(data)
    except ValueError:
        return
    if isinstance(claims, dict):
        accepted(access_token.check, claims, "i", "a", NOW)


@target("0b9c5b1e-8a2e-4e55-9d50-4a9a9d4dbd0e", '"a"', '""', "ក")
def idempotency_key(data: bytes) -> None:
    """Visible ASCII, with or without quotes: one key, however it is spelt."""
    found = accepted(sealing.check_idempotency_key, data.decode("latin-1"))
    if found is not None:
        same(sealing.check_idempotency_key(found), found)
        same(sealing.check_idempotency_key(f'"{found}"'), found)


@target(
    json.dumps({"hash": "sha256", "digest": "ab" * 32, "format": "pades", "level": "B-B"}),
    kind=Kind.JSON,
)
def digest_to_be_sealed(data: bytes) -> None:
    """What is asked about a file that stays where it is."""
    try:
        asked = orjson.loads(data)
    except ValueError:
        return
    found = accepted(seal_format.check_digest, asked)
    assert found is None or len(found.digest) == 32


@target("cades\nB-LT\napplication/pdf", "\n\napplication/pdf", "pades\nB-X\ntext/plain")
def format_to_be_sealed(data: bytes) -> None:
    """What is asked of a seal."""
    wanted, _, rest = text(data).partition("\n")
    level, _, kind = rest.partition("\n")
    accepted(seal_format.check_wanted, wanted or None, level or None, kind.split("\n"))


@target("0", "1", "255", "-1", "65536")
def integer(data: bytes) -> None:
    """X.690 §8.3: what is written here is read elsewhere."""
    try:
        number = int(text(data))
    except ValueError:
        return
    written = der.integer(number)
    same(tsp.Integer.load(written, strict=True).native, number)
