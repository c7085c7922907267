"""Time-stamps over the signatures of a container and over one another: archive manifests, and
evidence records (EN 319 162-1 §4.4.4, §A.7)."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from asn1crypto import cms

from signing.formats import statuses, time_stamps
from signing.formats.asic.manifests import Manifest
from signing.formats.asic.opening import data_files
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
    Tokens are over just what their manifests say; records say that for themselves. `broken`: those
    over signatures that are not what they were made over."""

    files: Mapping[str, bytes]
    manifests: Mapping[str, Manifest] = field(default_factory=dict)
    broken: Mapping[str, Manifest] = field(default_factory=dict)
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
        return (*stamps, *self._broken(name), *self._recorded(reached))

    def _broken(self, name: str) -> Iterator[Stamp]:
        """They prove nothing, and are told of."""
        for token, manifest in self.broken.items():
            if name in manifest.covered:
                yield replace(self._stamp(token, manifest), imprint=lambda _: b"", covers=())

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
    """`tokens`: the files that are signatures or time-stamps. What is over files alone stands for
    itself, and so does what is not intact and over files that nobody signed."""
    said = list(manifests)
    sound = [one for one in said if one.found and one.matches]
    archiving = {
        one.of: one
        for one in said
        if not tokens.isdisjoint(one.covered) and _is_time_stamp(files.get(one.of, b""))
    }
    intact = {
        token: one
        for token, one in archiving.items()
        if one in sound and _is_over(files[token], files[one.name], asked)
    }
    signed = {name for one in sound if one.of not in archiving for name in one.covered}
    return Archives(
        files,
        intact,
        {
            token: one
            for token, one in archiving.items()
            if token not in intact and signed.issuperset(data_files(one.covered))
        },
        {one.of: one for one in sound if RECORD.fullmatch(one.of) and one.of in files},
    )


def _is_time_stamp(token: bytes) -> bool:
    try:
        return cades.is_time_stamp(token)
    except WHATEVER:
        return False


def _is_over(token: bytes, manifest: bytes, asked: Asked) -> bool:
    try:
        [stamp] = cades.signatures(token, Pieces((manifest,)), asked)
    except WHATEVER:
        return False
    return stamp.digest_matches and stamp.signature_verifies and not stamp.faults
