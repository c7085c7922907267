"""Hexadecimal strings and names are what pyHanko reads, and errors where it finds errors."""

from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic

from signing.formats import spelling

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
    assert _outcome(spelling.read_digits, encoded) == _outcome(spelling.digit_by_digit, encoded)


@pytest.mark.parametrize("length", [0, 1, 16_384, 70_000])
def test_strings_of_every_length(length: int) -> None:
    encoded = b"<" + b"7" * length + b">"
    assert _outcome(spelling.read_digits, encoded) == _outcome(spelling.digit_by_digit, encoded)


def test_pyhanko_reads_with_it_wherever_formats_are_read() -> None:
    assert generic.read_hex_string_from_stream is spelling.read_digits
    assert generic.NameObject.read_from_stream is spelling.read_name


_ANY = st.binary(max_size=12)
_USUAL = st.text("AZaz09+-_.:#2F~", max_size=80).map(str.encode)


@settings(deadline=None)
@given(st.sampled_from((b"/", b"/", b"/", b"")), _ANY | _USUAL, _ANY)
def test_a_name_is_what_pyhanko_reads(slash: bytes, name: bytes, after: bytes) -> None:
    _is_as_pyhanko_reads(slash + name + after)


@pytest.mark.parametrize("byte", range(256))
def test_names_with_each_byte_and_before_each(byte: int) -> None:
    for encoded in (b"/A%cB" % byte, b"/A" + bytes((byte,)), b"/" + bytes((byte,)) * 70):
        _is_as_pyhanko_reads(encoded)


def _is_as_pyhanko_reads(spelled: bytes) -> None:
    """Where it reads a name, and that is UTF-8; it refuses other bytes where others do not."""
    ours = _outcome(spelling.read_name, spelled)
    its = _outcome(spelling.letter_by_letter, spelled)
    if len(its) == 4 and max(ours[1]) < "\udc80":
        assert ours[1:] == its[1:]
    elif len(its) == 2 and "start with" in its[1]:
        assert ours == its


@pytest.mark.parametrize(
    ("spelled", "octets"),
    [
        (b"/A#42", b"/AB"),
        (b"/A#4", b"/A#4"),
        (b"/#", b"/#"),
        (b"/#GG", b"/#GG"),
        (b"/A#23B", b"/A#B"),
        (b"/\xcb\xce", b"/\xcb\xce"),
        (b"/#CB\xce", b"/\xcb\xce"),
        (b"/F#01", b"/F\x01"),
    ],
)
def test_a_name_of_any_bytes_is_read_and_written_as_it_was(spelled: bytes, octets: bytes) -> None:
    name = spelling.read_name(BytesIO(spelled + b" "))
    assert name.encode(errors="surrogateescape") == octets
    written = BytesIO()
    name.write_to_stream(written)
    assert written.getvalue() == spelled
    made = BytesIO()
    generic.NameObject(name).write_to_stream(made)
    assert spelling.read_name(BytesIO(made.getvalue() + b" ")) == name


def test_names_of_other_bytes_are_other_names() -> None:
    names = {spelling.read_name(BytesIO(one + b" ")) for one in (b"/F#E9", b"/F#C3#A9", b"/F\xe9")}
    assert len(names) == 2


@pytest.mark.parametrize("length", [0, 1, 62, 63, 64, 65, 200])
def test_names_of_every_length_and_at_the_end(length: int) -> None:
    for after in (b"", b" ", b"/B"):
        encoded = b"/" + b"x" * length + after
        found = [_at_the_end(read, encoded) for read in (spelling.read_name, _LETTERS)]
        assert found[0] == found[1]


_LETTERS = spelling.letter_by_letter


def _at_the_end(read: Any, spelled: bytes) -> tuple[Any, int]:
    stream = BytesIO(spelled)
    return read(stream), stream.tell()
