"""A provider for each test of an endpoint."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.clock import FixedClock
from tests.conftest import NEW_YEAR
from tests.provider import Provider, provider


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its keys, clients and people, to be copied: RSA keys take their time."""
    path = tmp_path_factory.mktemp("idp") / "idp.sqlite"
    with provider(f"sqlite:///{path}", FixedClock(NEW_YEAR)):
        return path


@pytest.fixture
def op(furnished: Path, tmp_path: Path, clock: FixedClock) -> Iterator[Provider]:
    """The provider, on SQLite; what touches the database in earnest is tested in tests/store."""
    path = tmp_path / "idp.sqlite"
    shutil.copyfile(furnished, path)
    running = Provider(f"sqlite:///{path}", clock)
    yield running
    running.close()
