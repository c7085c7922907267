"""Certificates with extensions that cannot be read (RFC 5280 §4.2): what is a hint is left out, and
what may have been a limit is one that nobody knows."""

import pytest
from cryptography import x509

from keys import der
from signing.rules.report import Indication, SubIndication
from tests.attacks.pki import SIGNS, Holder, authority, root
from tests.attacks.verdicts import PASSED, judge, told
from tests.attacks.xades import enveloped

ROOT = root()
JUNK = der.tlv(0x16, b"what nobody expects here")
HINTS = {
    "nobody tells of its revocation": "1.3.6.1.5.5.7.48.1.5",
    "another name": "2.5.29.18",
    "where lists are": "2.5.29.46",
}
LIMITS = {"names": "2.5.29.30", "policies": "2.5.29.36", "purposes": "2.5.29.37"}


def unreadable(oid: str) -> x509.UnrecognizedExtension:
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), JUNK)


def signed(by: Holder) -> tuple[bytes, Holder]:
    signer = by.signer()
    return enveloped(signer), signer


@pytest.mark.parametrize("oid", HINTS.values(), ids=HINTS)
def test_a_hint_that_cannot_be_read_is_none(oid: str) -> None:
    """Not of an authority, not of a root, and not of the signer."""
    above = authority(ROOT, "Authority", unreadable(oid))
    made, signer = signed(above)
    assert told(judge(made, ROOT, signer)) == PASSED
    assert told(judge(made, above, signer)) == PASSED
    odd = ROOT.issue("Odd", SIGNS, unreadable(oid))
    assert told(judge(enveloped(odd), ROOT, odd)) == PASSED


@pytest.mark.parametrize("oid", LIMITS.values(), ids=LIMITS)
def test_a_limit_that_cannot_be_read_is_not_kept_by_anybody(oid: str) -> None:
    above = authority(ROOT, "Authority", unreadable(oid))
    made, signer = signed(above)
    *_, indication, why = told(judge(made, ROOT, signer))
    assert indication is Indication.INDETERMINATE
    assert why is SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE


def test_a_critical_hint_that_cannot_be_read_is_a_limit() -> None:
    above = authority(ROOT, "Authority", critical=(unreadable(HINTS["another name"]),))
    made, signer = signed(above)
    assert told(judge(made, ROOT, signer))[1] is Indication.INDETERMINATE
