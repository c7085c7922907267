"""The parts of a package by the names that signatures have for them (ECMA-376 part 2 §7, §13)."""

from collections.abc import Iterator, Mapping
from typing import Final

from signing.formats.xades.parsing import Malformed, parse

CONTENT_TYPES: Final = "[Content_Types].xml"
CERTIFICATE: Final = "application/vnd.openxmlformats-package.digital-signature-certificate"
SIGNATURE: Final = "application/vnd.openxmlformats-package.digital-signature-xmlsignature+xml"

_NAMESPACE: Final = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_QUERY: Final = "?ContentType="


class Parts(Mapping[str, bytes]):
    """Parts by references to them: `/name?ContentType=type`, where the part is of that type.
    Names of parts are the same in whatever case they are written."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._names = {name.lower(): name for name in files}
        if len(self._names) != len(files):
            raise Malformed("a name twice")
        root = parse(files[CONTENT_TYPES]).getroot()
        self._by_ending = {
            one.get("Extension", "").lower(): one.get("ContentType", "").lower()
            for one in root.findall(f"{_NAMESPACE}Default")
        }
        self._by_name = {
            one.get("PartName", "").lower(): one.get("ContentType", "").lower()
            for one in root.findall(f"{_NAMESPACE}Override")
        }

    def name(self, reference: str) -> str | None:
        """The part that a reference is to; None where there is none, or one of another type."""
        path, query, kind = reference.partition(_QUERY)
        name = self._names.get(path.removeprefix("/").lower())
        if not path.startswith("/") or name is None or not query:
            return None
        return name if self.type_of(name) == kind.lower() else None

    def type_of(self, name: str) -> str | None:
        """The media type of a part."""
        said = self._by_name.get(f"/{name}".lower())
        return said or self._by_ending.get(name.rpartition(".")[2].lower())

    def __getitem__(self, reference: str) -> bytes:
        name = self.name(reference)
        if name is None:
            raise KeyError(reference)
        return self._files[name]

    def __iter__(self) -> Iterator[str]:
        return (f"/{name}{_QUERY}{self.type_of(name)}" for name in self._files)

    def __len__(self) -> int:
        return len(self._files)
