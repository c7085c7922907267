"""Hexadecimal strings are what pyHanko reads, and errors where it finds errors."""

from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic

from signing.formats import hexadecimal

_DIGITS = st.text("0123456789abcdefABCDEF \t\r\n\x00\x0c", max_size=200)
_ODD = st.text("0123456789abcdefABCDEFg %<>()\n", max_size=30)


def _outcome(read: Any, spelled: bytes) -> tuple[Any, ...]:
    stream = BytesIO(b"(before)" + spelled + b" /After")
    stream.seek(8)
    try:
        value = read(stream)
    except Exception as error:
        return type(error), str(error)
    return type(value), value, getattr(value, "original_bytes", value), stream.tell()


@settings(deadline=None)
@given(_DIGITS.map(lambda digits: f"<{digits}>") | _ODD.map(lambda odd: f"<{odd}"))
def test_a_string_is_what_pyhanko_reads(spelled: str) -> None:
    encoded = spelled.encode()
    assert _outcome(hexadecimal.read, encoded) == _outcome(hexadecimal.digit_by_digit, encoded)


@pytest.mark.parametrize("length", [0, 1, 16_384, 70_000])
def test_strings_of_every_length(length: int) -> None:
    encoded = b"<" + b"7" * length + b">"
    assert _outcome(hexadecimal.read, encoded) == _outcome(hexadecimal.digit_by_digit, encoded)


def test_pyhanko_reads_with_it_wherever_formats_are_read() -> None:
    assert generic.read_hex_string_from_stream is hexadecimal.read
