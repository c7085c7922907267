"""Who may seal: access tokens over HTTP (RFC 6750), and how the provider's keys are fetched."""

from typing import Any

import pytest

from keys.signer import Algorithm, SoftwareSigner
from signing.web.provider import FRESH_SECONDS, REFETCH_SECONDS
from tests.signing_service import ProviderOnLoopback, Visitor


def asked(visitor: Visitor, plain: bytes, **headers: str) -> Any:
    return visitor.http.post(
        "/seal", content=plain, headers={"Content-Type": "application/pdf", **headers}
    )


def bearer(visitor: Visitor, plain: bytes, token: str) -> Any:
    return asked(visitor, plain, Authorization=f"Bearer {token}")


def test_without_a_token_the_challenge_is_the_scheme_alone(visitor: Visitor, plain: bytes) -> None:
    answer = asked(visitor, plain)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="tra"'
    assert answer.json()["code"] == "seal_token_missing"


def test_another_scheme_is_no_token(visitor: Visitor, plain: bytes) -> None:
    assert asked(visitor, plain, Authorization="Basic bW9jOm1vYw==").status_code == 401


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_the_scheme_is_case_insensitive(visitor: Visitor, plain: bytes, scheme: str) -> None:
    token = visitor.service.token()
    assert asked(visitor, plain, Authorization=f"{scheme} {token}").status_code == 200


def test_a_token_in_the_query_too_is_one_too_many(visitor: Visitor, plain: bytes) -> None:
    token = visitor.service.token()
    answer = visitor.http.post(
        f"/seal?access_token={token}",
        content=plain,
        headers={"Content-Type": "application/pdf", "Authorization": f"Bearer {token}"},
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "seal_token_repeated")


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"aud": "https://other.example.kh"}, 401, "invalid_token"),
        ({"iss": "https://other.example.kh"}, 401, "invalid_token"),
        ({"exp": 1_700_000_000}, 401, "invalid_token"),
        ({"typ": "JWT"}, 401, "invalid_token"),
        ({"scope": "openid"}, 403, "insufficient_scope"),
    ],
)
def test_a_wrong_token_is_refused_with_its_rfc_6750_name(
    visitor: Visitor, plain: bytes, changed: dict[str, Any], status: int, error: str
) -> None:
    answer = bearer(visitor, plain, visitor.service.token(**changed))
    assert answer.status_code == status
    assert f'error="{error}"' in answer.headers["www-authenticate"]
    body = answer.json()
    assert body["error"] == error
    assert body["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("garbage", ["x", "a.b.c", "." * 300, "e30.e30.AA"])
def test_what_is_no_token_is_an_invalid_token(visitor: Visitor, plain: bytes, garbage: str) -> None:
    assert bearer(visitor, plain, garbage).json()["error"] == "invalid_token"


def test_a_token_that_another_key_signed_is_refused(visitor: Visitor, plain: bytes) -> None:
    stranger = ProviderOnLoopback()
    stranger.close()
    token = stranger.token(visitor.service.clock.now(), iss=visitor.service.provider.issuer)
    assert bearer(visitor, plain, token).status_code == 401


def test_keys_are_fetched_once_and_kept(visitor: Visitor, plain: bytes) -> None:
    for _ in range(3):
        visitor.sealed(plain)
    assert visitor.service.provider.asked == ["/.well-known/openid-configuration", "/jwks"]


def test_a_new_key_is_found_and_an_unknown_one_asks_at_most_once_a_minute(
    visitor: Visitor, plain: bytes
) -> None:
    service, provider = visitor.service, visitor.service.provider
    visitor.sealed(plain)
    provider.keys.append(SoftwareSigner.generate(Algorithm.ES256))
    assert visitor.seal(plain).status_code == 401
    assert len(provider.asked) == 2
    service.clock.advance(REFETCH_SECONDS)
    visitor.sealed(plain)
    assert len(provider.asked) == 4


def test_a_key_that_was_withdrawn_is_forgotten(visitor: Visitor, plain: bytes) -> None:
    service, provider = visitor.service, visitor.service.provider
    visitor.sealed(plain)
    withdrawn = provider.keys[0]
    provider.keys[:] = [SoftwareSigner.generate(Algorithm.ES256)]
    service.clock.advance(FRESH_SECONDS)
    visitor.sealed(plain)
    provider.keys.append(withdrawn)
    assert visitor.seal(plain).status_code == 401


def test_the_last_good_keys_are_kept_while_the_provider_is_away(
    visitor: Visitor, plain: bytes
) -> None:
    visitor.sealed(plain)
    visitor.service.provider.fails = True
    visitor.service.clock.advance(FRESH_SECONDS)
    visitor.sealed(plain)


def test_a_provider_that_was_never_reached_is_a_503(visitor: Visitor, plain: bytes) -> None:
    visitor.service.provider.fails = True
    answer = visitor.seal(plain)
    assert (answer.status_code, answer.json()["code"]) == (503, "provider_unreachable")
    assert answer.headers["retry-after"] == "5"
    visitor.service.provider.fails = False
    visitor.service.clock.advance(5)
    visitor.sealed(plain)
