"""Evidence records by somebody else (RFC 4998, RFC 6283), each part of which a test may bend."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lxml import etree

from keys import der
from signing.formats.xades.canonical import INCLUSIVE, canonical
from tests.attacks import cms
from tests.attacks.pki import HASHES, Holder
from tests.attacks.xades import DIGESTS, b64

Lists = list[list[bytes]]


def digest(content: bytes, by: str = "sha256") -> bytes:
    return hashlib.new(by, content).digest()


def node(hashes: Sequence[bytes], by: str = "sha256") -> bytes:
    return hashes[0] if len(hashes) == 1 else digest(b"".join(sorted(hashes)), by)


def algorithm(by: str) -> bytes:
    return der.sequence(der.oid(HASHES[by][0]))


@dataclass
class Record:
    """A record over objects that shared a tree with others; each step adds to it."""

    objects: tuple[bytes, ...]
    chains: list[list[bytes]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def stamped(
        self, clock: Holder, at: datetime, by: str = "sha256", crls: Sequence[bytes] = ()
    ) -> "Record":
        """A new chain: the first, or after a renewal of the tree."""
        members = [digest(one, by) for one in self.objects]
        if self.chains:
            before = digest(der.sequence(*map(_chain, self.chains)), by)
            members = [digest(one + before, by) for one in members]
        self.chains.append([archive(members, clock, at, by, crls)])
        self.names.append(by)
        return self

    def renewed(self, clock: Holder, at: datetime, crls: Sequence[bytes] = ()) -> "Record":
        """One more time-stamp in the last chain."""
        *_, token = der.parts(self.chains[-1][-1])
        by = self.names[-1]
        self.chains[-1].append(archive([digest(token, by)], clock, at, by, crls))
        return self

    def dump(self) -> bytes:
        algorithms = der.sequence(*(algorithm(by) for by in dict.fromkeys(self.names)))
        sequence = der.sequence(*map(_chain, self.chains))
        return der.sequence(der.integer(1), algorithms, sequence)


def archive(
    members: list[bytes], clock: Holder, at: datetime, by: str, crls: Sequence[bytes] = ()
) -> bytes:
    """An ArchiveTimeStamp over a tree of three levels."""
    lists: Lists = [[*members, digest(b"beside", by)], [digest(b"above", by)], [digest(b"top", by)]]
    reached = node(lists[0], by)
    for siblings in lists[1:]:
        reached = node([*siblings, reached], by)
    token = cms.token(clock, b"", at, by=by, imprint=reached, revocation=crls)
    return written(lists, token, by)


def written(lists: Lists, token: bytes, by: str | None = "sha256") -> bytes:
    partial = (der.sequence(*map(der.octet_string, sorted(one))) for one in lists)
    return der.sequence(
        der.implicit(0, algorithm(by)) if by else b"",
        der.implicit(2, der.sequence(*partial)) if lists else b"",
        token,
    )


def _chain(archives: list[bytes]) -> bytes:
    return der.sequence(*archives)


ERS = "urn:ietf:params:xml:ns:ers"


@dataclass
class XmlRecord:
    """The same in XML (RFC 6283). What is an object in XML is given as it is when canonical."""

    objects: tuple[bytes, ...]
    root: Any = field(default_factory=lambda: etree.fromstring(_EMPTY))

    @property
    def sequence(self) -> Any:
        return self.root[0]

    def stamped(
        self,
        clock: Holder,
        at: datetime,
        by: str = "sha256",
        crls: Sequence[bytes] = (),
        more: Sequence[bytes] = (),
    ) -> "XmlRecord":
        """`more`: hashes of objects that are not bytes."""
        members = [*(digest(one, by) for one in self.objects), *more]
        if len(self.sequence):
            members.append(digest(canonical(self.sequence, INCLUSIVE), by))
        chain = _add(self.sequence, "ArchiveTimeStampChain", Order=str(len(self.sequence) + 1))
        _add(chain, "DigestMethod", Algorithm=DIGESTS[by])
        _add(chain, "CanonicalizationMethod", Algorithm=INCLUSIVE)
        return self._archived(chain, members, clock, at, by, crls)

    def renewed(self, clock: Holder, at: datetime, crls: Sequence[bytes] = ()) -> "XmlRecord":
        chain = self.sequence[-1]
        by = next(name for name, uri in DIGESTS.items() if uri == chain[0].get("Algorithm"))
        before = canonical(chain[-1].find(f"{{{ERS}}}TimeStamp"), INCLUSIVE)
        return self._archived(chain, [digest(before, by)], clock, at, by, crls)

    def dump(self) -> bytes:
        return etree.tostring(self.root, xml_declaration=True, encoding="UTF-8")

    def _archived(
        self,
        chain: Any,
        members: list[bytes],
        clock: Holder,
        at: datetime,
        by: str,
        crls: Sequence[bytes],
    ) -> "XmlRecord":
        made = _add(chain, "ArchiveTimeStamp", Order=str(len(chain) - 1))
        lists: Lists = [[*members, digest(b"beside", by)], [digest(b"above", by)]]
        reached = node([node(lists[0], by), *lists[1]], by)
        tree = _add(made, "HashTree")
        for number, one in enumerate(lists, start=1):
            listed = _add(tree, "Sequence", Order=str(number))
            for each in one:
                _add(listed, "DigestValue").text = b64(each)
        token = cms.token(clock, b"", at, by=by, imprint=reached, revocation=crls)
        _add(_add(made, "TimeStamp"), "TimeStampToken", Type="RFC3161").text = b64(token)
        self.root = etree.fromstring(etree.tostring(self.root))  # as it is read
        return self


_EMPTY = f'<EvidenceRecord xmlns="{ERS}" Version="1.0"><ArchiveTimeStampSequence/></EvidenceRecord>'


def _add(parent: Any, name: str, **attributes: str) -> Any:
    return etree.SubElement(parent, f"{{{ERS}}}{name}", attributes)
