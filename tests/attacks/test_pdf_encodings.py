"""Signatures in PDFs whose CMS is not encoded as it has to be (ISO 32000-2 §12.8.3.3; RFC 5652)."""

from collections.abc import Callable
from typing import Any

import pytest
from asn1crypto import cms, core
from pyhanko.sign import signers

from signing.rules.report import Indication, SubIndication, Verdict
from tests.attacks.foreign import with_signature
from tests.attacks.test_pdf import APPROVED, SOMEBODY, told
from tests.attacks.verdicts import CHANGED, FORGED, MALFORMED, PASSED, Told
from tests.documents import plain_pdf


def two_signers(signed: cms.SignedData) -> None:
    [one] = signed["signer_infos"]
    signed["signer_infos"] = cms.SignerInfos([one, one.copy()])


def no_signer(signed: cms.SignedData) -> None:
    signed["signer_infos"] = cms.SignerInfos([])


def content_within(signed: cms.SignedData) -> None:
    signed["encap_content_info"]["content"] = core.OctetString(b"something else")


def indefinite_length(signed: cms.SignedData) -> bytes:
    """The same in BER."""
    info = cms.ContentInfo({"content_type": "signed_data", "content": signed})
    encoded: bytes = info.dump()
    head = 4 if encoded[1] == 0x82 else 2
    return b"\x30\x80" + encoded[head:] + b"\x00\x00"


def trailing_bytes(signed: cms.SignedData) -> bytes:
    info = cms.ContentInfo({"content_type": "signed_data", "content": signed})
    return bytes(info.dump()) + b"\x05\x00junk"


def another_digest(signed: cms.SignedData) -> None:
    signed["signer_infos"][0]["digest_algorithm"] = cms.DigestAlgorithm({"algorithm": "sha512"})


def another_attribute(signed: cms.SignedData) -> None:
    attributes = signed["signer_infos"][0]["signed_attrs"]
    kept = [one for one in attributes if "signing_certificate" not in one["type"].native]
    signed["signer_infos"][0]["signed_attrs"] = cms.CMSAttributes(kept)


@pytest.mark.parametrize(
    ("change", "owed"),
    [
        *((change, MALFORMED) for change in (two_signers, no_signer)),
        (content_within, CHANGED),
        (trailing_bytes, MALFORMED),
        (another_digest, CHANGED),
        (another_attribute, FORGED),
    ],
)
@pytest.mark.rule("attacks.asn1")
def test_an_odd_encoding_fails(change: Callable[[cms.SignedData], Any], owed: Told) -> None:
    assert told(with_signature(APPROVED, change)) == owed


def test_lengths_that_were_left_open_are_read_as_nss_writes_them() -> None:
    """LibreOffice and poppler sign so; what follows is still nothing."""
    assert told(with_signature(APPROVED, indefinite_length)) == PASSED
    for junk in (b"\x05\x00", b"junk", b"\x00\x00\x01"):
        odd = with_signature(APPROVED, lambda signed, junk=junk: indefinite_length(signed) + junk)
        assert told(odd) == MALFORMED
    cut = with_signature(APPROVED, lambda signed: indefinite_length(signed)[:-6])
    assert told(cut) == FORGED  # zeros, the padding, take the place of its last octets


class Unnamed(signers.SimpleSigner):
    """Signs no reference to its certificate (which CAdES demands)."""

    async def signed_attrs(self, *args: Any, **kwargs: Any) -> cms.CMSAttributes:
        found = await super().signed_attrs(*args, **kwargs)
        return cms.CMSAttributes(
            [one for one in found if "signing_certificate" not in one["type"].native]
        )


@pytest.mark.rule("attacks.asn1")
def test_a_signature_that_names_no_certificate_is_not_decided() -> None:
    usual = SOMEBODY.signer
    unnamed = Unnamed(
        signing_cert=usual.signing_cert,
        signing_key=usual.signing_key,
        cert_registry=usual.cert_registry,
    )
    assert told(SOMEBODY.sign(plain_pdf(), signer=unnamed)) == (
        Verdict.INDETERMINATE,
        Indication.INDETERMINATE,
        SubIndication.SIG_CONSTRAINTS_FAILURE,
    )
