"""Each parser of untrusted input, for its seeds and a few hundred inputs that descend from them;
`make fuzz` looks for more, guided by what they reach (tests/fuzz/guided.py)."""

import pytest

from tests.fuzz.every import TARGETS
from tests.fuzz.mutating import inputs

INPUTS = 200


@pytest.mark.rule("input.parsers")
@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
@pytest.mark.parametrize("name", TARGETS)
def test_any_bytes_are_parsed_or_refused_as_documented(name: str) -> None:
    target = TARGETS[name]
    for data in target.seeds:
        target.run(data)
    count = max(2, INPUTS * target.share // 100)
    for data in inputs(target.seeds, target.kind, count, f"{name} 2026"):
        if len(data) <= target.longest:
            target.run(data)
