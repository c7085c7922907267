"""Polling for a decision (RFC 8628 §3.5, CIBA Core 11)."""

from dataclasses import replace

import pytest

from idp.rules.device import DEVICE_CODE_UNKNOWN
from idp.rules.interaction import ACCESS_DENIED
from idp.rules.polling import (
    AUTHORIZATION_PENDING,
    EXPIRED_TOKEN,
    SLOW_DOWN,
    Polled,
    Refuse,
    Take,
    Wait,
    decide,
)
from tests.rules.samples import NOW

WAITING = Polled(
    interval=5, last_poll_at=0, expires_at=NOW + 900, approved=False, denied=False, used=False
)


def poll(polled: Polled, now: int = NOW) -> Take | Wait | Refuse:
    return decide(polled, DEVICE_CODE_UNKNOWN, now)


def test_undecided_request_is_pending() -> None:
    assert poll(WAITING) == Wait(AUTHORIZATION_PENDING, 5)


@pytest.mark.parametrize(("later", "reason", "interval"), [(4, SLOW_DOWN, 10), (5, None, 5)])
def test_sooner_than_the_interval_is_slowed_down_by_five_seconds(
    later: int, reason: object, interval: int
) -> None:
    polled = replace(WAITING, last_poll_at=NOW)
    assert poll(polled, NOW + later) == Wait(reason or AUTHORIZATION_PENDING, interval)  # type: ignore[arg-type]  # a Reason


def test_slowed_client_is_slowed_again_for_all_later_polls() -> None:
    polled = replace(WAITING, last_poll_at=NOW, interval=10)
    assert poll(polled, NOW + 9) == Wait(SLOW_DOWN, 15)


def test_approved_request_may_be_taken_even_before_the_interval_is_over() -> None:
    assert poll(replace(WAITING, approved=True, last_poll_at=NOW)) == Take()


def test_denied_request_is_access_denied() -> None:
    assert poll(replace(WAITING, denied=True)) == Refuse(ACCESS_DENIED)


@pytest.mark.parametrize("approved", [False, True])
def test_expired_request_is_expired_token(approved: bool) -> None:
    assert poll(replace(WAITING, approved=approved), NOW + 900) == Refuse(EXPIRED_TOKEN)


def test_request_that_brought_its_tokens_is_gone() -> None:
    polled = replace(WAITING, approved=True, used=True)
    assert poll(polled) == Refuse(DEVICE_CODE_UNKNOWN)
    assert poll(polled, NOW + 9_000) == Refuse(DEVICE_CODE_UNKNOWN)
