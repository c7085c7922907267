"""Requests of clients that the provider accepts, one maker for each operation of its description:
fresh codes, tokens and proofs each time. tests/visits.py has those of people's browsers."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from starlette.testclient import TestClient

from clients.rules.authentication import ASSERTION_TYPE
from clients.rules.client import SecurityProfile
from clients.rules.profiles import CIBA, DEVICE_CODE, TOKEN_EXCHANGE
from clients.rules.registration import Invitation
from clients.store import registration
from idp.rules.token_exchange import ACCESS_TOKEN
from keys.handles import new_handle
from tests.fapi import FapiClient
from tests.provider import (
    ISSUER,
    VERIFIER,
    Browser,
    Provider,
    authorization_request,
    fresh_assertion,
)

API = "https://api.example.kh"
HERE = ("127.0.0.1", 50000)


@dataclass
class Valid:
    """A request: what goes into each of its parts."""

    body: Any = field(default_factory=dict)  # of a form, or JSON; or bytes
    query: dict[str, str] = field(default_factory=dict)
    path: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)


Maker = Callable[[Random], Valid]


class Clients:
    """One of each kind, and a person who is signed in and agreed to what they ask."""

    def __init__(self, op: Provider) -> None:
        self.op = op
        self.http = TestClient(op.app, ISSUER, client=HERE)
        usual: dict[str, Any] = {
            "client_secret": "secret",
            "redirect_uris": ["https://all.example.kh/callback"],
            "post_logout_redirect_uris": ["https://all.example.kh/bye"],
            "grant_types": [
                "authorization_code",
                "refresh_token",
                "client_credentials",
                CIBA,
                DEVICE_CODE,
                TOKEN_EXCHANGE,
            ],
            "scope": "openid profile email phone address offline_access seal",
            "authorization_details_types": ["tra_data_access"],
            "audience": [API],
            "resource_identifiers": [API],
        }
        op.add_client("all", **usual)
        op.add_client("post", **{**usual, "token_endpoint_auth_method": "client_secret_post"})
        self.fapi = FapiClient.register(op, audience=[API])
        self.citizen_id = op.add_person("sokha")
        self.person = Browser(op, TestClient(op.app, ISSUER, client=HERE))
        self.person.go_through("all", scope=usual["scope"].removesuffix(" seal"))
        self.fapi.go_through(self.person)
        self.invitation = new_handle()
        op.ledger.write_now(
            registration.invite,
            self.invitation,
            Invitation("moc", SecurityProfile.OIDC),
            1_000_000,
            op.now + 86_400,
            op.now,
            actor="operator",
        )

    def makers(self) -> "dict[str, Maker]":
        """By operation."""
        return {
            "POST /token": self.token,
            "POST /par": self.push,
            "POST /device_authorization": self.begin_device,
            "POST /bc-authorize": self.begin_ciba,
            "POST /introspect": self.introspect,
            "POST /revoke": self.revoke,
            "GET /userinfo": self.userinfo,
            "POST /userinfo": self.userinfo_by_post,
            "POST /register": self.register,
            "GET /register/{client_id}": self.manage,
            "PUT /register/{client_id}": self.manage,
            "DELETE /register/{client_id}": self.manage,
        }

    def authenticated(self, dice: Random, path: str, form: dict[str, str], who: str = "") -> Valid:
        """The form from a client of one of the kinds; `who` says from which."""
        who = who or dice.choice(["all", "post", "fapi"])
        if who == "all":
            return Valid(form, headers={"Authorization": _basic("all", "secret")})
        if who == "post":
            return Valid({**form, "client_id": "post", "client_secret": "secret"})
        assertion = fresh_assertion(self.fapi.key, "fapi", self.op.now)
        proof = self.fapi.proof(path)
        signed = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        return Valid({**form, **signed}, headers={"DPoP": proof})

    def token(self, dice: Random) -> Valid:
        kind, form = dice.choice(list(_GRANTS.items()))
        who = dice.choice(["all", "fapi"]) if kind in _CODES else "all"
        return self.authenticated(dice, "/token", form(self, who), who)

    def code(self, who: str) -> dict[str, str]:
        fapi, person = self.fapi, self.person
        reply = fapi.go_through(person) if who == "fapi" else person.go_through(who)
        return {
            "grant_type": "authorization_code",
            "code": reply.parameters["code"],
            "redirect_uri": reply.uri,
            "code_verifier": VERIFIER,
        }

    def tokens(self, who: str = "all") -> dict[str, Any]:
        form = self.code(who)
        if who == "fapi":
            answer = self.fapi.post("/token", **form)
        else:
            answer = self.http.post("/token", data=form, auth=("all", "secret"))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def refresh(self, who: str) -> dict[str, str]:
        return {"grant_type": "refresh_token", "refresh_token": self.tokens(who)["refresh_token"]}

    def client_credentials(self, _who: str) -> dict[str, str]:
        return {"grant_type": "client_credentials", "scope": "seal", "resource": API}

    def device_code(self, _who: str) -> dict[str, str]:
        return {"grant_type": DEVICE_CODE, "device_code": self.device()["device_code"]}

    def device(self) -> dict[str, Any]:
        begun = self.http.post(
            "/device_authorization", data={"scope": "openid"}, auth=("all", "secret")
        )
        found: dict[str, Any] = begun.json()
        return found

    def auth_req_id(self, _who: str) -> dict[str, str]:
        handle = self.waiting()
        asked = {"auth_req_id": handle, "decision": "approve"}
        assert self.http.post("/development/ciba", params=asked).status_code == 204
        return {"grant_type": CIBA, "auth_req_id": handle}

    def waiting(self) -> str:
        asked = {"scope": "openid profile", "login_hint": "sokha", "binding_message": "W4SCT"}
        begun = self.http.post("/bc-authorize", data=asked, auth=("all", "secret"))
        return str(begun.json()["auth_req_id"])

    def exchange(self, _who: str) -> dict[str, str]:
        return {
            "grant_type": TOKEN_EXCHANGE,
            "subject_token": self.tokens()["access_token"],
            "subject_token_type": ACCESS_TOKEN,
            "audience": API,
        }

    def push(self, dice: Random) -> Valid:
        who = dice.choice(["all", "fapi"])
        return self.authenticated(dice, "/par", authorization_request(who), who)

    def begin_device(self, dice: Random) -> Valid:
        form = {"scope": "openid profile"}
        return self.authenticated(dice, "", form, dice.choice(["all", "post"]))

    def begin_ciba(self, dice: Random) -> Valid:
        form = {"scope": "openid", "login_hint": "sokha", "binding_message": "W4SCT"}
        return self.authenticated(dice, "", form, dice.choice(["all", "post"]))

    def introspect(self, dice: Random) -> Valid:
        kind = dice.choice(["access_token", "refresh_token", "id_token"])
        asked = self.authenticated(dice, "", {"token": self.tokens()[kind]}, "all")
        if dice.random() < 0.5:
            asked.headers["Accept"] = "application/token-introspection+jwt"
        return asked

    def revoke(self, dice: Random) -> Valid:
        return self.authenticated(dice, "", {"token": self.tokens()["access_token"]}, "all")

    def userinfo(self, dice: Random, method: str = "GET") -> Valid:
        if dice.random() < 0.5:
            bearer = self.tokens()["access_token"]
            return Valid(headers={"Authorization": f"Bearer {bearer}"})
        bound = self.tokens("fapi")["access_token"]
        proof = self.fapi.proof("/userinfo", method, bound)
        return Valid(headers={"Authorization": f"DPoP {bound}", "DPoP": proof})

    def userinfo_by_post(self, dice: Random) -> Valid:
        if dice.random() < 0.3:
            return Valid({"access_token": self.tokens()["access_token"]})
        return self.userinfo(dice, "POST")

    def register(self, dice: Random) -> Valid:
        metadata = {
            "client_name": "Land",
            "redirect_uris": ["https://land.example.kh/callback"],
            **({"jwks": self.fapi.key.jwks} if dice.random() < 0.5 else {}),
        }
        return Valid(metadata, headers={"Authorization": f"Bearer {self.invitation}"})

    def manage(self, dice: Random) -> Valid:
        asked = self.register(dice)
        told = self.http.post("/register", json=asked.body, headers=asked.headers).json()
        token = told["registration_access_token"]
        return Valid(
            {**asked.body, "client_id": told["client_id"]},
            path={"client_id": told["client_id"]},
            headers={"Authorization": f"Bearer {token}"},
        )


def _basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


_CODES = frozenset({"authorization_code", "refresh_token"})
_GRANTS: dict[str, Callable[[Clients, str], dict[str, str]]] = {
    "authorization_code": Clients.code,
    "refresh_token": Clients.refresh,
    "client_credentials": Clients.client_credentials,
    DEVICE_CODE: Clients.device_code,
    CIBA: Clients.auth_req_id,
    TOKEN_EXCHANGE: Clients.exchange,
}
