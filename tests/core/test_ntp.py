"""What an NTP server says is believed where it answers our question and knows the time itself."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from core.clock import FixedClock
from core.ntp import NtpFailed, Told, ask, parse_source, read_answer
from tests.ntp import NtpOnLoopback, ntp_servers
from tests.processes import free_port

COOKIE = b"8 bytes!"


@pytest.fixture
def server(clock: FixedClock) -> Iterator[NtpOnLoopback]:
    with ntp_servers(clock, 1) as [one]:
        yield one


def told(server: NtpOnLoopback) -> Told:
    return asyncio.run(ask(server.source, COOKIE, server.clock))


@pytest.mark.parametrize("ahead", [0.0, 0.25, -3.5, 86_400.0])
def test_a_server_says_how_far_ahead_of_us_it_is(server: NtpOnLoopback, ahead: float) -> None:
    server.ahead = ahead
    assert told(server).ahead == pytest.approx(ahead, abs=1e-5)
    assert told(server).margin == pytest.approx(0.001, abs=1e-4)


def test_the_margin_grows_with_the_server_s_own_doubt(server: NtpOnLoopback) -> None:
    server.dispersion = 2.5
    assert told(server).margin >= 2.5


@pytest.mark.parametrize("year", [2035, 2036, 2037, 2172])
def test_an_era_that_ends_changes_nothing(
    server: NtpOnLoopback, clock: FixedClock, year: int
) -> None:
    clock.at = datetime(year, 2, 7, 6, 28, 14, 500_000, tzinfo=UTC)
    for _ in range(3):
        assert told(server).ahead == pytest.approx(0, abs=1e-5)
        clock.advance(1)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"cookie": b"another!"}, "not to our question"),
        ({"mode": 3}, "not to our question"),
        ({"leap": 3}, "does not know"),
        ({"stratum": 16}, "does not know"),
        ({"stratum": 0, "code": b"RATE"}, "sends us away: RATE"),
        ({"cut": 47}, "too short"),
        ({"cut": 0}, "too short"),
    ],
)
def test_what_is_no_answer_is_not_believed(
    server: NtpOnLoopback, wrong: dict[str, Any], why: str
) -> None:
    for name, value in wrong.items():
        setattr(server, name, value)
    with pytest.raises(NtpFailed, match=why):
        told(server)


def test_a_server_that_sends_no_times_is_not_believed() -> None:
    packet = bytes((4 << 3 | 4, 2)) + bytes(22) + COOKIE + bytes(16)
    with pytest.raises(NtpFailed, match="does not know"):
        read_answer(packet, COOKIE, 0, 0)


def test_a_server_that_is_silent_or_not_there_is_not_waited_for(server: NtpOnLoopback) -> None:
    server.silent = True
    with pytest.raises(NtpFailed, match="does not answer"):
        told(server)
    with pytest.raises(NtpFailed, match="does not answer"):
        asyncio.run(ask(f"127.0.0.1:{free_port()}", COOKIE, server.clock))


def test_the_kernel_says_what_it_thinks_of_its_clock_or_that_nothing_keeps_it(
    clock: FixedClock,
) -> None:
    # Which of the two it is, is for the machine that the test runs on.
    why = ""
    try:
        found = asyncio.run(ask("kernel", COOKIE, clock))
    except NtpFailed as failed:
        found, why = Told(0.0, 0.0), str(failed)
    assert why in {"", "nothing keeps this machine's clock right"}
    assert found.ahead == 0.0
    assert 0 <= found.margin < 16


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("ntp.example.kh", ("ntp.example.kh", 123)),
        ("ntp.example.kh:1123", ("ntp.example.kh", 1123)),
        ("[2001:db8::1]", ("2001:db8::1", 123)),
        ("[2001:db8::1]:1123", ("2001:db8::1", 1123)),
    ],
)
def test_a_source_has_a_host_and_perhaps_a_port(text: str, parsed: tuple[str, int]) -> None:
    assert parse_source(text) == parsed


@pytest.mark.parametrize("text", ["", ":123", "host:", "host:0", "host:65536", "host:ntp"])
def test_anything_else_is_no_source(text: str) -> None:
    with pytest.raises(ValueError, match="no host"):
        parse_source(text)
