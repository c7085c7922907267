"""Redeeming an authorization code (RFC 6749 §4.1.3, OIDC Core 3.1.3.2)."""

from dataclasses import dataclass

from core.errors import Reason, reason
from idp.rules.binding import Binding
from idp.rules.dpop import DPOP_KEY_DIFFERS
from idp.rules.parameters import Parameters
from idp.rules.pkce import PKCE_MISMATCH, matches
from idp.rules.tokens import Grant

CODE_MISSING = reason("code_missing", "invalid_request", 400, "Send the code.", "RFC 6749 §4.1.3")
CODE_UNKNOWN = reason(
    "code_unknown",
    "invalid_grant",
    400,
    "The code is not known, has expired (60 seconds), or was issued to another client.",
    "RFC 6749 §4.1.3, §5.2",
)
CODE_REPLAYED = reason(
    "code_replayed",
    "invalid_grant",
    400,
    "The code was redeemed before. Every token that came from it is revoked now.",
    "RFC 6749 §4.1.2",
)
CODE_REDIRECT_URI = reason(
    "code_redirect_uri",
    "invalid_grant",
    400,
    "redirect_uri is not the one that the authorization request carried.",
    "RFC 6749 §4.1.3",
)
GRANT_REVOKED = reason(
    "grant_revoked",
    "invalid_grant",
    400,
    "The person signed out, or withdrew what they had granted.",
    "RFC 6749 §5.2",
)


@dataclass(frozen=True, slots=True)
class Code:
    """A code as it was issued."""

    grant: Grant
    redirect_uri: str
    code_challenge: str | None
    nonce: str | None
    dpop_jkt: str | None = None
    grant_revoked: bool = False


@dataclass(frozen=True, slots=True)
class Issue:
    """Tokens may be issued."""

    code: Code


@dataclass(frozen=True, slots=True)
class Refuse:
    """The refusal to answer with, once it is stored; the code stays used."""

    reason: Reason
    revoke_grant: str | None = None


def decide(code: Code, asked: Parameters, binding: Binding | None) -> Issue | Refuse:
    """Weigh a code that was just taken, and the key that its tokens will be bound to."""
    if code.grant_revoked:
        return Refuse(GRANT_REVOKED)
    if asked.get("redirect_uri") != code.redirect_uri:
        return Refuse(CODE_REDIRECT_URI, revoke_grant=code.grant.grant_id)
    if not matches(asked.get("code_verifier"), code.code_challenge):
        return Refuse(PKCE_MISMATCH, revoke_grant=code.grant.grant_id)
    if code.dpop_jkt is not None and (binding is None or binding.thumbprint != code.dpop_jkt):
        return Refuse(DPOP_KEY_DIFFERS, revoke_grant=code.grant.grant_id)
    return Issue(code)
