"""Request parameters (RFC 6749 §3.1, §3.2, App. B)."""

import contextlib
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refusal
from idp.rules.parameters import LONGEST_VALUE, MOST_PARAMETERS, parse


@pytest.mark.rule("authorize.parameters")
@pytest.mark.parametrize("encoded", [b"a=1&a=2", b"a=1&b=2&a=1", b"a=1&%61=1", "a=1&a="])
def test_repeated_parameter_is_refused(encoded: bytes | str) -> None:
    with pytest.raises(Refusal) as refusal:
        parse(encoded)
    assert refusal.value.reason.error == "invalid_request"
    assert refusal.value.reason.code == "repeated_parameter"


@pytest.mark.rule("authorize.parameters")
def test_empty_parameter_is_an_absent_one() -> None:
    assert parse(b"a=&b&c=1") == {"c": "1"}
    assert parse(b"") == {}


def test_parameters_are_form_urldecoded_utf8() -> None:
    assert parse("a=%E1%9E%80+b%2B") == {"a": "ក b+"}


@pytest.mark.parametrize(
    "encoded",
    [
        b"a=\xff",
        b"a=\xe1\x9e\x80",
        b"a=%FF",
        b"a=%ED%A0%80",
        b"a=x%00",
        b"a=" + b"x" * (LONGEST_VALUE + 1),
        b"&".join(b"p%d=1" % n for n in range(MOST_PARAMETERS + 1)),
    ],
)
def test_what_is_not_text_or_too_much_is_refused(encoded: bytes) -> None:
    with pytest.raises(Refusal) as refusal:
        parse(encoded)
    assert refusal.value.reason.code == "unreadable_parameters"


@given(st.binary() | st.text())
def test_any_bytes_are_parameters_or_a_refusal(encoded: bytes | str) -> None:
    with contextlib.suppress(Refusal):
        assert all(parse(encoded).values())


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1).filter(
            lambda name: name != "resource"
        ),
        st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1),
        max_size=8,
    )
)
def test_what_was_encoded_is_read_back(sent: dict[str, str]) -> None:
    assert parse(urlencode(sent).encode()) == sent
