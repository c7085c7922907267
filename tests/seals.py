"""A seal as the service makes one, without a service: an authority in memory, and its documents."""

from datetime import UTC, datetime

from keys import timestamp
from keys.crl import issue_crl
from keys.revocation import Status, ocsp_for
from signing.formats.digests import Digests, Hashed
from signing.formats.pades import intake, sealing
from signing.formats.pades import reading as pades
from signing.formats.pades.intake import Accepted
from signing.formats.seal import Identity, ValidationData
from signing.formats.trust import Anchors, Asked
from signing.rules.evidence import DocumentEvidence
from tests.keys.authorities import Infrastructure

NOW = datetime(2026, 4, 14, 2, 0, tzinfo=UTC)

_DAY = 86_400


class Sealer:
    """Seals documents in the name of one agency."""

    def __init__(self, utc: datetime = NOW) -> None:
        self.utc, self.now = utc, int(utc.timestamp())
        self.authorities = known = Infrastructure(self.now)
        self.crl = issue_crl(
            known.root.certificate, known.root.signer, [], 1, self.now, self.now + _DAY, None
        )
        self.identity = Identity(
            known.seal.certificate, known.seal.signer, (known.issuing.certificate,)
        )
        self.anchors = Anchors((known.root.certificate.der,), (known.issuing.certificate.der,))

    def seal(self, document: bytes) -> bytes:
        """PAdES B-LT, by the way that the document allows."""
        return self.finish(document, intake.check(document))

    def sign(self, document: bytes) -> bytes:
        """PAdES B-T."""
        accepted = intake.check(document)
        hashed = Hashed(document)
        return document + sealing.sign(hashed, accepted, self.identity, self.stamp, self.utc).part

    def seal_with_pyhanko(self, document: bytes) -> bytes:
        """PAdES B-LT, by the way that is open to every document."""
        return self.finish(document, intake.check_with_pyhanko(document))

    def finish(self, document: bytes, accepted: Accepted) -> bytes:
        """PAdES B-LT of a document that was looked through."""
        hashed = Hashed(document)
        signed = sealing.sign(hashed, accepted, self.identity, self.stamp, self.utc)
        part = sealing.add_validation_data(hashed, accepted, signed.part, self.proofs())
        return document + part

    def proofs(self) -> ValidationData:
        """Younger than every time-stamp that was made before."""
        known = self.authorities
        ocsps = tuple(
            ocsp_for(one.certificate, Status(), known.responder, self.now, self.now + 3_600)
            for one in (known.seal, known.timestamp)
        )
        chain = (known.seal, known.issuing, known.root, known.timestamp, known.ocsp)
        return ValidationData(tuple(one.certificate.der for one in chain), ocsps, (self.crl,))

    def stamp(self, digest: bytes) -> bytes:
        asked = timestamp.Asked("sha256", digest)
        return timestamp.token(asked, self.authorities.time_authority, self.utc)


def read_fully(document: bytes, sealer: Sealer) -> DocumentEvidence:
    """By pyHanko, also what our own reader could read."""
    return pades.read(Digests(document), asked_by(sealer))


def asked_by(sealer: Sealer) -> Asked:
    return Asked(sealer.anchors)
