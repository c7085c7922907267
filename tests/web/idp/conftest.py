"""A provider for each test of an endpoint."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.clock import FixedClock
from tests.provider import Provider, provider


@pytest.fixture
def op(tmp_path: Path, clock: FixedClock) -> Iterator[Provider]:
    """The provider, on SQLite; what touches the database in earnest is tested in tests/store."""
    with provider(f"sqlite:///{tmp_path / 'idp.sqlite'}", clock) as running:
        yield running
