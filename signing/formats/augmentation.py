"""Signatures that are there already, ours or others', made to last longer: one interface for every
format (EN 319 142-1 §5.4, EN 319 122-1 §6.3, EN 319 132-1 §6.3, TS 119 182-1 §6.3)."""

from dataclasses import dataclass
from typing import Protocol

from signing.formats.asic.augmentation import OfContainer
from signing.formats.asic.opening import open_container
from signing.formats.cades.augmentation import OfCms
from signing.formats.detached import NOTHING, Detached
from signing.formats.ers.augmentation import OfRecord
from signing.formats.ers.reading import is_record
from signing.formats.jades.augmentation import OfJws
from signing.formats.kinds import kind
from signing.formats.opc.augmentation import OfPackage
from signing.formats.opc.reading import is_package
from signing.formats.pades import augmentation as pades
from signing.formats.protection import Protection
from signing.formats.seal import TimeStamper, ValidationData
from signing.formats.xades.augmentation import OfXml
from signing.rules.report import Format


class Augmentable(Protocol):
    """A document with signatures. Each step answers it with more, and touches nothing that is
    signed or time-stamped; all raise whatever the readers do of what can't be added to."""

    @property
    def media_type(self) -> str: ...

    def certificates(self) -> frozenset[bytes]:
        """Those that signatures and time-stamps carry, DER."""
        ...

    def protection(self) -> Protection: ...

    def stamped(self, stamp: TimeStamper) -> "Augmentable":
        """B-T: what has no time-stamp gets one."""
        ...

    def with_proofs(self, data: ValidationData) -> "Augmentable":
        """B-LT."""
        ...

    def archived(self, stamp: TimeStamper) -> "Augmentable":
        """B-LTA: a time-stamp over all of it."""
        ...

    def dump(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class OfPdf:
    """A PDF: revisions follow."""

    document: bytes

    media_type = "application/pdf"

    def certificates(self) -> frozenset[bytes]:
        return pades.certificates(self.document)

    def protection(self) -> Protection:
        return pades.protection(self.document)

    def stamped(self, stamp: TimeStamper) -> "OfPdf":
        return self.archived(stamp)

    def with_proofs(self, data: ValidationData) -> "OfPdf":
        return OfPdf(pades.add_validation_data(self.document, data))

    def archived(self, stamp: TimeStamper) -> "OfPdf":
        return OfPdf(pades.add_time_stamp(self.document, stamp))

    def dump(self) -> bytes:
        return self.document


def open_document(document: bytes, detached: Detached = NOTHING) -> Augmentable:
    """`detached`: what was signed, where it is elsewhere. Raises ValueError where nothing can be
    added to such a file."""
    form = kind(document)
    if form is Format.PDF:
        return OfPdf(document)
    if form in {Format.CMS, Format.XML} and is_record(document):
        return OfRecord(document, detached)
    if form is Format.CMS:
        return OfCms(document, detached.only)
    if form is Format.JSON:
        return OfJws(document, detached)
    if form is Format.XML:
        return OfXml(document, detached=detached)
    if form is Format.ZIP:
        package = is_package(open_container(document).files)
        return OfPackage(document) if package else OfContainer(document)
    raise ValueError("not a signed file that can be added to")


def is_bare(document: bytes) -> bool:
    """Whether one of its signatures is in XML and has no properties of XAdES, so that it is of no
    baseline, and has no place for proofs."""
    try:
        found = open_document(document)
        return isinstance(found, OfXml | OfPackage) and found.is_bare
    except Exception:  # what can't be read at all is told elsewhere
        return False
