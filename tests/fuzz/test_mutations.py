"""Some mutations of what we seal, in every format and level; `make fuzz` makes 20,000."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from core.clock import FixedClock
from tests.fuzz.mutations import Sample, mutations, passes, survivors
from tests.fuzz.samples import FORMATS, samples_of
from tests.fuzz.ways import WAYS
from tests.signing_service import signing_service

MUTATIONS = 8  # of each document
SEALS = {"pades": -2, "cades": 2, "jades": 2, "asic-e": 2, "report": 0}


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[Sample]]]:
    database = tmp_path_factory.mktemp("fuzz") / "signing.sqlite"
    clock = FixedClock(datetime(2026, 4, 14, 2, 0, tzinfo=UTC))
    with signing_service(f"sqlite:///{database}", clock) as visitor:
        yield {wanted: samples_of(visitor, wanted) for wanted in FORMATS}


@pytest.mark.parametrize("wanted", FORMATS)
@pytest.mark.rule("attacks.changed")
def test_no_mutated_document_passes(samples: dict[str, list[Sample]], wanted: str) -> None:
    for number, sample in enumerate(samples[wanted]):
        assert passes(sample, sample.document)
        assert survivors(sample, MUTATIONS, seed=number) == []


@pytest.mark.parametrize("wanted", SEALS)
def test_every_way_to_mutate_is_tried(samples: dict[str, list[Sample]], wanted: str) -> None:
    sample = samples[wanted][SEALS[wanted]]
    tried = {one.way for one in mutations(sample, 300, seed=1)}
    assert {way.__name__ for way in WAYS[sample.kind]} <= tried
