"""Evidence records made for many files at once, and renewed before they end (RFC 4998 §4.2, §5;
RFC 6283 §3.2.1, §4.2)."""

import base64
from collections.abc import Sequence
from functools import partial
from typing import Final

from lxml import etree

from keys import der
from signing import policies
from signing.formats import primitives
from signing.formats.cades import sealing
from signing.formats.cades.signed_data import SignedData
from signing.formats.cms import Content
from signing.formats.ers import reading
from signing.formats.ers.reading import EvidenceRecord
from signing.formats.seal import TimeStamper, ValidationData
from signing.formats.time_stamps import identify
from signing.formats.xades import parsing as xml
from signing.formats.xades.algorithms import DIGESTS
from signing.formats.xades.parsing import Element
from signing.rules import hash_tree
from signing.rules.algorithms import NO_END

_ERS: Final = reading.ERS
_FUNCTIONS: Final = ("sha256", "sha384", "sha512")
"""What a time-stamp of ours may be over, the first that lasts first."""

_CHAINS: Final = f"{{{_ERS}}}ArchiveTimeStampSequence"
_TOKENS: Final = f"{{{_ERS}}}TimeStamp/{{{_ERS}}}TimeStampToken"

Lists = Sequence[Sequence[bytes]]


def lasts(record: EvidenceRecord) -> bool:
    """Whether its last chain is by a hash function whose end is not known (ETSI TS 119 312)."""
    return _lasts(record.newest.hashed_by)


def write(lists: Lists, token: bytes, name: str = "sha256") -> bytes:
    """A record of one time-stamp: over the root of a tree by that hash function, of which `lists`
    are what one object needs (§4.2)."""
    archived = der.sequence(der.sequence(_archived(lists, token, name)))
    return der.sequence(der.integer(1), der.sequence(der.digest_algorithm(name)), archived)


def with_proofs(record: bytes, data: ValidationData) -> bytes:
    """With what proves its newest time-stamp, which nothing is over yet, within that: once it is
    renewed, the next one is over it. Raises ValueError."""
    token = SignedData.parse(reading.parse(record).newest.encoded)
    return with_newest(record, sealing.with_validation_data(token, data).dump())


def with_newest(record: bytes, token: bytes) -> bytes:
    """With this encoding of its newest time-stamp. Raises ValueError."""
    if _is_xml(record):
        root, sequence = _opened(record)
        [held] = _last(_last(sequence)).findall(_TOKENS)
        held.text = base64.b64encode(token).decode()
        return _written(root)
    *head, sequence = der.parts(record)
    *chains, chain = der.parts(sequence)
    *before, archived = der.parts(chain)
    *fields, _ = der.parts(archived)
    chain = der.sequence(*before, der.sequence(*fields, token))
    return der.sequence(*head, der.sequence(*chains, chain))


def renewed(record: bytes, objects: Sequence[Content], stamp: TimeStamper) -> bytes:
    """With one time-stamp more. It is over the newest one (§5.2, time-stamp renewal), as long as
    the hash function of that chain lasts; else a tree by another is over `objects` and all that was
    before (hash-tree renewal). Raises ValueError."""
    found = reading.parse(record)
    if lasts(found) and found.newest.hashed_by in _FUNCTIONS:
        name = found.newest.hashed_by
        return _in_chain(record, stamp(primitives.digest(name, found.newest.renewed)))
    if not objects:
        raise ValueError("what the record is over is elsewhere")
    name = next(one for one in _FUNCTIONS if _lasts(one))
    members = found.members(objects, name)
    lists = [sorted(members)]
    token = stamp(hash_tree.root(lists, members, partial(primitives.digest, name)))
    return _in_new_chain(record, found, lists, token, name)


def as_another(record: bytes, another: bytes) -> bytes | None:
    """With the proofs and the one time-stamp more that another record got; None where its newest
    time-stamp was another, or it got a new tree, which is over its own objects alone. Raises
    ValueError."""
    had, made = reading.parse(record), reading.parse(another)
    if len(had.chains) != len(made.chains) or len(made.chains[-1]) != len(had.chains[-1]) + 1:
        return None
    before, last = made.chains[-1][-2:]
    if identify(before.token) != identify(had.newest.token):
        return None
    return _in_chain(with_newest(record, before.encoded), last.encoded)


def _lasts(name: str) -> bool:
    return policies.default().suites.hash_until(name) == NO_END


def _archived(lists: Lists, token: bytes, name: str | None) -> bytes:
    """An ArchiveTimeStamp (§4.1). Without a name its hash function is its time-stamp's."""
    tree = (der.sequence(*map(der.octet_string, one)) for one in lists)
    return der.sequence(
        der.implicit(0, der.digest_algorithm(name)) if name else b"",
        der.implicit(2, der.sequence(*tree)) if lists else b"",
        token,
    )


def _in_chain(record: bytes, token: bytes) -> bytes:
    if _is_xml(record):
        root, sequence = _opened(record)
        _add_archived(_last(sequence), [], token)
        return _written(root)
    *head, sequence = der.parts(record)
    *chains, chain = der.parts(sequence)
    chain = der.sequence(*der.parts(chain), _archived([], token, None))
    return der.sequence(*head, der.sequence(*chains, chain))


def _in_new_chain(
    record: bytes, found: EvidenceRecord, lists: Lists, token: bytes, name: str
) -> bytes:
    if _is_xml(record):
        root, sequence = _opened(record)
        chain = _add(sequence, "ArchiveTimeStampChain", Order=str(len(found.chains) + 1))
        uri = next(uri for uri, each in DIGESTS.items() if each == name)
        _add(chain, "DigestMethod", Algorithm=uri)
        _add(chain, "CanonicalizationMethod", Algorithm=found.methods[-1])
        _add_archived(chain, lists, token)
        return _written(root)
    version, algorithms, *more, sequence = der.parts(record)
    named = dict.fromkeys((*der.parts(algorithms), der.digest_algorithm(name)))
    chain = der.sequence(_archived(lists, token, name))
    chains = der.sequence(*der.parts(sequence), chain)
    return der.sequence(version, der.sequence(*named), *more, chains)


def _is_xml(record: bytes) -> bool:
    return record.lstrip()[:1] == b"<"


def _opened(record: bytes) -> tuple[Element, Element]:
    """The root, and the sequence of its chains; raises ValueError."""
    root = xml.parse(record).getroot()
    [sequence] = root.findall(_CHAINS)
    return root, sequence


def _last(parent: Element) -> Element:
    """By its Order, which is that of the elements: `reading` has seen to it."""
    return parent.findall("*[@Order]")[-1]


def _add_archived(chain: Element, lists: Lists, token: bytes) -> None:
    number = len(chain.findall(f"{{{_ERS}}}ArchiveTimeStamp")) + 1
    made = _add(chain, "ArchiveTimeStamp", Order=str(number))
    tree = _add(made, "HashTree") if lists else None
    for place, one in enumerate(lists, start=1):
        listed = _add(tree, "Sequence", Order=str(place))
        for each in one:
            _add(listed, "DigestValue").text = base64.b64encode(each).decode()
    held = _add(_add(made, "TimeStamp"), "TimeStampToken", Type="RFC3161")
    held.text = base64.b64encode(token).decode()


def _add(parent: Element, name: str, **attributes: str) -> Element:
    return etree.SubElement(parent, f"{{{_ERS}}}{name}", attributes)


def _written(root: Element) -> bytes:
    return bytes(etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8"))
