"""What a JWS signs and has not within, among what came beside it (TS 119 182-1 §5.2.8)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import unquote

from signing.formats import primitives
from signing.formats.detached import Detached
from signing.formats.jades import unsigned
from signing.formats.jades.jws import Jws, Malformed, base64url, encode
from signing.rules.evidence import Digest

BY_HASH: Final = "http://uri.etsi.org/19182/ObjectIdByURIHash"
_BY_URI: Final = "http://uri.etsi.org/19182/ObjectIdByURI"
_MOST: Final = 2_048
_NAME: Final = 1_000
"""Characters of a name that are told."""


@dataclass(frozen=True)
class Hashed:
    """An object that is signed by its digest (§5.2.8.3.3)."""

    uri: str
    hashed_by: str
    digest: bytes


@dataclass(frozen=True)
class Beside:
    """A JWS whose payload is elsewhere, and what came beside it."""

    jws: Jws
    detached: Detached

    @property
    def payload_signed(self) -> bytes | None:
        """The payload as it is signed: objects that are signed by their digests are none. None
        where it is not here, or is what nobody can have: HTTP headers (§5.2.8.2)."""
        how = _mechanism(self.jws)
        if how == BY_HASH:
            return b""
        return self.content if how in {None, _BY_URI} else None

    @property
    def content(self) -> bytes | None:
        """What is signed, one object after the other, each as payloads of this JWS are signed
        (§5.2.8.3.2); None where one of them is not here."""
        if _mechanism(self.jws) is None:
            found = [self.detached.only]
        else:
            found = [self._find(uri) for uri in self.uris]
        here = [one for one in found if one is not None]
        if not here or len(here) < len(found):
            return None
        return b"".join(encode(one).encode() if self.jws.encoded else one for one in here)

    @property
    def uris(self) -> list[str]:
        """The names of the objects; raises Malformed."""
        if _mechanism(self.jws) not in {BY_HASH, _BY_URI}:
            return []
        said = self.jws.header["sigD"].get("pars", [])
        if not isinstance(said, list) or not all(isinstance(one, str) for one in said):
            raise Malformed("pars")
        if not 0 < len(said) <= _MOST:
            raise Malformed("no objects, or too many")
        return said

    @property
    def unbounded(self) -> bool:
        """Whether several objects are signed in one piece: bytes may move from one to the next, and
        the signature still fits."""
        return _mechanism(self.jws) == _BY_URI and len(self.uris) > 1

    @property
    def missing(self) -> Iterator[str]:
        return (uri for uri in self.uris if self._find(uri) is None)

    @property
    def files(self) -> Iterator[str]:
        """Those that are signed, as their sender called them."""
        named = (self.detached.named(uri) for uri in self.uris)
        return (one[0] for one in named if one is not None)

    def changed(self, *, fits: bool) -> Iterator[str]:
        """Of these, what is not as it was signed. `fits`: whether the signature does: objects
        without digests were signed in one piece, so that it is any of them."""
        if not self.hashed:
            yield from () if fits else self.files
        for one in self.hashed:
            named = self.detached.named(one.uri)
            if named is not None and not self.fits(one):
                yield named[0]

    @property
    def hashed(self) -> list[Hashed]:
        """Raises Malformed."""
        if _mechanism(self.jws) != BY_HASH:
            return []
        said = self.jws.header["sigD"]
        name = unsigned.HASHES.get(said["hashM"], "")
        return [
            Hashed(uri, name, base64url(value))
            for uri, value in zip(self.uris, said["hashV"], strict=True)
        ]

    def objects(self, hashed_by: str | None) -> Iterator[Digest]:
        """What is signed: by its digest in the header, or by its own. Raises Malformed."""
        for one in self.hashed:
            yield Digest(one.hashed_by, one.digest.hex(), unquote(one.uri)[:_NAME])
        if _mechanism(self.jws) == BY_HASH:
            return
        here: list[tuple[str, bytes | None]] = [(uri, self._find(uri)) for uri in self.uris]
        if self.jws.payload is not None:
            payload = self.jws.payload
            here = [("", base64url(payload) if self.jws.encoded else payload.encode())]
        elif not here:
            here = [("", self.detached.only)]
        for uri, content in here:
            made = None if content is None else primitives.digested(hashed_by, content)
            if made is not None:
                yield replace(made, name=unquote(uri)[:_NAME])

    def fits(self, one: Hashed) -> bool:
        """An object as it is, or in base64url."""
        content = self._find(one.uri)
        if content is None:
            return False
        octets = (content, encode(content).encode())
        return any(primitives.digest(one.hashed_by, each) == one.digest for each in octets)

    def _find(self, uri: str) -> bytes | None:
        named = self.detached.named(uri)
        if named is not None:
            return named[1]
        return self.detached.only if len(self.uris) == 1 else None


def _mechanism(jws: Jws) -> str | None:
    """How the payload is referred to; None where it is not."""
    said = jws.header.get("sigD")
    if said is None:
        return None
    if not isinstance(said, dict) or jws.payload is not None:
        raise Malformed("sigD")
    return str(said.get("mId"))
