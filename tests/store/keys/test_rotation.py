"""Rotation on both databases: many processes look, one of them makes the successor."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.database import Ledger, migrate
from idp.store import MIGRATIONS
from keys.custody import Custody
from keys.ring import Purpose, State
from keys.rotation import RotationPolicy
from keys.sealing import Sealer
from keys.signer import Algorithm
from keys.store import establish, find_all, rotate, rotate_overdue

NOW = 1_800_000_000
CUSTODY = Custody(Sealer([bytes(32)]))
POLICY = RotationPolicy(publish_before=600, keep_after=3_600, lifetime=86_400)
THREADS = 50


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    migrate(database_url, MIGRATIONS)
    opened = Ledger(database_url)
    establish(opened, Purpose.TOKEN, Algorithm.ES256, CUSTODY, NOW)
    yield opened
    opened.close()


def test_a_key_whose_time_comes_gets_one_successor(ledger: Ledger) -> None:
    later = NOW + 86_400

    def look(_: int) -> int:
        return len(rotate_overdue(ledger, Purpose.TOKEN, POLICY, CUSTODY, later))

    with ThreadPoolExecutor(THREADS) as pool:
        assert sum(pool.map(look, range(THREADS))) == 1
    states = sorted(record.state(later) for record in ledger.read_now(find_all))
    assert states == [State.ACTIVE, State.NEXT]


def test_a_rotation_by_hand_does_not_undo_another(ledger: Ledger) -> None:
    [old] = ledger.read_now(find_all)
    one, other = (CUSTODY.generate(Purpose.TOKEN, Algorithm.ES256, NOW) for _ in range(2))
    assert ledger.write_now(rotate, old, one, POLICY, NOW) is not None
    assert ledger.write_now(rotate, old, other, POLICY, NOW) is None
    assert {record.kid for record in ledger.read_now(find_all)} == {old.kid, one.kid}


def test_nothing_is_made_before_its_time(ledger: Ledger) -> None:
    assert rotate_overdue(ledger, Purpose.TOKEN, POLICY, CUSTODY, NOW + 86_400 - 601) == []
