"""Proof Key for Code Exchange (RFC 7636 §4, RFC 9700 §2.1.1 and §4.8.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refusal
from idp.rules.pkce import check_challenge, matches
from tests.rules.samples import CHALLENGE

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


def test_verifier_of_the_specification_fits_its_challenge() -> None:
    assert matches(VERIFIER, CHALLENGE)


def test_challenge_is_s256_and_43_characters() -> None:
    assert check_challenge(CHALLENGE, "S256", required=True) == CHALLENGE


@pytest.mark.rule("authorize.pkce")
@pytest.mark.parametrize(
    ("challenge", "method"),
    [
        (CHALLENGE, "plain"),
        (CHALLENGE, "s256"),
        (CHALLENGE, None),
        (CHALLENGE + "=", "S256"),
        (CHALLENGE[:-1], "S256"),
        (CHALLENGE + "\n", "S256"),
        (CHALLENGE.replace("E", "+"), "S256"),
        (VERIFIER * 3, "S256"),
        (None, "S256"),
    ],
)
def test_any_other_challenge_is_refused(challenge: str | None, method: str | None) -> None:
    with pytest.raises(Refusal) as refusal:
        check_challenge(challenge, method, required=False)
    assert refusal.value.reason.error == "invalid_request"


@pytest.mark.rule("authorize.pkce")
def test_challenge_is_demanded_where_the_client_must_use_pkce() -> None:
    assert check_challenge(None, None, required=False) is None
    with pytest.raises(Refusal) as refusal:
        check_challenge(None, None, required=True)
    assert refusal.value.reason.code == "pkce_required"


@pytest.mark.parametrize(
    ("verifier", "challenge"),
    [
        (None, CHALLENGE),
        (VERIFIER, None),
        ("", CHALLENGE),
        (CHALLENGE, CHALLENGE),
        (VERIFIER + "\n", CHALLENGE),
        (VERIFIER[:-1], CHALLENGE),
    ],
)
def test_verifier_and_challenge_belong_together(
    verifier: str | None, challenge: str | None
) -> None:
    assert not matches(verifier, challenge)


def test_without_challenge_no_verifier_is_sent() -> None:
    assert matches(None, None)


@pytest.mark.rule("token.pkce-verifier")
@given(st.text())
def test_no_other_verifier_fits(verifier: str) -> None:
    assert matches(verifier, CHALLENGE) == (verifier == VERIFIER)
