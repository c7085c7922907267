"""What the certificates of each purpose have in common, after ETSI EN 319 412-1, -2 and -3."""

from dataclasses import dataclass, replace
from typing import Final

from keys.ring import Purpose

POLICY_ARC: Final = "1.3.6.1.4.1.32473.116"
"""The arc of our policies: under the number for documentation (RFC 5612) until the operating
authority gives its own. They claim conformity to nobody else's policy."""

SEAL_POLICY: Final = f"{POLICY_ARC}.1.1"
TIMESTAMP_POLICY: Final = f"{POLICY_ARC}.1.2"
SERVICE_POLICY: Final = f"{POLICY_ARC}.1.3"
SIGNATURE_POLICY: Final = f"{POLICY_ARC}.1.4"

_HOUR: Final = 3_600
_DAY: Final = 24 * _HOUR
_YEAR: Final = 365 * _DAY

SEMANTICS_NATURAL: Final = "0.4.0.194121.1.1"  # EN 319 412-1 §5.1.3
SEMANTICS_LEGAL: Final = "0.4.0.194121.1.2"  # EN 319 412-1 §5.1.4


@dataclass(frozen=True, slots=True)
class Profile:
    """What the certificates for keys of one purpose have in common."""

    seconds: int  # of its time
    key_usage: frozenset[str]
    extended_key_usage: tuple[str, ...] = ()
    extended_key_usage_critical: bool = False
    path_length: int | None = None  # None: not a certificate authority
    policy: str | None = SERVICE_POLICY
    semantics: str | None = None  # how the subject's identifier is to be read
    revocable: bool = True  # False: id-pkix-ocsp-nocheck, a root, or too short for it
    short_term: bool = False  # nobody tells of its revocation: it has ended before
    renewed_before: int = 0  # days before its end

    def renewal_due(self, not_after: int, now: int) -> bool:
        """Whether the certificate's successor has to be made now."""
        return now >= not_after - self.renewed_before * _DAY


# EN 319 412-3 §4.3.1, type A: contentCommitment and nothing else.
_SEAL: Final = Profile(
    seconds=2 * _YEAR,
    key_usage=frozenset({"content_commitment"}),
    extended_key_usage=("1.3.6.1.5.5.7.3.36", "1.3.6.1.5.5.7.3.4"),  # RFC 9336 §3.1; for NSS, mail
    policy=SEAL_POLICY,
    semantics=SEMANTICS_LEGAL,
    renewed_before=60,
)

# EN 319 412-2 §4.3.2, type A.
_SIGNATURE: Final = replace(
    _SEAL,
    seconds=3 * _YEAR,
    policy=SIGNATURE_POLICY,
    semantics=SEMANTICS_NATURAL,
    renewed_before=0,  # a person asks for the next one
)

PROFILES: Final = {
    Purpose.ROOT: Profile(
        seconds=20 * _YEAR,
        key_usage=frozenset({"key_cert_sign", "crl_sign"}),
        path_length=1,
        policy=None,  # a trust anchor is under every policy (RFC 5280 §6.1.1)
        revocable=False,
        renewed_before=10 * 365,  # what it certifies gets its full time
    ),
    Purpose.ISSUING: Profile(
        seconds=10 * _YEAR,
        key_usage=frozenset({"key_cert_sign", "crl_sign"}),
        path_length=0,
        policy="2.5.29.32.0",  # anyPolicy: the root's operator is ours too
        renewed_before=6 * 365,
    ),
    Purpose.SEAL: _SEAL,
    Purpose.REPORT: _SEAL,  # the service's own, on what it says of documents
    Purpose.SIGNATURE: _SIGNATURE,
    # EN 319 412-1 §5.2.2, RFC 9608: ended before a request to revoke it is settled, which may take
    # 24 hours (EN 319 411-1 REV-6.2.4-03A).
    Purpose.SHORT_SIGNATURE: replace(
        _SIGNATURE, seconds=12 * _HOUR, revocable=False, short_term=True
    ),
    Purpose.TIMESTAMP: Profile(
        seconds=6 * _YEAR,
        key_usage=frozenset({"digital_signature"}),
        extended_key_usage=("1.3.6.1.5.5.7.3.8",),
        extended_key_usage_critical=True,  # RFC 3161 §2.3: this one alone
        policy=TIMESTAMP_POLICY,
        renewed_before=5 * 365,  # a key for a year; its time-stamps are believed for five more
    ),
    Purpose.LIST: Profile(  # TS 119 612 §5.7.1: pinned by those who read the list
        seconds=6 * _YEAR,
        key_usage=frozenset({"content_commitment"}),
        extended_key_usage=("0.4.0.2231.3.0",),  # id-tsl-kp-tslSigning
        renewed_before=2 * 365,
    ),
    # RFC 6960 §4.2.2.2.1: nobody asks whether the answer's signer is revoked.
    Purpose.OCSP: Profile(
        seconds=1 * _YEAR,
        key_usage=frozenset({"digital_signature"}),
        extended_key_usage=("1.3.6.1.5.5.7.3.9",),
        revocable=False,
        renewed_before=30,
    ),
}
