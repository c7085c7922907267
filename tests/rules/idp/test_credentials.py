"""Passwords and one-time codes: how they are read, how guessing is slowed (NIST SP 800-63B-4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.rules.assurance import acr, amr_of, level_of, reached
from idp.rules.credentials import (
    FREE_FAILURES,
    LONGEST_WAIT,
    fold_digits,
    one_time_code,
    source,
    username_key,
    wait_after,
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Sokha", "sokha"),
        ("  sokha\n", "sokha"),
        ("ＳＯＫＨＡ１", "sokha1"),
        ("sokha១២", "sokha12"),
        ("សុខា\u200b", "សុខា"),
        ("so\u00adkha\ufeff", "sokha"),
        ("STRASSE", "straße"),
        ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
    ],
)
def test_user_name_may_be_typed_as_keyboards_write_it(typed: str, meant: str) -> None:
    assert username_key(typed) == username_key(meant)


def test_user_names_that_read_differently_are_different() -> None:
    assert len({username_key(name) for name in ("sokha", "s okha", "sokh4", "សុខា", "")}) == 5


@given(st.text())
def test_folding_a_user_name_twice_changes_nothing(typed: str) -> None:
    assert username_key(username_key(typed)) == username_key(typed)


@pytest.mark.parametrize(
    "typed",
    ["123456", "១២៣៤៥៦", "១២៣ ៤៥៦", " 123-456 ", "123\u00a0456", "12\u200b3456\t", "1២3៤5៦"],
)
def test_one_time_code_may_be_khmer_or_ascii_digits_with_spaces(typed: str) -> None:
    assert one_time_code(typed) == "123456"


@given(st.text())
def test_one_time_code_never_gains_a_digit(typed: str) -> None:
    assert len(one_time_code(typed)) <= len(typed)
    assert not set("០១២៣៤៥៦៧៨៩") & set(fold_digits(typed))


def test_first_ten_failures_cost_no_wait_then_it_doubles_up_to_five_minutes() -> None:
    waits = [wait_after(failures) for failures in range(1, 10_000)]
    assert waits[: FREE_FAILURES - 1] == [0] * (FREE_FAILURES - 1)
    assert waits[FREE_FAILURES - 1 : FREE_FAILURES + 4] == [2, 4, 8, 16, 32]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        ("203.0.113.7", "::ffff:203.0.113.7", True),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::9", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("testclient", "testclient", True),
        ("", "203.0.113.7", False),
    ],
)
def test_source_is_an_address_or_the_network_of_a_household(
    one: str, other: str, alike: bool
) -> None:
    assert (source(one) == source(other)) is alike


@pytest.mark.parametrize(
    ("identity", "methods", "level"),
    [
        (3, ("pwd",), 1),
        (3, ("pwd", "otp"), 2),
        (2, ("pwd", "otp"), 2),
        (1, ("pwd", "otp"), 1),
        (3, ("otp", "otp"), 1),
    ],
)
def test_level_is_the_lower_of_identity_and_authenticator(
    identity: int, methods: tuple[str, ...], level: int
) -> None:
    assert reached(identity, amr_of(methods)) == level


def test_amr_names_each_factor_once_and_mfa_where_there_are_several() -> None:
    assert amr_of(["pwd"]) == ("pwd",)
    assert amr_of(["pwd", "otp", "pwd"]) == ("pwd", "otp", "mfa")


def test_acr_values_and_levels_are_one_another() -> None:
    assert [level_of(acr(level)) for level in (1, 2, 3)] == [1, 2, 3]
    assert level_of("urn:tra:loa:4") is None
