"""The device authorization grant (RFC 8628): its codes, and how long they live."""

from typing import Final

from core.errors import reason
from keys.handles import USER_CODE_LENGTH, USER_CODE_LETTERS

DEVICE_CODE_MISSING = reason(
    "device_code_missing", "invalid_request", 400, "Send the device_code.", "RFC 8628 §3.4"
)
DEVICE_CODE_UNKNOWN = reason(
    "device_code_unknown",
    "invalid_grant",
    400,
    "The device_code is not known, was issued to another client, or brought its tokens before.",
    "RFC 8628 §3.5, RFC 6749 §5.2",
)
DEVICE_REQUEST_OVER = reason(
    "device_request_over",
    "invalid_request",
    400,
    "The device's request has expired (15 minutes), or was decided before. Start again at the "
    "device.",
    "RFC 8628 §3.3",
)

DEVICE_SECONDS: Final = 900
"""Life of both codes (WCAG 2.2.1: no shorter than 15 minutes)."""

_SKIPPED: Final = str.maketrans("", "", " -\u2010\u2011\u2012\u2013\u00a0\u200b\t")


def parse_user_code(typed: str) -> str | None:
    """A code as it was typed, pasted or scanned: in any case, with spaces and dashes anywhere
    (RFC 8628 §6.1); None where it can't be one."""
    code = typed.translate(_SKIPPED).upper()
    fits = len(code) == USER_CODE_LENGTH and set(code) <= set(USER_CODE_LETTERS)
    return code if fits else None


def shown(user_code: str) -> str:
    """In two halves, as people read it out."""
    half = USER_CODE_LENGTH // 2
    return f"{user_code[:half]}-{user_code[half:]}"
