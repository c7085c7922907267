"""Time-stamps and proofs for containers that are signed already (EN 319 162-1 §4.4.4)."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from signing.formats.asic import container, manifest, manifests
from signing.formats.asic.container import META, MIMETYPE
from signing.formats.asic.opening import data_files, open_container
from signing.formats.cades.augmentation import OfCms
from signing.formats.protection import Protection, soonest
from signing.formats.seal import File, TimeStamper, ValidationData
from signing.formats.xades.augmentation import OfXml

_CMS: Final = re.compile(r"META-INF/[^/]*\.p7s", re.IGNORECASE)
_TOKEN: Final = re.compile(r"META-INF/[^/]*\.tst", re.IGNORECASE)
_XML: Final = re.compile(r"META-INF/[^/]*signatures?[^/]*\.xml", re.IGNORECASE)
_UNTYPED: Final = "application/octet-stream"
_OF_TOKENS: Final = "application/vnd.etsi.timestamp-token"

Signed = OfCms | OfXml


@dataclass(frozen=True, slots=True)
class OfContainer:
    """A container with signatures or time-stamps. Where it has archive manifests, or time-stamps
    alone, it gets a further one; else its signatures are added to."""

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
        tokens = [name for name in files if _TOKEN.fullmatch(name)]
        if tokens:
            last = OfCms(files[self._newest(files)])
            return last.protection_of_itself()
        return soonest(one.protection() for one in self._signatures(files).values())

    def stamped(self, stamp: TimeStamper) -> "OfContainer":
        return (
            self if self._is_archived(self._open()) else self._each(lambda one: one.stamped(stamp))
        )

    def with_proofs(self, data: ValidationData) -> "OfContainer":
        """Beside what nothing is over yet."""
        files = self._open()
        if not self._is_archived(files):
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
        return any(map(_TOKEN.fullmatch, files))

    def _newest(self, files: Mapping[str, bytes]) -> str:
        """The one time-stamp that no manifest names; raises ValueError."""
        said = [manifests.read(files, name) for name in filter(manifests.NAME.fullmatch, files)]
        named = {name for one in said for name in one.covered}
        [newest] = [name for name in files if _TOKEN.fullmatch(name) and name not in named]
        return newest

    def _signatures(self, files: Mapping[str, bytes]) -> dict[str, Signed]:
        """Each file that is signatures or a time-stamp, with what it is over."""
        said = [manifests.read(files, name) for name in filter(manifests.NAME.fullmatch, files)]
        over = {one.of: files[one.name] for one in said}
        data = [files[name] for name in data_files(dict(files))]
        alone = data[0] if len(data) == 1 else None
        found: dict[str, Signed] = {}
        for name, content in files.items():
            if _XML.fullmatch(name):
                found[name] = OfXml(content, files)
            elif _CMS.fullmatch(name) or _TOKEN.fullmatch(name):
                found[name] = OfCms(content, over.get(name, alone))
        return found

    def _each(self, step: Callable[[Signed], Signed]) -> "OfContainer":
        files = self._open()
        made = {name: step(one).dump() for name, one in self._signatures(files).items()}
        return self._write({**files, **made})

    def _write(self, files: Mapping[str, bytes]) -> "OfContainer":
        parts = [(name, content) for name, content in files.items() if name != MIMETYPE]
        media_type = files[MIMETYPE].decode("ascii")
        return replace(self, document=container.write(media_type, parts))


def _listed(number: int) -> str:
    return f"{META}ASiCArchiveManifest{number:03}.xml"
