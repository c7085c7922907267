"""A few hundred mutations of sealed documents; `make fuzz` makes 20,000."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from core.clock import FixedClock
from tests.fuzz.mutations import WAYS, mutations, passes, survivors
from tests.fuzz.samples import samples_of
from tests.signing_service import Visitor, signing_service

MUTATIONS = 100


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    database = tmp_path_factory.mktemp("fuzz") / "signing.sqlite"
    clock = FixedClock(datetime(2026, 4, 14, 2, 0, tzinfo=UTC))
    with signing_service(f"sqlite:///{database}", clock) as someone:
        yield someone


@pytest.mark.parametrize("kind", [0, 1, 2, 3])
def test_no_mutated_document_passes(visitor: Visitor, kind: int) -> None:
    sample = samples_of(visitor)[kind]
    assert passes(sample, sample.document)
    assert survivors(sample, MUTATIONS, seed=2026) == []


def test_every_way_to_mutate_is_tried(visitor: Visitor) -> None:
    sample = samples_of(visitor)[0]
    said = [one.said for one in mutations(sample, 600, seed=1)]
    assert {way.__name__ for way in WAYS} <= {one.split(": ")[1].split()[0] for one in said}
