"""JSON Web Signatures (RFC 7515, RFC 7797), read strictly: compact, flattened, general."""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any, Final

_COMPACT: Final = re.compile(rb"\s*([A-Za-z0-9_-]+)\.([^.\s]*)\.([A-Za-z0-9_-]*)\s*")
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]*")
_OURS: Final = frozenset({"payload", "signatures", "protected", "header", "signature"})
_UNDERSTOOD: Final = frozenset(
    {
        *("b64", "sigT", "sigX5ts", "x5t#o", "sigD", "sigPId", "sigPl", "srCms", "srAts"),
        *("adoTst", "etsiU"),
    }
)
"""What `crit` may name (RFC 7515 §4.1.11, TS 119 182-1 §5.1.9)."""


class Malformed(ValueError):
    """Not a JWS, or not as it has to be."""


@dataclass(frozen=True)
class Jws:
    """One signature, its parts as they were written. `payload` is None where it is elsewhere."""

    protected: str
    header: dict[str, Any]
    unprotected: dict[str, Any]
    payload: str | None
    signature: str

    @property
    def encoded(self) -> bool:
        """Whether the payload is signed in base64url (RFC 7797 §3)."""
        return self.header.get("b64") is not False

    @property
    def algorithm(self) -> Any:
        """RFC 7515 §4.1.1. Unsigned it is none, but for those that need a shared secret: these
        vouch for nobody anyway."""
        name = self.unprotected.get("alg")
        secret = isinstance(name, str) and name.startswith("HS")
        return self.header.get("alg", name if secret else None)

    @property
    def value(self) -> bytes:
        return base64url(self.signature)

    def signing_input(self, payload: bytes) -> bytes:
        """What is signed, for a payload as it is in base64url, or as it is."""
        return self.protected.encode() + b"." + payload


@dataclass(frozen=True)
class Document:
    """The signatures of a file, and the names of members that none of them covers."""

    signatures: tuple[Jws, ...]
    unsigned: tuple[str, ...] = ()


def parse(document: bytes) -> Document:
    """Raises Malformed. JSON that is no JWS has no signatures."""
    compact = _COMPACT.fullmatch(document)
    if compact:
        protected, payload, value = (part.decode("ascii", "replace") for part in compact.groups())
        return Document((_jws(protected, {}, payload or None, value),))
    said = loads(document)
    if not isinstance(said, dict) or not {"signatures", "signature"} & said.keys():
        return Document(())
    unsigned = tuple(sorted(said.keys() - _OURS))
    payload = said.get("payload")
    if payload is not None and not isinstance(payload, str):
        raise Malformed("the payload is no text")
    return Document(tuple(_one(each, payload or None) for each in _each(said)), unsigned)


def is_compact(document: bytes) -> bool:
    """Whether it is in the JWS Compact Serialization (RFC 7515 §7.1)."""
    return _COMPACT.fullmatch(document) is not None


def dumps(said: Any) -> str:
    """JSON, as short as it can be said."""
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def loads(text: bytes | str) -> Any:
    """JSON with no member twice (RFC 7515 §4), no numbers that are none; raises Malformed."""
    try:
        held = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        return json.loads(held, object_pairs_hook=_members, parse_constant=_refused)
    except (ValueError, RecursionError) as error:  # a number of too many digits is one, too
        raise Malformed("not JSON") from error


def base64url(text: Any) -> bytes:
    """Without padding, spaces, or bits that are lost (RFC 7515 §2); raises Malformed."""
    if not isinstance(text, str) or not _BASE64URL.fullmatch(text):
        raise Malformed("not base64url")
    try:
        found = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise Malformed("not base64url") from error
    if encode(found) != text:
        raise Malformed("bits that are lost")
    return found


def encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _each(said: dict[str, Any]) -> list[Any]:
    """RFC 7515 §7.2.1, §7.2.2: one way or the other."""
    listed = said.get("signatures")
    if listed is None:
        return [said]
    if not isinstance(listed, list) or {"signature", "protected", "header"} & said.keys():
        raise Malformed("general and flattened at once")
    return listed


def _one(each: Any, payload: str | None) -> Jws:
    if not isinstance(each, dict):
        raise Malformed("a signature that is no object")
    unprotected = each.get("header", {})
    protected, value = each.get("protected", ""), each.get("signature")
    if not isinstance(protected, str) or not isinstance(value, str):
        raise Malformed("a part that is no text")
    return _jws(protected, unprotected, payload, value)


def _jws(protected: str, unprotected: Any, payload: str | None, value: str) -> Jws:
    header = loads(base64url(protected)) if protected else {}
    if not isinstance(header, dict) or not isinstance(unprotected, dict):
        raise Malformed("a header that is no object")
    if header.keys() & unprotected.keys():
        raise Malformed("a parameter in both headers")
    found = Jws(protected, header, unprotected, payload, value)
    base64url(value)
    _check_critical(found)
    return found


def _check_critical(jws: Jws) -> None:
    """RFC 7515 §4.1.11: what is critical is understood and signed; RFC 7797 §6: b64 is critical."""
    critical = jws.header.get("crit")
    if critical is None and "crit" not in jws.unprotected and "b64" not in jws.header:
        return
    if not isinstance(critical, list) or not critical:
        raise Malformed("crit")
    names = [name for name in critical if isinstance(name, str)]
    if len(set(names)) != len(critical) or not set(names) <= _UNDERSTOOD & jws.header.keys():
        raise Malformed("critical, and not understood")
    if "b64" in jws.header and ("b64" not in names or not isinstance(jws.header["b64"], bool)):
        raise Malformed("b64")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("a member twice")
    return found


def _refused(name: str) -> None:
    raise Malformed(name)
