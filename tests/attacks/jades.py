"""JSON signatures by somebody else, each part of which a test may bend."""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.attacks import cms
from tests.attacks.pki import AT, NOW, Holder, sign

PAYLOAD = b'{"agreed":true}'
BY_HASH = "http://uri.etsi.org/19182/ObjectIdByURIHash"
BY_URI = "http://uri.etsi.org/19182/ObjectIdByURI"


def b64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def dumps(said: Any) -> bytes:
    return json.dumps(said, separators=(",", ":")).encode()


def header(holder: Holder, **changed: Any) -> dict[str, Any]:
    """The protected header of JAdES B-B."""
    usual = {
        "alg": "ES256",
        "iat": AT,
        "x5t#S256": b64url(hashlib.sha256(holder.certificate).digest()),
        "x5c": [b64(one) for one in holder.chain],
    }
    return {name: value for name, value in (usual | changed).items() if value is not None}


@dataclass
class Made:
    """A signature that is made when it is asked for, from its parts."""

    holder: Holder
    payload: bytes | None = PAYLOAD
    header: dict[str, Any] | None = None
    detached: bytes | None = None
    etsi_u: list[Any] = field(default_factory=list)
    protected: bytes = b""
    value: bytes = b""

    def sign(self) -> "Made":
        self.header = self.header or header(self.holder)
        self.protected = self.protected or dumps(self.header)
        self.value = value(self.holder, self.header["alg"], self.signing_input)
        return self

    @property
    def signing_input(self) -> bytes:
        return b64url(self.protected).encode() + b"." + self.signed_payload

    @property
    def signed_payload(self) -> bytes:
        payload = self.detached if self.payload is None else self.payload
        plain = (self.header or {}).get("b64") is False
        return (payload or b"") if plain else b64url(payload or b"").encode()

    def stamped(self, clock: Holder, at: datetime = NOW, **how: Any) -> "Made":
        token = cms.token(clock, b64url(self.value).encode(), at, **how)
        return self.with_component(sigTst={"tstTokens": [{"val": b64(token)}]})

    def with_proofs(
        self,
        certificates: Sequence[bytes] = (),
        crls: Sequence[bytes] = (),
        ocsps: Sequence[bytes] = (),
    ) -> "Made":
        self.with_component(xVals=[{"x509Cert": {"val": b64(one)}} for one in certificates])
        return self.with_component(
            rVals={
                "crlVals": [{"val": b64(one)} for one in crls],
                "ocspVals": [{"val": b64(one)} for one in ocsps],
            }
        )

    def with_component(self, **component: Any) -> "Made":
        self.etsi_u.append(b64url(dumps(component)))
        return self

    def archived(self, clock: Holder, at: datetime = NOW) -> "Made":
        over = b".".join(
            (
                self.signed_payload,
                b64url(self.protected).encode(),
                b64url(self.value).encode(),
                "".join(self.etsi_u).encode(),
            )
        )
        token = cms.token(clock, over, at)
        return self.with_component(arcTst={"tstTokens": [{"val": b64(token)}]})

    @property
    def member(self) -> dict[str, Any]:
        """An element of `signatures`."""
        unprotected = {"header": {"etsiU": self.etsi_u}} if self.etsi_u else {}
        return {"protected": b64url(self.protected), **unprotected, "signature": b64url(self.value)}

    @property
    def compact(self) -> bytes:
        payload = b"" if self.payload is None else self.signed_payload
        return b".".join((b64url(self.protected).encode(), payload, b64url(self.value).encode()))

    @property
    def flattened(self) -> bytes:
        return dumps(self.with_payload | self.member)

    @property
    def with_payload(self) -> dict[str, Any]:
        return {} if self.payload is None else {"payload": self.signed_payload.decode()}


def general(*made: Made) -> bytes:
    return dumps(made[0].with_payload | {"signatures": [one.member for one in made]})


def signature(holder: Holder, **how: Any) -> Made:
    return Made(holder, **how).sign()


def value(holder: Holder, algorithm: str, data: bytes) -> bytes:
    """RFC 7518 §3.4: r and s side by side, where it is ECDSA."""
    by = f"sha{algorithm[2:]}" if algorithm[2:].isdecimal() else "sha256"
    _, made = sign(holder.key, data, by, pss=algorithm.startswith("PS"))
    if not isinstance(holder.key, ec.EllipticCurvePrivateKey):
        return made
    size = (holder.key.key_size + 7) // 8
    return b"".join(number.to_bytes(size) for number in decode_dss_signature(made))
