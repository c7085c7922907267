"""A seal of a digest in the four steps of signing.formats.sealing: the file stays elsewhere."""

import base64
import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime

import orjson

from signing.formats.cades import sealing as cades
from signing.formats.cades.reading import signatures
from signing.formats.cms import Digested
from signing.formats.seal import Identity, Signed, TimeStamper, ValidationData
from signing.formats.trust import Asked
from signing.rules.evidence import DocumentEvidence
from signing.rules.report import Format


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
        found = tuple(
            replace(one, dated_elsewhere=self.for_pdf)  # its dictionary's /M (EN 319 142-1 §6.3)
            for one in signatures(made, Digested("sha256", self.digest), asked)
        )
        whole = hashlib.sha256(made).hexdigest()
        return DocumentEvidence(len(made), whole, found, format=Format.CMS)

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
