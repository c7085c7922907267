"""What a token request hands to its grant, what the grant hands back, and what both share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from clients.rules.authentication import (
    ASSERTION_REPLAYED,
    SKEW_SECONDS,
    Authenticated,
)
from clients.rules.client import AccessTokenFormat, Client
from core.audit import record
from core.database import Transaction
from core.errors import Reason
from idp.rules.authorization_details import Detail
from idp.rules.binding import Binding
from idp.rules.dpop import DPOP_PROOF_REPLAYED, Proof
from idp.store import access_tokens, grants, replay
from keys.handles import new_handle, new_id
from keys.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Fresh:
    """Random values that the answer may need. Made once for each request."""

    jti: str = field(default_factory=new_id)
    grant_id: str = field(default_factory=new_id)
    access_token: str = field(default_factory=new_handle)
    refresh_token: str = field(default_factory=new_handle)


OwnClaims = Callable[[str], dict[str, Any] | None]
"""What an access token says that is a JWT of ours; None for all else."""


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A token request whose client is known, with the proofs that have yet to be taken."""

    form: Mapping[str, str]
    issuer: str
    authenticated: Authenticated
    proof: Proof | None
    binding: Binding | None
    resources: tuple[str, ...]
    sealer: Sealer
    own_claims: OwnClaims
    fresh: Fresh = field(default_factory=Fresh)

    @property
    def client(self) -> Client:
        return self.authenticated.client


@dataclass(frozen=True, slots=True)
class Issue:
    """What may be issued. Signing is left to the endpoint, after the commit."""

    access_token: dict[str, Any]
    scope: tuple[str, ...]
    grant_id: str | None = None
    id_token: dict[str, Any] | None = None
    refresh_token: str | None = None
    authorization_details: tuple[Detail, ...] = ()
    issued_token_type: str | None = None


Redeem = Callable[[Transaction, TokenRequest, int], Issue | Reason]


def exchange(
    transaction: Transaction, redeem: Redeem, asked: TokenRequest, now: int
) -> Issue | Reason:
    """The one transaction of a token request: take the proofs, redeem the grant, write it down."""
    refused = take_proofs(transaction, asked.authenticated, asked.proof)
    if refused is not None:
        return refused
    outcome = redeem(transaction, asked, now)
    if isinstance(outcome, Reason):
        return outcome
    if asked.client.access_token_format is AccessTokenFormat.OPAQUE:
        access_tokens.save(
            transaction, asked.fresh.access_token, outcome.access_token, outcome.grant_id or ""
        )
    record(
        transaction,
        grants.TOKENS_ISSUED,
        actor=asked.client.client_id,
        now=now,
        client_id=asked.client.client_id,
        grant_id=outcome.grant_id,
        grant_type=asked.form["grant_type"],
        jti=asked.fresh.jti,
    )
    return outcome


def take_proofs(
    transaction: Transaction, authenticated: Authenticated, proof: Proof | None
) -> Reason | None:
    """Use the client's assertion and its DPoP proof, each once (RFC 7523 §3, RFC 9449 §11.1)."""
    client_id = authenticated.client.client_id
    if authenticated.assertion_jti is not None:
        until = authenticated.assertion_exp + SKEW_SECONDS
        if not replay.take(
            transaction, f"assertion {client_id}", authenticated.assertion_jti, until
        ):
            return ASSERTION_REPLAYED
    if proof is not None and not replay.take(
        transaction, f"dpop {proof.jkt}", proof.jti, proof.expires_at
    ):
        return DPOP_PROOF_REPLAYED
    return None
