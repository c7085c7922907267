"""POST /augment: a PDF with signatures that pass in, the same with proof that lasts longer out.

Who asks needs the agency's token: it costs time-stamps, and the log says for whom they were made.
"""

import hashlib
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from core.errors import Refusal
from keys.certificates import Certificate
from keys.ring import Purpose
from signing.formats.pades import augmentation
from signing.rules import reasons
from signing.rules.augmentation import NOT_REACHED, NOT_VALID, check_level
from signing.rules.report import Level, Report, Verdict
from signing.rules.seal_format import reaches
from signing.store import certificates, seals
from signing.store.certificates import Issued
from signing.web import bearer, body, proofs
from signing.web.context import Context
from signing.web.sealing import time_stamper
from signing.web.verdicts import check_document

_ATTESTED: Final = frozenset({Purpose.SEAL, Purpose.TIMESTAMP})
"""Whose certificates an OCSP answer vouches for; a CRL does for authorities."""


async def augment(ctx: Context, request: Request) -> Response:
    """Add validation data (B-LT), and a time-stamp over all of it (B-LTA)."""
    caller = await bearer.authenticate(ctx, request)
    level = check_level(request.query_params.get("level"))
    with ctx.desk.place():
        document = (await body.read_files(request))[0].content
        before = await check_document(ctx, document)
        if before.format != "pdf" or before.verdict is not Verdict.AUTHENTIC:
            raise Refusal(NOT_VALID, before.verdict)
        if level is Level.LT and all(reaches(one.level, level) for one in before.signatures):
            return _answer(document)
        result = await _augmented(ctx, document, before, level)
        after = await check_document(ctx, result)
        kept = [one.indication for one in after.signatures] == [
            one.indication for one in before.signatures
        ]
        reached = all(
            reaches(one.level, level) for one in after.signatures if one.level is not Level.B
        )
        if after.verdict is not Verdict.AUTHENTIC or not kept or not reached:
            raise Refusal(NOT_REACHED, str(after.verdict))
        digest = hashlib.sha256(document).hexdigest()
        await ctx.ledger.write(seals.record_augmented, caller, digest, level, ctx.clock.now())
        return _answer(result)


def _answer(document: bytes) -> Response:
    return Response(document, 200, {"Cache-Control": "no-store"}, "application/pdf")


async def _augmented(ctx: Context, document: bytes, before: Report, level: Level) -> bytes:
    stamp = time_stamper(ctx, ctx.clock.utc())
    try:
        if any(one.level is Level.B for one in before.signatures):  # without time nothing lasts
            document = await ctx.apart(augmentation.add_time_stamp, document, stamp)
        held = await ctx.apart(augmentation.certificates, document)
        ours = await _standing(ctx, held)
        statuses = await ctx.ledger.read(certificates.find_statuses, [one.serial for one in ours])
        newest = ctx.authorities.now.timestamp
        data = await proofs.gather(ctx, ours, statuses, lasting=newest)
        document = await ctx.apart(augmentation.add_validation_data, document, data)
        if level is Level.LTA:
            document = await ctx.apart(augmentation.add_time_stamp, document, stamp)
    except Refusal:
        raise
    except Exception as error:  # a document that can be read, and not be written to
        raise Refusal(reasons.PDF_BROKEN, f"{type(error).__name__}: {error}") from error
    return document


async def _standing(ctx: Context, held: frozenset[bytes]) -> list[Issued]:
    """Of the certificates within a document those of ours that are no authority's and not over;
    and that of who stamps it now."""
    stamping = ctx.authorities.now.timestamp
    serials = await ctx.apart(_serials, held)
    found = await ctx.ledger.read(certificates.find_many, serials)
    now = ctx.clock.now()
    standing = [
        one
        for _, one in sorted(found.items())
        if one.certificate.der in held
        and one.certificate.not_after >= now
        and one.purpose in _ATTESTED
        and one.serial != stamping.serial
    ]
    return [*standing, stamping]


def _serials(held: frozenset[bytes]) -> list[int]:
    return [Certificate.load(one).serial for one in held]
