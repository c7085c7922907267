"""Who may seal (RFC 9068 §4)."""

from typing import Any

import pytest

from core.errors import Refusal
from signing.rules.access_token import Caller, check

ISSUER, AUDIENCE, NOW = "https://id.example.kh", "https://sign.example.kh", 1_776_132_000
GOOD: dict[str, Any] = {
    "iss": ISSUER,
    "aud": [AUDIENCE],
    "iat": NOW,
    "exp": NOW + 300,
    "scope": "seal",
    "client_id": "moc-seal",
    "agency": "moc",
}


def test_a_token_names_its_client_and_its_agency() -> None:
    assert check(GOOD, ISSUER, AUDIENCE, NOW) == Caller("moc-seal", "moc")


def test_the_audience_may_be_a_string() -> None:
    assert check(GOOD | {"aud": AUDIENCE}, ISSUER, AUDIENCE, NOW)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"iss": "https://other.example.kh"}, "seal_token_invalid"),
        ({"aud": "https://other.example.kh"}, "seal_token_invalid"),
        ({"aud": None}, "seal_token_invalid"),
        ({"exp": NOW - 5}, "seal_token_invalid"),
        ({"exp": None}, "seal_token_invalid"),
        ({"exp": True}, "seal_token_invalid"),
        ({"exp": str(NOW + 300)}, "seal_token_invalid"),
        ({"iat": NOW + 6}, "seal_token_invalid"),
        ({"cnf": {"jkt": "x"}}, "seal_token_invalid"),
        ({"agency": None}, "seal_token_invalid"),
        ({"client_id": 7}, "seal_token_invalid"),
        ({"scope": "openid sealing"}, "seal_scope_missing"),
        ({"scope": None}, "seal_scope_missing"),
    ],
)
def test_anything_else_is_refused(change: dict[str, Any], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        check(GOOD | change, ISSUER, AUDIENCE, NOW)
    assert refused.value.reason.code == code


def test_a_clock_may_be_a_little_off() -> None:
    assert check(GOOD | {"exp": NOW - 4, "iat": NOW + 5}, ISSUER, AUDIENCE, NOW)
