"""How a document gets its seal, whichever endpoint brought it.

The row of a seal is reserved in one transaction and signed in another; between them, with no
transaction open, the seal is made and checked. A crash leaves the reservation, which a retry
takes over when its lease has ended; only the attempt that completes the row is ever answered.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from core.errors import Refusal
from keys import timestamp
from keys.ring import NoActiveKey, Purpose
from signing.formats.plain.lexer import NotPlain
from signing.formats.seal import Identity, TimeStamper, ValidationData
from signing.formats.sealing import Sealing, answered_digest, by_other_hands
from signing.formats.trust import Asked
from signing.rules import reasons
from signing.rules.access_token import Caller
from signing.rules.report import Level, Report, Verdict
from signing.rules.seal_format import SealFormat, Wanted, reaches
from signing.rules.sealing import (
    AlreadySealed,
    InProgress,
    KeyReused,
    Reserved,
    SealEvidence,
)
from signing.store import certificates, seals
from signing.store.certificates import Issued
from signing.web import proofs
from signing.web.context import Context
from signing.web.verdicts import anchors, check_document, judge

_log: Final = logging.getLogger("tra.seals")

_SHA_2: Final = {32: "sha256", 48: "sha384", 64: "sha512"}
"""By the bytes of a digest."""


class DoesNotPass(Exception):
    """A seal that we made, and our own check of it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A seal that is stored, and what is answered."""

    seal_id: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Order:
    """A seal to be made, and with whose certificate; a report of ours is of no format that is
    offered."""

    sealing: Sealing
    level: Level
    issued: Issued
    format: SealFormat | None = None

    def __str__(self) -> str:
        return f"{self.format or 'report'} {self.level}"


async def seal(
    ctx: Context, caller: Caller, key: str | None, wanted: Wanted, sealing: Sealing
) -> Answer:
    """Seal in the name of the caller's agency, once for each idempotency key."""
    order = Order(sealing, wanted.level, await _find_seal(ctx, caller), wanted.format)
    reservation = await ctx.ledger.write(
        seals.reserve,
        caller.agency_id,
        caller.client_id,
        key,
        sealing.digest,
        str(wanted),
        ctx.clock.now(),
    )
    match reservation:
        case Reserved(seal_id=seal_id):
            part = await _seal(ctx, order, reservation)
        case AlreadySealed(seal_id=seal_id, appended=bytes() as before):
            part = before
        case AlreadySealed(seal_id=seal_id):
            raise Refusal(reasons.SEAL_ANSWERED, seal_id)
        case InProgress(seconds=seconds):
            raise Refusal(reasons.SEAL_IN_PROGRESS, "leased", {"Retry-After": str(seconds)})
        case KeyReused():
            raise Refusal(reasons.IDEMPOTENCY_KEY_REUSED)
    return Answer(seal_id, await ctx.apart(sealing.assemble, part))


async def _seal(ctx: Context, order: Order, reserved: Reserved) -> bytes:
    """Make a seal under a reservation; what is answered was stored before."""
    try:
        sealed = await make(ctx, order)
    except BaseException:
        await ctx.ledger.write(seals.release, reserved, ctx.clock.now())
        raise
    if not await ctx.ledger.write(seals.complete, reserved, sealed, ctx.clock.now()):
        # Our lease ended and another attempt took over: what it stores is the seal, not this.
        raise Refusal(reasons.SEAL_IN_PROGRESS, "lease lost", {"Retry-After": "1"})
    return sealed.appended


async def make(ctx: Context, order: Order) -> SealEvidence:
    """A seal that passes. Where one by our own writer does not, it is thrown away, the operator is
    told, and pyHanko's makes another."""
    try:
        return await _try(ctx, order)
    except (NotPlain, DoesNotPass) as fault:
        _tell(order, fault, attempt=1)
        sealing = await ctx.apart(by_other_hands, order.sealing)
        if sealing is None:
            raise Refusal(reasons.SEAL_NOT_PASSING, str(fault)) from fault
    try:
        return await _try(ctx, replace(order, sealing=sealing))
    except DoesNotPass as fault:
        _tell(order, fault, attempt=2)
        raise Refusal(reasons.SEAL_NOT_PASSING, str(fault)) from fault


async def _try(ctx: Context, order: Order) -> SealEvidence:
    """Sign, time-stamp, add the proofs that are younger than the time-stamp, and check it all."""
    sealing, level = order.sealing, order.level
    if sealing.before is not None:
        found = await check_document(ctx, ctx.agencies, sealing.before)
        if found.verdict is not Verdict.AUTHENTIC:
            of_pdf = order.format is SealFormat.PADES
            reason = reasons.PDF_SIGNATURE_INVALID if of_pdf else reasons.SIGNATURE_INVALID
            raise Refusal(reason, found.verdict)
    utc = ctx.clock.utc()
    stamp = None if level is Level.B else time_stamper(ctx, utc)
    signed = await ctx.apart(sealing.sign, _identity(ctx, order.issued), stamp, utc)
    part = signed.part
    young = await _proofs(ctx, order.issued, level)
    if level in {Level.LT, Level.LTA}:
        part = await ctx.apart(sealing.add_validation_data, part, young)
    if level is Level.LTA:
        part = await ctx.apart(sealing.archive, part, time_stamper(ctx, ctx.clock.utc()))
    await _check(ctx, order, part)
    return SealEvidence(
        certificate_serial=order.issued.serial,
        time_stamped_at=None if stamp is None else int(utc.timestamp()),
        signature_digest=signed.signature_digest,
        sealed_digest=await ctx.apart(answered_digest, sealing, part),
        appended=part,
    )


async def _check(ctx: Context, order: Order, part: bytes) -> Report:
    """What we made passes, before anyone sees it; raises DoesNotPass."""
    at = ctx.clock.now()
    asked = Asked(anchors(ctx))
    report = await judge(ctx, await ctx.apart(order.sealing.evidence, part, asked), at)
    serial = certificates.as_text(order.issued.serial)
    ours = [one.level for one in report.signatures if one.signer and one.signer.serial == serial]
    if report.verdict is not Verdict.AUTHENTIC or not any(
        reaches(level, order.level) for level in ours
    ):
        raise DoesNotPass(f"{report.verdict}, {report.sub_indication}, {ours}")
    return report


def _tell(order: Order, fault: Exception, *, attempt: int) -> None:
    """The operator's side of it, which says nothing of the document."""
    code = reasons.SEAL_NOT_PASSING.code
    told = {"code": code, "wanted": str(order), "attempt": attempt, "why": str(fault)}
    _log.error("a seal of ours does not pass", extra={"fields": told})


def _identity(ctx: Context, issued: Issued) -> Identity:
    above = tuple(one.certificate for one in ctx.authorities.now.chain(issued)[:-1])
    return Identity(issued.certificate, ctx.signer(issued), above)


def time_stamper(ctx: Context, utc: datetime) -> TimeStamper:
    """Our own time-stamp authority, asked without a request."""
    authority = ctx.time_authority()

    def stamp(digest: bytes) -> bytes:
        return timestamp.token(timestamp.Asked(_SHA_2[len(digest)], digest), authority, utc)

    return stamp


async def _proofs(ctx: Context, issued: Issued, level: Level) -> ValidationData:
    """That the seal and the time-stamp authority stand, now."""
    stamping = ctx.authorities.now.timestamp
    asked = (issued, stamping)
    statuses = await ctx.ledger.read(certificates.find_statuses, [one.serial for one in asked])
    if statuses[issued.serial].revoked is not None:
        raise Refusal(reasons.AGENCY_WITHOUT_SEAL, "revoked while it was used")
    lasting = stamping if level is Level.LTA else None
    return await proofs.gather(ctx, asked, statuses, lasting=lasting)


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
    return await with_key(ctx, issued)


async def with_key(ctx: Context, issued: Issued) -> Issued:
    """A certificate of ours whose key and authorities this process knows."""
    try:
        ctx.signer(issued)
        ctx.authorities.now.chain(issued)
    except (NoActiveKey, KeyError):  # issued since we looked, perhaps by another process
        await ctx.learn()
        ctx.signer(issued)
    return issued
