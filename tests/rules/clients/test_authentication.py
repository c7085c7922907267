"""How a client proves who it is (RFC 6749 §2.3, RFC 7523 §3, FAPI 2.0 SP 5.3.2.1)."""

import base64
import contextlib
from dataclasses import replace
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.rules.authentication import ASSERTION_TYPE, Authenticated, check, parse_presented
from clients.rules.client import AuthenticationMethod, Client, Secret
from core.errors import Refusal
from keys.handles import digest
from tests.provider import Keypair, fresh_assertion
from tests.rules.samples import NOW, client

OURS = "http://localhost:8000"  # whom fresh_assertion addresses
ENDPOINT = f"{OURS}/token"
KEY, OTHER_KEY = Keypair(), Keypair()
BY_KEY = client(token_endpoint_auth_method="private_key_jwt", jwks=KEY.jwks)
FAPI = client(security_profile="fapi2", token_endpoint_auth_method="private_key_jwt", jwks=KEY.jwks)


def with_secrets(method: str, *secrets: Secret) -> Client:
    return replace(client(token_endpoint_auth_method=method), secrets=secrets)


BASIC = with_secrets("client_secret_basic", Secret(digest("s3cret")))
POST = with_secrets("client_secret_post", Secret(digest("s3cret")))
PUBLIC = client(token_endpoint_auth_method="none")


def basic(pair: str | bytes) -> str:
    return "Basic " + base64.b64encode(pair.encode() if isinstance(pair, str) else pair).decode()


def authenticate(
    who: Client | None, authorization: str | None = None, form: dict[str, str] | None = None
) -> Authenticated:
    presented = parse_presented(authorization, form or {})
    return check(presented, who, who.jwks if who else (), OURS, {ENDPOINT}, NOW)


def refused(*args: Any) -> tuple[str, str]:
    with pytest.raises(Refusal) as refusal:
        authenticate(*args)
    return refusal.value.reason.code, refusal.value.reason.error


def by_assertion(who: Client = BY_KEY, key: Keypair = KEY, **changed: Any) -> Authenticated:
    assertion = fresh_assertion(key, "service", NOW, **changed)
    form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
    return authenticate(who, None, form)


def assertion_refused(who: Client = BY_KEY, key: Keypair = KEY, **changed: Any) -> bool:
    with pytest.raises(Refusal) as refusal:
        by_assertion(who, key, **changed)
    return refusal.value.reason.error == "invalid_client"


@pytest.mark.parametrize(
    ("who", "authorization", "form"),
    [
        (BASIC, basic("service:s3cret"), {}),
        (BASIC, basic("service:s3cret").replace("Basic", "bAsIc"), {}),
        (BASIC, basic("service:s3cret"), {"client_id": "service"}),
        (BASIC, basic("s%65rvice:s3%63ret"), {}),
        (POST, None, {"client_id": "service", "client_secret": "s3cret"}),
        (PUBLIC, None, {"client_id": "service"}),
    ],
)
def test_client_authenticates_as_it_is_registered(
    who: Client, authorization: str | None, form: dict[str, str]
) -> None:
    assert authenticate(who, authorization, form).client is who


@pytest.mark.rule("client.one-method")
@pytest.mark.parametrize(
    ("who", "authorization", "form", "code", "error"),
    [
        (None, basic("x:y"), {}, "client_unknown", "invalid_client"),
        (BASIC, None, {}, "client_authentication_missing", "invalid_client"),
        (BASIC, basic("service:wrong"), {}, "client_secret_wrong", "invalid_client"),
        (BASIC, basic("service:"), {}, "client_secret_wrong", "invalid_client"),
        (BASIC, basic("service"), {}, "basic_malformed", "invalid_client"),
        (BASIC, "Basic", {}, "basic_malformed", "invalid_client"),
        (BASIC, "Basic !!!", {}, "basic_malformed", "invalid_client"),
        (BASIC, basic("service:s3%cret"), {}, "basic_malformed", "invalid_client"),
        (BASIC, basic("service:s3%FFcret"), {}, "basic_malformed", "invalid_client"),
        (BASIC, basic(b"service:\xff"), {}, "basic_malformed", "invalid_client"),
        (BASIC, "Bearer abc", {}, "client_authentication_method", "invalid_client"),
        (
            BASIC,
            basic("service:s3cret"),
            {"client_secret": "s3cret", "client_id": "service"},
            "client_authentication_twice",
            "invalid_request",
        ),
        (
            BASIC,
            basic("service:s3cret"),
            {"client_assertion": "x"},
            "client_authentication_twice",
            "invalid_request",
        ),
        (
            BASIC,
            basic("service:s3cret"),
            {"client_id": "another"},
            "client_authentication_twice",
            "invalid_request",
        ),
        (
            POST,
            basic("service:s3cret"),
            {},
            "client_authentication_method",
            "invalid_client",
        ),
        (
            BASIC,
            None,
            {"client_id": "service", "client_secret": "s3cret"},
            "client_authentication_method",
            "invalid_client",
        ),
        (BASIC, None, {"client_id": "service"}, "client_authentication_method", "invalid_client"),
        (BY_KEY, None, {"client_id": "service"}, "client_authentication_method", "invalid_client"),
        (PUBLIC, basic("service:"), {}, "client_authentication_method", "invalid_client"),
    ],
)
def test_client_that_authenticates_otherwise_is_refused(
    who: Client | None, authorization: str | None, form: dict[str, str], code: str, error: str
) -> None:
    assert refused(who, authorization, form) == (code, error)


@pytest.mark.rule("client.secret")
def test_two_secrets_live_side_by_side_and_an_expired_one_does_not() -> None:
    old, new = Secret(digest("old"), NOW + 1), Secret(digest("new"))
    gone = Secret(digest("gone"), NOW)
    rotating = with_secrets("client_secret_basic", old, new, gone)
    for secret in ("old", "new"):
        assert authenticate(rotating, basic(f"service:{secret}")).client is rotating
    assert refused(rotating, basic("service:gone"))[0] == "client_secret_wrong"


@pytest.mark.rule("client.secret")
@given(st.text(), st.text(min_size=1))
def test_basic_credentials_are_form_urldecoded_whatever_they_hold(client_id: str, s: str) -> None:
    try:
        pair = f"{quote_plus(client_id)}:{quote_plus(s)}"
    except UnicodeEncodeError:
        return
    presented = parse_presented(basic(pair), {})
    assert (presented.client_id, presented.secret) == (client_id, s)


@given(st.text() | st.binary().map(basic))
def test_any_authorization_header_is_read_or_refused(authorization: str) -> None:
    with contextlib.suppress(Refusal):
        presented = parse_presented(authorization, {})
        assert presented.method is AuthenticationMethod.CLIENT_SECRET_BASIC


def test_assertion_is_accepted_with_its_jti_yet_to_be_taken() -> None:
    proven = by_assertion(jti="once")
    assert (proven.client, proven.assertion_jti, proven.assertion_exp) == (BY_KEY, "once", NOW + 60)


@pytest.mark.rule("client.assertion")
@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "another"},
        {"iss": None},
        {"sub": "another"},
        {"sub": None},
        {"sub": 7},
        {"aud": None},
        {"aud": "https://evil.example"},
        {"aud": []},
        {"aud": {"a": OURS}},
        {"exp": None},
        {"exp": NOW},
        {"exp": NOW - 1},
        {"exp": str(NOW + 60)},
        {"exp": True},
        {"exp": NOW + 7_200},
        {"exp": 1e300},
        {"iat": NOW + 60},
        {"iat": "now"},
        {"nbf": NOW + 60},
        {"nbf": [NOW]},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"jti": "x" * 256},
    ],
)
def test_assertion_with_a_claim_missing_or_wrong_is_refused(wrong: dict[str, Any]) -> None:
    assert assertion_refused(**wrong)


@pytest.mark.rule("client.assertion-clock")
@pytest.mark.parametrize("name", ["iat", "nbf"])
def test_clock_of_a_client_may_be_ten_seconds_ahead_and_not_sixty(name: str) -> None:
    assert by_assertion(**{name: NOW + 10}).assertion_jti
    assert assertion_refused(**{name: NOW + 60})


@pytest.mark.parametrize("aud", [OURS, ENDPOINT, [OURS], ["x", ENDPOINT]])
def test_plain_client_addresses_the_issuer_or_the_endpoint(aud: Any) -> None:
    assert by_assertion(aud=aud).assertion_jti


@pytest.mark.rule("client.assertion-fapi")
def test_fapi_client_addresses_the_issuer_as_a_string_and_nothing_else() -> None:
    assert by_assertion(FAPI, aud=OURS).assertion_jti
    for aud in (ENDPOINT, [OURS], [OURS, ENDPOINT], f"{OURS}/"):
        assert assertion_refused(FAPI, aud=aud)


@pytest.mark.rule("client.assertion-fapi")
def test_fapi_assertion_is_short_lived() -> None:
    assert by_assertion(FAPI, exp=NOW + 300).assertion_jti
    assert assertion_refused(FAPI, exp=NOW + 600)


@pytest.mark.rule("client.assertion-fapi")
def test_assertion_of_another_key_or_algorithm_is_refused() -> None:
    assert assertion_refused(key=OTHER_KEY)
    pinned = client(
        token_endpoint_auth_method="private_key_jwt",
        jwks=KEY.jwks,
        token_endpoint_auth_signing_alg="PS256",
    )
    assert assertion_refused(pinned)


@pytest.mark.rule("keys.typ")
@pytest.mark.parametrize("typ", ["at+jwt", "dpop+jwt", "logout+jwt", "oauth-authz-req+jwt"])
def test_assertion_of_another_typ_is_refused(typ: str) -> None:
    claims = {"iss": "service", "sub": "service", "aud": OURS, "exp": NOW + 60, "jti": "j"}
    form = {
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": KEY.sign(claims, typ),
    }
    assert refused(BY_KEY, None, form)[1] == "invalid_client"
    form["client_assertion"] = KEY.sign(claims, "JWT")
    assert authenticate(BY_KEY, None, form).client is BY_KEY


@pytest.mark.parametrize(
    "form",
    [
        {"client_assertion": "a.b.c"},
        {"client_assertion_type": ASSERTION_TYPE},
        {"client_assertion_type": "saml", "client_assertion": "a.b.c"},
        {"client_assertion_type": ASSERTION_TYPE, "client_assertion": "a.b.c"},
    ],
)
def test_half_an_assertion_is_refused(form: dict[str, str]) -> None:
    assert refused(BY_KEY, None, form) == ("client_assertion_refused", "invalid_client")


def test_client_id_beside_an_assertion_must_be_its_sub() -> None:
    assertion = fresh_assertion(KEY, "service", NOW)
    form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
    assert authenticate(BY_KEY, None, {**form, "client_id": "service"}).client is BY_KEY
    assert refused(BY_KEY, None, {**form, "client_id": "another"})[1] == "invalid_client"
