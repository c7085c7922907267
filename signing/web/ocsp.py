"""GET and POST /ocsp: which of our certificates are revoked (RFC 6960, RFC 5019, RFC 9654)."""

import base64
import binascii
import hashlib
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final
from urllib.parse import unquote

from core.database import Transaction
from core.errors import Refusal
from core.serving import Answer, Asked
from keys.revocation import (
    REQUEST_BYTES,
    CertId,
    OcspError,
    OcspRefused,
    Responder,
    Status,
    answer_ocsp,
    names,
    ocsp_error,
    parse_ocsp_request,
)
from signing.rules import reasons
from signing.store import certificates, crls
from signing.store.certificates import Issued
from signing.web.context import Context
from signing.web.signed_once import Answered

CURRENT_SECONDS: Final = 3_600
CACHED_SECONDS: Final = 30
"""So that a revocation reaches everyone within a minute."""

_RESPONSE: Final = b"application/ocsp-response"
_CACHED: Final = f"max-age={CACHED_SECONDS}, public, no-transform, must-revalidate".encode()


async def post(ctx: Context, asked: Asked) -> Answer:
    """POST /ocsp (RFC 6960 Appendix A.1)."""
    content_type = (asked.header(b"content-type") or "").partition(";")[0].strip().lower()
    if content_type != "application/ocsp-request":
        raise Refusal(reasons.OCSP_TYPE, content_type)
    return Answer(200, (await _answer(ctx, asked.body)).encoded, _RESPONSE)


async def get(ctx: Context, asked: Asked) -> Answer:
    """GET /ocsp/{request in base64}, which caches may keep for a moment (RFC 5019 §6.2)."""
    path = unquote(asked.path.removeprefix("/ocsp/"))
    try:
        encoded_request = base64.b64decode(path.replace(" ", "+"), validate=True)
    except (ValueError, binascii.Error):
        encoded_request = b""
    answered = await _answer(ctx, encoded_request)
    if not answered.shared:
        return Answer(200, answered.encoded, _RESPONSE, ((b"cache-control", b"no-store"),))
    tag = f'"{hashlib.sha256(answered.encoded).hexdigest()}"'
    headers = (
        (b"cache-control", _CACHED),
        (b"last-modified", _http_date(answered.at)),
        (b"expires", _http_date(ctx.clock.now() + CACHED_SECONDS)),
        (b"etag", tag.encode()),
    )
    if asked.header(b"if-none-match") == tag:
        return Answer(304, b"", headers=headers)
    return Answer(200, answered.encoded, _RESPONSE, headers)


async def follow(ctx: Context) -> None:
    """Learn that something was revoked, by whichever process."""
    ctx.signed_once.follow(await ctx.ledger.read(crls.find_revision))


async def _answer(ctx: Context, encoded: bytes) -> Answered:
    """An OCSPResponse: the one that somebody else was given a moment ago, or a fresh one."""
    now = ctx.clock.now()
    if (kept := ctx.signed_once.find(encoded, now)) is not None:
        return kept
    try:
        if len(encoded) > REQUEST_BYTES:
            raise OcspRefused(OcspError.MALFORMED_REQUEST)
        request = parse_ocsp_request(encoded)
        responder, issuers = await _find_responder(ctx, request.asked, now)
        serials = [cert_id.serial for cert_id in request.asked]
        statuses, revision = await ctx.ledger.read(
            _find_statuses, serials, issuers, kept=request.nonce is None
        )
        ends = min(now + CURRENT_SECONDS, responder.certificate.not_after)
        answer = answer_ocsp(request, statuses, responder, now, ends)
    except OcspRefused as refused:
        return Answered(ocsp_error(refused.error), now, shared=False)
    # An unknown certificate may be one that is being issued: that is not said twice.
    shared = request.nonce is None and statuses.keys() >= set(serials)
    answered = Answered(answer, now, shared)
    ctx.signed_once.keep(encoded, answered, revision)
    return answered


async def _find_responder(
    ctx: Context, asked: tuple[CertId, ...], now: int
) -> tuple[Responder, list[int]]:
    """Who answers for the authority that a question is about, and the serial numbers of that
    authority's certificates; raises OcspRefused."""
    issuers = _asked_about(ctx, asked)
    if not issuers and ctx.authorities.read_at != now:  # it may be new; whoever asks for nothing
        await ctx.learn()  # makes us look once in a second
        issuers = _asked_about(ctx, asked)
    able = [one for one in issuers if one.serial in ctx.authorities.now.responders]
    if not able:
        raise OcspRefused(OcspError.UNAUTHORIZED)
    responder = ctx.responder(able[0])
    if responder.certificate.not_after <= now:  # its authority has no certificates any more
        raise OcspRefused(OcspError.UNAUTHORIZED)
    return responder, [one.serial for one in issuers]


def _asked_about(ctx: Context, asked: tuple[CertId, ...]) -> list[Issued]:
    """Our authority that the first question is about: one key, whose certificate was perhaps
    renewed. The answer has one signature, so it speaks for one authority alone."""
    issuers = ctx.authorities.now.issuers
    for cert_id in asked:
        if found := [one for one in issuers if names(cert_id, one.certificate)]:
            return found
    return []


def _find_statuses(
    transaction: Transaction, serials: list[int], issuers: list[int], *, kept: bool
) -> tuple[dict[int, Status], int]:
    """Statuses, and the revision at which they were true, for an answer that may be kept."""
    revision = crls.find_revision(transaction) if kept else 0
    return certificates.find_statuses(transaction, serials, issuers), revision


def _http_date(at: int) -> bytes:
    return format_datetime(datetime.fromtimestamp(at, UTC), usegmt=True).encode()
