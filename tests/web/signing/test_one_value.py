"""Of the two values that an ECDSA signature has, (r, s) and (r, n − s), ours have the lower: the
other verifies, and is told from it in every signature that a seal is made of."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace

import orjson
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.x509 import load_der_x509_certificate

from keys import der
from keys.jose import der_signature, raw_signature
from keys.segments import decode, encode
from keys.signer import Algorithm, verify
from signing.formats.asic import container
from signing.formats.pades import increment
from signing.formats.pades.structure import der_length
from tests.documents import plain_pdf
from tests.sealing import ask, ask_for_all
from tests.signing_service import Visitor
from tests.web.signing.test_one_form import FILES, enveloping, told
from tests.web.signing.test_one_form import entries as files_of

N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
OCTETS, BITS, CONSTRUCTED = 0x04, 0x03, 0x20

REFUSED = ("changed", "FORMAT_FAILURE")


def other(value: bytes) -> bytes:
    """What verifies, too; raises ValueError for what is no signature."""
    r, s = decode_dss_signature(value)
    if min(r, s).bit_length() < 200:
        raise ValueError("two small numbers")
    return encode_dss_signature(r, N - s)


@dataclass(frozen=True)
class Changed:
    """A value in DER that has the other value of one of the signatures in it. `signed` comes first
    in the SEQUENCE whose last part is that signature: what was signed, in SIGNED{…}."""

    encoded: bytes
    value: bytes
    signed: bytes = b""


def each_changed(encoded: bytes) -> Iterator[Changed]:
    """For each signature in it, wherever it is encoded."""
    tag = encoded[0]
    if tag & CONSTRUCTED:
        parts = der.parts(encoded)
        for number, part in enumerate(parts):
            for one in each_changed(part):
                again = der.tlv(tag, *parts[:number], one.encoded, *parts[number + 1 :])
                yield Changed(again, one.value, one.signed or parts[0])
    elif tag in {OCTETS, BITS}:
        head = b"\x00" if tag == BITS else b""
        held = der.content(encoded).removeprefix(head)
        try:
            yield Changed(der.tlv(tag, head, other(held)), held)
        except ValueError:
            for one in within(held):
                yield replace(one, encoded=der.tlv(tag, head, one.encoded))


def within(octets: bytes) -> Iterator[Changed]:
    try:
        der.parts(octets)
    except (ValueError, IndexError):
        return
    yield from each_changed(octets)


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
    sealed["signature"] = encode(raw_signature(other(der_signature(value))))
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
    twin = base64.b64encode(raw_signature(other(der_signature(base64.b64decode(value)))))
    forged = b"".join((before, start, attributes, close, twin, end, after))
    assert len(forged) == len(text)
    changed = container.write(container.EXTENDED, (*held, (name, forged)))
    assert told(standing, changed) == REFUSED
