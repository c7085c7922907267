"""A client that asks again and again whether the person has decided (RFC 8628 §3.5, CIBA 11)."""

from dataclasses import dataclass
from typing import Final

from core.errors import Reason, reason
from idp.rules.interaction import ACCESS_DENIED

AUTHORIZATION_PENDING = reason(
    "authorization_pending",
    "authorization_pending",
    400,
    "The person has not decided yet. Ask again after the interval.",
    "RFC 8628 §3.5, CIBA Core 11",
)
SLOW_DOWN = reason(
    "slow_down",
    "slow_down",
    400,
    "That was sooner than the interval allows, which is 5 seconds longer from now on.",
    "RFC 8628 §3.5, CIBA Core 11",
)
EXPIRED_TOKEN = reason(
    "expired_token",
    "expired_token",
    400,
    "The person did not decide in time. Begin a new request.",
    "RFC 8628 §3.5, CIBA Core 11",
)

SLOWER_SECONDS: Final = 5
"""RFC 8628 §3.5: what slow_down adds to the interval, for good."""


@dataclass(frozen=True, slots=True)
class Polled:
    """A request as its client finds it."""

    interval: int
    last_poll_at: int  # 0 before the first
    expires_at: int
    approved: bool
    denied: bool
    used: bool


@dataclass(frozen=True, slots=True)
class Take:
    """The person agreed: the grant may be taken, once."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet. The poll is written down, with the interval that counts from now on."""

    reason: Reason
    interval: int


@dataclass(frozen=True, slots=True)
class Refuse:
    """Nothing more will come of it."""

    reason: Reason


def decide(polled: Polled, gone: Reason, now: int) -> Take | Wait | Refuse:
    """Weigh one poll. `gone` is the reason for a request whose tokens were issued before."""
    if polled.used:
        return Refuse(gone)
    if polled.denied:
        return Refuse(ACCESS_DENIED)
    if polled.expires_at <= now:
        return Refuse(EXPIRED_TOKEN)
    if polled.approved:
        return Take()
    if polled.last_poll_at and now < polled.last_poll_at + polled.interval:
        return Wait(SLOW_DOWN, polled.interval + SLOWER_SECONDS)
    return Wait(AUTHORIZATION_PENDING, polled.interval)
