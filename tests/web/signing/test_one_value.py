"""Of the two values that an ECDSA signature has, (r, s) and (r, n − s), ours have the lower: the
other verifies, and is told from it in every signature that a seal is made of."""

import base64
from collections.abc import Iterator
from dataclasses import replace

import orjson
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.x509 import load_der_x509_certificate

from keys.segments import decode, encode
from keys.signer import Algorithm, verify
from signing.formats.asic import container
from signing.formats.pades import increment
from signing.formats.pades.structure import der_length
from tests.documents import plain_pdf
from tests.sealing import ask, ask_for_all
from tests.signing_service import Visitor
from tests.twins import Changed, each_changed, other_raw
from tests.web.signing.test_one_form import FILES, enveloping, told
from tests.web.signing.test_one_form import entries as files_of

REFUSED = ("changed", "FORMAT_FAILURE")


def by_ours(visitor: Visitor, encoded: bytes) -> Iterator[Changed]:
    """All but those of a root: it may be somebody else's, and sign as it likes."""
    root = load_der_x509_certificate(visitor.http.get("/certificates/root.cer").content)
    key = root.public_key()
    assert isinstance(key, EllipticCurvePublicKey)
    for one in each_changed(encoded):
        try:
            verify(key, Algorithm.ES256, one.value, one.signed)
        except InvalidSignature:
            yield one


@pytest.mark.parametrize(("level", "signatures"), [("B-B", 2), ("B-T", 4), ("B-LT", 10)])
@pytest.mark.rule("attacks.malleable")
def test_the_other_value_of_a_signature_in_a_cms_does_not_pass(
    standing: Visitor, level: str, signatures: int
) -> None:
    sealed = enveloping(standing, level)
    verdicts = [told(standing, one.encoded) for one in by_ours(standing, sealed)]
    # A signer's certificate is told by its hash, which is signed.
    assert set(verdicts) == {REFUSED, ("unrecognised", "NO_SIGNING_CERTIFICATE_FOUND")}
    assert len(verdicts) == signatures


@pytest.mark.parametrize("level", ["B-B", "B-LT"])
@pytest.mark.rule("attacks.malleable")
def test_the_other_value_of_a_signature_in_a_pdf_does_not_pass(
    standing: Visitor, level: str
) -> None:
    sealed = standing.sealed(plain_pdf(), level=level)
    start = sealed.index(b"/Contents <") + len(b"/Contents <")
    end = sealed.index(b">", start)
    held = bytes.fromhex(sealed[start:end].decode())
    seal = held[: der_length(held)]
    for one in by_ours(standing, seal):
        digits = one.encoded.hex().encode().ljust(end - start, b"0")
        assert told(standing, sealed[:start] + digits + sealed[end:])[0] != "authentic"


@pytest.mark.rule("attacks.malleable")
def test_the_other_value_of_what_proves_a_seal_is_a_fault_of_format(standing: Visitor) -> None:
    sealed = standing.sealed(plain_pdf(), level="B-LT")
    before = sealed[: sealed.rindex(b"%%EOF\n", 0, -1) + len(b"%%EOF\n")]
    data = increment.read_new(before, sealed)
    assert data is not None
    assert before + increment.write(before, data) == sealed
    for number, answer in enumerate(data.ocsps):
        for one in each_changed(answer):
            answers = (*data.ocsps[:number], one.encoded, *data.ocsps[number + 1 :])
            forged = before + increment.write(before, replace(data, ocsps=answers))
            assert told(standing, forged) == REFUSED


@pytest.mark.rule("attacks.malleable")
def test_the_other_value_of_a_jws_is_a_fault_of_format(standing: Visitor) -> None:
    sealed = orjson.loads(ask(standing, b'{"a": 1}', format="jades", level="B-T").content)
    value = decode(sealed["signature"])
    sealed["signature"] = encode(other_raw(value))
    assert told(standing, orjson.dumps(sealed)) == REFUSED
    del sealed["header"]
    assert told(standing, orjson.dumps(sealed)) == REFUSED


@pytest.mark.rule("attacks.malleable")
def test_the_other_value_in_xml_is_a_fault_of_format(standing: Visitor) -> None:
    sealed = ask_for_all(standing, *FILES, format="asic-e-xades", level="B-B").content
    *held, (name, text) = files_of(sealed)
    before, start, rest = text.partition(b"<ds:SignatureValue")
    attributes, close, rest = rest.partition(b">")
    value, end, after = rest.partition(b"</ds:SignatureValue>")
    twin = base64.b64encode(other_raw(base64.b64decode(value)))
    forged = b"".join((before, start, attributes, close, twin, end, after))
    assert len(forged) == len(text)
    changed = container.write(container.EXTENDED, (*held, (name, forged)))
    assert told(standing, changed) == REFUSED
