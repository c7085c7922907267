"""How each format makes a seal, behind one interface; signing.web.sealing walks through it."""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import orjson

from signing.formats.cades import checking
from signing.formats.cades import sealing as cades
from signing.formats.pades import intake
from signing.formats.pades import sealing as pades
from signing.formats.pades.intake import Accepted
from signing.formats.reading import gather
from signing.formats.seal import File, Identity, Signed, TimeStamper, ValidationData
from signing.formats.trust import Asked
from signing.rules.evidence import DocumentEvidence
from signing.rules.seal_format import SealFormat


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


def accept(wanted: SealFormat, file: File) -> Sealing:
    """Look through what is to be sealed; raises Refusal with one code for each reason."""
    if wanted is SealFormat.PADES:
        return OfPdf(file.content, intake.check(file.content))
    return OfContent(file.content, wanted is SealFormat.CADES_ENVELOPING)


@dataclass(frozen=True, slots=True)
class OfPdf:
    """PAdES: the part follows the document's own bytes."""

    document: bytes
    accepted: Accepted

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.document).digest()

    @property
    def before(self) -> bytes | None:
        return None if self.accepted.certify else self.document

    def sign(self, by: Identity, stamp: TimeStamper | None, utc: datetime) -> Signed:
        name, certify = self.accepted.field_name, self.accepted.certify
        return pades.sign(self.document, by, stamp, name, utc, certify=certify)

    def add_validation_data(self, part: bytes, data: ValidationData) -> bytes:
        return pades.add_validation_data(self.document, part, data)

    def archive(self, part: bytes, stamp: TimeStamper) -> bytes:
        return pades.add_time_stamp(self.document, part, stamp)

    def evidence(self, part: bytes, asked: Asked) -> DocumentEvidence:
        return gather(self.document + part, asked.anchors, asked.at)

    def assemble(self, part: bytes) -> bytes:
        return self.document + part


@dataclass(frozen=True, slots=True)
class OfContent:
    """CAdES: the part is the detached CMS, which an enveloping one is made of."""

    content: bytes
    enveloping: bool

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.content).digest()

    @property
    def before(self) -> bytes | None:
        return None

    def sign(self, by: Identity, stamp: TimeStamper | None, utc: datetime) -> Signed:
        return cades.sign(self.digest, by, stamp, int(utc.timestamp()))

    def add_validation_data(self, part: bytes, data: ValidationData) -> bytes:
        return cades.add_validation_data(part, data)

    def archive(self, part: bytes, stamp: TimeStamper) -> bytes:
        return cades.archive(part, self.digest, stamp)

    def evidence(self, part: bytes, asked: Asked) -> DocumentEvidence:
        return checking.by_digest(part, self.digest, asked)

    def assemble(self, part: bytes) -> bytes:
        return cades.envelop(part, self.content) if self.enveloping else part


@dataclass(frozen=True, slots=True)
class OfDigest:
    """A CMS for a file that stays with its agency. The part is JSON: the CMS, and for a PDF the
    validation data that go into the document beside it."""

    digest: bytes
    for_pdf: bool
    before: bytes | None = field(default=None, init=False)

    def sign(self, by: Identity, stamp: TimeStamper | None, utc: datetime) -> Signed:
        signing_time = None if self.for_pdf else int(utc.timestamp())
        made = cades.sign(self.digest, by, stamp, signing_time)
        return Signed(_dump(made.part, None), made.signature_digest)

    def add_validation_data(self, part: bytes, data: ValidationData) -> bytes:
        made = parse_part(part).signature
        if self.for_pdf:
            return _dump(made, data)
        return _dump(cades.add_validation_data(made, data), None)

    def archive(self, part: bytes, stamp: TimeStamper) -> bytes:
        return _dump(cades.archive(parse_part(part).signature, self.digest, stamp), None)

    def evidence(self, part: bytes, asked: Asked) -> DocumentEvidence:
        held = parse_part(part)
        made = held.signature
        if held.data is not None:
            made = cades.add_validation_data(made, held.data)
        return checking.by_digest(made, self.digest, asked)

    def assemble(self, part: bytes) -> bytes:
        return part


@dataclass(frozen=True, slots=True)
class Loose:
    """A CMS that its agency puts where it belongs, and what goes into a PDF after it."""

    signature: bytes
    data: ValidationData | None


def parse_part(answered: bytes) -> Loose:
    """What POST /seal/digest answers; raises ValueError, KeyError or TypeError."""
    said = orjson.loads(answered)
    data = said["validation_data"]
    return Loose(
        base64.b64decode(said["cms"], validate=True),
        None
        if data is None
        else ValidationData(
            *(
                tuple(base64.b64decode(one, validate=True) for one in data[kind])
                for kind in ("certificates", "ocsps", "crls")
            )
        ),
    )


def _dump(signature: bytes, data: ValidationData | None) -> bytes:
    held = None
    if data is not None:
        kinds = {"certificates": data.certificates, "ocsps": data.ocsps, "crls": data.crls}
        held = {kind: [_text(one) for one in listed] for kind, listed in kinds.items()}
    return orjson.dumps({"cms": _text(signature), "validation_data": held})


def _text(encoded: bytes) -> str:
    return base64.b64encode(encoded).decode()
