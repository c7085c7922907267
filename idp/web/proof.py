"""What a request proves of the key behind it: DPoP (RFC 9449), or a certificate (RFC 8705)."""

import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from clients.rules import certificate
from clients.rules.client import Client, SenderConstraint
from core.errors import Refusal
from core.serving import Asked
from idp.rules import dpop
from idp.rules.binding import JKT, SENDER_CONSTRAINT_MISSING, X5T, Binding
from idp.rules.dpop import DPOP_NONCE_REQUIRED, NONCE_SECONDS, Proof
from idp.web.context import Context
from keys.handles import mac
from keys.segments import encode


@dataclass(frozen=True, slots=True)
class Proven:
    """The proof, which has yet to be taken once, and what tokens are to be bound to."""

    proof: Proof | None
    binding: Binding | None


def check(ctx: Context, asked: Asked, client: Client, path: str) -> Proven:
    """What a token request proves; raises Refusal where the client's tokens have to be bound."""
    proof = check_dpop(ctx, asked, path, demanded=client.dpop_nonce_required)
    if proof is not None:
        return Proven(proof, Binding(JKT, proof.jkt))
    if client.sender_constraint is SenderConstraint.MTLS:
        presented = client_certificate(asked)
        if presented is None:
            raise Refusal(SENDER_CONSTRAINT_MISSING, client.client_id)
        return Proven(None, Binding(X5T, thumbprint(presented)))
    if client.sender_constraint is SenderConstraint.DPOP:
        raise Refusal(SENDER_CONSTRAINT_MISSING, client.client_id)
    return Proven(None, None)


def check_dpop(
    ctx: Context, asked: Asked, path: str, *, demanded: bool, access_token: str | None = None
) -> Proof | None:
    """RFC 9449 §4.3; where a nonce is demanded, the refusal brings one (§8)."""
    now = ctx.clock.now()
    try:
        return dpop.check(
            asked.headers(b"dpop"),
            asked.method,
            ctx.addresses(path),
            now,
            access_token=access_token,
            nonces=nonces(ctx, now) if demanded else (),
        )
    except Refusal as refusal:
        if refusal.reason is DPOP_NONCE_REQUIRED:
            refusal.headers["DPoP-Nonce"] = nonces(ctx, now)[0]
        raise


def nonces(ctx: Context, now: int) -> tuple[str, str]:
    """The nonce that is handed out now, and the one before it: alike in all processes."""
    window = now // NONCE_SECONDS
    secret = ctx.sealer.derive("dpop nonce").hex()
    return mac(secret, str(window)), mac(secret, str(window - 1))


def client_certificate(asked: Asked) -> x509.Certificate | None:
    """The certificate of the TLS connection."""
    return None if asked.certificate is None else certificate.parse(asked.certificate)


def thumbprint(presented: x509.Certificate) -> str:
    """`x5t#S256` (RFC 8705 §3.1)."""
    return encode(hashlib.sha256(presented.public_bytes(Encoding.DER)).digest())
