"""The one form of a JWS seal of ours (ETSI TS 119 182-1): as `jades.sealing` and `jades.seal`
write it."""

import base64
import binascii
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, Final

import orjson

from signing.formats import profile
from signing.formats.cades.profile import stamped_by, token_stands
from signing.formats.jades import sealing
from signing.formats.jades.jws import Jws, Malformed, base64url, loads
from signing.formats.jades.sealing import Signature
from signing.formats.seal import ValidationData

_WRONG: Final = (*profile.WRONG, Malformed, binascii.Error)


def signature_stands(jws: Jws, roots: Collection[bytes]) -> bool:
    """Whether a signature's parts are in the one form of ours. `roots`: trusted, DER."""
    try:
        signed = _signature(jws)
        if not profile.value_stands(jws.value):
            return False
        last = max(
            (n for n, one in enumerate(signed.unsigned) if _name(one) == "arcTst"), default=-1
        )
        if last < 0:
            return _proofs_stand(jws, signed, roots)
        return last == len(signed.unsigned) - 1 and _archive_stands(signed, roots)
    except _WRONG:
        return False


def around_stands(document: bytes, signatures: Sequence[Jws]) -> bool:
    """Whether a document of seals of ours alone is in one of the serialisations that we write."""
    try:
        members = [_signature(jws).members for jws in signatures]
    except _WRONG:
        return False
    payload = signatures[0].payload
    if len({jws.signature for jws in signatures}) < len(signatures):
        return False
    if len(signatures) > 1:
        return document == orjson.dumps({"payload": payload, "signatures": members})
    [only] = signatures
    compact = f"{only.protected}.{payload}.{only.signature}".encode()
    flattened = {"payload": payload, **members[0]} if payload is not None else members[0]
    return document == orjson.dumps(flattened) or (not only.unprotected and document == compact)


def _signature(jws: Jws) -> Signature:
    """Raises Malformed for what none of ours has."""
    unsigned = jws.unprotected.get("etsiU", [])
    if not all(isinstance(one, str) for one in unsigned) or len(jws.unprotected) > 1:
        raise Malformed("unsigned parts")
    return Signature(jws.protected, jws.signature, tuple(unsigned))


def _proofs_stand(jws: Jws, signed: Signature, roots: Collection[bytes]) -> bool:
    """B-B, B-T, or B-LT: nothing but a time-stamp, and what proves the certificates."""
    again = Signature(jws.protected, jws.signature)
    if not signed.unsigned:
        return True
    [token] = _tokens(_value(signed.unsigned[0], "sigTst"))
    again = sealing.with_time_stamp(again, token)
    if not token_stands(token, roots):
        return False
    if len(signed.unsigned) > 1:
        data = _data(*signed.unsigned[1:])
        signer = base64.b64decode(jws.header["x5c"][0], validate=True)
        if not profile.proofs_stand((signer, stamped_by(token)), data, roots):
            return False
        again = sealing.add_validation_data(again, data)
    return again == signed


def _archive_stands(signed: Signature, roots: Collection[bytes]) -> bool:
    """The last time-stamp over all that stands before it, which needs no further account."""
    *before, last = signed.unsigned
    [token] = _tokens(_value(last, "arcTst"))
    again = sealing.with_archive_time_stamp(replace(signed, unsigned=tuple(before)), token)
    return again == signed and token_stands(token, roots)


def _data(certificates: str, revocation: str) -> ValidationData:
    listed = _value(revocation, "rVals")
    return ValidationData(
        tuple(_octets(each["x509Cert"]) for each in _value(certificates, "xVals")),
        tuple(map(_octets, listed["ocspVals"])),
        tuple(map(_octets, listed["crlVals"])),
    )


def _name(component: str) -> str:
    [name] = loads(base64url(component))
    return str(name)


def _value(component: str, name: str) -> Any:
    return loads(base64url(component))[name]


def _tokens(container: Any) -> list[bytes]:
    return [_octets(one) for one in container["tstTokens"]]


def _octets(held: Any) -> bytes:
    return base64.b64decode(held["val"], validate=True)
