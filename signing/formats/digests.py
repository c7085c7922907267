"""The hashes of a document and of parts of it: what begins alike is hashed once."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from signing.formats import primitives


class Hashed:
    """Bytes, and the SHA-256 of all that begins with them, computed without them again."""

    def __init__(self, document: bytes) -> None:
        self.document = document
        self._state = hashlib.sha256(document)
        self._followed = b"", document

    def begun(self) -> "hashlib._Hash":
        """A hash that has taken the bytes, for more to follow."""
        return self._state.copy()

    def followed_by(self, part: bytes) -> bytes:
        """The bytes and `part` after them, put together once where that is asked again."""
        if self._followed[0] != part:
            self._followed = part, self.document + part
        return self._followed[1]

    def digest(self, *rest: bytes) -> bytes:
        """SHA-256 of the bytes and of `rest` after them."""
        state = self._state.copy()
        for part in rest:
            state.update(part)
        return state.digest()


class Digests:
    """Hashes of what a document begins with. `begun`: what it begins with, hashed before."""

    def __init__(self, document: bytes, begun: Hashed | None = None) -> None:
        self.document = document
        self._begun: dict[str, list[tuple[int, hashlib._Hash]]] = {}
        if begun is not None:
            self._begun["sha256"] = [(len(begun.document), begun.begun())]

    def whole(self) -> str:
        """SHA-256 of the document, in hex."""
        return self.begin("sha256", len(self.document)).hexdigest()

    def begin(self, name: str, end: int) -> "hashlib._Hash":
        """A hash that has taken the first `end` bytes; raises ValueError for an unknown
        function."""
        known = self._begun.setdefault(name, [])
        at, state = max((one for one in known if one[0] <= end), default=(0, None), key=_place)
        state = state.copy() if state is not None else primitives.hasher(name)
        if at < end:
            state.update(memoryview(self.document)[at:end])
            known.append((end, state.copy()))
        return state


def _place(begun: "tuple[int, hashlib._Hash | None]") -> int:
    return begun[0]


@dataclass(frozen=True)
class Covered:
    """What a signature covers of a document: pairs of where a part begins and how long it is."""

    digests: Digests
    ranges: Sequence[int]

    def digest(self, name: str) -> bytes:
        """Raises ValueError for an unknown function."""
        parts = self._parts()
        if self.ranges[:1] != [0] or self.ranges[1] != len(parts[0]):
            return primitives.digest(name, *parts)
        state = self.digests.begin(name, self.ranges[1])
        for part in parts[1:]:
            state.update(part)
        return primitives.finish(name, state)

    def whole(self) -> bytes:
        return b"".join(self._parts())

    def _parts(self) -> list[memoryview]:
        document = memoryview(self.digests.document)
        pairs = zip(self.ranges[::2], self.ranges[1::2], strict=True)
        return [document[start : start + length] for start, length in pairs]
