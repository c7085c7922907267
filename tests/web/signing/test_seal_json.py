"""Seals of JSON documents: JAdES, which any JOSE library verifies as the JWS that it is."""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_der_x509_certificate
from joserfc import jws
from joserfc.jwk import ECKey

from signing.formats.jades.intake import JSON_BYTES
from signing.rules.seal_format import OFFERS, SealFormat
from tests.dss import Judge
from tests.node import Script, script
from tests.sealing import ask, ask_for_all, check
from tests.signing_service import Visitor

DOCUMENT = '{"លេខ": 7, "name": "Dara", "fee": 1.50}'.encode()
NAME = "លិខិត 1.json"
JSON = "application/json"


class LongHeaders(jws.JWSRegistry):
    """With certificates, a header is longer than joserfc expects, and ETSI has its own members."""

    max_header_length = 8_192


@pytest.fixture(scope="module")
def node() -> Iterator[Script]:
    """panva's jose."""
    with script("jws.js") as running:
        yield running


def seal(visitor: Visitor, **asked: str) -> Any:
    return ask_for_all(visitor, (NAME, DOCUMENT, JSON), **asked)


def decoded(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@pytest.mark.parametrize("level", OFFERS[SealFormat.JADES].levels)
def test_a_json_document_within_its_seal(
    standing: Visitor, judge: Judge, root: Path, tmp_path: Path, level: str
) -> None:
    answer = seal(standing, level=level)
    assert answer.headers["content-type"] == "application/jose+json"
    sealed = tmp_path / "sealed.json"
    sealed.write_bytes(answer.content)
    check(judge, standing, level, root, sealed)


@pytest.mark.parametrize("level", OFFERS[SealFormat.JADES_DETACHED].levels)
def test_a_file_beside_its_seal(
    standing: Visitor, judge: Judge, root: Path, tmp_path: Path, level: str
) -> None:
    sealed, document = tmp_path / "seal.json", tmp_path / NAME
    document.write_bytes(DOCUMENT)
    sealed.write_bytes(seal(standing, format="jades-detached", level=level).content)
    check(judge, standing, level, root, sealed, document)


def test_a_seal_in_one_line(
    standing: Visitor, judge: Judge, root: Path, tmp_path: Path, node: Script
) -> None:
    answer = seal(standing, format="jades-compact")
    assert answer.headers["content-type"] == "application/jose"
    sealed = tmp_path / "sealed.jose"
    sealed.write_bytes(answer.content)
    check(judge, standing, "B-B", root, sealed)
    assert node.ask(jws=answer.text)["payload"] == DOCUMENT.decode()


def test_the_header_says_who_signed_and_when(standing: Visitor) -> None:
    header = decoded(seal(standing).json()["protected"])
    certificate = base64.b64decode(header["x5c"][0])
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(certificate).digest()).rstrip(b"=")
    assert header["x5t#S256"] == thumbprint.decode()
    assert (header["alg"], header["cty"]) == ("ES256", "json")
    assert header["iat"] == standing.service.clock.now()


def test_panva_s_jose_verifies_each(standing: Visitor, node: Script) -> None:
    within = node.ask(jws=seal(standing, level="B-LTA").text)
    assert within["payload"] == DOCUMENT.decode()
    beside = node.ask(jws=seal(standing, format="jades-detached").text, payload="")
    assert beside["header"]["sigD"]["pars"] == [NAME]


def test_panva_s_jose_refuses_another_document(standing: Visitor, node: Script) -> None:
    sealed = seal(standing).json()
    sealed["payload"] = base64.urlsafe_b64encode(b'{"fee": 0}').rstrip(b"=").decode()
    told = node.ask(jws=json.dumps(sealed))
    assert told == {"error": "ERR_JWS_SIGNATURE_VERIFICATION_FAILED"}


def test_joserfc_verifies_too(standing: Visitor) -> None:
    sealed = seal(standing).json()
    certificate = base64.b64decode(decoded(sealed["protected"])["x5c"][0])
    public = load_der_x509_certificate(certificate).public_key()
    key = ECKey.import_key(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    known = LongHeaders(strict_check_header=False)
    assert jws.deserialize_json(sealed, key, registry=known).payload == DOCUMENT
    line = seal(standing, format="jades-compact").text
    assert jws.deserialize_compact(line, key, registry=known).payload == DOCUMENT


def test_the_detached_digest_is_that_of_the_file(standing: Visitor) -> None:
    refers = decoded(seal(standing, format="jades-detached").json()["protected"])["sigD"]
    digest = base64.urlsafe_b64encode(hashlib.sha256(DOCUMENT).digest()).rstrip(b"=").decode()
    assert (refers["hashM"], refers["hashV"]) == ("S256", [digest])


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (b"{", "not_json"),
        (b"\xef\xbb\xbf{}", "not_json"),
        (b'"\xff"', "not_json"),
        (b"NaN", "not_json"),
        (b"[" * 100_000, "not_json"),
        (b'{"fee": 1, "fee": 2}', "json_member_repeated"),
        (b'[{"a": {"b": 1, "b": 1}}]', "json_member_repeated"),
        (b"[" + b"0," * (JSON_BYTES // 2) + b"0]", "json_too_large"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_json_that_readers_could_read_in_two_ways_is_refused(
    standing: Visitor, document: bytes, code: str
) -> None:
    answer = ask(standing, document, kind=JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_in_one_line_there_is_no_place_for_proofs(standing: Visitor) -> None:
    assert seal(standing, format="jades-compact", level="B-T").json()["code"] == "level_not_offered"
