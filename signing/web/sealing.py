"""How a document gets its seal, whichever endpoint brought it.

The row of a seal is reserved in one transaction and signed in another; between them, with no
transaction open, the seal is made and checked. A crash leaves the reservation, which a retry
takes over when its lease has ended; only the attempt that completes the row is ever answered.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from core.errors import Refusal
from keys import timestamp
from keys.revocation import Responder, ocsp_for
from keys.ring import NoActiveKey, Purpose
from signing.formats.pades import intake, sealing
from signing.formats.pades.increment import ValidationData
from signing.formats.pades.intake import Accepted
from signing.formats.pades.sealing import Identity, Signed
from signing.rules import reasons
from signing.rules.access_token import Caller
from signing.rules.report import Level, Verdict
from signing.rules.sealing import (
    AlreadySealed,
    InProgress,
    KeyReused,
    Reserved,
    SealEvidence,
)
from signing.store import certificates, crls, seals
from signing.store.certificates import Issued
from signing.web.context import Context
from signing.web.verdicts import check_document, check_own

OCSP_SECONDS: Final = 3_600
"""How long an OCSP answer of ours is current (RFC 6960 §4.2.2.1)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A seal that is stored: `appended` follows the document's own bytes."""

    seal_id: str
    appended: bytes


@dataclass(frozen=True, slots=True)
class _Sealed:
    """A seal that was made and checked, and what will be kept of it."""

    document: bytes
    evidence: SealEvidence


async def seal_document(ctx: Context, caller: Caller, key: str | None, document: bytes) -> Answer:
    """Seal a PDF in the name of the caller's agency, once for each idempotency key."""
    accepted = await ctx.apart(intake.check, document)
    issued = await _find_seal(ctx, caller)
    reservation = await ctx.ledger.write(
        seals.reserve,
        caller.agency_id,
        caller.client_id,
        key,
        hashlib.sha256(document).digest(),
        ctx.clock.now(),
    )
    match reservation:
        case Reserved(seal_id=seal_id):
            return Answer(seal_id, await _seal(ctx, issued, document, accepted, reservation))
        case AlreadySealed(seal_id=seal_id, appended=bytes() as before):
            return Answer(seal_id, before)
        case AlreadySealed(seal_id=seal_id):
            raise Refusal(reasons.SEAL_ANSWERED, seal_id)
        case InProgress(seconds=seconds):
            raise Refusal(reasons.SEAL_IN_PROGRESS, "leased", {"Retry-After": str(seconds)})
        case KeyReused():
            raise Refusal(reasons.IDEMPOTENCY_KEY_REUSED)


async def _seal(
    ctx: Context, issued: Issued, document: bytes, accepted: Accepted, reserved: Reserved
) -> bytes:
    """Make a seal under a reservation; what is answered was stored before."""
    try:
        sealed = await _make(ctx, issued, document, accepted)
    except BaseException:
        await ctx.ledger.write(seals.release, reserved, ctx.clock.now())
        raise
    if not await ctx.ledger.write(seals.complete, reserved, sealed.evidence, ctx.clock.now()):
        # Our lease ended and another attempt took over: what it stores is the seal, not this.
        raise Refusal(reasons.SEAL_IN_PROGRESS, "lease lost", {"Retry-After": "1"})
    return sealed.evidence.appended


async def _make(ctx: Context, issued: Issued, document: bytes, accepted: Accepted) -> _Sealed:
    """Sign, time-stamp, add the proofs that are younger than the time-stamp, and check it all."""
    if not accepted.certify:
        before = await check_document(ctx, document)
        if before.verdict is not Verdict.AUTHENTIC:
            raise Refusal(reasons.PDF_SIGNATURE_INVALID, before.verdict)
    signed = await ctx.apart(_sign, ctx, issued, document, accepted)
    proofs = await _proofs(ctx, issued)
    result = await ctx.apart(sealing.add_validation_data, signed.document, proofs)
    report = await check_own(ctx, result)
    newest = report.signatures[-1]
    passed = report.verdict is Verdict.AUTHENTIC and newest.level is Level.LT
    if not passed or newest.signed_at is None or not result.startswith(document):
        raise RuntimeError(f"our own seal does not pass: {report}")
    return _Sealed(
        result,
        SealEvidence(
            certificate_serial=issued.serial,
            time_stamped_at=newest.signed_at,
            signature_digest=signed.signature_digest,
            sealed_digest=hashlib.sha256(result).digest(),
            appended=result[len(document) :],
        ),
    )


def _sign(ctx: Context, issued: Issued, document: bytes, accepted: Accepted) -> Signed:
    """PAdES B-T, in the pool."""
    ours = ctx.authorities.now
    identity = Identity(issued.certificate, ctx.signer(issued), (ours.issuing.certificate,))
    authority = ctx.time_authority()

    def stamp(digest: bytes) -> bytes:
        asked = timestamp.Asked("sha256", digest)
        return timestamp.token(asked, authority, ctx.clock.utc())

    return sealing.sign(
        document,
        identity,
        stamp,
        accepted.field_name,
        ctx.clock.utc(),
        certify=accepted.certify,
    )


async def _proofs(ctx: Context, issued: Issued) -> ValidationData:
    """OCSP for the seal and the time-stamp authority, the root's CRL for the issuing authority."""
    ours = ctx.authorities.now
    asked = (issued, ours.timestamp)
    statuses = await ctx.ledger.read(certificates.find_statuses, [one.serial for one in asked])
    if statuses[issued.serial].revoked is not None:
        raise Refusal(reasons.AGENCY_WITHOUT_SEAL, "revoked while it was used")
    of_root = await ctx.ledger.read(crls.find, ours.root.serial, 0)
    if of_root is None:
        raise Refusal(reasons.NOT_READY, "no CRL of the root")
    responder: Responder = ctx.responder()
    now = ctx.clock.now()
    ocsps = tuple(
        ocsp_for(one.certificate, statuses[one.serial], responder, now, now + OCSP_SECONDS)
        for one in asked
    )
    chain = (issued, ours.issuing, ours.root, ours.timestamp, ours.ocsp)
    return ValidationData(tuple(one.certificate.der for one in chain), ocsps, (of_root.der,))


async def _find_seal(ctx: Context, caller: Caller) -> Issued:
    """The agency's certificate, valid now, with its key."""
    issued = await ctx.ledger.read(certificates.find_current, Purpose.SEAL, caller.agency_id)
    now = ctx.clock.now()
    if (
        issued is None
        or issued.revoked is not None
        or not issued.certificate.not_before <= now < issued.certificate.not_after
    ):
        raise Refusal(reasons.AGENCY_WITHOUT_SEAL, caller.agency_id)
    try:
        ctx.signer(issued)
    except NoActiveKey:  # issued by another process since we looked
        await ctx.ring.reload()
        ctx.signer(issued)
    return issued
