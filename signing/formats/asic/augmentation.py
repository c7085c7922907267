"""Time-stamps and proofs for containers that are signed already (EN 319 162-1 §4.4.4)."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from signing.formats.asic import archives, container, manifest, manifests
from signing.formats.asic.container import META, MIMETYPE
from signing.formats.asic.manifests import Manifest
from signing.formats.asic.opening import data_files, open_container
from signing.formats.cades.augmentation import OfCms
from signing.formats.detached import Detached
from signing.formats.ers.augmentation import OfRecord
from signing.formats.protection import Protection, soonest
from signing.formats.seal import File, TimeStamper, ValidationData
from signing.formats.xades.augmentation import OfXml

_CMS: Final = re.compile(r"META-INF/[^/]*\.p7s", re.IGNORECASE)
_TOKEN: Final = re.compile(r"META-INF/[^/]*\.tst", re.IGNORECASE)
_XML: Final = re.compile(r"META-INF/[^/]*signatures?[^/]*\.xml", re.IGNORECASE)
_UNTYPED: Final = "application/octet-stream"
_OF_TOKENS: Final = "application/vnd.etsi.timestamp-token"

Signed = OfCms | OfXml | OfRecord


@dataclass(frozen=True, slots=True)
class OfContainer:
    """A container with signatures, time-stamps or evidence records. Where it has archive manifests,
    or time-stamps alone, or a signature that another one signs, it gets a further manifest; else
    what nothing in it is over is added to."""

    document: bytes

    @property
    def media_type(self) -> str:
        said = open_container(self.document).media_type
        return said if said in {container.SIMPLE, container.EXTENDED} else _UNTYPED

    def certificates(self) -> frozenset[bytes]:
        each = self._signatures(self._open()).values()
        return frozenset(one for signed in each for one in signed.certificates())

    def protection(self) -> Protection:
        """A time-stamp over a manifest protects all that this names."""
        files = self._open()
        if self._has_tokens(files):
            last = OfCms(files[self._newest(files)])
            return last.protection_of_itself()
        if self._is_archived(files):
            return Protection(signed=True)
        return soonest(one.protection() for one in self._ends(files).values())

    def stamped(self, stamp: TimeStamper) -> "OfContainer":
        return (
            self if self._has_tokens(self._open()) else self._each(lambda one: one.stamped(stamp))
        )

    def with_proofs(self, data: ValidationData) -> "OfContainer":
        """Beside what nothing is over yet."""
        files = self._open()
        if not self._has_tokens(files):
            return self._each(lambda one: one.with_proofs(data))
        newest = self._newest(files)
        token = OfCms(files[newest]).with_proofs(data)
        return self._write({**files, newest: token.document})

    def archived(self, stamp: TimeStamper) -> "OfContainer":
        files = self._open()
        if not self._is_archived(files):
            return self._each(lambda one: one.archived(stamp))
        number = 1
        while not {f"{META}timestamp{number:03}.tst", _listed(number)}.isdisjoint(files):
            number += 1
        token = f"{META}timestamp{number:03}.tst"
        held = [
            File(name, _UNTYPED, content) for name, content in files.items() if name != MIMETYPE
        ]
        listed = manifest.write(held, token, _OF_TOKENS)
        made = stamp(hashlib.sha256(listed).digest())
        return self._write({**files, _listed(number): listed, token: made})

    def dump(self) -> bytes:
        return self.document

    def _open(self) -> dict[str, bytes]:
        """Raises ValueError."""
        opened = open_container(self.document)
        if not opened.sound or not opened.neat:
            raise ValueError("not a container as it should be")
        return opened.files

    def _is_archived(self, files: Mapping[str, bytes]) -> bool:
        """Whether it lasts by archive manifests, as it has to where a CMS can't grow for another
        one that is over it."""
        kept = self._signatures(files).keys() - self._ends(files).keys()
        recorded = {name for one in self._recorded(files).values() for name in one}
        nested = any(_CMS.fullmatch(name) for name in kept - recorded)
        return self._has_tokens(files) or nested

    def _has_tokens(self, files: Mapping[str, bytes]) -> bool:
        return any(map(_TOKEN.fullmatch, files))

    def _newest(self, files: Mapping[str, bytes]) -> str:
        """The one time-stamp that no manifest names; raises ValueError."""
        named = {name for one in self._manifests(files) for name in one.covered}
        [newest] = [name for name in files if _TOKEN.fullmatch(name) and name not in named]
        return newest

    def _manifests(self, files: Mapping[str, bytes]) -> list[Manifest]:
        return [manifests.read(files, name) for name in filter(manifests.NAME.fullmatch, files)]

    def _recorded(self, files: Mapping[str, bytes]) -> dict[str, list[str]]:
        """The names of the files that each evidence record is over: those of its manifest, or the
        one that there is (§4.3.3.2)."""
        said = {one.of: one.covered for one in self._manifests(files)}
        names = filter(archives.RECORD.fullmatch, files)
        return {name: said.get(name) or list(data_files(dict(files))) for name in names}

    def _signatures(self, files: Mapping[str, bytes]) -> dict[str, Signed]:
        """Each file that is signatures, a time-stamp or a record, with what it is over."""
        over = {one.of: files[one.name] for one in self._manifests(files)}
        data = [files[name] for name in data_files(dict(files))]
        alone = data[0] if len(data) == 1 else None
        recorded = self._recorded(files)
        found: dict[str, Signed] = {}
        for name, content in files.items():
            if name in recorded:
                held = Detached(tuple((each, files[each]) for each in recorded[name]))
                found[name] = OfRecord(content, held)
            elif _XML.fullmatch(name):
                found[name] = OfXml(content, files)
            elif _CMS.fullmatch(name) or _TOKEN.fullmatch(name):
                found[name] = OfCms(content, over.get(name, alone))
        return found

    def _ends(self, files: Mapping[str, bytes]) -> dict[str, Signed]:
        """Those of them that nothing else is over, so that they may grow."""
        each = self._signatures(files)
        named = {name for one in self._manifests(files) for name in one.covered}
        for one in each.values():
            named |= one.names() if isinstance(one, OfXml) else set()
        return {name: one for name, one in each.items() if name not in named}

    def _each(self, step: Callable[[Signed], Signed]) -> "OfContainer":
        files = self._open()
        made = {name: step(one).dump() for name, one in self._ends(files).items()}
        return self._write({**files, **made})

    def _write(self, files: Mapping[str, bytes]) -> "OfContainer":
        parts = [(name, content) for name, content in files.items() if name != MIMETYPE]
        media_type = files[MIMETYPE].decode("ascii")
        return replace(self, document=container.write(media_type, parts))


def _listed(number: int) -> str:
    return f"{META}ASiCArchiveManifest{number:03}.xml"
