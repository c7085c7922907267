"""Client metadata (RFC 7591 §2, OpenID Connect Registration 2)."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.rules.agency import Agency
from clients.rules.agency import check as check_agency
from clients.rules.client import AuthenticationMethod, SecurityProfile, SubjectType
from clients.rules.metadata import parse
from clients.rules.profiles import assertion_algorithms, check_redirect_uri
from core.errors import Refusal
from keys.jose import public_jwk
from keys.signer import Algorithm, SoftwareSigner
from tests.rules.samples import client

KEY = public_jwk(SoftwareSigner.generate(Algorithm.ES256).public_key, "k1", Algorithm.ES256)
JWKS = {"keys": [KEY]}
FAPI = {
    "security_profile": "fapi2",
    "token_endpoint_auth_method": "private_key_jwt",
    "jwks": JWKS,
}


def refused(**metadata: Any) -> str:
    """What RFC 7591 §3.2.2 calls the refusal."""
    with pytest.raises(Refusal) as refusal:
        client(**metadata)
    return refusal.value.reason.error


@pytest.mark.rule("other.policy")
def test_agencies_get_fapi2_unless_an_administrator_decides_otherwise() -> None:
    strict = client(**{**FAPI, "security_profile": None})
    assert strict.security_profile is SecurityProfile.FAPI2
    assert strict.require_pkce
    assert refused(security_profile=None) == "invalid_client_metadata"


def test_client_that_says_little_has_the_defaults_of_the_specification() -> None:
    plain = client(scope=None)
    assert plain.token_endpoint_auth_method is AuthenticationMethod.CLIENT_SECRET_BASIC
    assert plain.grant_types == {"authorization_code"}
    assert plain.scope == {"openid"}
    assert plain.subject_type is SubjectType.PAIRWISE
    assert plain.sector == "service.example.kh"
    assert plain.name("km") == plain.name("en") == "service"
    assert not plain.require_pkce


def test_an_empty_text_says_nothing_and_is_not_kept() -> None:
    made = client(initiate_login_uri="", tos_uri="https://service.example.kh/terms")
    assert made.initiate_login_uri is None
    assert made.metadata.get("tos_uri") == "https://service.example.kh/terms"
    assert "initiate_login_uri" not in made.metadata


@pytest.mark.parametrize(
    "uri",
    [
        "https://a.example/cb",
        "https://a.example:8443/cb?x=1&y=%20",
        "http://localhost:3000/cb",
        "http://127.0.0.1/cb",
        "http://[::1]:9/cb",
        "kh.gov.app:/cb",
    ],
)
def test_redirect_uri_that_can_be_registered(uri: str) -> None:
    check_redirect_uri(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "/cb",
        "https:///cb",
        "https://a.example/cb#",
        "https://a.example/cb#x",
        "https://*.example/cb",
        "https://a.example/*",
        "https://user@a.example/cb",
        "https://:pw@a.example/cb",
        "https://a.example/ cb",
        "https://a.example/cb\n",
        "https://a.example/ក",
        "https://a.example\\@b.example/cb",
        "https://a.example;b/cb",
        "https://a.example:0/cb",
        "https://a.example:99999/cb",
        "https://a.example:x/cb",
        "https://[/cb",
        "https://a,b-[::1]/cb",  # urlsplit finds the host ::1 in it
        "http://a.example/cb",
        "http://127.0.0.1.a.example/cb",
        "javascript:alert(1)",
        "javascript.x",
        "data:text/html,x",
        "app:/cb",
        'kh.gov.app:/cb";x',
        "kh.gov.app://a.example;sandbox/cb",  # it goes into a Content-Security-Policy
    ],
)
def test_redirect_uri_that_cannot_be_registered(uri: str) -> None:
    assert refused(redirect_uris=[uri]) == "invalid_redirect_uri"


@given(st.text())
def test_any_text_is_a_redirect_uri_or_a_refusal(uri: str) -> None:
    try:
        check_redirect_uri(uri)
    except Refusal:
        return
    assert uri.isascii()
    assert "#" not in uri


@pytest.mark.rule("other.metadata")
@pytest.mark.parametrize(
    "wrong",
    [
        {"client_name": 7},
        {"redirect_uris": "https://a.example/cb"},
        {"redirect_uris": [1]},
        {"grant_types": ["password"]},
        {"grant_types": ["implicit"]},
        {"scope": "openid admin"},
        {"scope": ["openid"]},
        {"security_profile": "none"},
        {"subject_type": "secret"},
        {"token_endpoint_auth_method": "client_secret_jwt"},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": []}},
        {"token_endpoint_auth_method": "none", "grant_types": ["client_credentials"]},
        {"token_endpoint_auth_signing_alg": "none"},
        {"token_endpoint_auth_signing_alg": "HS256"},
        {"id_token_signed_response_alg": "none"},
        {"id_token_signed_response_alg": "HS256"},
        {"require_pkce": "yes"},
        {"default_acr_level": 4},
        {"default_acr_level": True},
        {"logo_uri": "javascript:alert(1)"},
        {"policy_uri": "https://["},
        {"frontchannel_logout_uri": "https://a.example; sandbox/out"},  # as above
        {"frontchannel_logout_uri": "https://ក្រសួង.example/out"},
        {"frontchannel_logout_uri": "https://user@a.example/out"},
        {"jwks": {"keys": "none"}},
        {"jwks": {"keys": [{"kty": "future", "x": [[]]}]}},
        {"jwks": {"keys": [{"kty": "oct", "k": "AAAA"}]}},
        {"jwks": {"keys": [{**KEY, "d": "AAAA"}]}},
        {"redirect_uris": ["https://a.example/cb", "https://b.example/cb"]},
        {**FAPI, "token_endpoint_auth_method": "client_secret_basic"},
        {**FAPI, "token_endpoint_auth_signing_alg": "RS256"},
        {**FAPI, "id_token_signed_response_alg": "RS256"},
        {**FAPI, "require_pkce": False},
    ],
)
def test_field_that_is_wrong_or_at_odds_with_another_is_refused(wrong: dict[str, Any]) -> None:
    assert refused(**wrong) == "invalid_client_metadata"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    [
        "security_profile",
        "redirect_uris",
        "client_name",
        "grant_types",
        "token_endpoint_auth_method",
        "jwks",
        "jwks_uri",
        "scope",
        "audience",
        "require_pkce",
        "default_acr_level",
        "subject_type",
        "sector",
        "logo_uri",
        "id_token_signed_response_alg",
        "post_logout_redirect_uris",
    ]
)


@given(st.dictionaries(FIELDS, JSON, max_size=4))
def test_any_json_is_a_client_or_a_refusal(metadata: dict[str, Any]) -> None:
    with contextlib.suppress(Refusal):
        made = parse({"security_profile": "oidc", **metadata}, client_id="c", agency_id="a")
        assert made.metadata["security_profile"] == made.security_profile


def test_jwk_of_any_shape_is_a_key_or_left_out() -> None:
    for odd in ({**KEY, "alg": []}, {**KEY, "alg": "RS256"}, {**KEY, "x": 1}, {"kty": {}}, {}):
        assert client(jwks={"keys": [odd, KEY]}).jwks == client(jwks=JWKS).jwks


@pytest.mark.rule("client.algorithm")
def test_algorithms_are_pinned_by_client_and_profile() -> None:
    fapi = {"ES256", "PS256", "EdDSA", "Ed25519"}
    assert assertion_algorithms(client(**FAPI)) == fapi
    assert assertion_algorithms(client(jwks=JWKS)) == fapi | {"RS256"}
    for name in ("EdDSA", "Ed25519"):
        named = client(**FAPI, token_endpoint_auth_signing_alg=name)
        assert assertion_algorithms(named) == {"EdDSA", "Ed25519"}
    pinned = client(**FAPI, token_endpoint_auth_signing_alg="PS256")
    assert assertion_algorithms(pinned) == {"PS256"}


@pytest.mark.rule("identity.sector")
def test_sector_is_the_redirect_host_or_what_the_operator_set() -> None:
    two = ["https://a.example/cb", "https://b.example/cb"]
    assert client(redirect_uris=two, sector="ministry").sector == "ministry"
    assert client(redirect_uris=["kh.gov.app:/cb"]).sector == "kh.gov.app:/cb"
    machine = client(redirect_uris=[], grant_types=["client_credentials"])
    assert machine.sector == "service"


@pytest.mark.parametrize("client_id", ["", "ក", "a\x00b", "a\ud800", "a\n", "x" * 256])
def test_client_id_is_printable_ascii(client_id: str) -> None:
    with pytest.raises(Refusal):
        parse({}, client_id=client_id, agency_id="moc")


@pytest.mark.parametrize(
    "agency",
    [
        Agency("m", "ក", "M"),
        Agency("MOC", "ក", "M"),
        Agency("moc/..", "ក", "M"),
        Agency("moc\n", "ក", "M"),
        Agency("m" * 33, "ក", "M"),
        Agency("moc", " ", "M"),
        Agency("moc", "ក", ""),
    ],
)
def test_agency_id_is_short_and_plain_and_its_names_are_not_empty(agency: Agency) -> None:
    assert check_agency(Agency("moc-2", "ក", "M")).name("km") == "ក"
    with pytest.raises(Refusal):
        check_agency(agency)


@pytest.mark.rule("other.names")
@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("Land", True),
        ("ដីធ្លី ២០២៦", True),
        ("Ministère", True),
        ("\u0421ambodia", False),  # its first letter is Cyrillic
        ("L\u0430nd", False),
        ("\u202eLand", False),
        ("x" * 121, False),
    ],
)
def test_names_are_of_letters_that_do_not_look_like_others(name: str, fits: bool) -> None:
    for member in ("client_name", "client_name#km"):
        if fits:
            client(**{member: name})
        else:
            assert refused(**{member: name}) == "invalid_client_metadata"
