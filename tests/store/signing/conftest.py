"""The signing service's database, SQLite and PostgreSQL."""

from collections.abc import Iterator

import pytest

from core.clock import FixedClock
from core.database import Ledger, migrate
from keys.custody import Custody
from keys.sealing import Sealer
from signing.app import establish
from signing.store import MIGRATIONS
from tests.prepared import prepare
from tests.signing_service import OPERATOR

CUSTODY = Custody(Sealer([bytes(32)]))


def _newest(database_url: str, _now: int) -> None:
    migrate(database_url, MIGRATIONS)


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    """A database of the newest schema."""
    prepare(database_url, _newest, 0)
    opened = Ledger(database_url, writers=4)
    yield opened
    opened.close()


@pytest.fixture
def established(ledger: Ledger, clock: FixedClock) -> Ledger:
    """A database with the service's own certificates."""
    establish(ledger, CUSTODY, OPERATOR, clock.now())
    return ledger
