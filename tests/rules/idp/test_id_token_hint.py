"""An ID token that comes back, to say whom it means (OIDC Core 3.1.2.1)."""

from typing import Any

import pytest

from core.errors import Refusal
from idp.rules.id_token_hint import ID_TOKEN_HINT_REFUSED, check
from keys.jose import parse_jwks
from tests.provider import Keypair
from tests.rules.samples import ISSUER, NOW

OURS = Keypair()
KEYS = parse_jwks(OURS.jwks)
CLAIMS: dict[str, Any] = {"iss": ISSUER, "aud": "service", "sub": "5ub", "exp": NOW - 86_400}


def hint(typ: str = "JWT", **changed: Any) -> str:
    claims = {**CLAIMS, **changed}
    return OURS.sign({name: value for name, value in claims.items() if value is not None}, typ)


@pytest.mark.rule("authorize.id-token-hint")
@pytest.mark.parametrize("aud", ["service", ["another", "service"]])
def test_hint_names_its_subject_though_it_expired(aud: Any) -> None:
    assert check(hint(aud=aud), KEYS, ISSUER, "service") == "5ub"


@pytest.mark.rule("authorize.id-token-hint")
@pytest.mark.parametrize(
    "wrong",
    [
        hint(iss="https://evil.example"),
        hint(aud="another"),
        hint(aud=None),
        hint(typ="at+jwt"),
        hint(typ="logout+jwt"),
        hint(sub=None),  # an answer of /authorize is signed by the same key (JARM 2.1)
        hint(sub=7),
        Keypair().sign(CLAIMS),
        "nonsense",
    ],
)
def test_anything_else_is_refused(wrong: str) -> None:
    with pytest.raises(Refusal) as refusal:
        check(wrong, KEYS, ISSUER, "service")
    assert refusal.value.reason is ID_TOKEN_HINT_REFUSED
