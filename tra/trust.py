"""Whom the verifier trusts besides our own authorities: certificates, or a trusted list whose
signer is pinned, in files that the operator or the command line names; and their CRLs and OCSP
answers."""

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPResponse, OCSPResponseStatus, load_der_ocsp_response

from core.clock import Clock
from signing.formats.trust import Anchors, together
from signing.formats.trusted_list import ListRefused, is_list, read

NEWS_BYTES: Final = 16 * 1024 * 1024
"""Of all CRLs and OCSP answers together: each document is checked with them."""

OCSPS: Final = 512
"""OCSP answers that are looked at."""

READ_EVERY: Final = 60
"""Seconds: a list that was replaced, or whose next issue is overdue, is noticed so soon."""

_log = logging.getLogger("tra.trust")


class TrustRefused(Exception):
    """A file that is not what trust can rest on, and why."""


class TrustFiles:
    """The files of the settings, read again from time to time."""

    def __init__(self, paths: tuple[Path, ...], signer: Path | None, clock: Clock) -> None:
        self._paths, self._signer, self._clock = paths, signer, clock
        self._at = clock.now()
        self._anchors = anchors(paths, signer, self._at)  # wrong from the start: say so at once

    def __call__(self) -> Anchors:
        """What is trusted now: nothing of files that have become wrong meanwhile."""
        now = self._clock.now()
        if now - self._at >= READ_EVERY:
            self._at = now
            try:
                self._anchors = anchors(self._paths, self._signer, now)
            except TrustRefused as refused:
                _log.warning("not trusted any more", extra={"fields": {"why": str(refused)}})
                self._anchors = Anchors(())
        return self._anchors


def anchors(paths: Iterable[Path], signer: Path | None, now: int) -> Anchors:
    """The certificates, CRLs and OCSP answers of files, of the files of folders, and of trusted
    lists; raises TrustRefused."""
    paths = tuple(paths)
    pinned = _pinned(signer)
    found: list[Anchors] = []
    crls: list[bytes] = []
    ocsps: list[bytes] = []
    try:
        for path in paths:
            held = sorted(path.iterdir()) if path.is_dir() else [path]
            for file in filter(Path.is_file, held):
                content = file.read_bytes()
                if (crl := _crl(content)) is not None:
                    crls.append(crl)
                elif (answer := _answer(content)) is not None:
                    if answer.response_status is OCSPResponseStatus.SUCCESSFUL:
                        ocsps.append(content)
                    else:  # it will be asked again
                        _log.warning("no answer", extra={"fields": {"file": str(file)}})
                else:
                    found.append(_certificates(file, pinned, now))
    except OSError as error:
        raise TrustRefused(str(error)) from error
    named = together(found)
    if paths and not (named.roots or named.stamping):
        raise TrustRefused("no certificates in what is to be trusted")
    if len(ocsps) > OCSPS:
        raise TrustRefused(f"there are more than {OCSPS} OCSP answers")
    if sum(map(len, (*crls, *ocsps))) > NEWS_BYTES:
        raise TrustRefused(f"the CRLs and OCSP answers are longer than {NEWS_BYTES} bytes together")
    return together((named, Anchors((), crls=tuple(crls), ocsps=tuple(ocsps))))


def _crl(content: bytes) -> bytes | None:
    """A CRL (RFC 5280 §5) in DER; None where a file is something else."""
    pem = b"-----BEGIN X509 CRL-----" in content
    try:
        found = x509.load_pem_x509_crl(content) if pem else x509.load_der_x509_crl(content)
    except ValueError:
        return None
    return found.public_bytes(Encoding.DER)


def _answer(content: bytes) -> OCSPResponse | None:
    """An OCSP answer (RFC 6960 §4.2.1) in DER; None where a file is something else."""
    try:
        return load_der_ocsp_response(content)
    except ValueError:
        return None


def _pinned(signer: Path | None) -> bytes | None:
    if signer is None:
        return None
    try:
        found = _certificates(signer, None, 0).roots
    except OSError as error:
        raise TrustRefused(str(error)) from error
    if len(found) != 1:
        raise TrustRefused(f"{signer} has not exactly one certificate")
    return found[0]


def _certificates(file: Path, pinned: bytes | None, now: int) -> Anchors:
    content = file.read_bytes()
    if is_list(content):
        if pinned is None:
            raise TrustRefused(f"{file} is a trusted list: name the certificate of its signer")
        try:
            return read(content, pinned, now)
        except ListRefused as refused:
            raise TrustRefused(f"{file}: {refused}") from refused
    try:
        if b"-----BEGIN" in content:
            found = x509.load_pem_x509_certificates(content)
        else:
            found = [x509.load_der_x509_certificate(content)]
    except ValueError as error:
        raise TrustRefused(f"{file} is no PEM or DER certificate, and no trusted list") from error
    return Anchors(tuple(one.public_bytes(Encoding.DER) for one in found))
