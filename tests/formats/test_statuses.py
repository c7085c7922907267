"""What CRLs and OCSP answers say of a certificate, each by itself and whatever the time."""

import asyncio
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from pyhanko_certvalidator.authority import CertTrustAnchor
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.registry import (
    CertificateRegistry,
    SimpleTrustManager,
)

from signing.formats.statuses import Statuses, Trusted, identify, is_exempt
from signing.formats.validation_data import known
from signing.rules.evidence import Source, StatusEvidence
from tests.attacks.pki import DAY, NOW, SIGNS, Holder, root, usages

ROOT, STRANGER = root(), root("Stranger")
SIGNER, OTHER = ROOT.signer(), ROOT.signer("Other")
RESPONDER = ROOT.responder()
NO_REV_AVAIL = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.56"), b"\x05\x00")


def told(
    of: Holder, *, crls: tuple[bytes, ...] = (), ocsps: tuple[bytes, ...] = ()
) -> tuple[StatusEvidence, ...]:
    held = [ROOT.asn1, RESPONDER.asn1]
    trusted = Trusted(
        SimpleTrustManager.build(trust_roots=[ROOT.asn1]), CertificateRegistry.build(held)
    )
    path = ValidationPath(CertTrustAnchor(ROOT.asn1), [], of.asn1)
    statuses = Statuses(trusted, known(crls=crls, ocsps=ocsps))
    return asyncio.run(statuses.of(path, ROOT.asn1.public_key))


def at(moment: datetime) -> int:
    return int(moment.timestamp())


def test_a_crl_tells_from_when_until_when_and_who_was_revoked() -> None:
    crl = ROOT.crl(OTHER, at=NOW - DAY)
    [good] = told(SIGNER, crls=(crl,))
    assert (good.this_update, good.next_update) == (at(NOW), at(NOW + 7 * DAY))
    assert good.revoked is None
    [bad] = told(OTHER, crls=(crl,))
    assert bad.revoked is not None
    assert bad.revoked.at == at(NOW - DAY)


def test_an_old_crl_tells_of_its_own_time() -> None:
    """How fresh it is, is for the rules to say."""
    [old] = told(SIGNER, crls=(ROOT.crl(since=NOW - 9 * DAY, until=NOW - 2 * DAY),))
    assert old.next_update == at(NOW - 2 * DAY)


def test_an_answer_by_a_responder_names_it_and_one_by_the_issuer_does_not() -> None:
    [direct] = told(SIGNER, ocsps=(ROOT.ocsp(SIGNER),))
    assert (direct.source, direct.signer) == (Source.OCSP, None)
    [delegated] = told(SIGNER, ocsps=(ROOT.ocsp(SIGNER, RESPONDER),))
    assert delegated.signer is not None
    assert delegated.signer.party.fingerprint == RESPONDER.asn1.sha256.hex()
    assert delegated.signer.exempt  # id-pkix-ocsp-nocheck


def test_each_piece_is_known_by_its_digest_and_all_are_told() -> None:
    crl, ocsp = ROOT.crl(), ROOT.ocsp(SIGNER)
    assert {one.id for one in told(SIGNER, crls=(crl,), ocsps=(ocsp,))} == {
        identify(crl),
        identify(ocsp),
    }


@pytest.mark.parametrize(
    "crls",
    [(STRANGER.crl(),), (ROOT.crl()[:-3] + b"\x00\x00\x00",), ()],
    ids=["by another", "unsigned", "none"],
)
def test_what_another_says_or_nobody_signed_tells_nothing(crls: tuple[bytes, ...]) -> None:
    assert told(SIGNER, crls=crls) == ()


def test_an_answer_about_another_tells_nothing() -> None:
    assert told(SIGNER, ocsps=(ROOT.ocsp(OTHER),)) == ()


def test_only_who_is_no_authority_is_exempt_by_its_own_word() -> None:
    short = ROOT.issue("Short", SIGNS, NO_REV_AVAIL, until=NOW + timedelta(hours=1))
    authority = ROOT.issue(
        "Authority",
        usages("key_cert_sign", "crl_sign"),
        NO_REV_AVAIL,
        critical=(x509.BasicConstraints(ca=True, path_length=None),),
    )
    found = {one: is_exempt(one.asn1) for one in (short, RESPONDER, SIGNER, authority)}
    assert list(found.values()) == [True, True, False, False]
