"""Hexadecimal strings and names of a PDF, read whole (ISO 32000-2 §7.3.4.3, §7.3.5).

pyHanko reads them digit by digit and letter by letter, and a signature's string has 16,000 digits:
a third of what reading a signed document takes. A string that is spelt in another way than the
usual is still read by its own code. A name may have any bytes, as it has with other readers, and is
written again as it was.
"""

import os
import re
from typing import Any, BinaryIO, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfReadError, PdfWriteError, read_until_delimiter

_WHOLE: Final = re.compile(rb"<([0-9A-Fa-f\x00\t\n\x0c\r ]*+)>")
_AT_ONCE: Final = 64 * 1024
_SPACE: Final = b"\x00\t\n\x0c\r "

_NAME: Final = re.compile(rb"/[!\"$&'*-.0-;=?-Z\\^-z|~]*+(?=[\x00\t\n\x0c\r ()<>\[\]{}/%])")
_LONGEST: Final = 64
_ESCAPED: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_ESCAPES: Final = re.compile(rb"[^!\"$&'*-.0-;=?-Z\\^-z|~]")

digit_by_digit: Final[Any] = generic.read_hex_string_from_stream
letter_by_letter: Final[Any] = generic.NameObject.read_from_stream
byte_by_byte: Final[Any] = generic.NameObject.write_to_stream


class Name(generic.NameObject):
    """A name that is spelt in an unusual way."""

    spelt: bytes


def read_digits(stream: BinaryIO) -> Any:
    """The string that begins at `<`; pyHanko's own value of it."""
    found = _match(_WHOLE, _AT_ONCE, stream)
    if found is None:
        return digit_by_digit(stream)
    digits = found[1].translate(None, _SPACE).decode()
    return generic.pdf_string(bytes.fromhex(digits + "0" * (len(digits) % 2)))


def read_name(stream: BinaryIO) -> Any:
    """The name that begins at `/`. Names of other bytes are other names, whatever they encode."""
    found = _match(_NAME, _LONGEST, stream)
    if found is not None:
        return generic.NameObject(found[0].decode())
    if stream.read(1) != b"/":
        raise PdfReadError("Name object should start with /")
    spelt = read_until_delimiter(stream)
    octets = b"/" + _ESCAPED.sub(lambda escape: bytes.fromhex(escape[1].decode()), spelt)
    name = Name(octets.decode(errors="surrogateescape"))
    name.spelt = spelt
    return name


def write_name(name: Any, stream: BinaryIO, *_: Any, **__: Any) -> None:
    """As it was spelt, or with what has to be escaped escaped in two digits."""
    if not name.startswith("/"):
        raise PdfWriteError(f"A name starts with /: {name!r}")
    spelt = getattr(name, "spelt", None)
    if spelt is None:
        spelt = _ESCAPES.sub(lambda odd: b"#%02X" % odd[0][0], _octets(name)[1:])
    stream.write(b"/" + spelt)


def _octets(name: str) -> bytes:
    return name.encode(errors="surrogateescape")


def _match(spelt: re.Pattern[bytes], most: int, stream: BinaryIO) -> re.Match[bytes] | None:
    """What is spelt so within so many bytes, and the stream after it; else it stays where it is."""
    start = stream.tell()
    found = spelt.match(stream.read(most))
    stream.seek(start if found is None else start + found.end(), os.SEEK_SET)
    return found


def install() -> None:
    """From now on pyHanko reads and writes them so, in this process."""
    _install(read_digits, read_name, write_name)


def uninstall() -> None:
    """From now on it does as it comes."""
    _install(digit_by_digit, letter_by_letter, byte_by_byte)


def _install(digits: Any, name: Any, write: Any) -> None:
    generic.read_hex_string_from_stream = digits
    generic.NameObject.read_from_stream = staticmethod(name)  # type: ignore[method-assign]
    generic.NameObject.write_to_stream = write  # type: ignore[method-assign]
