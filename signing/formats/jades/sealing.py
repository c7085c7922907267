"""JAdES seals (ETSI TS 119 182-1), the payload left out: it is put where it belongs at the end.

Each step takes the parts of a JWS and returns them with more: B-B or B-T, then B-LT, then B-LTA.
What is not signed is in `etsiU`, each member in base64url (§5.3.1), so that time-stamps over it are
over bytes. Beside members of others that are time-stamped in clear, it is in clear, too.
"""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from keys import jws
from keys.segments import decode, encode
from signing.formats.jades import unsigned
from signing.formats.jades.jws import loads
from signing.formats.seal import Identity, TimeStamper, ValidationData

_BY_HASH: Final = "http://uri.etsi.org/19182/ObjectIdByURIHash"


@dataclass(frozen=True, slots=True)
class Signature:
    """The parts of a JWS, each in base64url; `unsigned` is etsiU, or its members as texts in JSON
    where they are `in_clear`."""

    protected: str
    signature: str
    unsigned: tuple[str, ...] = ()
    in_clear: bool = False

    @classmethod
    def parse(cls, encoded: bytes) -> "Signature":
        """What `dump` made."""
        held = orjson.loads(encoded)
        members = held.get("header", {}).get("etsiU", ())
        return cls(held["protected"], held["signature"], tuple(members))

    def dump(self) -> bytes:
        """A member of `signatures` of the JWS JSON Serialization (RFC 7515 §7.2.1)."""
        return orjson.dumps(self.members)

    @property
    def members(self) -> dict[str, Any]:
        header = {"header": {"etsiU": list(self.unsigned)}} if self.unsigned else {}
        return {"protected": self.protected, **header, "signature": self.signature}

    @property
    def value(self) -> bytes:
        return decode(self.signature)

    def held(self, name: str) -> list[Any]:
        """The unsigned members of a name."""
        return [member[name] for member in self._opened if name in member]

    @property
    def text(self) -> str:
        """Of its unsigned members, what an archive time-stamp is over."""
        if not self.in_clear:
            return "".join(self.unsigned)
        return "".join(unsigned.in_clear(one) for each in self._opened for one in each.values())

    @property
    def _opened(self) -> list[dict[str, Any]]:
        read = loads if self.in_clear else _decoded
        return [read(one) for one in self.unsigned]

    def with_unsigned(self, name: str, value: object) -> "Signature":
        text = orjson.dumps({name: value})
        member = text.decode() if self.in_clear else encode(text)
        return replace(self, unsigned=(*self.unsigned, member))


def attached(by: Identity, signing_time: int) -> dict[str, Any]:
    """The protected header where the payload is a JSON document within (§5.1)."""
    return {"cty": "json", **_of_signer(by, signing_time)}


def detached(by: Identity, signing_time: int, name: str, digest: bytes) -> dict[str, Any]:
    """The protected header that refers to a file by its name and SHA-256 (§5.2.8.3.3)."""
    refers = {
        "mId": _BY_HASH,
        "pars": [name],
        "hashM": "S256",
        "hashV": [encode(digest)],
    }
    # Without `b64` the digest would be over the file in base64url (§5.2.8.3.3).
    unencoded = {"b64": False, "crit": ["b64", "sigD"]}
    return {**unencoded, "sigD": refers, **_of_signer(by, signing_time)}


def sign(
    header: dict[str, Any], payload: str, by: Identity, stamp: TimeStamper | None
) -> Signature:
    """B-B, or B-T with `stamp`."""
    signed = Signature(*jws.sign(header, payload, by.signer))
    return signed if stamp is None else stamped(signed, stamp)


def stamped(signed: Signature, stamp: TimeStamper) -> Signature:
    """B-T: a time-stamp over the signature's value in base64url (§5.3.4)."""
    return with_time_stamp(signed, stamp(hashlib.sha256(signed.signature.encode()).digest()))


def with_time_stamp(signed: Signature, token: bytes) -> Signature:
    return signed.with_unsigned("sigTst", _tokens(token))


def add_validation_data(signed: Signature, data: ValidationData) -> Signature:
    """B-LT: certificates and revocation data (§5.3.5.1, §5.3.5.2); where there are some already,
    those of its time-stamps (§5.3.6.3)."""
    certificates = [{"x509Cert": each} for each in _values(data.certificates)]
    revocation = _filled({"crlVals": _values(data.crls), "ocspVals": _values(data.ocsps)})
    values = _filled({"xVals": certificates, "rVals": revocation})
    if signed.held("xVals") or signed.held("rVals"):
        return signed.with_unsigned("tstVD", values)
    for name, held in values.items():
        signed = signed.with_unsigned(name, held)
    return signed


def archive(signed: Signature, payload: bytes, stamp: TimeStamper) -> Signature:
    """B-LTA: a time-stamp over the signature and all its proofs (§5.3.6.2.1). `payload` is as it
    was signed; of what the header refers to, the content."""
    token = stamp(hashlib.sha256(covered(signed, payload)).digest())
    return with_archive_time_stamp(signed, token)


def with_archive_time_stamp(signed: Signature, token: bytes) -> Signature:
    return signed.with_unsigned("arcTst", _tokens(token))


def covered(signed: Signature, payload: bytes) -> bytes:
    """What an archive time-stamp is made over."""
    return payload + f".{signed.protected}.{signed.signature}.{signed.text}".encode()


def _of_signer(by: Identity, signing_time: int) -> dict[str, Any]:
    chain = (by.certificate, *by.chain)
    return {
        "iat": signing_time,
        "x5t#S256": encode(hashlib.sha256(by.certificate.der).digest()),
        "x5c": [_text(one.der) for one in chain],
    }


def _decoded(member: str) -> Any:
    return orjson.loads(decode(member))


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    """Those that have something in them: the schema has no empty ones."""
    return {name: held for name, held in values.items() if held}


def _tokens(token: bytes) -> dict[str, Any]:
    return {"tstTokens": [{"val": _text(token)}]}


def _values(encoded: Iterable[bytes]) -> list[dict[str, str]]:
    """Each once, in the order of their encodings: in one way only."""
    return [{"val": _text(one)} for one in sorted(set(encoded))]


def _text(encoded: bytes) -> str:
    return base64.b64encode(encoded).decode()
