"""Evidence records by somebody else (RFC 4998), each part of which a test may bend."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from keys import der
from tests.attacks import cms
from tests.attacks.pki import HASHES, Holder

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
