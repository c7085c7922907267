"""Time-stamps over the signatures of a container and over one another: archive manifests, and
evidence records (EN 319 162-1 §4.4.4, §A.7)."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from asn1crypto import cms

from signing.formats import statuses, time_stamps
from signing.formats.asic.manifests import Manifest
from signing.formats.cades import reading as cades
from signing.formats.cms import WHATEVER, Content, Pieces
from signing.formats.ers import reading as evidence_records
from signing.formats.ers.reading import EvidenceRecord
from signing.formats.time_stamps import Stamp
from signing.formats.trust import Asked
from signing.formats.xades import parsing as xml
from signing.formats.xades import reading as xades

RECORD: Final = re.compile(
    r"META-INF/(?![^/]*manifest)[^/]*evidencerecord[^/]*\.(ers|xml)", re.IGNORECASE
)


@dataclass(frozen=True)
class Archives:
    """Those of a container: each token's manifest, by the token's name; each evidence record's.
    Tokens are over just what their manifests say; records say that for themselves."""

    files: Mapping[str, bytes]
    manifests: Mapping[str, Manifest] = field(default_factory=dict)
    records: Mapping[str, Manifest] = field(default_factory=dict)

    def over(self, name: str) -> tuple[Stamp, ...]:
        """Those over a file, over what is over it, and so on: each renews what came before."""
        reached, found = {name}, dict[str, Manifest]()
        while more := {
            token: manifest
            for token, manifest in self.manifests.items()
            if token not in found and not reached.isdisjoint(manifest.covered)
        }:
            found |= more
            reached |= more.keys()
        stamps = [self._stamp(token, manifest) for token, manifest in found.items()]
        return (*stamps, *self._recorded(reached))

    def _recorded(self, reached: set[str]) -> Iterator[Stamp]:
        for name, manifest in self.records.items():
            if not reached.isdisjoint(manifest.covered):
                with suppress(*WHATEVER):
                    covers = tuple(self._covered(manifest))
                    yield from self.record(name).stamps(self.objects(manifest), covers)

    def record(self, name: str) -> EvidenceRecord:
        """Raises ValueError."""
        return evidence_records.parse(self.files[name])

    def objects(self, manifest: Manifest) -> list[Content]:
        """What a record is over: each file that its manifest names."""
        return [Pieces((self.files[name],)) for name in manifest.covered]

    def _stamp(self, token: str, manifest: Manifest) -> Stamp:
        signed = cms.ContentInfo.load(self.files[token])["content"]
        over = Pieces((self.files[manifest.name],))
        covers = tuple(self._covered(manifest))
        return Stamp(signed, over.digest, covers=covers, hashes=manifest.hashes)

    def _covered(self, manifest: Manifest) -> Iterator[str]:
        for name in manifest.covered:
            with suppress(*WHATEVER):  # of a document, its signatures say what has to be said
                if RECORD.fullmatch(name):
                    yield from time_stamps.covered(self.record(name).tokens)
                elif name.endswith(".xml"):
                    yield from statuses.ids(xades.shared(xml.parse(self.files[name])))
                else:
                    yield from cades.ids(self.files[name])


def find(
    files: Mapping[str, bytes], manifests: Iterable[Manifest], tokens: set[str], asked: Asked
) -> Archives:
    """`tokens`: the files that are signatures or time-stamps. What is not intact proves nothing,
    and stands for itself."""
    said = list(manifests)
    sound = [one for one in said if one.found and one.matches]
    return Archives(
        files,
        {
            one.of: one
            for one in sound
            if not tokens.isdisjoint(one.covered)
            and _is_over(files.get(one.of, b""), files[one.name], asked)
        },
        {one.of: one for one in sound if RECORD.fullmatch(one.of) and one.of in files},
    )


def _is_over(token: bytes, manifest: bytes, asked: Asked) -> bool:
    try:
        if not cades.is_time_stamp(token):
            return False
        [stamp] = cades.signatures(token, Pieces((manifest,)), asked)
    except WHATEVER:
        return False
    return stamp.digest_matches and stamp.signature_verifies and not stamp.faults
