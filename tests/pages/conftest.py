"""The gallery of every state, served once for each module of tests."""

from collections.abc import Iterator

import pytest

from tests.browser import serve
from tests.pages.gallery import gallery


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """Where the gallery is: `origin + state.path`."""
    with serve(gallery()) as address:
        yield address
