"""Time-stamps and proofs for JSON signatures that are there already (TS 119 182-1 §6.3).

What is not signed has a place in the JSON Serializations alone (§5.3.1), so a compact signature
becomes a flattened one, of the same parts.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from asn1crypto import cms

from signing.formats import protection
from signing.formats.detached import NOTHING, Detached
from signing.formats.jades import sealing, unsigned
from signing.formats.jades.beside import Beside
from signing.formats.jades.jws import Jws, Malformed, dumps, encode, is_compact, loads, parse
from signing.formats.jades.reading import certificates_within
from signing.formats.jades.sealing import Signature
from signing.formats.protection import Protection
from signing.formats.seal import TimeStamper, ValidationData

_OVER_COMPONENTS: Final = frozenset({"arcTst", "sigRTst", "rfsTst"})

Step = Callable[[Jws, Signature], Signature]


@dataclass(frozen=True, slots=True)
class OfJws:
    """A JWS; `detached` is its payload, or what it refers to, where that is elsewhere."""

    document: bytes
    detached: Detached = NOTHING

    media_type = "application/jose+json"

    def certificates(self) -> frozenset[bytes]:
        held = [
            one
            for jws in parse(self.document).signatures
            for one in (*certificates_within(jws), *_by_value(jws))
        ]
        tokens = (token for each in self._tokens() for token in each)
        return frozenset((*held, *(o for one in tokens for o in protection.certificates(one))))

    def protection(self) -> Protection:
        return protection.of(self._tokens("arcTst"))

    def _tokens(self, *names: str) -> Iterator[list[cms.SignedData]]:
        """The time-stamps of each signature: those of these names, or all."""
        for jws in parse(self.document).signatures:
            found = unsigned.components(jws)
            held = [one for one in found if not names or one[0] in names]
            yield list(unsigned.tokens(held))

    def stamped(self, stamp: TimeStamper) -> "OfJws":
        def with_stamp(_: Jws, signed: Signature) -> Signature:
            return signed if signed.held("sigTst") else sealing.stamped(signed, stamp)

        return self._each(with_stamp)

    def with_proofs(self, data: ValidationData) -> "OfJws":
        return self._each(lambda _, signed: sealing.add_validation_data(signed, data))

    def archived(self, stamp: TimeStamper) -> "OfJws":
        return self._each(lambda jws, one: sealing.archive(one, self._payload(jws), stamp))

    def dump(self) -> bytes:
        return self.document

    def _payload(self, jws: Jws) -> bytes:
        """What a time-stamp over all of it begins with."""
        if jws.payload is not None:
            return jws.payload.encode()
        content = Beside(jws, self.detached).content
        if content is None:
            raise Malformed("what it signs is elsewhere")
        return content

    def _each(self, step: Step) -> "OfJws":
        signatures = parse(self.document).signatures
        said = _flattened(signatures[0]) if is_compact(self.document) else loads(self.document)
        each: list[dict[str, Any]] = said.get("signatures", [said])
        for member, jws in zip(each, signatures, strict=True):
            listed = jws.unprotected.get("etsiU", [])
            in_clear = _is_stamped_in_clear(listed)
            held = tuple(map(dumps, listed)) if in_clear else _encoded(listed)
            made = step(jws, Signature(jws.protected, jws.signature, held, in_clear))
            grown = [loads(one) if in_clear else one for one in made.unsigned]
            header = {**member.pop("header", {}), "etsiU": grown}
            signature = member.pop("signature")
            member |= {"header": header, "signature": signature}  # as we write it
        return replace(self, document=dumps(said).encode())


def _flattened(jws: Jws) -> dict[str, Any]:
    """RFC 7515 §7.2.2."""
    payload = {} if jws.payload is None else {"payload": jws.payload}
    return {**payload, "protected": jws.protected, "signature": jws.signature}


def _is_stamped_in_clear(components: list[Any]) -> bool:
    """Whether all came in clear, and a time-stamp is over some of them so."""
    if not all(isinstance(one, dict) for one in components):
        return False
    return any(_OVER_COMPONENTS & one.keys() for one in components)


def _encoded(components: list[Any]) -> tuple[str, ...]:
    """Components in base64url. Those that came in clear are put into it: no time-stamp that is
    good is over them (§5.3.1: all come in one way)."""
    return tuple(one if isinstance(one, str) else encode(dumps(one).encode()) for one in components)


def _by_value(jws: Jws) -> Iterator[bytes]:
    for one in unsigned.knowledge(unsigned.components(jws)).known_certs:
        yield one.dump()
