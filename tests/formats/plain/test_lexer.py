"""Our own reader takes for a value what pyHanko takes for one, or nothing."""

from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from pyhanko.pdf_utils import generic

from signing.formats.plain.document import references
from signing.formats.plain.lexer import NotPlain, Value, octets, parse, write
from tests.formats.plain.shapes import values


class _Handler:
    """What pyHanko asks of a reader while it reads a value."""

    strict = True


def _by_pyhanko(text: bytes) -> Any:
    return generic.read_object(BytesIO(text), generic.Reference(1, 0, _Handler()))


def _same(ours: Value, theirs: Any) -> bool:
    if isinstance(ours, int):
        return (theirs.idnum, theirs.generation) == (ours, 0)
    if isinstance(ours, list):
        return all(map(_same, ours, list.__iter__(theirs))) and len(ours) == len(theirs)
    if isinstance(ours, dict):
        names = [name.decode().replace("#20", " ") for name in ours]
        return names == list(theirs) and all(map(_same, ours.values(), dict.values(theirs)))
    if ours.startswith(b"/"):
        return bool(ours.decode().replace("#20", " ") == str(theirs))
    if ours[:1] in {b"(", b"<"}:
        return octets(ours) == bytes(getattr(theirs, "original_bytes", theirs))
    if ours in {b"true", b"false"}:
        return bool(theirs.value == (ours == b"true"))
    if ours == b"null":
        return isinstance(theirs, generic.NullObject)
    return float(ours) == float(theirs)


@settings(deadline=None)
@given(values)
def test_a_plain_value_is_what_pyhanko_reads(spelled: bytes) -> None:
    text = spelled + b"\nendobj\n"
    try:
        found = parse(text, 0, len(text))
    except NotPlain:
        return
    assert _same(found.value, _by_pyhanko(text))
    assert sorted(found.references) == sorted(references(found.value))


@settings(deadline=None)
@given(values)
def test_a_value_that_is_written_again_is_the_same(spelled: bytes) -> None:
    try:
        value = parse(spelled, 0, len(spelled)).value
    except NotPlain:
        return
    again = write(value)
    assert parse(again, 0, len(again)).value == value


@pytest.mark.parametrize(
    "spelled",
    [
        *(
            b"/J#53",
            b"/A#",
            b"/",
            b"/A\xc3\xa9",
            b"-",
            b"1-2",
            b".",
            b"1e3",
            b"truely",
            b"(a",
            b"(\\8)",
        ),
        *(
            b"<4g>",
            b"<< /A >>",
            b"<< /A 1 /A 2 >>",
            b"<< 1 2 >>",
            b"[ >>",
            b"<< ]",
            b"]",
            b"[ 1 %x\n ]",
        ),
        *(b"4 1 R", b"4 0  R", b"0 0 R", b"1 2", b"", b"[\x00]", b"[" * 70 + b"]" * 70),
    ],
)
def test_what_can_be_read_in_two_ways_is_not_plain(spelled: bytes) -> None:
    with pytest.raises(NotPlain):
        parse(spelled, 0, len(spelled))


@pytest.mark.parametrize(
    "spelled",
    [
        *(b"[" * 900_000, b"(" * 900_000, b"<" * 900_000, b"(\\" * 450_000, b"/" * 900_000),
        *(
            b"1 0 " * 200_000,
            b" " * 900_000,
            b"(()" * 300_000,
            b"<4" * 450_000,
            b"[ " + b"1 0 R " * 180_000,
        ),
    ],
)
def test_time_grows_with_the_length_alone(spelled: bytes) -> None:
    with pytest.raises(NotPlain):
        parse(spelled, 0, len(spelled))
