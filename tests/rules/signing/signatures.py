"""Evidence as it comes in life: a seal with a time-stamp and its proofs, and what may be wrong."""

from dataclasses import replace
from typing import Any

from signing import policies
from signing.rules.algorithms import Algorithm
from signing.rules.evidence import (
    CertificateEvidence,
    ChainEvidence,
    Changes,
    DocumentEvidence,
    Revocation,
    SignatureEvidence,
    StatusEvidence,
    TimeStampEvidence,
)
from signing.rules.policy import Policy
from signing.rules.register import Register
from signing.rules.report import (
    Indication,
    Level,
    Party,
    Report,
    StampKind,
    Step,
    SubIndication,
    Verdict,
)
from signing.rules.validation import validate

DAY = 86_400
YEAR = 365 * DAY
SIGNED = 1_776_132_000
NOW = SIGNED + DAY
POLICY = policies.default()
P256 = Algorithm("ec", 0, "secp256r1", "sha256")
SHA1 = Algorithm("rsa", 2_048, None, "sha1")

Told = tuple[Verdict, Indication, SubIndication | None, Step | None]


def party(name: str, **changed: Any) -> Party:
    usual: dict[str, Any] = {
        "common_name": name,
        "organization": "ក្រសួង",
        "organization_identifier": "GA:KH-moc",
        "country": "KH",
        "issuer": "Issuing CA",
        "serial": "01",
        "fingerprint": name,
        "not_before": SIGNED - DAY,
        "not_after": SIGNED + 2 * YEAR,
    }
    return Party(**usual | changed)


def news(name: str, **changed: Any) -> StatusEvidence:
    """An OCSP answer, made a second after the signature, current for an hour."""
    usual: dict[str, Any] = {
        "this_update": SIGNED + 1,
        "next_update": SIGNED + 3_600,
        "algorithm": P256,
    }
    return StatusEvidence(name, **usual | changed)


RESPONDER = CertificateEvidence(party("responder", not_after=SIGNED + YEAR), P256, exempt=True)
CRL = news("crl", this_update=SIGNED - DAY, next_update=SIGNED + 180 * DAY)
AUTHORITY = CertificateEvidence(party("authority", not_after=SIGNED + 10 * YEAR), P256, (CRL,))
SIGNER = CertificateEvidence(party("signer"), P256, (news("ocsp", signer=RESPONDER),))
CLOCK = CertificateEvidence(
    party("clock", not_after=SIGNED + 5 * YEAR), P256, (news("ocsp of clock", signer=RESPONDER),)
)
CHAIN = ChainEvidence((SIGNER, AUTHORITY))
CHAIN_OF_CLOCK = ChainEvidence((CLOCK, AUTHORITY))
STAMP = TimeStampEvidence(
    "stamp",
    StampKind.SIGNATURE,
    SIGNED,
    CLOCK.party,
    policy="1.2.3",
    algorithm=P256,
    hashes=("sha256", "sha256"),
    chains=(CHAIN_OF_CLOCK,),
    covers=("signature", "signer"),
)
GOOD = SignatureEvidence(
    "Seal1",
    digest_matches=True,
    signature_verifies=True,
    changes=Changes.VALIDATION_DATA,
    signer=SIGNER.party,
    claimed_at=SIGNED,
    names_its_certificate=True,
    level=Level.LT,
    id="signature",
    algorithm=P256,
    hashes=("sha256",),
    chains=(CHAIN,),
    key_usage=("contentCommitment",),
    time_stamps=(STAMP,),
)
BARE = replace(
    GOOD,
    time_stamps=(),
    level=Level.B,
    chains=(
        ChainEvidence(
            (replace(SIGNER, statuses=(news("ocsp", this_update=NOW, next_update=NOW),)), AUTHORITY)
        ),
    ),
)
"""Without a time-stamp, and with news of today."""

EVERYTHING = (
    *("signature", "signer", "authority", "responder", "clock", "stamp"),
    *("ocsp", "ocsp of clock", "crl"),
)


def archive(name: str, at: int, *more: str, **changed: Any) -> TimeStampEvidence:
    """A document time-stamp over all that the signature rests on, by an authority of its own whose
    certificate lasts five years, and the news of it, too; `more`: what else it is over."""
    own = replace(
        CLOCK,
        party=party(f"clock of {name}", not_before=at - DAY, not_after=at + 5 * YEAR),
        statuses=(
            news(
                f"ocsp of {name}",
                this_update=at,
                next_update=at + 3_600,
            ),
        ),
    )
    root_crl = news(f"crl of {name}", this_update=at, next_update=at + 180 * DAY)
    chain = ChainEvidence((own, replace(AUTHORITY, statuses=(root_crl,))))
    found = replace(
        STAMP,
        id=name,
        kind=StampKind.ARCHIVE,
        at=at,
        authority=own.party,
        chains=(chain,),
        covers=(*EVERYTHING, *more),
    )
    return replace(found, **changed)


def proofs_of(name: str) -> tuple[str, ...]:
    """What a later time-stamp is over, of an earlier one."""
    return (name, *(f"{of} of {name}" for of in ("clock", "ocsp", "crl")))


def signed_by(found: SignatureEvidence, **changed: Any) -> SignatureEvidence:
    """With another certificate of the signer's."""
    own, *above = found.chains[0].certificates
    own = replace(own, **changed)
    return replace(found, signer=own.party, chains=(ChainEvidence((own, *above)),))


def certified_by(found: SignatureEvidence, **changed: Any) -> SignatureEvidence:
    """With another certificate of the authority above the signer's."""
    own, above = found.chains[0].certificates
    return replace(found, chains=(ChainEvidence((own, replace(above, **changed))),))


def stamped(found: SignatureEvidence, *stamps: TimeStampEvidence) -> SignatureEvidence:
    return replace(found, time_stamps=stamps)


def revoked(at: int, reason: str | None = None, **changed: Any) -> StatusEvidence:
    """News of a revocation, made as it was revoked."""
    return news(f"revoked at {at}", this_update=at, revoked=Revocation(at, reason), **changed)


def judged(
    *signatures: SignatureEvidence,
    register: Register | None = None,
    at: int = NOW,
    policy: Policy = POLICY,
) -> Report:
    document = DocumentEvidence(1_000, "00" * 32, signatures)
    return validate(document, register or {}, at, policy)


def told(report: Report) -> Told:
    step = report.signatures[0].step if report.signatures else None
    return report.verdict, report.indication, report.sub_indication, step


def found_wrong(report: Report) -> tuple[SubIndication | None, Step | None]:
    return report.signatures[0].sub_indication, report.signatures[0].step


PASSED: Told = (Verdict.AUTHENTIC, Indication.TOTAL_PASSED, None, None)
