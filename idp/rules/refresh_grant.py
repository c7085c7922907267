"""Using a refresh token (RFC 6749 §6, RFC 9700 §4.14)."""

from dataclasses import dataclass
from typing import Final

from clients.rules.client import Client, SenderConstraint
from core.errors import Reason, reason
from idp.rules.binding import Binding
from idp.rules.dpop import DPOP_KEY_DIFFERS
from idp.rules.tokens import Grant

REFRESH_TOKEN_MISSING = reason(
    "refresh_token_missing", "invalid_request", 400, "Send the refresh_token.", "RFC 6749 §6"
)
REFRESH_TOKEN_UNKNOWN = reason(
    "refresh_token_unknown",
    "invalid_grant",
    400,
    "The refresh token is not known, has expired, was revoked, or was issued to another client.",
    "RFC 6749 §5.2, §6",
)
REFRESH_TOKEN_REUSED = reason(
    "refresh_token_reused",
    "invalid_grant",
    400,
    "The refresh token was rotated more than 30 seconds ago. Two parties hold it, so every token "
    "of its family is revoked now; the person has to sign in again.",
    "RFC 9700 §4.14.2",
)
SCOPE_WIDER = reason(
    "scope_wider",
    "invalid_scope",
    400,
    "A refresh cannot ask for more scope than was granted.",
    "RFC 6749 §6",
)

GRACE_SECONDS: Final = 30
"""How long a rotated token still answers, with the same successor: answers get lost."""


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token as it is stored. `used_at` is set where it was rotated."""

    grant: Grant
    expires_at: int
    used_at: int | None
    successor: bytes | None


@dataclass(frozen=True, slots=True)
class Keep:
    """Answer with the same refresh token."""

    scope: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rotate:
    """Answer with a new refresh token; the old one is used up."""

    scope: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """Answer with the successor that was given out before."""

    scope: tuple[str, ...]
    successor: bytes


@dataclass(frozen=True, slots=True)
class Refuse:
    """The refusal, and whether the whole family dies with it."""

    reason: Reason
    revoke_grant: bool = False


def decide(
    token: RefreshToken,
    client: Client,
    binding: Binding | None,
    asked_scope: tuple[str, ...],
    now: int,
) -> Keep | Rotate | Repeat | Refuse:
    """Weigh a refresh token that this client presents."""
    if token.expires_at <= now:
        return Refuse(REFRESH_TOKEN_UNKNOWN)
    if token.used_at is not None and now - token.used_at > GRACE_SECONDS:
        return Refuse(REFRESH_TOKEN_REUSED, revoke_grant=True)
    # A confidential client may change its DPoP key, a public one is known by it (RFC 9449 §5).
    if client.public and token.grant.binding is not None and binding != token.grant.binding:
        return Refuse(DPOP_KEY_DIFFERS)
    scope = asked_scope or token.grant.scope
    if not set(scope) <= set(token.grant.scope):
        return Refuse(SCOPE_WIDER)
    if token.used_at is not None and token.successor is not None:
        return Repeat(scope, token.successor)
    return Rotate(scope) if rotates(client) else Keep(scope)


def rotates(client: Client) -> bool:
    """RFC 9700 §4.14.2; FAPI 2.0 SP 5.3.2.1-9 wants none where the client proves itself and its
    tokens are bound."""
    return client.public or client.sender_constraint is SenderConstraint.NONE
