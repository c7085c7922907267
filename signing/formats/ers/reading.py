"""Evidence records (RFC 4998, in XML RFC 6283): proof that objects existed, in chains of archive
time-stamps, each of which is over the one before."""

import copy
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Final

from asn1crypto import algos, cms

from keys import der
from signing.formats import primitives, time_stamps
from signing.formats.cms import Content
from signing.formats.time_stamps import Stamp
from signing.formats.xades import parsing as xml
from signing.formats.xades.algorithms import digest_name
from signing.formats.xades.canonical import canonical
from signing.formats.xades.parsing import Element
from signing.formats.xades.references import cut
from signing.formats.xades.values import decode
from signing.rules import hash_tree
from signing.rules.report import StampKind

_SEQUENCE, _OCTETS = 0x30, 0x04
_ALGORITHM, _ATTRIBUTES, _TREE = 0xA0, 0xA1, 0xA2
_VERSION: Final = der.integer(1)
_MORE: Final[tuple[list[int], ...]] = ([], [0xA0], [0xA1], [0xA0, 0xA1])
"""What may come with the time-stamps: cryptoInfos, encryptionInfo."""
ERS: Final = "urn:ietf:params:xml:ns:ers"
_ROOT: Final = re.compile(rb"[^<]*(<\?xml[^>]*>)?[^<]*<([\w.-]+:)?EvidenceRecord[\s>]")
_START: Final = 1_024
_TOKEN: Final = ("TimeStamp", "TimeStampToken")
_MOST: Final = 128
"""Archive time-stamps that are looked at."""


@dataclass(frozen=True, slots=True)
class ArchiveTimeStamp:
    """§4.1. `name`: its hash function; `lists` are those of its reduced hash tree; `encoded` is its
    time-stamp, a ContentInfo; `renewed` is what the next one in its chain is over."""

    name: str | None
    lists: tuple[tuple[bytes, ...], ...]
    encoded: bytes
    renewed: bytes

    @property
    def token(self) -> cms.SignedData:
        return cms.ContentInfo.load(self.encoded)["content"]

    @property
    def hashed_by(self) -> str:
        """The hash function of what its time-stamp is over; empty where nobody knows it."""
        info = time_stamps.said(self.token)
        said = info and primitives.digest_name(info["message_imprint"]["hash_algorithm"])
        return said or ""


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    """§3.1: chains, the oldest first, and what each is over besides the objects, and one more would
    be: all that was before. `methods`: how each chain of a record in XML has XML made canonical."""

    chains: tuple[tuple[ArchiveTimeStamp, ...], ...]
    before: tuple[bytes, ...]
    methods: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError."""
        chains = self.chains
        if not chains or not all(chains) or sum(map(len, chains)) > _MOST:
            raise ValueError("no archive time-stamps, or too many")

    @property
    def tokens(self) -> list[cms.SignedData]:
        return [one.token for chain in self.chains for one in chain]

    @property
    def newest(self) -> ArchiveTimeStamp:
        """The one that nothing is over yet."""
        return self.chains[-1][-1]

    @property
    def in_order(self) -> bool:
        """Whether each list has its hashes in ascending order, which its root doesn't tell."""
        lists = (one for chain in self.chains for each in chain for one in each.lists)
        return all(list(one) == sorted(one) for one in lists)

    def holds(self, objects: Sequence[Content]) -> bool:
        """Whether each of its time-stamps is over what it has to be over, whatever it is worth."""
        each = ((time_stamps.said(one.token), one.imprint) for one in self.stamps(objects))
        return all(info is not None and time_stamps.is_over(info, by) for info, by in each)

    def stamps(self, objects: Sequence[Content], covers: tuple[str, ...] = ()) -> tuple[Stamp, ...]:
        """Its time-stamps, as those over the objects. `covers`: the ids of what is in these."""
        return tuple(self._stamps(objects, covers))

    def _stamps(self, objects: Sequence[Content], covers: tuple[str, ...]) -> Iterator[Stamp]:
        @cache
        def hashed(name: str, method: str | None) -> list[bytes]:
            return [_hashed(one, name, method) for one in objects]

        before = list(covers)
        for number, chain in enumerate(self.chains):
            imprint: Callable[[str], bytes] = partial(self._of_objects, number, hashed)
            for place, one in enumerate(chain):
                if place:
                    imprint = partial(_of_the_one_before, chain[place - 1], imprint, one)
                yield Stamp(one.token, imprint, StampKind.ARCHIVE, tuple(before))
                before += time_stamps.covered([one.token])

    def _of_objects(
        self, number: int, hashed: Callable[[str, str | None], list[bytes]], name: str
    ) -> bytes:
        """Raises ValueError."""
        return _root(self.chains[number][0], self._members(number, hashed, name), name)

    def members(self, objects: Sequence[Content], name: str) -> list[bytes]:
        """What the tree of a further chain, by this hash function, is over. Raises ValueError."""
        return self._members(len(self.chains), lambda *by: [_hashed(o, *by) for o in objects], name)

    def _members(
        self, number: int, hashed: Callable[[str, str | None], list[bytes]], name: str
    ) -> list[bytes]:
        """§4.3; after a renewal of the tree (§5.2, RFC 6283 §4.2.2) with all that was before."""
        digest = partial(primitives.digest, name)
        method = self.methods[min(number, len(self.methods) - 1)] if self.methods else None
        members = hashed(name, method)
        if number and self.methods:
            return [*members, digest(self.before[number])]
        if number:
            return [hash_tree.renewed(one, self.before[number], digest) for one in members]
        return members


def parse(document: bytes) -> EvidenceRecord:
    """DER, or XML (RFC 6283); raises ValueError."""
    return _of_xml(document) if _ROOT.match(document[:_START]) else _of_der(document)


def _of_der(document: bytes) -> EvidenceRecord:
    version, algorithms, *more, sequence = _parts(document)
    others = [one[0] for one in more]
    if version != _VERSION or algorithms[0] != _SEQUENCE or others not in _MORE:
        raise ValueError("not an evidence record of version 1")
    encoded = _parts(sequence)
    chains = tuple(tuple(map(_parse, _parts(chain))) for chain in encoded)
    named = [_digest_name(one) for one in _parts(algorithms)]
    if len(set(named)) < len(named) or not all(
        one.hashed_by in named for chain in chains for one in chain
    ):
        raise ValueError("by a hash function that it does not name")
    before = tuple(der.sequence(*encoded[:number]) for number in range(len(encoded) + 1))
    return EvidenceRecord(chains, before)


def _of_xml(document: bytes) -> EvidenceRecord:
    root = xml.parse(document).getroot()
    sequence = xml.child(root, f"{{{ERS}}}ArchiveTimeStampSequence")
    if root.tag != f"{{{ERS}}}EvidenceRecord" or sequence is None:
        raise ValueError("not an evidence record")
    chains = _in_order(sequence, "ArchiveTimeStampChain")
    methods = tuple(_attribute(one, "CanonicalizationMethod") for one in chains)
    ends = enumerate((*methods, *methods[-1:]))
    before = tuple(_until(root, number, method) for number, method in ends)
    return EvidenceRecord(tuple(map(_chain_of_xml, chains)), before, methods)


def _until(root: Element, number: int, method: str) -> bytes:
    """The sequence as it was before this chain came (RFC 6283 §4.2.2)."""
    [sequence] = copy.deepcopy(root).findall(f"{{{ERS}}}ArchiveTimeStampSequence")
    for one in _in_order(sequence, "ArchiveTimeStampChain")[number:]:
        cut(one)
    return canonical(sequence, method)


def _chain_of_xml(chain: Element) -> tuple[ArchiveTimeStamp, ...]:
    name, method = (
        digest_name(_attribute(chain, "DigestMethod")),
        _attribute(chain, "CanonicalizationMethod"),
    )
    found = []
    for one in _in_order(chain, "ArchiveTimeStamp"):
        stamp = xml.child(one, f"{{{ERS}}}TimeStamp")
        token = decode(xml.text(xml.child(one, *(f"{{{ERS}}}{each}" for each in _TOKEN))))
        tree = xml.child(one, f"{{{ERS}}}HashTree")
        lists = [
            tuple(decode(xml.text(each)) for each in listed.findall(f"{{{ERS}}}DigestValue"))
            for listed in (_in_order(tree, "Sequence") if tree is not None else ())
        ]
        found.append(ArchiveTimeStamp(name, tuple(lists), token, canonical(stamp, method)))
    return tuple(found)


def _in_order(parent: Element, name: str) -> list[Element]:
    """By their Order, each of which there is once, from 1 on; raises ValueError."""
    found = parent.findall(f"{{{ERS}}}{name}")
    if [one.get("Order") for one in found] != [str(at) for at in range(1, len(found) + 1)]:
        raise ValueError("not in their order")
    return list(found)


def _attribute(chain: Element, name: str) -> str:
    found = xml.child(chain, f"{{{ERS}}}{name}")
    return str(found.get("Algorithm", "")) if found is not None else ""


def _hashed(one: Content, name: str, method: str | None) -> bytes:
    """RFC 6283 §2.1: an object in XML is made canonical first."""
    if method is None:
        return one.digest(name)
    try:
        tree = xml.parse(one.whole())
    except ValueError:
        return one.digest(name)
    return primitives.digest(name, canonical(tree, method, comments=True))


def is_record(document: bytes) -> bool:
    """Whether a file begins as one does: a CMS begins with its type, an answer with its status, and
    what is asked of a time-stamp authority has a digest where a record has algorithms alone."""
    if _ROOT.match(document[:_START]):
        return True
    try:
        version, algorithms, *_ = der.parts(document)
        listed = [one[0] for one in der.parts(algorithms)]
    except ValueError:
        return False
    return version == _VERSION and {algorithms[0], *listed} == {_SEQUENCE}


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
    return _root(one, [primitives.digest(name, earlier.renewed)], name)


def _root(one: ArchiveTimeStamp, members: list[bytes], name: str) -> bytes:
    if one.name not in {None, name}:
        raise ValueError("a tree by another hash function")
    size = len(primitives.digest(name))
    if any(len(each) != size for listed in one.lists for each in listed):
        raise ValueError("a hash of another length")
    return hash_tree.root(one.lists, members, partial(primitives.digest, name))


def _parse(encoded: bytes) -> ArchiveTimeStamp:
    *optional, token = _parts(encoded)
    _check_der(token)
    found = {one[0]: one for one in optional}
    in_order = list(found) == sorted(found) and len(found) == len(optional)
    if not in_order or not found.keys() <= {_ALGORITHM, _ATTRIBUTES, _TREE}:
        raise ValueError("not an archive time-stamp")
    for attribute in _listed(found, _ATTRIBUTES):
        _parts(attribute)
    lists = tuple(tuple(map(_octets, _parts(one))) for one in _listed(found, _TREE))
    return ArchiveTimeStamp(_name(found), lists, token, token)


def _listed(found: dict[int, bytes], tag: int) -> tuple[bytes, ...]:
    if tag not in found:
        return ()
    _check_der(found[tag])
    return der.parts(found[tag])


def _parts(encoded: bytes) -> tuple[bytes, ...]:
    """Of a SEQUENCE; raises ValueError for anything else."""
    if encoded[0] != _SEQUENCE:
        raise ValueError("no SEQUENCE")
    _check_der(encoded)
    return der.parts(encoded)


def _octets(encoded: bytes) -> bytes:
    if encoded[0] != _OCTETS:
        raise ValueError("no OCTET STRING")
    _check_der(encoded)
    return der.content(encoded)


def _check_der(encoded: bytes) -> None:
    """Its length is encoded in the one way (§3.1); raises ValueError."""
    if encoded != der.tlv(encoded[0], der.content(encoded)):
        raise ValueError("not DER")


def _name(found: dict[int, bytes]) -> str | None:
    if _ALGORITHM not in found:
        return None
    _check_der(found[_ALGORITHM])
    return _digest_name(der.sequence(der.content(found[_ALGORITHM])))


def _digest_name(encoded: bytes) -> str:
    """RFC 5754 §2: its parameters are absent, or NULL."""
    kind, *parameters = _parts(encoded)
    _check_der(kind)
    if parameters not in ([], [der.NULL]):
        raise ValueError("a hash function with parameters")
    return primitives.digest_name(algos.DigestAlgorithm.load(encoded)) or "unknown"
