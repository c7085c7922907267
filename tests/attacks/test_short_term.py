"""Short-term certificates (EN 319 412-1 §5.2.2, RFC 9608): nobody tells of their revocation, and
everything else is asked of them as of any other."""

from datetime import datetime, timedelta

import pytest
from cryptography import x509

from signing.rules.report import SubIndication
from tests.attacks.cms import CONTENT, content_info, signature
from tests.attacks.pki import DAY, NOW, SIGNS, Holder, root, usages
from tests.attacks.verdicts import PASSED, Told, judge, told

HOUR = timedelta(hours=1)
ENDS = NOW + 11 * HOUR
VALIDITY_ASSURED, NO_REV_AVAIL = (
    x509.UnrecognizedExtension(x509.ObjectIdentifier(dotted), b"\x05\x00")
    for dotted in ("0.4.0.194121.2.1", "2.5.29.56")
)

ROOT = root()
CLOCK = ROOT.time_authority()


def short(*marks: x509.ExtensionType, issuer: Holder = ROOT) -> Holder:
    return issuer.issue("Somebody", SIGNS, *marks, since=NOW - HOUR, until=ENDS)


def verdict(
    holder: Holder, *ocsps: bytes, stamped_at: datetime | None = NOW, at: datetime = NOW
) -> Told:
    """Of a signature with its time-stamp, and with what says that the clock was not revoked."""
    made = signature(holder)
    if stamped_at is not None:
        made.stamped(CLOCK, stamped_at)
    made.with_revocation(ocsps=[ROOT.ocsp(CLOCK, since=stamped_at or NOW), *ocsps])
    return told(judge(content_info(made, content=CONTENT), ROOT, at=int(at.timestamp())))


@pytest.mark.parametrize(
    "marks",
    [(VALIDITY_ASSURED,), (NO_REV_AVAIL,), (VALIDITY_ASSURED, NO_REV_AVAIL)],
    ids=["ETSI's", "RFC 9608's", "both"],
)
@pytest.mark.parametrize("at", [NOW, ENDS, ENDS + HOUR, ENDS + 200 * DAY])
def test_nobody_has_to_tell_of_its_revocation_then_or_later(
    marks: tuple[x509.ExtensionType, ...], at: datetime
) -> None:
    assert verdict(short(*marks), at=at) == PASSED


def test_without_a_mark_a_certificate_is_told_of_however_short_it_is() -> None:
    assert verdict(short())[2] is SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE


@pytest.mark.parametrize("stamped_at", [ENDS + HOUR, None])
def test_what_is_not_proven_to_be_signed_before_its_end_does_not_pass(
    stamped_at: datetime | None,
) -> None:
    found = verdict(short(NO_REV_AVAIL), stamped_at=stamped_at, at=ENDS + 2 * HOUR)
    assert found[2] is SubIndication.OUT_OF_BOUNDS_NOT_REVOKED


def test_an_authority_is_told_of_whatever_it_says_itself() -> None:
    authority = ROOT.issue(
        "Authority",
        usages("key_cert_sign", "crl_sign"),
        VALIDITY_ASSURED,
        NO_REV_AVAIL,
        critical=(x509.BasicConstraints(ca=True, path_length=None),),
    )
    holder = short(NO_REV_AVAIL, issuer=authority)
    assert verdict(holder)[2] is SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE
    assert verdict(holder, ROOT.ocsp(authority)) == PASSED


def test_what_tells_of_its_revocation_all_the_same_is_believed() -> None:
    holder = short(NO_REV_AVAIL)
    revoked = ROOT.ocsp(holder, revoked_at=NOW - HOUR)
    assert verdict(holder, revoked)[2] is SubIndication.REVOKED_NO_POE
