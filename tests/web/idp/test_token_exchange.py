"""An agency acts on behalf of a citizen, and of another agency (RFC 8693)."""

from typing import Any

import pytest

from clients.rules.profiles import TOKEN_EXCHANGE
from idp.rules.token_exchange import ACCESS_TOKEN
from keys.jose import parse
from tests.provider import Backend, Browser, Provider

API = "https://broker.example.kh/api"
REGISTER = "https://register.example.kh"
TAX = "https://tax.example.kh"


@pytest.fixture
def agencies(op: Provider) -> Provider:
    """A portal that people sign in to, a broker that it calls, and a register further on."""
    op.add_client(
        "portal",
        client_secret="secret-of-portal",
        redirect_uris=["https://portal.example.kh/callback"],
        grant_types=["authorization_code", "client_credentials"],
        scope="openid profile email seal",
        audience=[API],
        may_act="broker",
        sector="portal.example.kh",
    )
    add_broker(op)
    op.add_client(
        "register",
        client_secret="secret-of-register",
        grant_types=[TOKEN_EXCHANGE],
        scope="profile",
        audience=[TAX],
        resource_identifiers=[REGISTER],
        sector="register.example.kh",
    )
    return op


def add_broker(op: Provider, **metadata: Any) -> None:
    op.add_client(
        "broker",
        client_secret="secret-of-broker",
        grant_types=[TOKEN_EXCHANGE, "client_credentials"],
        scope="profile seal",
        audience=[REGISTER, TAX],
        resource_identifiers=[API],
        sector="broker.example.kh",
        **metadata,
    )


def sign_in(op: Provider, browser: Browser | None = None) -> dict[str, Any]:
    reply = (browser or op.browser()).go_through("portal", scope="openid profile email")
    tokens: dict[str, Any] = Backend.of(op, "portal").redeem(reply).json()
    return tokens


def exchange(op: Provider, token: str, client_id: str = "broker", **changed: str | None) -> Any:
    form: dict[str, str | None] = {
        "grant_type": TOKEN_EXCHANGE,
        "subject_token": token,
        "subject_token_type": ACCESS_TOKEN,
        "audience": REGISTER,
    }
    return Backend.of(op, client_id).post("/token", **{**form, **changed})


def exchanged(op: Provider, token: str, client_id: str = "broker", **changed: str | None) -> Any:
    answer = exchange(op, token, client_id, **changed)
    assert answer.status_code == 200, answer.text
    return answer.json()


def error(answer: Any) -> str:
    assert answer.status_code == 400, answer.text
    return str(answer.json()["error"])


def introspect(op: Provider, token: str, client_id: str) -> Any:
    return Backend.of(op, client_id).post("/introspect", token=token).json()


@pytest.mark.rule("token.exchange")
def test_broker_acts_on_behalf_of_the_citizen(agencies: Provider) -> None:
    tokens = sign_in(agencies)
    original = parse(tokens["access_token"]).claims
    answer = exchanged(agencies, tokens["access_token"])
    assert answer["issued_token_type"] == ACCESS_TOKEN
    assert answer["token_type"] == "Bearer"
    assert answer["scope"] == "profile"
    assert not {"refresh_token", "id_token"} & answer.keys()
    token = parse(answer["access_token"]).claims
    assert token["client_id"] == "broker"
    assert token["aud"] == REGISTER
    assert token["act"] == {"sub": "broker", "agency": "moc"}
    assert token["auth_time"] == original["auth_time"]
    assert token["acr"] == original["acr"]


def test_each_who_acts_knows_the_citizen_by_a_sub_of_their_own_sector(agencies: Provider) -> None:
    first = sign_in(agencies)["access_token"]
    second = exchanged(agencies, first)["access_token"]
    third = exchanged(agencies, second, "register", audience=TAX)["access_token"]
    subs = [parse(token).claims["sub"] for token in (first, second, third)]
    assert len(set(subs)) == 3
    again = exchanged(agencies, first)["access_token"]
    assert parse(again).claims["sub"] == subs[1]


@pytest.mark.rule("token.exchange")
def test_next_exchange_nests_the_actor_before(agencies: Provider) -> None:
    second = exchanged(agencies, sign_in(agencies)["access_token"])["access_token"]
    third = exchanged(agencies, second, "register", audience=TAX)["access_token"]
    assert parse(third).claims["act"] == {
        "sub": "register",
        "agency": "moc",
        "act": {"sub": "broker", "agency": "moc"},
    }


def test_broker_acts_on_behalf_of_the_agency_that_named_it(agencies: Provider) -> None:
    own = Backend.of(agencies, "portal").post("/token", grant_type="client_credentials").json()
    token = parse(exchanged(agencies, own["access_token"])["access_token"]).claims
    assert token["sub"] == "portal"
    assert token["agency"] == "moc"
    assert token["act"]["sub"] == "broker"
    assert "grant_id" not in token


@pytest.mark.rule("token.exchange")
def test_client_that_may_act_names_does_not_mean_is_refused(agencies: Provider) -> None:
    token = sign_in(agencies)["access_token"]
    assert error(exchange(agencies, token, "register", audience=TAX)) == "invalid_request"


def test_actor_token_is_the_clients_own(agencies: Provider) -> None:
    token = sign_in(agencies)["access_token"]
    own = Backend.of(agencies, "broker").post("/token", grant_type="client_credentials").json()
    actor = {"actor_token": own["access_token"], "actor_token_type": ACCESS_TOKEN}
    assert exchanged(agencies, token, **actor)
    assert error(exchange(agencies, token, **{**actor, "actor_token": token})) == "invalid_request"
    assert error(exchange(agencies, token, **{**actor, "actor_token": "x"})) == "invalid_request"


@pytest.mark.rule("token.exchange")
@pytest.mark.rule("token.exchange")
def test_id_token_is_no_subject_token_whatever_it_is_called(agencies: Provider) -> None:
    id_token = sign_in(agencies)["id_token"]
    assert error(exchange(agencies, id_token)) == "invalid_request"
    kind = "urn:ietf:params:oauth:token-type:id_token"
    assert error(exchange(agencies, id_token, subject_token_type=kind)) == "invalid_request"


@pytest.mark.rule("token.exchange")
def test_audience_that_is_not_registered_is_invalid_target(agencies: Provider) -> None:
    token = sign_in(agencies)["access_token"]
    for audience in ("https://elsewhere.example.kh", "http://localhost:8000"):
        assert error(exchange(agencies, token, audience=audience)) == "invalid_target"


@pytest.mark.rule("token.exchange")
def test_scope_beyond_the_subject_tokens_is_invalid_scope(agencies: Provider) -> None:
    token = sign_in(agencies)["access_token"]
    assert error(exchange(agencies, token, scope="seal")) == "invalid_scope"
    assert error(exchange(agencies, token, scope="email")) == "invalid_scope"


@pytest.mark.rule("token.exchange")
def test_exchanged_token_ends_with_the_one_it_came_from(agencies: Provider) -> None:
    first = sign_in(agencies)["access_token"]
    agencies.clock.advance(200)
    answer = exchanged(agencies, first)
    assert answer["expires_in"] == 100
    assert parse(answer["access_token"]).claims["exp"] == parse(first).claims["exp"]
    agencies.clock.advance(100)
    assert error(exchange(agencies, first)) == "invalid_request"


@pytest.mark.rule("token.exchange")
def test_revoking_a_token_revokes_what_was_exchanged_from_it(agencies: Provider) -> None:
    first = sign_in(agencies)["access_token"]
    second = exchanged(agencies, first)["access_token"]
    third = exchanged(agencies, second, "register", audience=TAX)["access_token"]
    assert introspect(agencies, third, "register")["active"]
    Backend.of(agencies, "portal").post("/revoke", token=first)
    assert error(exchange(agencies, first)) == "invalid_request"
    assert error(exchange(agencies, second, "register", audience=TAX)) == "invalid_request"
    assert introspect(agencies, second, "broker") == {"active": False}
    assert introspect(agencies, third, "register") == {"active": False}


def test_signing_out_ends_what_was_exchanged(agencies: Provider) -> None:
    browser = agencies.browser()
    first = sign_in(agencies, browser)["access_token"]
    second = exchanged(agencies, first)["access_token"]
    browser.open("/logout")
    browser.submit(decision="logout")
    assert introspect(agencies, second, "broker") == {"active": False}
    assert error(exchange(agencies, first)) == "invalid_request"


def test_introspection_tells_a_resource_server_who_acts_and_keeps_the_lineage(
    agencies: Provider,
) -> None:
    second = exchanged(agencies, sign_in(agencies)["access_token"])["access_token"]
    told = introspect(agencies, second, "register")
    assert told["active"]
    assert told["act"]["sub"] == "broker"
    assert not {"lineage", "grant_id"} & told.keys()


def test_exchanged_token_opens_no_userinfo(agencies: Provider) -> None:
    second = exchanged(agencies, sign_in(agencies)["access_token"])["access_token"]
    assert Backend.of(agencies).userinfo(second).status_code == 401


def test_opaque_tokens_are_exchanged_alike(agencies: Provider) -> None:
    add_broker(agencies, access_token_format="opaque")
    agencies.clock.advance(10)  # the registry keeps clients for a few seconds
    answer = exchanged(agencies, sign_in(agencies)["access_token"])
    assert "." not in answer["access_token"]
    again = exchanged(agencies, answer["access_token"], "register", audience=TAX)
    assert parse(again["access_token"]).claims["act"]["act"]["sub"] == "broker"
