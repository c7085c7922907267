"""Hexadecimal strings and names of a PDF, read whole (ISO 32000-2 §7.3.4.3, §7.3.5).

pyHanko reads them digit by digit and letter by letter, and a signature's string has 16,000 digits:
a third of what reading a signed document takes. What is spelt in another way than the usual, and
what pyHanko would refuse, is still read by its own code.
"""

import os
import re
from typing import Any, BinaryIO, Final

from pyhanko.pdf_utils import generic

_WHOLE: Final = re.compile(rb"<([0-9A-Fa-f\x00\t\n\x0c\r ]*+)>")
_AT_ONCE: Final = 64 * 1024
_SPACE: Final = b"\x00\t\n\x0c\r "

_NAME: Final = re.compile(rb"/[!\"$&'*-.0-;=?-Z\\^-z|~]*+(?=[\x00\t\n\x0c\r ()<>\[\]{}/%])")
_LONGEST: Final = 64

digit_by_digit: Final[Any] = generic.read_hex_string_from_stream
letter_by_letter: Final[Any] = generic.NameObject.read_from_stream


def read_digits(stream: BinaryIO) -> Any:
    """The string that begins at `<`; pyHanko's own value of it."""
    found = _match(_WHOLE, _AT_ONCE, stream)
    if found is None:
        return digit_by_digit(stream)
    digits = found[1].translate(None, _SPACE).decode()
    return generic.pdf_string(bytes.fromhex(digits + "0" * (len(digits) % 2)))


def read_name(stream: BinaryIO) -> Any:
    """The name that begins at `/`, without escapes; pyHanko's own value of it."""
    found = _match(_NAME, _LONGEST, stream)
    if found is None:
        return letter_by_letter(stream)
    return generic.NameObject(found[0].decode())


def _match(spelt: re.Pattern[bytes], most: int, stream: BinaryIO) -> re.Match[bytes] | None:
    """What is spelt so within so many bytes, and the stream after it; else it stays where it is."""
    start = stream.tell()
    found = spelt.match(stream.read(most))
    stream.seek(start if found is None else start + found.end(), os.SEEK_SET)
    return found


def install() -> None:
    """From now on pyHanko reads them so, in this process."""
    _install(read_digits, read_name)


def uninstall() -> None:
    """From now on it reads as it comes."""
    _install(digit_by_digit, letter_by_letter)


def _install(digits: Any, name: Any) -> None:
    generic.read_hex_string_from_stream = digits
    generic.NameObject.read_from_stream = staticmethod(name)  # type: ignore[method-assign]
