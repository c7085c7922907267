"""The inspector says what the endpoints would say, by the same rules and codes."""

import hashlib
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.rules.client import Client
from idp.rules.inspection import Note, Report, Us, inspect
from idp.rules.pasted import Kind, recognise
from keys.jose import VerificationKey, parse_jwks
from tests.fapi import sign_with_jwk
from tests.provider import Keypair, fresh_assertion
from tests.rules.samples import ISSUER, NOW, client, parameters

OURS, THEIRS, DPOP = Keypair(), Keypair(), Keypair()
US = Us(ISSUER, lambda path: (ISSUER + path,), parse_jwks(OURS.jwks))
BY_KEY = client(token_endpoint_auth_method="private_key_jwt", jwks=THEIRS.jwks)
FAPI = client(
    security_profile="fapi2", token_endpoint_auth_method="private_key_jwt", jwks=THEIRS.jwks
)


def url(**changed: str | None) -> str:
    return f"{ISSUER}/authorize?{urlencode(parameters(**changed))}"


def inspected(
    text: str, whose: Client | None = BY_KEY, keys: tuple[VerificationKey, ...] | None = ()
) -> Report:
    known = whose.jwks if whose is not None and keys == () else keys
    return inspect(recognise(text, ISSUER), whose, known, US, NOW)


def wrong(text: str, whose: Client | None = BY_KEY) -> list[str]:
    """The codes of the rules that are not kept."""
    return [finding.reason.code for finding in inspected(text, whose).findings]


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({}, []),
        ({"redirect_uri": "https://service.example.kh/other"}, ["redirect_uri_mismatch"]),
        ({"redirect_uri": None}, ["redirect_uri_missing"]),
        ({"response_type": "token"}, ["response_type_unsupported"]),
        ({"scope": "profile"}, ["scope_openid_missing"]),
        ({"code_challenge_method": "plain"}, ["pkce_method"]),
        ({"prompt": "none login"}, ["prompt_invalid"]),
        ({"claims": "{"}, ["claims_malformed"]),
        ({"id_token_hint": "x.y.z"}, ["id_token_hint_refused"]),
        ({"request_uri": "https://service.example.kh/request"}, ["request_uri_unsupported"]),
        (
            {"redirect_uri": "https://x.example", "response_type": None},
            ["redirect_uri_mismatch", "response_type_missing"],
        ),
    ],
)
def test_an_authorization_url_is_asked_what_the_endpoint_asks(
    changed: dict[str, str | None], codes: list[str]
) -> None:
    assert wrong(url(**changed)) == codes


def test_a_url_is_of_this_provider_and_a_query_alone_will_do() -> None:
    query = urlencode(parameters())
    assert wrong(query) == []
    assert wrong(f"https://elsewhere.example.kh/authorize?{query}") == ["another_address"]


def test_a_client_that_pushes_is_told_to_push() -> None:
    assert wrong(url(), FAPI) == ["pushed_request_required"]
    report = inspected(
        f"{ISSUER}/authorize?client_id=service&request_uri="
        "urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Ax",
        FAPI,
    )
    assert (report.findings, report.notes) == ([], [Note.PUSHED])


def test_an_unknown_client_is_unknown() -> None:
    assert wrong(url(), None) == ["client_unknown"]


def test_a_repeated_parameter_is_told() -> None:
    report = inspected(f"{url()}&state=again")
    assert report.kind is Kind.UNKNOWN
    assert "repeated_parameter" in report.findings[0].detail


def request_object(**changed: Any) -> str:
    claims = {
        **parameters(),
        "iss": "service",
        "aud": ISSUER,
        "nbf": NOW,
        "exp": NOW + 60,
        **changed,
    }
    return THEIRS.sign({name: value for name, value in claims.items() if value is not None})


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({}, []),
        ({"exp": NOW}, ["request_object_refused"]),
        ({"aud": "https://other.example.kh"}, ["request_object_refused"]),
        ({"scope": "openid admin seal"}, ["scope_not_registered"]),
        ({"redirect_uri": "https://x.example"}, ["redirect_uri_mismatch"]),
    ],
)
def test_a_request_object_is_opened(changed: dict[str, Any], codes: list[str]) -> None:
    token = request_object(**changed)
    assert recognise(token, ISSUER).kind is Kind.REQUEST_OBJECT
    assert wrong(token, FAPI) == codes
    within = f"{ISSUER}/authorize?{urlencode({'client_id': 'service', 'request': token})}"
    assert wrong(within) == codes or codes == ["request_object_refused"]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({}, None),
        ({"exp": NOW}, "exp"),
        ({"exp": NOW + 86_400}, "exp"),
        ({"aud": "https://other.example.kh"}, "aud"),
        ({"iss": "another"}, "iss"),
        ({"jti": None}, "jti"),
        ({"iat": NOW + 60}, "iat"),
    ],
)
def test_a_client_assertion_is_told_which_claim_is_wrong(
    changed: dict[str, Any], says: str | None
) -> None:
    token = fresh_assertion(THEIRS, "service", NOW, **{"aud": ISSUER, **changed})
    report = inspected(token)
    assert report.kind is Kind.ASSERTION
    assert Note.ONCE in report.notes
    if says is None:
        assert report.findings == []
    else:
        [finding] = report.findings
        assert finding.reason.code == "client_assertion_refused"
        assert says in finding.detail


def test_an_assertion_is_found_in_its_form() -> None:
    token = fresh_assertion(THEIRS, "service", NOW, aud=ISSUER)
    form = urlencode({"grant_type": "client_credentials", "client_assertion": token})
    assert inspected(form).kind is Kind.ASSERTION


def test_an_assertion_by_another_key_or_of_another_method_is_refused() -> None:
    token = fresh_assertion(DPOP, "service", NOW, aud=ISSUER)
    assert wrong(token) == ["client_assertion_refused"]
    right = fresh_assertion(THEIRS, "service", NOW, aud=ISSUER)
    assert wrong(right, client()) == ["client_authentication_method"]


def test_a_signature_is_left_unchecked_where_the_keys_are_elsewhere() -> None:
    token = fresh_assertion(THEIRS, "service", NOW, aud=ISSUER)
    report = inspected(token, BY_KEY, None)
    assert (report.findings, report.notes) == ([], [Note.ONCE, Note.KEYS])
    report = inspected(request_object(), FAPI, None)
    assert (report.findings, report.notes) == ([], [Note.KEYS])


ACCESS_TOKEN = {"iss": ISSUER, "sub": "s", "aud": ISSUER, "exp": NOW + 60, "client_id": "service"}


def test_our_own_tokens_are_known_by_our_signature() -> None:
    token = OURS.sign(ACCESS_TOKEN, "at+jwt")
    report = inspected(f"Bearer {token}", None)
    assert (report.kind, report.findings, report.notes) == (Kind.ACCESS_TOKEN, [], [Note.ALIVE])
    assert wrong(THEIRS.sign(ACCESS_TOKEN, "at+jwt"), None) == ["token_not_ours"]
    id_token = inspected(OURS.sign({**ACCESS_TOKEN, "exp": NOW}), None)
    assert (id_token.kind, id_token.findings, id_token.notes) == (Kind.ID_TOKEN, [], [Note.EXPIRED])
    answer = inspected(OURS.sign({"iss": ISSUER, "aud": "service", "code": "x" * 43}), None)
    assert (answer.kind, answer.findings) == (Kind.ANSWER, [])
    assert "x" * 43 not in str(answer.says)
    foreign = OURS.sign({**ACCESS_TOKEN, "iss": "https://other.example.kh"}, "at+jwt")
    assert wrong(foreign, None) == ["token_not_ours"]


def proof(**changed: Any) -> str:
    claims = {"htm": "POST", "htu": f"{ISSUER}/token", "iat": NOW, "jti": "j", **changed}
    return sign_with_jwk(DPOP, claims, {})


def test_a_proof_is_asked_what_its_own_request_would_ask() -> None:
    assert inspected(proof(), None).notes == [Note.ONCE]
    assert wrong(proof(), None) == []
    for changed in ({"iat": NOW - 3_600}, {"htu": "https://other.example.kh/token"}, {"jti": ""}):
        assert wrong(proof(**changed), None) == ["dpop_proof_refused"]


@pytest.mark.parametrize("text", ["", "hello", "a.b.c", "a.b.c.d.e", "{}", "%%%=%", "x" * 20_000])
def test_what_cannot_be_told_is_unknown_or_of_no_client(text: str) -> None:
    assert wrong(text, None)[0] in {"nothing_to_inspect", "client_unknown"}


def test_a_pasted_token_is_not_shown_again() -> None:
    token = OURS.sign(ACCESS_TOKEN, "at+jwt")
    signature = token.rpartition(".")[2]
    shown = str(inspected(token, None).says)
    assert "https://id.example.kh" in shown
    assert signature not in shown
    digest = hashlib.sha256(b"secret").hexdigest()
    for text in (url(id_token_hint=token), f"{url()}&client_secret={digest}&x={token}"):
        shown = str(inspected(text).says)
        assert token not in shown
        assert digest not in shown


@given(st.text())
def test_any_text_is_inspected(text: str) -> None:
    assert inspected(text, None).findings


@given(st.dictionaries(st.text(), st.text() | st.none() | st.booleans(), max_size=5))
def test_any_claims_are_inspected(claims: dict[str, Any]) -> None:
    for typ in ("JWT", "at+jwt", "dpop+jwt", "logout+jwt", "oauth-authz-req+jwt"):
        inspected(OURS.sign(claims, typ), FAPI)
