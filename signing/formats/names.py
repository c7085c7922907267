"""Names in certificates, compared by their encoding first (RFC 5280 §7.1).

asn1crypto prepares every attribute of both names anew for each comparison and each hash: a quarter
of what validating a signature takes. What it finds is a function of the encoding, so it is kept.
"""

from functools import lru_cache
from typing import Any, Final

from asn1crypto import x509

_KEPT: Final = 1_024

compare = x509.Name.__eq__
prepare = x509.Name.hashable.fget


@lru_cache(_KEPT)
def _prepared(encoded: bytes) -> str:
    return str(prepare(x509.Name.load(encoded)))


def _encoded(name: x509.Name) -> bytes:
    """Without the tag that it may have where it stands."""
    return bytes(name.chosen.dump())


def hashable(name: x509.Name) -> str:
    """What equal names have in common."""
    return _prepared(_encoded(name))


def equal(name: x509.Name, other: Any) -> bool:
    """Whether two names are one."""
    if not isinstance(other, x509.Name):
        return bool(compare(name, other))
    one, two = _encoded(name), _encoded(other)
    return one == two or _compared(one, two)


@lru_cache(_KEPT)
def _compared(one: bytes, other: bytes) -> bool:
    return bool(compare(x509.Name.load(one), x509.Name.load(other)))


def install() -> None:
    """From now on asn1crypto compares names so, in this process."""
    x509.Name.hashable = property(hashable)
    x509.Name.__eq__ = equal
