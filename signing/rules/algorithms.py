"""How something was signed, and until when that could be relied on (ETSI TS 119 312).

What a policy says of hash functions and keys is a row with an end; what it doesn't list was never
good enough.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

NEVER: Final = 0
"""The end of what no policy ever accepted."""

NO_END: Final = 253_402_300_799
"""The end (NumericDate: the last second of the year 9999) of what has none yet."""


class Flaw(StrEnum):
    """What makes a key unfit whatever its size."""

    ROCA = "roca"  # CVE-2017-15361: primes of a known shape
    EXPONENT = "exponent"  # RSA with a public exponent below 65,537 (SOG-IS 2020 §4.1)


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A key's kind (`rsa`, `dsa`, `ec`, `ed25519`, `ml-dsa-65` …), the bits of its modulus or
    prime, its curve, and the hash that it signs; an algorithm that hashes for itself has none."""

    key: str
    size: int = 0
    curve: str | None = None
    hash: str | None = None
    flaw: Flaw | None = None

    def __str__(self) -> str:
        parts = (self.key, self.curve or (str(self.size) if self.size else None), self.hash)
        return " ".join(filter(None, (*parts, self.flaw)))


@dataclass(frozen=True, slots=True)
class KeyRule:
    """Keys of one kind, of `bits` and more or on one of `curves`, are reliable until then."""

    key: str
    bits: int = 0
    curves: tuple[str, ...] = ()
    until: int = NO_END

    def covers(self, algorithm: Algorithm) -> bool:
        if algorithm.key != self.key:
            return False
        return algorithm.curve in self.curves if self.curves else algorithm.size >= self.bits


@dataclass(frozen=True, slots=True)
class Suites:
    """The hash functions and the keys of a policy; times are NumericDates, excluded."""

    hashes: Mapping[str, int]
    keys: tuple[KeyRule, ...]

    def hash_until(self, name: str) -> int:
        """Until when a hash function was reliable."""
        return self.hashes.get(name, NEVER)

    def until(self, algorithm: Algorithm) -> int:
        """Until when a signature by it was reliable."""
        if algorithm.flaw is not None:
            return NEVER
        key: KeyRule | None = None
        for rule in self.keys:
            if rule.covers(algorithm) and (key is None or rule.bits > key.bits):
                key = rule
        end = key.until if key is not None else NEVER
        return end if algorithm.hash is None else min(end, self.hash_until(algorithm.hash))

    def all_until(self, algorithms: Iterable[Algorithm], hashes: Iterable[str] = ()) -> int:
        """Until when all of them were reliable."""
        ends = [self.until(one) for one in algorithms]
        return min([*ends, *(self.hash_until(name) for name in hashes)], default=NO_END)
