"""Evidence records by themselves, made to last longer (RFC 4998 §5, RFC 6283 §4)."""

from dataclasses import dataclass, field, replace

from signing.formats import protection
from signing.formats.cms import Pieces
from signing.formats.detached import NOTHING, Detached
from signing.formats.ers import reading, renewal
from signing.formats.protection import Protection
from signing.formats.seal import TimeStamper, ValidationData


@dataclass(frozen=True, slots=True)
class OfRecord:
    """An evidence record; `detached` is what it is over."""

    document: bytes
    detached: Detached = field(default=NOTHING)

    @property
    def media_type(self) -> str:
        in_xml = self.document.lstrip().startswith(b"<")
        return "application/xml" if in_xml else "application/octet-stream"

    def certificates(self) -> frozenset[bytes]:
        tokens = reading.parse(self.document).tokens
        return frozenset(one for token in tokens for one in protection.certificates(token))

    def protection(self) -> Protection:
        return of_record(self.document)

    def stamped(self, _: TimeStamper) -> "OfRecord":
        return self

    def with_proofs(self, data: ValidationData) -> "OfRecord":
        return replace(self, document=renewal.with_proofs(self.document, data))

    def archived(self, stamp: TimeStamper) -> "OfRecord":
        objects = [Pieces((content,)) for _, content in self.detached.files]
        return replace(self, document=renewal.renewed(self.document, objects, stamp))

    def dump(self) -> bytes:
        return self.document


def of_record(record: bytes) -> Protection:
    """What its newest time-stamp promises; nothing, where the hash function below it doesn't last.
    Raises ValueError."""
    found = reading.parse(record)
    if not renewal.lasts(found):
        return Protection(signed=True)
    return protection.of([[found.newest.token]])
