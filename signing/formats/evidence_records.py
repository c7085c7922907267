"""Evidence records (RFC 4998): proof that objects existed, in chains of archive time-stamps, each
of which is over the one before."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Final

from asn1crypto import algos, cms

from keys import der
from signing.formats import primitives, time_stamps
from signing.formats.cms import Content
from signing.formats.time_stamps import Stamp
from signing.rules import hash_tree
from signing.rules.report import StampKind

_SEQUENCE: Final = 0x30
_ALGORITHM, _ATTRIBUTES, _TREE = 0xA0, 0xA1, 0xA2
_VERSION: Final = der.integer(1)
_MOST: Final = 128
"""Archive time-stamps that are looked at."""


@dataclass(frozen=True, slots=True)
class ArchiveTimeStamp:
    """§4.1. `name`: its hash function; `lists` are those of its reduced hash tree; `encoded` is its
    time-stamp, a ContentInfo."""

    name: str | None
    lists: tuple[tuple[bytes, ...], ...]
    encoded: bytes

    @property
    def token(self) -> cms.SignedData:
        return cms.ContentInfo.load(self.encoded)["content"]


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    """§3.1: chains, the oldest first, each with its encoding."""

    chains: tuple[tuple[ArchiveTimeStamp, ...], ...]
    encoded: tuple[bytes, ...]

    @classmethod
    def parse(cls, document: bytes) -> "EvidenceRecord":
        """DER; raises ValueError."""
        version, algorithms, *_, sequence = der.parts(document)
        if version != _VERSION or algorithms[0] != _SEQUENCE:
            raise ValueError("not an evidence record of version 1")
        encoded = der.parts(sequence)
        chains = tuple(tuple(map(_parse, der.parts(chain))) for chain in encoded)
        if not chains or not all(chains) or sum(map(len, chains)) > _MOST:
            raise ValueError("no archive time-stamps, or too many")
        return cls(chains, encoded)

    @property
    def tokens(self) -> list[cms.SignedData]:
        return [one.token for chain in self.chains for one in chain]

    def stamps(self, objects: Sequence[Content], covers: tuple[str, ...] = ()) -> tuple[Stamp, ...]:
        """Its time-stamps, as those over the objects. `covers`: the ids of what is in these."""
        return tuple(self._stamps(objects, covers))

    def _stamps(self, objects: Sequence[Content], covers: tuple[str, ...]) -> Iterator[Stamp]:
        @cache
        def hashed(name: str) -> list[bytes]:
            return [one.digest(name) for one in objects]

        before = list(covers)
        for number, chain in enumerate(self.chains):
            imprint: Callable[[str], bytes] = partial(self._of_objects, number, hashed)
            for place, one in enumerate(chain):
                if place:
                    imprint = partial(_of_the_one_before, chain[place - 1], imprint, one)
                yield Stamp(one.token, imprint, StampKind.ARCHIVE, tuple(before))
                before += time_stamps.covered([one.token])

    def _of_objects(self, number: int, hashed: Callable[[str], list[bytes]], name: str) -> bytes:
        """§4.3; after a renewal of the tree (§5.2) with all that was before. Raises ValueError."""
        digest, members = partial(primitives.digest, name), hashed(name)
        if number:
            sequence = der.sequence(*self.encoded[:number])
            members = [hash_tree.renewed(one, sequence, digest) for one in members]
        return _root(self.chains[number][0], members, name)


def is_record(document: bytes) -> bool:
    """Whether a file begins as one does: a CMS begins with its type, an answer with its status, and
    what is asked of a time-stamp authority has a digest where a record has algorithms alone."""
    try:
        version, algorithms, *_ = der.parts(document)
        listed = [one[0] for one in der.parts(algorithms)]
    except ValueError:
        return False
    return version == _VERSION and set(listed) == {_SEQUENCE}


def _of_the_one_before(
    earlier: ArchiveTimeStamp,
    imprint: Callable[[str], bytes],
    one: ArchiveTimeStamp,
    name: str,
) -> bytes:
    """§5.3: a chain has one hash function, and each of it is over the time-stamp before, which has
    to be over what it should. Raises ValueError."""
    info = time_stamps.said(earlier.token)
    if info is None or not time_stamps.is_over(info, imprint):
        raise ValueError("the one before is over something else")
    if primitives.digest_name(info["message_imprint"]["hash_algorithm"]) != name:
        raise ValueError("another hash function within a chain")
    return _root(one, [primitives.digest(name, earlier.encoded)], name)


def _root(one: ArchiveTimeStamp, members: list[bytes], name: str) -> bytes:
    if one.name not in {None, name}:
        raise ValueError("a tree by another hash function")
    return hash_tree.root(one.lists, members, partial(primitives.digest, name))


def _parse(encoded: bytes) -> ArchiveTimeStamp:
    *optional, token = der.parts(encoded)
    found = {one[0]: one for one in optional}
    if len(found) != len(optional) or not found.keys() <= {_ALGORITHM, _ATTRIBUTES, _TREE}:
        raise ValueError("not an archive time-stamp")
    lists = tuple(tuple(map(der.content, der.parts(one))) for one in _listed(found))
    return ArchiveTimeStamp(_name(found), lists, token)


def _listed(found: dict[int, bytes]) -> tuple[bytes, ...]:
    return der.parts(found[_TREE]) if _TREE in found else ()


def _name(found: dict[int, bytes]) -> str | None:
    if _ALGORITHM not in found:
        return None
    algorithm = algos.DigestAlgorithm.load(der.sequence(der.content(found[_ALGORITHM])))
    return primitives.digest_name(algorithm) or "unknown"
