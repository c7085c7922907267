"""Access tokens that come back to us (RFC 6750, RFC 9068 §4, RFC 9449 §7, RFC 8705 §3)."""

from dataclasses import dataclass, replace
from typing import Any, Final

from core.database import Transaction
from core.errors import Reason, Refusal, reason
from core.serving import Asked
from idp.rules import parameters, tokens
from idp.rules.binding import JKT, X5T
from idp.rules.dpop import ALGORITHMS, DPOP_PROOF_REPLAYED, Proof
from idp.store import access_tokens, replay
from idp.web import proof
from idp.web.context import Context
from keys.segments import JoseError

TOKEN_MISSING = reason(
    "access_token_missing",
    "invalid_request",
    401,
    "Send the access token in the Authorization header: Bearer or DPoP, a space, the token.",
    "RFC 6750 §2.1, RFC 9449 §7.1",
)
TOKEN_TWICE = reason(
    "access_token_twice",
    "invalid_request",
    400,
    "Send the access token in one place, and never in the query.",
    "RFC 6750 §2, RFC 9700 §4.3.2",
)
TOKEN_REFUSED = reason(
    "access_token_refused",
    "invalid_token",
    401,
    "The access token is not one of ours for this endpoint, has expired, was revoked, or is bound "
    "to a key that this request does not prove.",
    "RFC 6750 §3.1, RFC 9068 §4, RFC 9449 §7",
)
SCOPE_INSUFFICIENT = reason(
    "scope_insufficient",
    "insufficient_scope",
    403,
    "The access token was not granted the scope that this endpoint needs.",
    "RFC 6750 §3.1",
)

_FORM: Final = "application/x-www-form-urlencoded"
_CHALLENGED: Final = frozenset({"invalid_dpop_proof", "use_dpop_nonce"})
"""What is 400 at the token endpoint is 401 at a resource (RFC 9449 §7.1, §9)."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A token that was checked as far as it can be without the database, and its proof."""

    claims: dict[str, Any] | None  # None: an opaque one, yet to be looked up
    handle: str
    proof: Proof | None
    scheme: str


def find(ctx: Context, asked: Asked, path: str) -> Opened:
    """The token of a request (RFC 6750 §2.1 and §2.2; its query, §2.3, is refused)."""
    authorization = asked.headers(b"authorization")
    in_body = ""
    if (asked.header(b"content-type") or "").partition(";")[0].strip().lower() == _FORM:
        in_body = parameters.parse(asked.body).get("access_token", "")
    if b"access_token=" in asked.query or len(authorization) + bool(in_body) > 1:
        raise refuse(ctx, TOKEN_TWICE)
    scheme, _, handle = (authorization[0] if authorization else "").partition(" ")
    scheme = scheme.lower()
    if in_body:
        scheme, handle = "bearer", in_body
    if scheme not in {"bearer", "dpop"} or not handle.strip():
        raise refuse(ctx, TOKEN_MISSING)
    handle = handle.strip()
    try:
        checked = proof.check_dpop(ctx, asked, path, demanded=False, access_token=handle)
    except Refusal as refusal:
        raise refuse(ctx, refusal.reason, refusal.debug, scheme="DPoP") from refusal
    return Opened(_verified(ctx, handle), handle, checked, scheme)


def open_token(
    transaction: Transaction, ctx: Context, asked: Asked, opened: Opened, now: int
) -> dict[str, Any]:
    """The token's claims, once it is known to be alive and in the right hands; raises Refusal."""
    claims = opened.claims or access_tokens.find(transaction, opened.handle)
    if claims is None or claims["exp"] <= now:
        raise refuse(ctx, TOKEN_REFUSED, "unknown or expired")
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if claims["iss"] != ctx.issuer or ctx.issuer not in audience:
        raise refuse(ctx, TOKEN_REFUSED, "for another audience")
    _check_holder(ctx, asked, opened, claims.get("cnf", {}))
    if access_tokens.is_revoked(transaction, claims):
        raise refuse(ctx, TOKEN_REFUSED, "revoked")
    if opened.proof is not None and not replay.take(
        transaction, f"dpop {opened.proof.jkt}", opened.proof.jti, opened.proof.expires_at
    ):
        raise refuse(ctx, DPOP_PROOF_REPLAYED, scheme="DPoP")
    return claims


def refuse(ctx: Context, why: Reason, debug: str = "", *, scheme: str = "Bearer") -> Refusal:
    """RFC 6750 §3: a request without a token is told the schemes and nothing more."""
    if why is TOKEN_MISSING:
        algorithms = " ".join(sorted(ALGORITHMS))
        challenge = f'Bearer realm="{ctx.issuer}", DPoP algs="{algorithms}"'
    else:
        challenge = f'{scheme} realm="{ctx.issuer}", error="{why.error}"'
        challenge += f', error_description="{why.hint}"'
    shown = replace(why, status=401) if why.error in _CHALLENGED else why
    return Refusal(shown, debug, {"WWW-Authenticate": challenge})


def own_claims(ctx: Context, handle: str) -> dict[str, Any] | None:
    """What an access token says that is a JWT of ours (RFC 9068 §4); None for all else."""
    try:
        return _verify(ctx, handle)
    except JoseError:
        return None


def _verified(ctx: Context, handle: str) -> dict[str, Any] | None:
    """A JWT has to be ours; anything else is opaque, and yet to be looked up."""
    if handle.count(".") != 2:
        return None
    try:
        return _verify(ctx, handle)
    except JoseError as error:
        raise refuse(ctx, TOKEN_REFUSED, str(error)) from error


def _verify(ctx: Context, handle: str) -> dict[str, Any]:
    return ctx.ring.verify_access_token(handle, tokens.ACCESS_TOKEN_TYPE, ctx.clock.now())


def _check_holder(ctx: Context, asked: Asked, opened: Opened, cnf: dict[str, str]) -> None:
    """The key that the token is bound to is proven, and no bound token passes as a plain one."""
    jkt = opened.proof.jkt if opened.proof else None
    if cnf.get(JKT) != jkt or (opened.scheme == "dpop") != (JKT in cnf):
        raise refuse(ctx, TOKEN_REFUSED, "DPoP key", scheme="DPoP")
    if X5T in cnf:
        certificate = proof.client_certificate(asked)
        if certificate is None or proof.thumbprint(certificate) != cnf[X5T]:
            raise refuse(ctx, TOKEN_REFUSED, "certificate")
