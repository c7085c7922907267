"""Certificates as asn1crypto reads them, each read once.

The same few come again and again: in the signature, in its time-stamp, in the document's store, in
the next document. asn1crypto looks for changes in every part of one whenever it is asked for its
encoding; these are not changed.
"""

import threading
from functools import lru_cache
from typing import Final

from asn1crypto import x509

_KEPT: Final = 256
_LONGEST: Final = 16 * 1024


class _Unchanged(x509.Certificate):  # type: ignore[misc]  # asn1crypto has no types
    """A certificate that stays as it was read."""

    encoded: bytes

    def dump(self, force: bool = False) -> bytes:
        return super().dump(force) if force else self.encoded


class _Kept(threading.local):
    """What each thread has read: asn1crypto's values are not made for several."""

    def __init__(self) -> None:
        self.load = lru_cache(_KEPT)(_load)


def load(encoded: bytes) -> x509.Certificate:
    """A certificate in DER; raises ValueError. What is wrong deeper in it shows when it is asked
    for."""
    return _KEEPING.load(encoded) if len(encoded) <= _LONGEST else _load(encoded)


def _load(encoded: bytes) -> x509.Certificate:
    found = _Unchanged.load(encoded)
    found.encoded = encoded
    return found


_KEEPING: Final = _Kept()
