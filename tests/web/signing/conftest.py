"""A signing service for the tests of its endpoints."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.clock import FixedClock
from tests.documents import plain_pdf
from tests.signing_service import Visitor, signing_service


@pytest.fixture
def visitor(tmp_path: Path, clock: FixedClock) -> Iterator[Visitor]:
    """The service on SQLite; what touches the database in earnest is tested in tests/store."""
    with signing_service(f"sqlite:///{tmp_path / 'signing.sqlite'}", clock) as someone:
        yield someone


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """A service that the tests of one file share, and none of them changes: with another root
    than the `visitor`'s."""
    folder = tmp_path_factory.mktemp("signing")
    stopped = FixedClock(datetime(2026, 4, 14, 2, 0, tzinfo=UTC))
    url = f"sqlite:///{folder / 'signing.sqlite'}"
    with signing_service(url, stopped, fresh=True) as someone:
        yield someone


@pytest.fixture(scope="module")
def plain() -> bytes:
    return plain_pdf()


@pytest.fixture(scope="module")
def sealed(standing: Visitor, plain: bytes) -> bytes:
    return standing.sealed(plain)


@pytest.fixture(scope="module")
def root(standing: Visitor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("root") / "root.cer"
    file.write_bytes(standing.http.get("/certificates/root.cer").content)
    return file
