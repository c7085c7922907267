"""CRLs after the sections of NIST's PKITS (§4.4, §4.5, §4.14, §4.15), made here: each with the
verdict owed. Our register knows nobody, so that they decide."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ObjectIdentifier

from signing.rules.report import Verdict
from tests.attacks.cms import content_info, signature
from tests.attacks.pki import DAY, NOW, Holder, authority, root, usages
from tests.attacks.verdicts import judge

Extension = x509.ExtensionType
URI = x509.UniformResourceIdentifier
ROOT = root()
UNKNOWN = x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.32473.9"), b"\x05\x00")

OF_ROOT = ROOT.crl(since=NOW - DAY)
BELOW = authority(ROOT)
SIGNER = BELOW.signer()
NO_CRLS = authority(ROOT, "No CRLs", usage=usages("key_cert_sign"))
BY_NO_CRLS = NO_CRLS.signer()


def crl_with(extension: Extension, *, critical: bool = True) -> bytes:
    builder = x509.CertificateRevocationListBuilder().issuer_name(BELOW.parsed.subject)
    builder = builder.last_update(NOW).next_update(NOW + DAY)
    builder = builder.add_extension(x509.CRLNumber(7), critical=False)
    builder = builder.add_extension(extension, critical=critical)
    return builder.sign(BELOW.key, SHA256()).public_bytes(Encoding.DER)


def scope(**how: object) -> x509.IssuingDistributionPoint:
    said = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
        **how,
    }
    return x509.IssuingDistributionPoint(**said)  # type: ignore[arg-type]


CRLS: dict[str, tuple[Holder, list[bytes], Verdict]] = {
    # 4.4, 4.5, 4.14, 4.15
    "nobody is revoked": (SIGNER, [OF_ROOT, BELOW.crl()], Verdict.AUTHENTIC),
    "the signer is revoked": (SIGNER, [OF_ROOT, BELOW.crl(SIGNER)], Verdict.REVOKED),
    "the authority is revoked": (SIGNER, [ROOT.crl(BELOW), BELOW.crl()], Verdict.REVOKED),
    "another is revoked": (SIGNER, [OF_ROOT, BELOW.crl(BELOW.signer())], Verdict.AUTHENTIC),
    "for signers alone": (
        SIGNER,
        [OF_ROOT, crl_with(scope(only_contains_user_certs=True))],
        Verdict.AUTHENTIC,
    ),
    "no CRL": (SIGNER, [], Verdict.INDETERMINATE),
    "no CRL of the signer's authority": (SIGNER, [OF_ROOT], Verdict.INDETERMINATE),
    "its next update is past": (
        SIGNER,
        [OF_ROOT, BELOW.crl(since=NOW - 9 * DAY, until=NOW - DAY)],
        Verdict.INDETERMINATE,
    ),
    "its signature is another's": (
        SIGNER,
        [OF_ROOT, Holder(root().key, BELOW.certificate).crl()],
        Verdict.INDETERMINATE,
    ),
    "by an authority that may sign none": (
        BY_NO_CRLS,
        [OF_ROOT, NO_CRLS.crl()],
        Verdict.INDETERMINATE,
    ),
    "for authorities alone": (
        SIGNER,
        [OF_ROOT, crl_with(scope(only_contains_ca_certs=True))],
        Verdict.INDETERMINATE,
    ),
    "for attribute certificates alone": (
        SIGNER,
        [OF_ROOT, crl_with(scope(only_contains_attribute_certs=True))],
        Verdict.INDETERMINATE,
    ),
    "of another shard": (
        SIGNER,
        [OF_ROOT, crl_with(scope(full_name=[URI("http://example.com/other.crl")]))],
        Verdict.INDETERMINATE,
    ),
    "for some reasons alone": (
        SIGNER,
        [
            OF_ROOT,
            crl_with(scope(only_some_reasons=frozenset([x509.ReasonFlags.superseded]))),
        ],
        Verdict.INDETERMINATE,
    ),
    "an unknown critical extension": (SIGNER, [OF_ROOT, crl_with(UNKNOWN)], Verdict.INDETERMINATE),
    "a delta without its base": (
        SIGNER,
        [OF_ROOT, crl_with(x509.DeltaCRLIndicator(3))],
        Verdict.INDETERMINATE,
    ),
}


@pytest.mark.parametrize("case", CRLS)
@pytest.mark.rule("attacks.crl")
def test_what_a_crl_says_counts_for_those_that_it_is_about(case: str) -> None:
    signer, crls, owed = CRLS[case]
    document = content_info(signature(signer), revocation=crls)
    assert judge(document, ROOT).verdict is owed
