"""Idempotency keys."""

import pytest

from core.errors import Refusal
from signing.rules.sealing import check_idempotency_key


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        (None, None),
        ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        ('"quoted"', "quoted"),
        ("x" * 128, "x" * 128),
    ],
)
def test_a_key_is_taken_as_it_is(asked: str | None, key: str | None) -> None:
    assert check_idempotency_key(asked) == key


@pytest.mark.parametrize("asked", ["", '""', '"a"b"', "x" * 129, "two words", "ត្រា", "line\n"])
def test_any_other_key_is_refused(asked: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_idempotency_key(asked)
    assert refused.value.reason.code == "idempotency_key_invalid"
