"""A signing service for the tests of its endpoints."""

from collections.abc import Iterator

import pytest

from core.clock import FixedClock
from tests.documents import plain_pdf
from tests.signing_service import Visitor, signing_service


@pytest.fixture
def visitor(tmp_path: object, clock: FixedClock) -> Iterator[Visitor]:
    """The service on SQLite; what touches the database in earnest is tested in tests/store."""
    with signing_service(f"sqlite:///{tmp_path}/signing.sqlite", clock) as someone:
        yield someone


@pytest.fixture(scope="session")
def plain() -> bytes:
    return plain_pdf()
