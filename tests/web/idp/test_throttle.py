"""Test suites on this machine may be let off the brakes; nobody else is, and no production."""

import shutil
from pathlib import Path

import pytest
from pydantic import ValidationError

from core.clock import FixedClock
from idp.rules.credentials import FREE_FAILURES, is_loopback
from tests.provider import Provider
from tra.settings import Environment, Settings


def wrong_tries_until_slowed(op: Provider, source: str, most: int = FREE_FAILURES + 3) -> int:
    browser = op.browser(source)
    browser.authorize()
    for tries in range(1, most + 1):
        browser.submit(username="sokha", password="wrong")
        if "slow_down" in browser.page.text or "២ វិនាទី" in browser.page.text:
            return tries
    return most


@pytest.mark.rule("testing.loopback")
@pytest.mark.parametrize(("source", "slowed"), [("127.0.0.1", False), ("203.0.113.7", True)])
def test_this_machine_alone_tries_as_often_as_it_likes(
    furnished: Path, tmp_path: Path, clock: FixedClock, source: str, slowed: bool
) -> None:
    path = tmp_path / "idp.sqlite"
    shutil.copyfile(furnished, path)
    op = Provider(f"sqlite:///{path}", clock, throttle_loopback=False)
    most = FREE_FAILURES + 3
    assert (wrong_tries_until_slowed(op, source, most) < most) is slowed
    op.close()


def test_this_machine_is_slowed_like_any_other_unless_that_is_set(op: Provider) -> None:
    assert wrong_tries_until_slowed(op, "127.0.0.1") < FREE_FAILURES + 3


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("10.0.0.1", False),
        ("", False),
        ("testclient", False),
    ],
)
def test_loopback_is_told_by_the_address(address: str, loopback: bool) -> None:
    assert is_loopback(address) is loopback


def test_production_refuses_it() -> None:
    with pytest.raises(ValidationError, match="throttle_loopback"):
        Settings(environment=Environment.PRODUCTION, throttle_loopback=False)
