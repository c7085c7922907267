"""Weighing a code that was just taken (RFC 6749 §4.1.3, RFC 7636 §4.6)."""

from dataclasses import replace

import pytest

from idp.rules.code_grant import Code, Issue, Refuse, decide
from tests.rules.samples import CHALLENGE, grant

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CALLBACK = "https://service.example.kh/callback"
GRANT = grant()
CODE = Code(GRANT, CALLBACK, CHALLENGE, "nonce")
RIGHT = {"redirect_uri": CALLBACK, "code_verifier": VERIFIER}


def test_code_that_fits_its_request_is_issued_for() -> None:
    assert decide(CODE, RIGHT, None) == Issue(CODE)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({**RIGHT, "redirect_uri": CALLBACK + "/"}, "code_redirect_uri"),
        ({"code_verifier": VERIFIER}, "code_redirect_uri"),
        ({"redirect_uri": CALLBACK}, "pkce_mismatch"),
        ({**RIGHT, "code_verifier": VERIFIER[::-1]}, "pkce_mismatch"),
    ],
)
def test_code_that_does_not_fit_ends_its_grant(asked: dict[str, str], code: str) -> None:
    refused = decide(CODE, asked, None)
    assert isinstance(refused, Refuse)
    assert (refused.reason.code, refused.revoke_grant) == (code, "g1")
    assert refused.reason.error == "invalid_grant"


def test_verifier_without_a_challenge_is_refused() -> None:
    refused = decide(replace(CODE, code_challenge=None), RIGHT, None)
    assert isinstance(refused, Refuse)
    assert refused.reason.code == "pkce_mismatch"


def test_revoked_grant_gives_nothing_whatever_is_asked() -> None:
    refused = decide(replace(CODE, grant_revoked=True), RIGHT, None)
    assert isinstance(refused, Refuse)
    assert refused.reason.error == "invalid_grant"
