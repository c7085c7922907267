"""A container that may be hostile, opened: bounded, and one and the same to whoever reads it from
its beginning and whoever reads it from its end."""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from signing.formats.asic.container import MIMETYPE

MOST_FILES: Final = 2_000
_MOST_BYTES: Final = 256 * 1024 * 1024
_RATIO: Final = 200
_SMALL: Final = 1024 * 1024
"""Files up to this size may be compressed to anything."""

_LOCAL: Final = struct.Struct("<4s5H3L2H")
_ENCRYPTED: Final = 0x1
_DESCRIPTOR: Final = 0x8
_DESCRIPTOR_BYTES: Final = frozenset({0, 12, 16, 20, 24})


class Broken(ValueError):
    """Not a ZIP file that can be read."""


class Encrypted(ValueError):
    """Parts of it are under a password."""


class TooMuch(ValueError):
    """It holds more than is looked at: files of these names."""

    def __init__(self, entries: list[ZipInfo]) -> None:
        super().__init__(f"{len(entries)} files")
        self.names = frozenset(one.filename for one in entries)


@dataclass(frozen=True)
class Opened:
    """The files of a container by their names. `sound`: nobody can read it in two ways; `neat`:
    the type comes first, as it is (EN 319 162-1 §A.1)."""

    files: dict[str, bytes]
    sound: bool
    neat: bool

    @property
    def media_type(self) -> str:
        return self.files.get(MIMETYPE, b"").decode("ascii", "replace").strip()


def open_container(document: bytes) -> Opened:
    """Raises Broken, Encrypted, TooMuch."""
    try:
        with ZipFile(BytesIO(document)) as container:
            entries = container.infolist()
            _check(entries)
            sound = _is_sound(document, container.start_dir, entries)
            files = {one.filename: container.read(one) for one in entries if not one.is_dir()}
    except (Encrypted, TooMuch):
        raise
    except (BadZipFile, EOFError, ValueError, NotImplementedError, struct.error, OSError) as error:
        raise Broken(str(error)) from error
    except Exception as error:  # zlib's own, and whatever else a strange file makes of it
        raise Broken(str(error)) from error
    first = entries[0] if entries else None
    neat = first is not None and first.filename == MIMETYPE and first.compress_type == ZIP_STORED
    return Opened(files, sound, neat)


def _check(entries: list[ZipInfo]) -> None:
    if len(entries) > MOST_FILES or sum(one.file_size for one in entries) > _MOST_BYTES:
        raise TooMuch(entries)
    for one in entries:
        if one.flag_bits & _ENCRYPTED:
            raise Encrypted(one.filename)
        if one.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
            raise Broken("another compression")
        if one.file_size > _SMALL and one.file_size > _RATIO * max(one.compress_size, 1):
            raise TooMuch(entries)


def _is_sound(document: bytes, directory: int, entries: list[ZipInfo]) -> bool:
    """Whether the entries are one beside the other from the first byte to the directory, under
    names that are theirs alone and lead nowhere else."""
    names = [one.filename for one in entries]
    if len(set(names)) != len(names) or not all(map(_is_inside, names)):
        return False
    place = 0
    for one in sorted(entries, key=lambda entry: entry.header_offset):
        gap = one.header_offset - place
        if gap not in _DESCRIPTOR_BYTES or (place == 0 and gap):
            return False
        end = _end(document, one)
        if end is None:
            return False
        place = end
    return directory - place in _DESCRIPTOR_BYTES and _ends(document)


def _end(document: bytes, entry: ZipInfo) -> int | None:
    """Where an entry's content ends; None where its two headers tell two stories."""
    head = document[entry.header_offset : entry.header_offset + _LOCAL.size]
    if len(head) != _LOCAL.size:
        return None
    _, _, flags, method, _, _, check, packed, size, name, extra = _LOCAL.unpack(head)
    start = entry.header_offset + _LOCAL.size + name + extra
    described = flags & _DESCRIPTOR or 0xFFFF_FFFF in {packed, size}
    said = (check, packed, size) == (entry.CRC, entry.compress_size, entry.file_size)
    if method != entry.compress_type or not (described or said):
        return None
    return int(start) + entry.compress_size


def _ends(document: bytes) -> bool:
    """Whether the end record is the last thing there is, its comment included."""
    place = document.rfind(b"PK\x05\x06")
    if place < 0 or place + 22 > len(document):
        return False
    return place + 22 + int.from_bytes(document[place + 20 : place + 22], "little") == len(document)


def _is_inside(name: str) -> bool:
    """Whether a name leads to a place within."""
    parts = name.rstrip("/").split("/")
    bad = any(part in {"", ".", ".."} for part in parts)
    return not (bad or "\\" in name or "\x00" in name or ":" in parts[0])


def data_files(files: Iterable[str]) -> Iterator[str]:
    """What a container is for: everything but its type and its META-INF."""
    return (name for name in files if name != MIMETYPE and not name.startswith("META-INF/"))
