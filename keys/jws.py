"""JWS over payloads of any kind (RFC 7515), as documents are signed; tokens are keys.jose's."""

from collections.abc import Mapping
from typing import Any

import orjson

from keys.jose import raw_signature
from keys.segments import encode
from keys.signer import Algorithm, Signer


def sign(header: Mapping[str, Any], payload: str, signer: Signer) -> tuple[str, str]:
    """The protected header and the signature, each in base64url. `payload` is as it is signed:
    in base64url, or empty where the header refers to what is signed."""
    protected = encode(orjson.dumps({"alg": signer.algorithm, **header}))
    return protected, encode(to_raw(signer.sign(signing_input(protected, payload)), signer))


def signing_input(protected: str, payload: str) -> bytes:
    """RFC 7515 §5.1 step 5."""
    return f"{protected}.{payload}".encode()


def to_raw(signature: bytes, signer: Signer) -> bytes:
    """What `Signer.sign` returns in the form of RFC 7518 §3.4."""
    return raw_signature(signature) if signer.algorithm is Algorithm.ES256 else signature
