"""POST /augment: what carries signatures that pass in, the same with proof that lasts longer out.

Who asks needs the agency's token: it costs time-stamps, and the log says for whom they were made.
"""

import hashlib
from collections import Counter
from dataclasses import replace
from typing import Final

from cryptography.x509 import load_der_x509_crl
from cryptography.x509.ocsp import OCSPResponse, load_der_ocsp_response
from starlette.requests import Request
from starlette.responses import Response

from core.errors import Refusal
from keys.certificates import Certificate
from keys.ring import Purpose
from signing.formats.augmentation import Augmentable, is_bare, open_document
from signing.formats.primitives import digest
from signing.formats.seal import ValidationData
from signing.formats.trust import Anchors
from signing.rules.augmentation import NOT_ADES, NOT_REACHED, NOT_VALID, check_level
from signing.rules.report import (
    Indication,
    Level,
    Note,
    Report,
    SignatureReport,
    TimeStampReport,
    Verdict,
)
from signing.rules.seal_format import reaches
from signing.store import certificates, seals
from signing.store.certificates import Issued
from signing.web import bearer, body, proofs
from signing.web.context import Context
from signing.web.sealing import time_stamper
from signing.web.verdicts import check_document

_ATTESTED: Final = frozenset({Purpose.SEAL, Purpose.TIMESTAMP})
"""Whose certificates an OCSP answer vouches for; a CRL does for authorities."""

_PASSED: Final = frozenset({Verdict.AUTHENTIC, Verdict.TIME_STAMPED})


async def augment(ctx: Context, request: Request) -> Response:
    """Add validation data (B-LT), and a time-stamp over all of it (B-LTA)."""
    caller = await bearer.authenticate(ctx, request)
    level = check_level(request.query_params.get("level"))
    with ctx.agencies.place():
        form = await body.read_form(request)
        document, content = form.documents[0].document, form.content
        before = await check_document(ctx, ctx.agencies, document, content)
        if before.verdict not in _PASSED:
            bare = await ctx.apart(is_bare, document)
            raise Refusal(NOT_ADES if bare else NOT_VALID, before.verdict)
        try:
            found = await ctx.apart(open_document, document, content)
            if level is Level.LTA or not _has_level(before) or not _reached(before, level):
                found = await _augmented(ctx, found, before, level)
        except Refusal:
            raise
        except Exception as error:  # a document that can be read, and not be written to
            raise Refusal(NOT_REACHED, f"{type(error).__name__}: {error}") from error
        result = found.dump()
        if result != document:
            after = await check_document(ctx, ctx.agencies, result, content)
            if after.verdict is not before.verdict or not _kept(before, after, level):
                raise Refusal(NOT_REACHED, str(after.verdict))
            digest = hashlib.sha256(document).hexdigest()
            await ctx.ledger.write(seals.record_augmented, caller, digest, level, ctx.clock.now())
        return Response(result, 200, {"Cache-Control": "no-store"}, found.media_type)


def _has_level(found: Report) -> bool:
    """Time-stamps and evidence records by themselves have none."""
    return any(one.level is not None for one in found.signatures)


def _reached(found: Report, level: Level) -> bool:
    """Signatures over signatures (`Signature1/1`) are stamped with what they are over, what others
    sign is with these."""
    asked = [
        one
        for one in found.signatures
        if one.level is not None and "/" not in one.name and Note.SIGNED_BY_ANOTHER not in one.notes
    ]
    return all(reaches(one.level, level) for one in asked)


def _kept(before: Report, after: Report, level: Level) -> bool:
    """Whether every signature is as it was or better, and so is each of its time-stamps."""
    rest = list(after.signatures)
    for old in before.signatures:
        found = next((new for new in rest if _stays(old, new)), None)
        if found is None:
            return False
        rest.remove(found)
    return not rest and _reached(after, level)


def _stays(old: SignatureReport, new: SignatureReport) -> bool:
    """Signatures of a CMS are in the order of their encodings, which grew."""
    passed = Counter((one.kind, one.at) for one in old.time_stamps if _passed(one))
    passes = Counter((one.kind, one.at) for one in new.time_stamps if _passed(one))
    same = (old.signer, old.claimed_at, old.indication) == (
        *(new.signer, new.claimed_at, new.indication),
    )
    return same and not passed - passes


def _passed(stamp: TimeStampReport) -> bool:
    return stamp.indication is Indication.TOTAL_PASSED


async def _augmented(ctx: Context, found: Augmentable, before: Report, level: Level) -> Augmentable:
    stamp = time_stamper(ctx, ctx.clock.utc())
    if any(one.level is Level.B for one in before.signatures):  # without time nothing lasts
        found = await ctx.apart(found.stamped, stamp)
    held = await ctx.apart(found.certificates)
    ours = await _standing(ctx, held)
    statuses = await ctx.ledger.read(certificates.find_statuses, [one.serial for one in ours])
    data = await proofs.gather(ctx, ours, statuses, lasting=ctx.authorities.now.timestamp)
    data = await ctx.apart(_with_others, data, held, ctx.trusted())
    found = await ctx.apart(found.with_proofs, data)
    return await ctx.apart(found.archived, stamp) if level is Level.LTA else found


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


def _with_others(data: ValidationData, held: frozenset[bytes], kept: Anchors) -> ValidationData:
    """And with what the operator keeps: CRLs by issuers of certificates within a document, OCSP
    answers about these."""
    loaded = [Certificate.load(one) for one in held]
    issuers = {one.issuer for one in loaded}
    about = {(one.serial, one.issuer) for one in loaded}
    crls = [one for one in kept.crls if load_der_x509_crl(one).issuer.public_bytes() in issuers]
    ocsps = [one for one in kept.ocsps if _is_about(load_der_ocsp_response(one), about)]
    return replace(data, crls=(*data.crls, *crls), ocsps=(*data.ocsps, *ocsps))


def _is_about(answer: OCSPResponse, certificates: set[tuple[int, bytes]]) -> bool:
    """RFC 6960 §4.1.1: by serial number and the digest of the issuer's name."""
    return any(
        one.serial_number == serial
        and one.issuer_name_hash == digest(one.hash_algorithm.name, issuer)
        for one in answer.responses
        for serial, issuer in certificates
    )


def _serials(held: frozenset[bytes]) -> list[int]:
    return [Certificate.load(one).serial for one in held]
