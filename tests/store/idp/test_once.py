"""What may be used once is used once, by whoever comes first of fifty, on both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from starlette.testclient import TestClient

from core.clock import FixedClock
from core.database import Ledger
from idp.rules.credentials import FREE_FAILURES
from idp.rules.interaction import Consent
from idp.rules.tokens import CODE_SECONDS
from idp.store import attempts, citizens, consents, grants, interactions, replay, sessions, subjects
from idp.store.citizens import TOTP, Citizen, Credential
from tests.provider import VERIFIER, Backend, provider
from tests.rules.samples import grant

AtOnce = Callable[..., list[Any]]
NOW = 1_800_000_000
GRANT = grant()


def save_code(ledger: Ledger) -> None:
    ledger.write_now(
        grants.save_code, GRANT, "the-code", "https://service.example.kh/cb", None, None, NOW
    )


@pytest.mark.rule("token.code-once")
def test_code_is_taken_once_by_fifty_threads(ledger: Ledger, at_once: AtOnce) -> None:
    save_code(ledger)
    taken = at_once(grants.take_code, "the-code", "service", NOW)
    assert len([code for code in taken if code is not None]) == 1
    assert ledger.read_now(grants.find_replayed, "the-code", "service") == "g1"


def test_code_is_taken_by_its_client_before_it_expires(ledger: Ledger) -> None:
    save_code(ledger)
    for code, client_id, now in (
        ("the-code", "another", NOW),
        ("another", "service", NOW),
        ("the-code", "service", NOW + CODE_SECONDS),
    ):
        assert ledger.write_now(grants.take_code, code, client_id, now) is None
        assert ledger.read_now(grants.find_replayed, code, client_id) is None
    taken = ledger.write_now(grants.take_code, "the-code", "service", NOW + CODE_SECONDS - 1)
    assert taken is not None
    assert taken.grant == GRANT


@pytest.mark.rule("token.code-once")
def test_code_redeemed_by_fifty_threads_at_once_yields_one_token(
    database_url: str, clock: FixedClock
) -> None:
    with provider(database_url, clock) as op:
        reply = op.browser().go_through()
        together = Barrier(50)
        form = {
            "grant_type": "authorization_code",
            "code": reply.parameters["code"],
            "redirect_uri": reply.uri,
            "code_verifier": VERIFIER,
        }

        def redeem(_: int) -> Any:
            http = TestClient(op.app, op.ctx.issuer)
            together.wait()
            return http.post("/token", data=form, auth=("service-1", "secret-of-service-1"))

        with ThreadPoolExecutor(50) as threads:
            answers = list(threads.map(redeem, range(50)))
        winners = [answer for answer in answers if answer.status_code == 200]
        losers = [answer.json()["error"] for answer in answers if answer.status_code == 400]
        assert len(winners) == 1
        assert losers == ["invalid_grant"] * 49
        # 49 replays: what the one redemption gave is revoked (RFC 6749 §4.1.2).
        token = winners[0].json()["access_token"]
        assert Backend.of(op).userinfo(token).status_code == 401


@pytest.mark.rule("client.assertion")
def test_jti_is_taken_once_by_fifty_threads(ledger: Ledger, at_once: AtOnce) -> None:
    assert sorted(at_once(replay.take, "assertion service", "jti", NOW + 60)) == [False] * 49 + [
        True
    ]
    assert ledger.write_now(replay.take, "assertion another", "jti", NOW + 60)
    ledger.write_now(replay.forget_old, NOW + 60)
    assert not ledger.write_now(replay.take, "assertion service", "jti", NOW + 60)
    ledger.write_now(replay.forget_old, NOW + 61)
    assert ledger.write_now(replay.take, "assertion service", "jti", NOW + 60)


@pytest.mark.rule("other.otp-once")
def test_time_step_of_a_one_time_code_is_taken_once(ledger: Ledger, at_once: AtOnce) -> None:
    sokha = Citizen("sokha", "sokha", "active", 2, {}, {})
    ledger.write_now(lambda tx: citizens.save(tx, sokha, NOW, actor="test"))
    ledger.write_now(citizens.save_credential, "sokha", Credential(TOTP, b"sealed"), NOW)
    assert sum(at_once(citizens.take_totp_step, "sokha", 100)) == 1
    for step, free in ((99, False), (100, False), (101, True), (100, False)):
        assert ledger.write_now(citizens.take_totp_step, "sokha", step) is free


def test_tries_are_counted_though_they_come_at_once(ledger: Ledger, at_once: AtOnce) -> None:
    waits = at_once(attempts.begin, "password 203.0.113.7 sokha", NOW)
    assert sorted(waits) == [0] * FREE_FAILURES + [2] * (50 - FREE_FAILURES)
    assert ledger.write_now(attempts.begin, "password 203.0.113.8 sokha", NOW) == 0
    assert ledger.write_now(attempts.begin, "password 203.0.113.7 sokha", NOW + 2) == 0
    assert ledger.write_now(attempts.begin, "password 203.0.113.7 sokha", NOW + 2) == 4


def test_right_try_forgets_the_wrong_ones_and_so_does_an_hour(ledger: Ledger) -> None:
    for _ in range(FREE_FAILURES):
        assert ledger.write_now(attempts.begin, "x", NOW) == 0
    assert ledger.write_now(attempts.begin, "x", NOW) == 2
    ledger.write_now(attempts.succeed, "x")
    assert ledger.write_now(attempts.begin, "x", NOW) == 0
    for _ in range(FREE_FAILURES - 1):
        ledger.write_now(attempts.begin, "x", NOW)
    assert ledger.write_now(attempts.begin, "x", NOW + 3_601) == 0
    ledger.write_now(attempts.forget_old, NOW + 10_000)
    assert ledger.write_now(attempts.begin, "x", NOW + 10_000) == 0


def test_tries_and_right_tries_at_once_harm_nobody(at_once: AtOnce) -> None:
    def try_then_succeed(transaction: Any, what: str) -> int:
        wait = attempts.begin(transaction, what, NOW)
        if not wait:
            attempts.succeed(transaction, what)
        return wait

    assert at_once(try_then_succeed, "x") == [0] * 50


@pytest.mark.rule("identity.pairwise")
@pytest.mark.parametrize("sector", ["", "service.example.kh"])
def test_race_for_a_subject_identifier_yields_one(
    ledger: Ledger, at_once: AtOnce, sector: str
) -> None:
    (sub,) = set(at_once(subjects.sub, "sokha", sector))
    assert ledger.read_now(subjects.find_citizen, sub, sector) == "sokha"
    assert ledger.read_now(subjects.find_citizen, sub, "another") is None
    assert ledger.write_now(subjects.sub, "dara", sector) != sub
    assert ledger.write_now(subjects.sub, "sokha", "another") != sub


@pytest.mark.rule("logout.sid")
def test_race_for_a_sid_yields_one(ledger: Ledger, at_once: AtOnce) -> None:
    assert len(set(at_once(sessions.sid, "s1", "service", NOW))) == 1
    assert len(set(at_once(sessions.sid, "s1", "service-{n}", NOW))) == 50
    assert len(ledger.read_now(sessions.find_clients, "s1")) == 51


@pytest.mark.rule("authorize.browser-bound")
def test_parked_request_is_answered_once(ledger: Ledger, at_once: AtOnce) -> None:
    ledger.write_now(interactions.park, "i1", "the-browser", "service", {"state": "x"}, NOW)
    assert ledger.read_now(interactions.find, "i1", "the-browser", NOW) is not None
    assert sum(at_once(interactions.finish, "i1", NOW)) == 1
    assert ledger.read_now(interactions.find, "i1", "the-browser", NOW) is None


@pytest.mark.parametrize("browser", ["another", "", None])
def test_parked_request_is_found_by_its_browser_alone(ledger: Ledger, browser: str | None) -> None:
    ledger.write_now(interactions.park, "i1", "the-browser", "service", {"state": "x"}, NOW)
    assert ledger.read_now(interactions.find, "i1", browser, NOW) is None
    assert ledger.read_now(interactions.find, "i1\x00", "the-browser", NOW) is None
    late = NOW + interactions.INTERACTION_SECONDS
    assert ledger.read_now(interactions.find, "i1", "the-browser", late) is None


def test_consents_given_in_several_windows_add_up(ledger: Ledger, at_once: AtOnce) -> None:
    def give(transaction: Any, scope: str) -> None:
        given = Consent(frozenset({"openid", scope}), frozenset({f"claim-{scope}"}))
        consents.give(transaction, "sokha", "service", given, NOW)

    at_once(give, "scope-{n}")
    found = ledger.read_now(consents.find, "sokha", "service")
    assert found is not None
    assert len(found.scope) == 51
    assert len(found.claims) == 50
    assert ledger.read_now(consents.find, "sokha", "another") is None
    assert ledger.read_now(consents.find_of_citizen, "sokha") == {"service": found}
