"""No time-stamp is made while the clock is off, or while nobody could be asked about it."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from core.audit import events
from core.clock import FixedClock
from signing.rules.timekeeping import BELIEVED_SECONDS
from signing.web.timekeeper import ASKED_EVERY
from tests.documents import plain_pdf
from tests.keys.test_timestamp import Answer as TimeStampAnswer
from tests.ntp import NtpOnLoopback, ntp_servers
from tests.signing_service import Visitor, signing_service
from tests.web.signing.test_authority import ask_time, stamp_request


@dataclass
class SetClock(FixedClock):
    """A clock that somebody sets: the steady one goes on."""

    wrong: float = 0.0

    def steady(self) -> float:
        return self.at.timestamp() - self.wrong

    def set_wrong(self, seconds: float) -> None:
        self.wrong += seconds
        self.advance(seconds)


class Watched:
    """A service whose clock three servers are asked about; `theirs` is what these have."""

    def __init__(self, visitor: Visitor, servers: list[NtpOnLoopback], ours: SetClock) -> None:
        self.visitor = visitor
        self.servers = servers
        self.ours = ours

    def watch(self) -> None:
        """What the service does every few seconds."""
        ctx = self.visitor.service.ctx
        asyncio.run(ctx.timekeeper.watch(ctx.ledger))

    def pass_time(self, seconds: float) -> None:
        self.ours.advance(seconds)
        for server in self.servers:
            server.ahead += seconds  # their own clock stands still

    @property
    def refused(self) -> set[str] | None:
        """Why no time-stamp was made."""
        answer = ask_time(self.visitor, stamp_request())
        assert answer.status_code == 200
        failed: set[str] | None = TimeStampAnswer.load(answer.content)["status"]["fail_info"].native
        return failed

    @property
    def readiness(self) -> tuple[int, str | None]:
        answer = self.visitor.http.get("/readyz")
        return answer.status_code, answer.json().get("clock")

    def events(self) -> list[tuple[str, dict[str, object]]]:
        asked = select(events).where(events.c.event.like("timestamp:%")).order_by(events.c.id)
        rows = self.visitor.service.ledger.read_now(lambda tx: tx.execute(asked).all())
        return [(row.event, json.loads(row.details)) for row in rows]


@pytest.fixture
def watched(tmp_path: Path, clock: FixedClock) -> Iterator[Watched]:
    ours = SetClock(clock.at)
    with ntp_servers(clock, 3) as servers:
        sources = tuple(server.source for server in servers)
        database_url = f"sqlite:///{tmp_path / 'signing.sqlite'}"
        with signing_service(database_url, ours, sources) as visitor:
            yield Watched(visitor, servers, ours)


NOT_AVAILABLE = {"time_not_available"}


def test_a_clock_that_the_servers_call_right_stamps_from_the_start(watched: Watched) -> None:
    assert watched.refused is None
    assert watched.readiness == (200, "right")
    assert watched.events() == []


def test_no_time_stamp_is_made_from_the_moment_that_the_clock_is_set_wrong(
    watched: Watched,
) -> None:
    watched.ours.set_wrong(2.5)
    assert watched.refused == NOT_AVAILABLE
    assert watched.readiness == (503, None)
    refused = watched.visitor.seal(plain_pdf())
    assert (refused.status_code, refused.json()["code"]) == (503, "time_not_available")
    watched.watch()
    watched.ours.set_wrong(-2.5)
    assert watched.refused is None
    assert watched.visitor.seal(plain_pdf()).status_code == 200
    watched.watch()
    assert watched.events() == [
        (
            "timestamp:clock:stop",
            {"standing": "off", "offset": -2500, "agreeing": 0, "sources": 3},
        ),
        ("timestamp:clock:resume", {"standing": "right", "agreeing": 3, "sources": 3}),
    ]


@pytest.mark.parametrize("report", ["xml", "pdf"])
def test_a_report_says_when_so_none_is_sealed_while_nobody_knows(
    watched: Watched, report: str
) -> None:
    watched.ours.set_wrong(2.5)
    http = watched.visitor.http
    refused = http.post("/verify", params={"report": report}, content=plain_pdf())
    assert (refused.status_code, refused.json()["code"]) == (503, "time_not_available")
    assert http.post("/verify", content=plain_pdf()).json()["verdict"] == "not_signed"


def test_one_server_that_lies_changes_nothing_and_two_stop_it(watched: Watched) -> None:
    watched.servers[0].ahead = 3_600
    watched.pass_time(ASKED_EVERY)
    watched.watch()
    assert watched.refused is None
    watched.servers[1].ahead += 3_600
    watched.pass_time(ASKED_EVERY)
    watched.watch()
    assert watched.refused == NOT_AVAILABLE
    assert watched.readiness == (503, None)
    [(_, details)] = watched.events()
    assert details["offset"] == 3_600_000


def test_servers_that_are_silent_for_too_long_stop_time_stamps_and_nothing_else(
    watched: Watched,
) -> None:
    for server in watched.servers[1:]:
        server.stratum = 0
    watched.pass_time(BELIEVED_SECONDS - 1)
    watched.watch()
    assert watched.refused is None
    watched.pass_time(2)
    watched.watch()
    assert watched.refused == NOT_AVAILABLE
    assert watched.readiness == (200, "unknown")
    watched.servers[1].stratum = 2
    watched.watch()  # asked at once, while it is not right
    assert watched.refused is None


def test_servers_are_not_asked_more_often_than_they_like(watched: Watched) -> None:
    asked = [server.asked for server in watched.servers]
    for _ in range(4):
        watched.pass_time(ASKED_EVERY / 4)
        watched.watch()
    assert [server.asked for server in watched.servers] == [count + 1 for count in asked]
