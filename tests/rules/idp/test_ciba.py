"""CIBA authentication requests (CIBA Core 7, FAPI-CIBA 5.2.2)."""

from typing import Any

import pytest

from clients.rules.client import Client
from clients.rules.profiles import CIBA
from core.errors import Refusal
from idp.rules import ciba
from idp.rules.ciba import Ability, CibaRequest, Signed
from idp.rules.decoupled import KEPT
from tests.provider import Keypair
from tests.rules import samples
from tests.rules.samples import ISSUER, NOW

KEY = Keypair()


def agency(**metadata: Any) -> Client:
    return samples.client(**{"redirect_uris": [], "grant_types": [CIBA], **metadata})


def signing(**metadata: Any) -> Client:
    """A client that signs its requests."""
    signed = {"backchannel_authentication_request_signing_alg": "ES256", "jwks": KEY.jwks}
    return agency(**{**signed, **metadata})


def pinged() -> Client:
    return agency(
        backchannel_token_delivery_mode="ping",
        backchannel_client_notification_endpoint="https://service.example.kh/ping",
    )


def check(client: Client | None = None, **asked: str) -> CibaRequest:
    usual = {"scope": "openid", "login_hint": "sokha"}
    sent = {name: value for name, value in {**usual, **asked}.items() if value}
    return ciba.check(sent, client or agency(), (), ISSUER)


def error(client: Client | None = None, **asked: str) -> str:
    with pytest.raises(Refusal) as refused:
        check(client, **asked)
    return refused.value.reason.error


def signed_request(**changed: Any) -> str:
    claims = {
        "iss": "service",
        "aud": ISSUER,
        "iat": NOW,
        "nbf": NOW,
        "exp": NOW + 300,
        "jti": "j1",
        "scope": "openid",
        "login_hint": "sokha",
        **changed,
    }
    return KEY.sign({name: value for name, value in claims.items() if value is not None})


def open_signed(token: str | None, client: Client | None = None, **outer: str) -> Signed | None:
    sender = client or signing()
    sent = {**outer, **({"request": token} if token else {})}
    return ciba.open_signed(sent, sender, sender.jwks, ISSUER, NOW)


def refused(token: str | None, client: Client | None = None, **outer: str) -> str:
    with pytest.raises(Refusal) as refusal:
        open_signed(token, client, **outer)
    return refusal.value.reason.error


def test_scope_has_to_contain_openid() -> None:
    assert error(scope="profile") == "invalid_scope"


def test_exactly_one_hint_says_who_is_meant() -> None:
    assert check().username == "sokha"
    assert error(login_hint="") == "invalid_request"
    assert error(id_token_hint="x.y.z") == "invalid_request"


def test_login_hint_token_is_refused() -> None:
    assert error(login_hint_token="x.y.z", login_hint="") == "invalid_request"


def test_id_token_hint_that_is_not_ours_is_refused() -> None:
    assert error(login_hint="", id_token_hint=signed_request()) == "invalid_request"


@pytest.mark.parametrize(
    "message", ["W4SCT", "អាជ្ញាបណ្ណលេខ 17/2026", "ref (A-1) #7: 2,000.50 + _", "ក" * 64]
)
def test_binding_message_is_what_people_can_read_and_compare(message: str) -> None:
    assert check(binding_message=message).binding_message == message


@pytest.mark.rule("other.ciba")
@pytest.mark.parametrize(
    "message", ["a" * 65, "<b>", "1234 👍", "a\nb", "abc\n", "\u202eevil", "\u17b4", "д", "a\tb"]
)
def test_other_binding_messages_are_invalid_binding_message(message: str) -> None:
    assert error(binding_message=message) == "invalid_binding_message"


def test_notification_token_is_required_where_the_client_is_pinged() -> None:
    assert error(pinged()) == "invalid_request"
    assert check(pinged(), client_notification_token="8d67dc78-7faa").notification_token


@pytest.mark.rule("other.ciba")
@pytest.mark.parametrize("token", ["a" * 1_025, "a b", "a=b", "ă", "=", "abc\n"])
def test_notification_token_is_a_bearer_token_of_1024_characters_at_most(token: str) -> None:
    assert error(pinged(), client_notification_token=token) == "invalid_request"


@pytest.mark.parametrize("token", ["a" * 1_024, "Az09-._~+/=="])
def test_any_other_bearer_token_will_do(token: str) -> None:
    assert check(pinged(), client_notification_token=token).notification_token == token


def test_notification_token_of_a_polling_client_is_ignored() -> None:
    assert check(client_notification_token="a b").notification_token is None


@pytest.mark.parametrize(("asked", "granted"), [("", 600), ("30", 30), ("86400", 1_800)])
def test_requested_expiry_is_kept_within_bounds(asked: str, granted: int) -> None:
    assert check(requested_expiry=asked).expires_in == granted


@pytest.mark.parametrize("asked", ["0", "-5", "1.5", "soon", "៣០", "9" * 20])
def test_requested_expiry_is_a_positive_number(asked: str) -> None:
    assert error(requested_expiry=asked) == "invalid_request"


def test_user_code_is_ignored_as_the_metadata_says() -> None:
    assert check(user_code="1234").username == "sokha"


def test_client_without_the_grant_is_unauthorized() -> None:
    assert error(samples.client()) == "unauthorized_client"


def test_signed_request_brings_its_parameters_and_its_jti() -> None:
    opened = open_signed(signed_request(requested_expiry=30), client_id="service")
    assert opened is not None
    assert opened.jti == "j1"
    assert opened.exp == NOW + 300
    assert opened.parameters == {
        "scope": "openid",
        "login_hint": "sokha",
        "requested_expiry": "30",
    }


def test_audience_may_be_one_of_several() -> None:
    assert open_signed(signed_request(aud=["https://other.example", ISSUER])) is not None


@pytest.mark.rule("other.ciba")
@pytest.mark.parametrize("claim", ["aud", "iss", "exp", "iat", "nbf", "jti"])
def test_each_claim_of_the_envelope_is_required(claim: str) -> None:
    assert refused(signed_request(**{claim: None})) == "invalid_request"


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "another"},
        {"aud": "https://other.example"},
        {"exp": NOW},
        {"exp": NOW + 3_601},
        {"exp": 2_147_483_647},
        {"nbf": NOW - 3_601, "exp": NOW - 1},
        {"nbf": NOW + 11, "exp": NOW + 300},
        {"iat": NOW + 11},
        {"jti": ""},
        {"jti": 7},
        {"exp": "soon"},
        {"request_uri": "https://service.example.kh/r"},
    ],
    ids=str,
)
def test_a_wrong_claim_is_invalid_request(changed: dict[str, Any]) -> None:
    assert refused(signed_request(**changed)) == "invalid_request"


@pytest.mark.parametrize("name", ["scope", "login_hint", "binding_message", "acr_values"])
def test_nothing_stands_beside_a_signed_request(name: str) -> None:
    assert refused(signed_request(), **{name: "x"}) == "invalid_request"


def test_key_of_another_is_refused() -> None:
    other = Keypair()
    assert refused(other.sign({"iss": "service", "aud": ISSUER})) == "invalid_request"


def test_client_that_registered_an_algorithm_has_to_sign() -> None:
    assert refused(None) == "invalid_request"


def test_client_that_registered_none_cannot_sign() -> None:
    plain = agency(jwks=KEY.jwks)
    assert open_signed(None, plain) is None
    assert refused(signed_request(), plain) == "invalid_request"


def test_algorithm_is_the_registered_one() -> None:
    client = signing(backchannel_authentication_request_signing_alg="PS256")
    assert refused(signed_request(), client) == "invalid_request"


def test_request_by_reference_is_refused() -> None:
    assert refused(None, agency(), request_uri="urn:x") == "invalid_request"


def test_fapi_client_signs_with_a_fapi_algorithm() -> None:
    fapi = {
        "security_profile": "fapi2",
        "token_endpoint_auth_method": "private_key_jwt",
    }
    signing(**fapi)
    for algorithm in (None, "RS256"):
        with pytest.raises(Refusal):
            signing(**fapi, backchannel_authentication_request_signing_alg=algorithm)


@pytest.mark.parametrize(
    ("acr_values", "floor", "level"),
    [
        ("", 1, 1),
        ("urn:tra:loa:2", 1, 2),
        ("urn:tra:loa:3 urn:tra:loa:2", 1, 2),
        ("urn:tra:loa:1", 2, 2),
        ("urn:elsewhere:gold", 1, 1),
    ],
)
def test_demanded_level_is_the_lowest_known_acr_value_or_the_clients_floor(
    acr_values: str, floor: int, level: int
) -> None:
    client = agency(default_acr_level=floor)
    assert ciba.demanded_level(check(client, acr_values=acr_values).request, client) == level


def test_person_below_the_level_signs_in_once_and_can_then_only_refuse() -> None:
    session = samples.session(level=1, auth_time=NOW - 60)
    assert ciba.ability(1, session, NOW) is Ability.DECIDE
    assert ciba.ability(2, session, NOW) is Ability.SIGN_IN
    assert ciba.ability(2, session, NOW - 60) is Ability.REFUSE


def test_what_is_kept_of_a_request_names_nobody() -> None:
    assert not KEPT & {"login_hint", "id_token_hint", "client_notification_token"}
