"""Time-stamps and proofs for the signatures of an office document (ECMA-376 part 2 §13,
EN 319 132-1 §6.3). They are put into the parts that are signatures; every other stays as it is."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Final
from zipfile import ZipFile

from signing.formats.asic.opening import open_container
from signing.formats.opc.parts import SIGNATURE, Parts
from signing.formats.protection import Protection, soonest
from signing.formats.seal import TimeStamper, ValidationData
from signing.formats.xades.augmentation import OfXml

_UNTYPED: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class OfPackage:
    """A package whose signatures are parts of it."""

    document: bytes

    media_type = _UNTYPED

    @property
    def is_bare(self) -> bool:
        """Whether a signature of it has no properties of XAdES. Raises ValueError."""
        return any(one.is_bare for one in self._signatures().values())

    def certificates(self) -> frozenset[bytes]:
        return frozenset(one for each in self._signatures().values() for one in each.certificates())

    def protection(self) -> Protection:
        return soonest(one.protection() for one in self._signatures().values())

    def stamped(self, stamp: TimeStamper) -> "OfPackage":
        return self._each(lambda one: one.stamped(stamp))

    def with_proofs(self, data: ValidationData) -> "OfPackage":
        return self._each(lambda one: one.with_proofs(data))

    def archived(self, stamp: TimeStamper) -> "OfPackage":
        return self._each(lambda one: one.archived(stamp))

    def dump(self) -> bytes:
        return self.document

    def _signatures(self) -> dict[str, OfXml]:
        """Each part that is one; raises ValueError."""
        opened = open_container(self.document)
        if not opened.sound:
            raise ValueError("not a package as it should be")
        parts = Parts(opened.files)
        return {
            name: OfXml(content, parts, package=True)
            for name, content in opened.files.items()
            if parts.type_of(name) == SIGNATURE
        }

    def _each(self, step: Callable[[OfXml], OfXml]) -> "OfPackage":
        made = {name: step(one).dump() for name, one in self._signatures().items()}
        out = BytesIO()
        with ZipFile(BytesIO(self.document)) as before, ZipFile(out, "w") as after:
            for one in before.infolist():
                content = made.get(one.filename)
                after.writestr(one, before.read(one) if content is None else content)
        return replace(self, document=out.getvalue())
