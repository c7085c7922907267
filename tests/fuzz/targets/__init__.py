"""The parsers of untrusted input, each with what must hold of it for any bytes.

A target is a function of bytes. It returns where the parser made its type of them or refused them
as documented, and raises where anything else happened: an exception that nobody announced, or a
property that does not hold.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ParamSpec, TypeVar

from core.errors import Refusal, catalogue
from idp.web.refusals import to_json
from tests.fuzz.mutating import Kind

P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class Target:
    """`make` builds the seeds: what the parser accepts, and what it once failed at."""

    name: str
    run: Callable[[bytes], object]
    make: Callable[[], Sequence[bytes | str]]
    kind: Kind
    longest: int
    share: int  # of what a quick parser gets: in hundredths of the inputs

    @cached_property
    def seeds(self) -> tuple[bytes, ...]:
        found = (seed.encode() if isinstance(seed, str) else seed for seed in self.make())
        return tuple(dict.fromkeys(found))


TARGETS: dict[str, Target] = {}


def target(
    *seeds: bytes | str,
    make: Callable[[], Sequence[bytes | str]] | None = None,
    kind: Kind = Kind.BYTES,
    longest: int = 4_096,
    share: int = 100,
) -> Callable[[Callable[[bytes], object]], Callable[[bytes], object]]:
    """A function becomes the target of its name. Seeds are given, or made when they are needed."""

    def add(run: Callable[[bytes], object]) -> Callable[[bytes], object]:
        name = run.__name__
        assert name not in TARGETS, name
        TARGETS[name] = Target(name, run, make or (lambda: seeds), kind, longest, share)
        return run

    return add


def accepted(rule: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """What the rule returns; None where it refuses for a reason that can be told everyone."""
    try:
        return rule(*args, **kwargs)
    except Refusal as refusal:
        check_refusal(refusal)
        return None


def check_refusal(refusal: Refusal) -> None:
    """One of the catalogue, no fault of ours, and able to go into an answer and its headers."""
    assert refusal.reason in catalogue(), refusal
    assert refusal.reason.status < 500, refusal
    answer = to_json("https://id.example.kh", refusal, "r")
    for name, value in answer.headers:
        assert value.isascii(), (name, value)
        assert not {0, 10, 13} & set(value), (name, value)
    f"{refusal} {refusal.detail}".encode()  # as logs and pages need it


def text(data: bytes) -> str:
    """As forms and headers bring it: UTF-8, or else an octet a character."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def same(one: Any, other: Any) -> None:
    """Two ways that lead to the same."""
    assert one == other, f"{one!r} is not {other!r}"
