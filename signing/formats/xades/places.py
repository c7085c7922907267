"""Where the unsigned properties of XML signatures are in the bytes of their document, as a second
parser finds them: what is added is put between them, and none is written anew."""

from dataclasses import dataclass, field
from io import BytesIO
from typing import Final
from xml.parsers import expat

from signing.formats.xades import properties
from signing.formats.xades.parsing import DS, SIGNATURE, Malformed, parse
from signing.formats.xades.records import SEALING

_UNSIGNED: Final = ("UnsignedProperties", "UnsignedSignatureProperties")
_PATHS: Final = frozenset(
    (f"{{{DS}}}Object", *(f"{{{version}}}{name}" for name in ("QualifyingProperties", *_UNSIGNED)))
    for version in properties.VERSIONS
)
_DEPTH: Final = 4
_TOKEN: Final = "}EncapsulatedTimeStamp"
_UTF_16: Final = (
    *((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")),
    *((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be")),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the unsigned properties of a signature end, and which elements have to be put around
    what is added there; where the text of their last time-stamp begins and ends, and each of the
    last evidence records."""

    at: int
    missing: tuple[str, ...]
    token: tuple[int, int] | None
    records: tuple[tuple[int, int], ...]


@dataclass
class _Found:
    """Of one signature: how deep elements on the path to its unsigned properties are, and where
    each ends."""

    depth: int
    ends: list[tuple[int, int]] = field(default_factory=list)
    token: tuple[int, int] | None = None
    records: list[tuple[int, int]] = field(default_factory=list)


def find(document: bytes) -> list[Place]:
    """For each ds:Signature, in the order in which they begin; raises Malformed."""
    try:
        return _find(document)
    except ValueError:
        return _by_characters(document)


def _find(document: bytes, encoding: str | None = None) -> list[Place]:
    reader = _Reader(document, encoding)
    closing = "</".encode(codec(document))
    return [_place(document, found, closing) for found in reader.found]


def _by_characters(document: bytes) -> list[Place]:
    """In an encoding of several bytes that this parser doesn't know, such as GB 18030: by the same
    characters in UTF-8."""
    name = parse(document).docinfo.encoding or ""
    try:
        text = document.decode(name)
        sound = text.encode(name) == document and "<".encode(name) == b"<"
    except (ValueError, LookupError) as error:
        raise Malformed("an encoding that only one reader knows") from error
    if not sound:
        raise Malformed("an encoding that adds to what it says")
    in_utf_8 = text.encode()

    def there(at: int) -> int:
        return len(in_utf_8[:at].decode().encode(name))

    return [
        Place(
            there(one.at),
            one.missing,
            (there(one.token[0]), there(one.token[1])) if one.token else None,
            tuple((there(start), there(end)) for start, end in one.records),
        )
        for one in _find(in_utf_8, "utf-8")
    ]


def codec(document: bytes) -> str:
    """How text is encoded in it: of what is added, which is ASCII, all others are one."""
    return next((name for mark, name in _UTF_16 if document.startswith(mark)), "ascii")


class _Reader:
    """Raises Malformed."""

    def __init__(self, document: bytes, encoding: str | None) -> None:
        self.found: list[_Found] = []
        self._open: list[str] = []
        self._inside: list[_Found] = []
        self._text: int | None = None
        self._begun = 0
        self._closing = ">".encode(codec(document))
        self._document = document
        self._parser = expat.ParserCreate(encoding, namespace_separator=" ")
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._start, self._end
        self._parser.CharacterDataHandler = self._characters
        try:
            self._parser.ParseFile(BytesIO(document))
        except (expat.ExpatError, LookupError) as error:
            raise Malformed("not XML, or in an encoding that it doesn't know") from error

    def _start(self, name: str, _: dict[str, str]) -> None:
        self._open.append("{" + name.replace(" ", "}") if " " in name else name)
        self._text = None
        if self._open[-1] == SIGNATURE:
            self._inside.append(_Found(len(self._open)))
            self.found.append(self._inside[-1])
        elif self._inside:
            *around, last = self._path or ("",)
            if last == SEALING and tuple(around) in _PATHS:
                self._inside[-1].records.clear()
            elif around[-1:] == [SEALING] and tuple(around[:-1]) in _PATHS:
                self._begun = self._parser.CurrentByteIndex

    @property
    def _path(self) -> tuple[str, ...]:
        """From the signature on."""
        return tuple(self._open[self._inside[-1].depth :])

    def _characters(self, _: str) -> None:
        if self._text is None:
            self._text = self._parser.CurrentByteIndex

    def _end(self, _: str) -> None:
        if self._inside:
            found, at = self._inside[-1], self._parser.CurrentByteIndex
            path = self._path
            if len(path) > 1 and any(path == one[: len(path)] for one in _PATHS):
                found.ends.append((len(path), at))
            within = len(path) == _DEPTH + 2 and path[:_DEPTH] in _PATHS
            if within and path[-1].endswith(_TOKEN) and self._text is not None:
                found.token = (self._text, at)
            elif within and path[-2] == SEALING:
                end = self._document.index(self._closing, at) + len(self._closing)
                found.records.append((self._begun, end))
        if self._open.pop() == SIGNATURE:
            self._inside.pop()


def _place(document: bytes, found: _Found, closing: bytes) -> Place:
    depths = [depth for depth, _ in found.ends]
    for depth, missing in ((_DEPTH, ()), (2, _UNSIGNED)):
        if depths.count(depth) == 1 and (depth == _DEPTH or 3 not in depths):
            [at] = [place for each, place in found.ends if each == depth]
            if document.startswith(closing, at):
                return Place(at, missing, found.token, tuple(found.records))
    raise Malformed("no place for unsigned properties")
