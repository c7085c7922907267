"""The validation policies that come with the service, each a file that is published as it is."""

from functools import cache
from pathlib import Path
from typing import Final

from signing.rules.policy import Policy, parse

DEFAULT: Final = "tra-2"

_HERE: Final = Path(__file__).parent


@cache
def ours() -> dict[str, Policy]:
    """Every policy by its name."""
    found = [read(file) for file in sorted(_HERE.glob("*.toml"))]
    return {policy.name: policy for policy in found}


def default() -> Policy:
    """The policy of whoever chose none."""
    return ours()[DEFAULT]


def read(file: Path) -> Policy:
    """The policy in a file; raises PolicyInvalid, OSError, UnicodeDecodeError."""
    return parse(file.read_text(encoding="utf-8"))


def choose(asked: str) -> Policy:
    """One of ours by its name, or the one in the file that is named; raises as `read`."""
    return ours().get(asked) or read(Path(asked))
