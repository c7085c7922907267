"""A JWS seal in the four steps of signing.formats.sealing: the part has no payload."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from core.errors import Refusal
from keys.segments import JoseError, decode, encode
from signing.formats.detached import NOTHING, Detached
from signing.formats.jades import intake, sealing
from signing.formats.jades.jws import Malformed, loads
from signing.formats.jades.sealing import Signature
from signing.formats.reading import gather
from signing.formats.seal import File, Identity, Signed, TimeStamper, ValidationData
from signing.formats.trust import Asked
from signing.rules import reasons
from signing.rules.evidence import DocumentEvidence
from signing.rules.file_names import check_names

Header = Callable[[Identity, int], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class OfJson:
    """JAdES over content. `payload` is what the signature is over beside its header, `archived`
    what time-stamps over all of it begin with; `put` makes of the JWS what is answered."""

    content: bytes
    payload: str
    archived: bytes
    header: Header
    put: Callable[[Signature], bytes]
    before: bytes | None = None

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.content).digest()

    def sign(self, by: Identity, stamp: TimeStamper | None, utc: datetime) -> Signed:
        header = self.header(by, int(utc.timestamp()))
        signed = sealing.sign(header, self.payload, by, stamp)
        return Signed(signed.dump(), hashlib.sha256(signed.value).digest())

    def add_validation_data(self, part: bytes, data: ValidationData) -> bytes:
        return sealing.add_validation_data(Signature.parse(part), data).dump()

    def archive(self, part: bytes, stamp: TimeStamper) -> bytes:
        return sealing.archive(Signature.parse(part), self.archived, stamp).dump()

    def evidence(self, part: bytes, asked: Asked) -> DocumentEvidence:
        detached = NOTHING if self.payload else Detached.of(self.content)
        return gather(self.assemble(part), asked.anchors, detached=detached)

    def assemble(self, part: bytes) -> bytes:
        return self.put(Signature.parse(part))


def within(file: File) -> OfJson:
    """A JWS in the flattened JSON Serialization (RFC 7515 §7.2.2), the document its payload.
    Raises Refusal."""
    intake.check(file.content)
    payload = encode(file.content)

    def put(signed: Signature) -> bytes:
        return orjson.dumps({"payload": payload, **signed.members})

    return OfJson(file.content, payload, payload.encode(), sealing.attached, put)


def compact(file: File) -> OfJson:
    """A JWS in the Compact Serialization (RFC 7515 §7.1), which has no place for proofs. Raises
    Refusal."""
    intake.check(file.content)
    payload = encode(file.content)

    def put(signed: Signature) -> bytes:
        return f"{signed.protected}.{payload}.{signed.signature}".encode()

    return OfJson(file.content, payload, payload.encode(), sealing.attached, put)


def beside(file: File) -> OfJson:
    """A JWS that refers to a file of any kind by its name and digest. Raises Refusal."""
    check_names([file.name])
    digest = hashlib.sha256(file.content).digest()

    def header(by: Identity, signing_time: int) -> dict[str, Any]:
        return sealing.detached(by, signing_time, file.name, digest)

    return OfJson(file.content, "", file.content, header, Signature.dump)


def again(file: File) -> OfJson:
    """A JWS in a JSON Serialization, and our signature beside those that it has, in the general one
    (RFC 7515 §7.2.1). Raises Refusal."""
    payload, signatures = _opened(file.content)

    def put(signed: Signature) -> bytes:
        return orjson.dumps({"payload": payload, "signatures": [*signatures, signed.members]})

    return OfJson(
        decode(payload), payload, payload.encode(), sealing.attached, put, before=file.content
    )


def _opened(content: bytes) -> tuple[str, list[Any]]:
    """The payload, and each signature as a member of `signatures`."""
    try:
        said = loads(content)
        payload, signatures = said["payload"], said.get("signatures")
        intake.check(decode(payload))
    except (Malformed, JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise Refusal(reasons.SIGNATURE_INVALID, str(error)) from error
    if signatures is None:
        known = ("protected", "header", "signature")
        signatures = [{name: said[name] for name in known if name in said}]
    return payload, signatures
