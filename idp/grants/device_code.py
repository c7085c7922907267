"""urn:ietf:params:oauth:grant-type:device_code (RFC 8628 §3.4)."""

from core.database import Transaction
from core.errors import Reason, Refusal
from idp.grants import polled
from idp.grants.exchange import Issue, TokenRequest
from idp.rules.device import DEVICE_CODE_MISSING, DEVICE_CODE_UNKNOWN
from idp.store import device_requests


def redeem(transaction: Transaction, asked: TokenRequest, now: int) -> Issue | Reason:
    """Answer a device that asks whether its person has agreed."""
    device_code = asked.form.get("device_code")
    if device_code is None:
        raise Refusal(DEVICE_CODE_MISSING)
    table = device_requests.TABLE
    return polled.redeem(transaction, asked, table, device_code, DEVICE_CODE_UNKNOWN, now)
