"""Hexadecimal strings of a PDF, read whole (ISO 32000-2 §7.3.4.3).

pyHanko reads them digit by digit, and a signature's has 16,000: a third of what reading a signed
document takes. What it would refuse is still read by its own code, for the same refusal.
"""

import os
import re
from typing import Any, BinaryIO, Final

from pyhanko.pdf_utils import generic

_WHOLE: Final = re.compile(rb"<([0-9A-Fa-f\x00\t\n\x0c\r ]*+)>")
_AT_ONCE: Final = 64 * 1024
_SPACE: Final = b"\x00\t\n\x0c\r "

digit_by_digit = generic.read_hex_string_from_stream


def read(stream: BinaryIO) -> Any:
    """The string that begins at `<`; pyHanko's own value of it."""
    start = stream.tell()
    found = _WHOLE.match(stream.read(_AT_ONCE))
    if found is None:
        stream.seek(start)
        return digit_by_digit(stream)
    stream.seek(start + found.end(), os.SEEK_SET)
    digits = found[1].translate(None, _SPACE).decode()
    return generic.pdf_string(bytes.fromhex(digits + "0" * (len(digits) % 2)))


def install() -> None:
    """From now on pyHanko reads them so, in this process."""
    generic.read_hex_string_from_stream = read
