"""How each format makes a seal, behind one interface; signing.web.sealing walks through it."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Protocol

from core.errors import Refusal
from signing.formats.asic import seal as asic
from signing.formats.cades import seal as cades
from signing.formats.digests import Hashed
from signing.formats.jades import seal as jades
from signing.formats.pades import intake
from signing.formats.pades.seal import OfPdf
from signing.formats.seal import File, Identity, Signed, TimeStamper, ValidationData
from signing.formats.trust import Asked
from signing.formats.xades import seal as xades
from signing.rules import reasons
from signing.rules.evidence import DocumentEvidence
from signing.rules.seal_format import OFFERS, SealFormat


class Sealing(Protocol):
    """A seal to be made over something. Its `part` is all that the seal adds to that: what is kept
    for a retry. Everything here may take long; `stamp` is None at level B-B."""

    @property
    def digest(self) -> bytes:
        """SHA-256 of what is sealed."""
        ...

    @property
    def before(self) -> bytes | None:
        """What is sealed, where it carries signatures already: they have to pass."""
        ...

    def sign(self, by: Identity, stamp: TimeStamper | None, utc: datetime) -> Signed: ...

    def add_validation_data(self, part: bytes, data: ValidationData) -> bytes: ...

    def archive(self, part: bytes, stamp: TimeStamper) -> bytes: ...

    def evidence(self, part: bytes, asked: Asked) -> DocumentEvidence:
        """What our own readers find in the result."""
        ...

    def assemble(self, part: bytes) -> bytes:
        """What is answered: the files and the seal."""
        ...


def accept(wanted: SealFormat, files: Sequence[File]) -> Sealing:
    """Look through what is to be sealed; raises Refusal with one code for each reason."""
    if len(files) == 1 and files[0].media_type == OFFERS[wanted].media_type:
        again = _AGAIN.get(wanted)
        if again is not None:
            return again(files[0])
    if wanted is SealFormat.ASIC_E:
        return asic.extended(files)
    if wanted is SealFormat.ASIC_E_XADES:
        return xades.over(files)
    if len(files) > 1:
        raise Refusal(reasons.FORMAT_TAKES_ONE_FILE, wanted)
    [file] = files
    return _OF_ONE[wanted](file)


def by_other_hands(sealing: Sealing) -> Sealing | None:
    """A seal by our own writer as pyHanko makes it; None for what has no second way. Raises Refusal
    where pyHanko would not have accepted the document."""
    if not isinstance(sealing, OfPdf) or sealing.accepted.prepared is None:
        return None
    return OfPdf(sealing.hashed, intake.check_with_pyhanko(sealing.document))


def answered_digest(sealing: Sealing, part: bytes) -> bytes:
    """SHA-256 of what is answered; what begins it is not hashed again."""
    if isinstance(sealing, OfPdf):
        return sealing.hashed.digest(part)
    return hashlib.sha256(sealing.assemble(part)).digest()


def _pdf(file: File) -> Sealing:
    accepted = intake.check(file.content)
    return OfPdf(Hashed(file.content), accepted)


def _beside(file: File) -> Sealing:
    return cades.beside(file.content)


def _around(file: File) -> Sealing:
    return cades.around(file.content)


def _signed_around(file: File) -> Sealing:
    return cades.again(file.content)


_OF_ONE: Final[dict[SealFormat, Callable[[File], Sealing]]] = {
    SealFormat.PADES: _pdf,
    SealFormat.CADES: _beside,
    SealFormat.CADES_ENVELOPING: _around,
    SealFormat.JADES: jades.within,
    SealFormat.JADES_COMPACT: jades.compact,
    SealFormat.JADES_DETACHED: jades.beside,
    SealFormat.ASIC_S: asic.simple,
}

_AGAIN: Final[dict[SealFormat, Callable[[File], Sealing]]] = {
    SealFormat.CADES_ENVELOPING: _signed_around,
    SealFormat.JADES: jades.again,
    SealFormat.ASIC_E: asic.again,
}
"""What is of a format's own type is signed already: one more signature is put beside the others."""
