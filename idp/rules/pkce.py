"""Proof Key for Code Exchange (RFC 7636), S256 alone."""

import hashlib
import re
from typing import Final

from core.errors import Refusal, reason
from keys.handles import same
from keys.segments import encode

PKCE_REQUIRED = reason(
    "pkce_required",
    "invalid_request",
    400,
    "Send code_challenge with code_challenge_method=S256.",
    "RFC 9700 §2.1.1, FAPI 2.0 SP 5.3.2.2-5",
)
PKCE_METHOD = reason(
    "pkce_method",
    "invalid_request",
    400,
    "code_challenge_method is S256, and code_challenge the base64url SHA-256 of the verifier (43 "
    "characters).",
    "RFC 7636 §4.2-4.3",
)
PKCE_MISMATCH = reason(
    "pkce_mismatch",
    "invalid_grant",
    400,
    "code_verifier is missing, malformed, or not the one whose code_challenge the authorization "
    "request carried; or it was sent although that request carried none.",
    "RFC 7636 §4.6, RFC 9700 §4.8.2",
)

_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}\Z")


def check_challenge(challenge: str | None, method: str | None, *, required: bool) -> str | None:
    """The challenge of an authorization request; raises Refusal."""
    if challenge is None:
        if method is not None:
            raise Refusal(PKCE_METHOD, "a method without a challenge")
        if required:
            raise Refusal(PKCE_REQUIRED)
        return None
    if method != "S256" or not _CHALLENGE.match(challenge):
        raise Refusal(PKCE_METHOD)
    return challenge


def matches(verifier: str | None, challenge: str | None) -> bool:
    """Whether the token request may use the code (RFC 7636 §4.6)."""
    if challenge is None or verifier is None:
        return challenge is None and verifier is None
    if not _VERIFIER.match(verifier):
        return False
    return same(encode(hashlib.sha256(verifier.encode()).digest()), challenge)
