"""Token exchange (RFC 8693): who may act with whose token, and what is left of it."""

from typing import Any

import pytest

from clients.rules.client import Client
from clients.rules.profiles import TOKEN_EXCHANGE
from core.errors import Refusal
from idp.rules import token_exchange
from idp.rules.token_exchange import ACCESS_TOKEN, LONGEST_CHAIN, Exchange, Wish
from tests.rules import samples
from tests.rules.samples import ISSUER, NOW

REGISTER = "https://register.example.kh"
TAX = "https://tax.example.kh"
OURS = "https://service.example.kh/api"


def broker(**metadata: Any) -> Client:
    """A client with servers of its own, which calls others."""
    usual = {
        "grant_types": [TOKEN_EXCHANGE],
        "redirect_uris": [],
        "audience": [REGISTER, TAX],
        "resource_identifiers": [OURS],
        "scope": "openid profile seal",
        "authorization_details_types": ["tra_data_access"],
    }
    return samples.client(**{**usual, **metadata})


def subject(**changed: Any) -> dict[str, Any]:
    """A citizen's token, issued to a portal, for the broker's servers."""
    claims = {
        "iss": ISSUER,
        "sub": "5ub",
        "aud": [ISSUER, OURS],
        "client_id": "portal",
        "exp": NOW + 200,
        "jti": "j1",
        "scope": "openid profile email",
        "grant_id": "g1",
        **changed,
    }
    return {name: value for name, value in claims.items() if value is not None}


def agency_token(**changed: Any) -> dict[str, Any]:
    """A token that a client got for itself."""
    own = {"grant_id": None, "sub": "portal", "agency": "moc", "scope": "seal"}
    return subject(**{**own, **changed})


def wish(**changed: str) -> Wish:
    form = {"subject_token": "t", "subject_token_type": ACCESS_TOKEN, "audience": TAX, **changed}
    return token_exchange.parse({name: value for name, value in form.items() if value}, ())


def check(
    claims: dict[str, Any],
    asked: Wish | None = None,
    actor: dict[str, Any] | None = None,
    client: Client | None = None,
) -> Exchange:
    return token_exchange.check(asked or wish(), claims, actor, client or broker())


def refused(*args: Any, **kwargs: Any) -> str:
    with pytest.raises(Refusal) as refusal:
        check(*args, **kwargs)
    return refusal.value.reason.code


def malformed(**changed: str) -> str:
    with pytest.raises(Refusal) as refusal:
        wish(**changed)
    assert refusal.value.reason.error == "invalid_request"
    return refusal.value.reason.code


def test_subject_token_and_its_type_are_required() -> None:
    assert malformed(subject_token="") == "subject_token_missing"
    assert malformed(subject_token_type="") == "subject_token_missing"


def test_actor_token_and_its_type_come_together() -> None:
    assert malformed(actor_token="t") == "subject_token_missing"
    assert malformed(actor_token_type=ACCESS_TOKEN) == "subject_token_missing"


@pytest.mark.rule("token.exchange")
@pytest.mark.rule("token.exchange")
@pytest.mark.parametrize("name", ["subject_token_type", "actor_token_type", "requested_token_type"])
@pytest.mark.parametrize("kind", ["id_token", "refresh_token", "jwt", "saml2"])
def test_only_access_tokens_are_exchanged_for_access_tokens(name: str, kind: str) -> None:
    changed = {"actor_token": "t", "actor_token_type": ACCESS_TOKEN}
    named = {**changed, name: f"urn:ietf:params:oauth:token-type:{kind}"}
    assert malformed(**named) == "token_type_unsupported"


def test_client_acts_with_a_citizens_token_that_is_for_its_servers() -> None:
    exchange = check(subject())
    assert exchange.act == {"sub": "service", "agency": "moc"}
    assert exchange.audience == (TAX,)
    assert exchange.lineage == ("j1",)


def test_client_acts_with_its_own_token() -> None:
    assert check(subject(client_id="service", aud=ISSUER)).scope == ("openid", "profile")


def test_token_for_others_is_of_no_use_to_the_client() -> None:
    assert refused(subject(aud=[ISSUER, "https://other.example.kh"])) == "actor_not_allowed"


@pytest.mark.rule("token.exchange")
@pytest.mark.rule("token.exchange")
def test_may_act_names_who_may() -> None:
    assert check(subject(aud=ISSUER, may_act={"sub": "service"}))
    assert refused(subject(may_act={"sub": "another"})) == "actor_not_allowed"
    assert refused(subject(may_act={})) == "actor_not_allowed"


def test_nobody_acts_for_an_agency_that_did_not_name_them() -> None:
    assert refused(agency_token()) == "actor_not_allowed"
    assert check(agency_token(may_act={"sub": "service"})).scope == ("seal",)


@pytest.mark.rule("token.exchange")
def test_actors_are_nested_and_never_flattened() -> None:
    exchange = check(subject(act={"sub": "first", "agency": "nssf"}))
    assert exchange.act == {
        "sub": "service",
        "agency": "moc",
        "act": {"sub": "first", "agency": "nssf"},
    }


def test_chain_of_actors_ends() -> None:
    act: dict[str, Any] = {"sub": "c1"}
    for number in range(2, LONGEST_CHAIN):
        act = {"sub": f"c{number}", "act": act}
    assert check(subject(act=act)).act["act"] == act
    assert refused(subject(act={"sub": "one more", "act": act})) == "actor_not_allowed"


def test_lineage_grows_with_each_exchange() -> None:
    assert check(subject(lineage=["j0"])).lineage == ("j0", "j1")


def test_actor_token_is_one_that_the_client_got_for_itself() -> None:
    own = agency_token(client_id="service", sub="service", exp=NOW + 50)
    assert check(subject(), actor=own).not_after == NOW + 50
    for wrong in (
        agency_token(),
        subject(client_id="service"),
        {**own, "act": {"sub": "x"}},
    ):
        assert refused(subject(), actor=wrong) == "actor_token_refused"


@pytest.mark.rule("token.audience")
@pytest.mark.parametrize("audience", ["https://elsewhere.example.kh", ISSUER, f"{TAX}/", "tax"])
def test_audience_has_to_be_registered_for_the_client(audience: str) -> None:
    assert refused(subject(), wish(audience=audience)) == "invalid_target"


def test_without_an_audience_the_token_is_for_all_that_are_registered() -> None:
    assert check(subject(), wish(audience="")).audience == (REGISTER, TAX)
    assert refused(subject(), wish(audience=""), client=broker(audience=None)) == "invalid_target"


def test_resources_and_audience_are_both_heard() -> None:
    form = {"subject_token": "t", "subject_token_type": ACCESS_TOKEN, "audience": TAX}
    asked = token_exchange.parse(form, (REGISTER, TAX))
    assert check(subject(), asked).audience == (TAX, REGISTER)


@pytest.mark.rule("token.exchange")
def test_scope_is_narrowed_and_never_widened() -> None:
    assert check(subject(), wish(scope="profile")).scope == ("profile",)
    for wider in ("address", "email", "profile seal"):
        assert refused(subject(), wish(scope=wider)) == "exchange_scope_wider"
    assert refused(subject(scope="email")) == "exchange_scope_wider"


def test_details_are_those_that_the_client_is_registered_for() -> None:
    access = {"type": "tra_data_access", "actions": ["read"]}
    signature = {"type": "tra_document_signature"}
    token = subject(authorization_details=[access, signature])
    assert check(token).authorization_details == (access,)
    assert check(token, client=broker(authorization_details_types=None)) == check(subject())
