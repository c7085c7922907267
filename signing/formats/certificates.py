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

_HINTS: Final = frozenset(
    {
        *("key_identifier", "authority_key_identifier", "authority_information_access"),
        *("subject_information_access", "crl_distribution_points", "freshest_crl"),
        *("subject_alt_name", "issuer_alt_name", "subject_directory_attributes"),
        *("private_key_usage_period", "ocsp_no_check", "tls_feature"),
    }
)
"""Extensions without which a certificate may be relied on no further than with them."""


class _Unchanged(x509.Certificate):  # type: ignore[misc]  # asn1crypto has no types
    """A certificate that stays as it was read."""

    encoded: bytes

    def dump(self, force: bool = False) -> bytes:
        return super().dump(force) if force else self.encoded

    def _set_extensions(self) -> None:
        """asn1crypto's, which raises where one is not as it has to be: that one is left out, and
        where it may have been a limit it is critical, and known to nobody (RFC 5280 §4.2)."""
        self._critical_extensions = set()
        for extension in self["tbs_certificate"]["extensions"]:
            name = extension["extn_id"].native
            try:
                if hasattr(self, f"_{name}_value"):
                    setattr(self, f"_{name}_value", extension["extn_value"].parsed)
            except (ValueError, TypeError, KeyError):
                if name not in _HINTS or extension["critical"].native:
                    self._critical_extensions.add(f"{name}, unreadable")
                continue
            if extension["critical"].native:
                self._critical_extensions.add(name)
        self._processed_extensions = True


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
