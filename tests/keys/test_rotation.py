"""When signing keys change (OIDC Core 10.1.1)."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from keys.ring import KeyRecord, Purpose, State
from keys.rotation import RotationPolicy, overdue, succeed
from keys.signer import Algorithm

NOW = 1_800_000_000
DAY = 86_400
POLICY = RotationPolicy(publish_before=600, keep_after=3_600, lifetime=90 * DAY)


def record(
    kid: str = "k1", algorithm: Algorithm = Algorithm.ES256, active_from: int = NOW
) -> KeyRecord:
    return KeyRecord(kid, Purpose.TOKEN, "", algorithm, b"", b"", active_from, active_from)


def test_a_successor_is_published_before_its_use_and_the_old_key_kept_after_its_own() -> None:
    old, new = succeed(record(), record("k2"), POLICY, NOW)
    states = [(at, old.state(NOW + at), new.state(NOW + at)) for at in (0, 599, 600, 4_199, 4_200)]
    assert states == [
        (0, State.ACTIVE, State.NEXT),
        (599, State.ACTIVE, State.NEXT),
        (600, State.RETIRED, State.ACTIVE),
        (4_199, State.RETIRED, State.ACTIVE),
        (4_200, State.GONE, State.ACTIVE),
    ]


def test_a_key_is_succeeded_when_its_lifetime_ends() -> None:
    begins = 90 * DAY - 600
    assert overdue([record()], Purpose.TOKEN, POLICY, NOW + begins - 1) == []
    assert overdue([record()], Purpose.TOKEN, POLICY, NOW + begins) == [record()]
    assert overdue([record()], Purpose.AUDIT, POLICY, NOW + begins) == []


def test_a_key_without_a_lifetime_is_rotated_by_command_alone() -> None:
    policy = replace(POLICY, lifetime=None)
    assert overdue([record()], Purpose.TOKEN, policy, NOW + 3_650 * DAY) == []


def test_a_key_has_one_successor() -> None:
    later = NOW + 90 * DAY
    old, new = succeed(record(), record("k2"), POLICY, later)
    assert overdue([old, new], Purpose.TOKEN, POLICY, later) == []
    assert overdue([old, new], Purpose.TOKEN, POLICY, later + 600) == []


def test_each_algorithm_has_its_own_succession() -> None:
    young = record("k2", Algorithm.RS256, NOW + 80 * DAY)
    assert overdue([record(), young], Purpose.TOKEN, POLICY, NOW + 90 * DAY) == [record()]


@given(st.lists(st.integers(0, 400 * DAY), min_size=1, max_size=40))
def test_however_seldom_it_is_looked_there_is_always_one_key_that_signs(steps: list[int]) -> None:
    records = [record()]
    for number, at in enumerate(sorted(steps)):
        for old in overdue(records, Purpose.TOKEN, POLICY, NOW + at):
            ended, begun = succeed(old, record(f"n{number}"), POLICY, NOW + at)
            records = [ended if known == old else known for known in records] + [begun]
        states = [known.state(NOW + at) for known in records]
        assert states.count(State.ACTIVE) == 1
        assert states.count(State.NEXT) <= 1
