"""What clients and browsers ask of the provider, by form or query."""

import json
from functools import cache
from urllib.parse import urlencode

import orjson

from clients.rules import redirect_uri
from clients.rules.client import Client
from clients.rules.profiles import CIBA, DEVICE_CODE, TOKEN_EXCHANGE
from core.serving import Asked
from idp.rules import (
    authorization_details,
    authorize,
    ciba,
    claims,
    credentials,
    decoupled,
    device,
    interaction,
    parameters,
    resources,
    telling,
    token_exchange,
)
from idp.rules.request_object import parameters as of_request_object
from idp.web import client_request
from keys.handles import digest
from tests.fuzz.mutating import Kind
from tests.fuzz.targets import accepted, same, target, text
from tests.provider import SOKHA
from tests.rules import samples
from tests.rules.samples import ISSUER, NOW

API = "https://api.example.kh"
CLAIMS = json.dumps(
    {
        "userinfo": {"email": {"essential": True}, "name#km": None},
        "id_token": {
            "acr": {"essential": True, "values": ["urn:tra:loa:2"]},
            "sub": {"value": "x"},
        },
    }
)
DETAILS = json.dumps(
    [
        {
            "type": "tra_data_access",
            "locations": [API],
            "actions": ["read"],
            "datatypes": ["tax", "civil_status"],
            "purpose": {"km": "ពន្ធ", "en": "Tax"},
        },
        {
            "type": "tra_document_signature",
            "documentDigests": [{"label": "A letter", "hash": "A" * 43 + "="}],
            "hashAlgorithmOID": "2.16.840.1.101.3.4.2.1",
        },
    ]
)


@cache
def sender() -> Client:
    """A client that may ask for everything."""
    return samples.client(
        grant_types=["authorization_code", "refresh_token", CIBA, DEVICE_CODE, TOKEN_EXCHANGE],
        scope="openid profile email phone address offline_access",
        authorization_details_types=["tra_data_access", "tra_document_signature"],
        audience=[API],
        resource_identifiers=[API],
        sector="service.example.kh",
    )


def requests() -> list[str]:
    asked = samples.parameters(
        claims=CLAIMS,
        claims_locales="km en",
        ui_locales="km-KH en",
        prompt="login consent",
        max_age="60",
        acr_values="urn:tra:loa:2 urn:tra:loa:3",
        authorization_details=DETAILS,
        response_mode="form_post",
        nonce="n",
        login_hint="sokha",
        dpop_jkt="x" * 43,
        resource=API,
    )
    return [urlencode(asked), urlencode(samples.parameters(prompt="none"))]


@target(make=lambda: [*requests(), "a=1&a=2", "a=%00", "resource=a&resource=b", "a=%ED%A0%80"])
def form(data: bytes) -> None:
    """RFC 6749 App. B, and back."""
    found = accepted(parameters.parse_with_resources, data)
    if found is not None:
        named, targets = found
        assert all(named.values()), named
        again = urlencode([*named.items(), *(("resource", one) for one in targets)])
        same(parameters.parse_with_resources(again), found)
    accepted(parameters.parse, text(data))


@target(b"application/x-www-form-urlencoded\na=1", b"APPLICATION/X-WWW-FORM-URLENCODED; x\na=1")
def form_of_a_client(data: bytes) -> None:
    """What a hot endpoint reads: a content type, and a body."""
    content_type, _, body = data.partition(b"\n")
    headers = ((b"content-type", content_type),)
    accepted(client_request.parse_form, Asked("POST", "/token", b"", headers, body, ""))


@target(make=requests, kind=Kind.FORM)
def authorization_request(data: bytes) -> None:
    """OIDC Core 3.1.2.1: checked twice it is the same, and it can be parked between."""
    asked = accepted(parameters.parse, data)
    if asked is None:
        return
    check_request(asked)


def check_request(asked: dict[str, str]) -> None:
    """From the door to the answer, as far as no database is needed."""
    reply_to = accepted(redirect_uri.check, asked.get("redirect_uri"), sender())
    checked = accepted(authorize.check, asked, sender(), ISSUER)
    if reply_to is None or checked is None:
        return
    state = {"state": asked["state"]} if "state" in asked else {}
    assert reply_to.with_parameters({"code": "c", **state}).isascii()
    parked = json.loads(json.dumps(asked))
    same(authorize.check(parked, sender(), ISSUER), checked)
    interaction.next_step(
        checked, sender(), samples.session(), None, None, interaction.Progress(), NOW
    )
    checked.claims.demanded_sub()
    telling.told(SOKHA, checked)


@target(CLAIMS, "{}", '{"userinfo":{"name":{"value":1,"values":[[]]}}}', kind=Kind.JSON)
def claims_parameter(data: bytes) -> None:
    """OIDC Core 5.5: what leaves is no more than was asked for, and can be written down."""
    wanted = accepted(claims.parse, text(data))
    if wanted is None:
        return
    asked = claims.asked_for(("openid",), wanted)
    for told in (
        claims.release(SOKHA, claims.for_userinfo(("openid",), wanted), ()),
        claims.release(SOKHA, asked, ("km", "\ud800")),
    ):
        assert {name.partition("#")[0] for name in told} <= {
            name.partition("#")[0] for name in asked
        }
        orjson.dumps(told)
    wanted.essential_acr()
    demanded = wanted.demanded_sub()
    assert demanded is None or (demanded.isascii() and len(demanded) <= 255)


@target(DETAILS, "[]", '[{"type":"tra_document_signature"}]', kind=Kind.JSON)
def authorization_details_parameter(data: bytes) -> None:
    """RFC 9396: what was granted can be asked for again, and nothing that is wider."""
    asked = text(data)
    granted = accepted(authorization_details.parse, asked, sender())
    if not granted:
        return
    written = json.dumps(granted)
    same(authorization_details.parse(written, sender()), granted)
    same(authorization_details.narrow(asked, granted, sender()), granted)
    for detail in granted:
        narrow = json.dumps([detail])
        same(authorization_details.narrow(narrow, granted, sender()), (detail,))
    orjson.dumps(granted)
    written.encode()


@target(make=requests, kind=Kind.FORM)
def decoupled_request(data: bytes) -> None:
    """A device's request, and an agency's (RFC 8628 §3.1, CIBA Core 7.1)."""
    asked = accepted(parameters.parse, data)
    if asked is None:
        return
    accepted(decoupled.check, asked, sender(), ISSUER, DEVICE_CODE)
    accepted(ciba.check, asked, sender(), (), ISSUER)


@target(
    urlencode(
        {
            "login_hint": "sokha",
            "binding_message": "W4SCT",
            "requested_expiry": "60",
            "scope": "openid",
            "acr_values": "urn:tra:loa:2",
        }
    ),
    kind=Kind.FORM,
)
def ciba_request(data: bytes) -> None:
    """CIBA Core 7.2."""
    asked = accepted(parameters.parse, data)
    if asked is None:
        return
    checked = accepted(ciba.check, asked, sender(), (), ISSUER)
    if checked is not None:
        assert (checked.username is None) != (checked.sub is None)
        assert 0 < checked.expires_in <= ciba.LONGEST_EXPIRY_SECONDS
        assert 1 <= ciba.demanded_level(checked.request, sender()) <= 99


@target(
    urlencode(
        {
            "subject_token": "a.b.c",
            "subject_token_type": token_exchange.ACCESS_TOKEN,
            "audience": API,
            "scope": "profile",
            "authorization_details": DETAILS,
        }
    ),
    kind=Kind.FORM,
)
def exchange_request(data: bytes) -> None:
    """RFC 8693 §2.1: never for more than the subject token has."""
    found = accepted(parameters.parse_with_resources, data)
    wish = accepted(token_exchange.parse, *found) if found is not None else None
    if wish is None:
        return
    subject = {
        "client_id": "service",
        "grant_id": "g",
        "scope": "openid profile",
        "jti": "j",
        "exp": NOW + 60,
        "aud": API,
        "authorization_details": json.loads(DETAILS),
    }
    allowed = accepted(token_exchange.check, wish, subject, None, sender())
    if allowed is not None:
        assert set(allowed.scope) <= {"openid", "profile"}
        assert set(allowed.audience) <= {API}
        assert allowed.not_after <= NOW + 60


@target("https://api.example.kh https://id.example.kh", "urn:x", "https://[", "//api.example.kh")
def resource_parameter(data: bytes) -> None:
    """RFC 8707 §2: registered ones alone, each once."""
    found = accepted(resources.check, tuple(text(data).split(" ")), sender(), ISSUER)
    assert found is None or set(found) <= {API, ISSUER}


@target("WDJB-MJHT", "wdjb mjht", "\u200bWDJBMJHT", "WDJBMJHß")
def user_code(data: bytes) -> None:
    """RFC 8628 §6.1: as it is shown it is read again."""
    found = device.parse_user_code(text(data))
    if found is not None:
        same(device.parse_user_code(device.shown(found)), found)
        digest(found)


@target("Sokha", "ＳＯＫＨＡ", "សុខា១២", "\u00ad", "ﬀ", "İ", "ͅ", "ẞ", "౾")
def username(data: bytes) -> None:
    """Who is meant does not change by reading the name again."""
    key = credentials.username_key(text(data))
    same(credentials.username_key(key), key)
    digest(key)
    credentials.one_time_code(text(data))
    credentials.source(text(data))
    credentials.is_loopback(text(data))


@target(
    '{"client_id":"service","response_type":"code","max_age":60,"scope":"openid","claims":{}}',
    kind=Kind.JSON,
)
def parameters_of_a_request_object(data: bytes) -> None:
    """RFC 9101 §4: what is inside is as if it had been sent outside."""
    try:
        inside = json.loads(data)
        json.dumps(inside, ensure_ascii=False).encode()  # keys.jose lets nothing else through
    except (ValueError, RecursionError):
        return
    if not isinstance(inside, dict):
        return
    said = accepted(of_request_object, inside)
    if said is None:
        return
    check_request(said)
