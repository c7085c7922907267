"""Requests of people's browsers that the provider accepts, one maker for each page of its
description: parked requests, sessions and tokens of forms as the pages themselves give them."""

from random import Random
from typing import Any
from urllib.parse import urlencode

from starlette.testclient import TestClient

from idp.rules.interaction import Session
from idp.store import sessions
from idp.web.browser import csrf
from keys.handles import new_handle, new_id
from tests.callers import HERE, Clients, Maker, Valid
from tests.provider import (
    ISSUER,
    PASSWORD_OF_ALL,
    Browser,
    Reply,
    authorization_request,
    one_time_code,
)

BROWSER, SESSION = "tra-browser", "tra-session"


class People:
    """At browsers, on their way from a client or on our own pages."""

    def __init__(self, clients: Clients) -> None:
        self.op, self.clients = clients.op, clients

    def makers(self) -> dict[str, Maker]:
        """By operation."""
        return {
            "GET /": self.page,
            "GET /account": self.page,
            "POST /account/elsewhere": self.elsewhere,
            "GET /authorize": self.authorize,
            "POST /authorize": self.authorize_by_post,
            "GET /authorize/{interaction_id}": self.at_consent,
            "GET /login/{interaction_id}": self.at_login,
            "POST /login/{interaction_id}": self.at_login,
            "GET /login/{interaction_id}/code": self.at_code,
            "POST /login/{interaction_id}/code": self.at_code,
            "GET /consent/{interaction_id}": self.at_consent,
            "POST /consent/{interaction_id}": self.at_consent,
            "POST /device": self.with_code,
            "GET /device/{interaction_id}": self.at_device,
            "GET /ciba/{request_id}": self.at_ciba,
            "POST /ciba/{request_id}": self.at_ciba,
            "GET /logout": self.logout,
            "POST /logout": self.logout_by_post,
            "POST /logout/confirm": self.logout_confirm,
            "POST /inspector": self.pasted,
        }

    def browser(self, cookies: dict[str, str]) -> Any:
        """One that follows no redirect by itself."""
        return TestClient(self.op.app, ISSUER, client=HERE, cookies=cookies, follow_redirects=False)

    def cookies(self) -> dict[str, str]:
        """Of the person who is signed in."""
        return {
            name: value
            for name, value in self.clients.person.http.cookies.items()
            if name != "lang"
        }

    def signed_in(self, citizen_id: str = "") -> dict[str, str]:
        """Of a session that may end: begun without the pages."""
        handle, now = new_handle(), self.op.now
        citizen_id = citizen_id or self.clients.citizen_id
        session = Session(new_id(), citizen_id, now, 2, ("pwd", "otp", "mfa"), now, now)
        self.op.ledger.write_now(sessions.start, handle, session, now)
        return {SESSION: handle, BROWSER: new_handle()}

    def authorize(self, dice: Random) -> Valid:
        who = "all"
        if dice.random() < 0.2:
            pushed = self.clients.fapi.push().json()["request_uri"]
            asked = {"client_id": "fapi", "request_uri": pushed}
        else:
            asked = authorization_request(who)
        return Valid(query=asked, cookies=self.cookies() if dice.random() < 0.5 else {})

    def authorize_by_post(self, _dice: Random) -> Valid:
        return Valid(authorization_request("all"))

    def logout(self, dice: Random) -> Valid:
        asked = {
            "id_token_hint": self.clients.tokens()["id_token"],
            "post_logout_redirect_uri": "https://all.example.kh/bye",
            "state": "the-state",
        }
        return Valid(query=asked, cookies=self.signed_in() if dice.random() < 0.5 else {})

    def logout_by_post(self, dice: Random) -> Valid:
        return Valid(self.logout(dice).query)

    def logout_confirm(self, dice: Random) -> Valid:
        cookies = self.signed_in()
        form = {"csrf": csrf(cookies[BROWSER], "logout")}
        carried = self.logout(dice).query if dice.random() < 0.5 else {}
        return Valid({**form, **carried}, cookies=cookies)

    def parked(self, at: str, **asked: str) -> Valid:
        """A request of a browser that is on the page of that name."""
        cookies = self.signed_in() if at == "consent" else {BROWSER: new_handle()}
        browser = Browser(self.op, self.browser(cookies))
        there = browser.authorize("all", **asked)
        assert not isinstance(there, Reply), there
        interaction_id = str(browser.page.url).partition(f"/{at}/")[2]
        assert interaction_id, browser.page.url
        token = _token_of(browser.page.text)
        return Valid({"csrf": token}, path={"interaction_id": interaction_id}, cookies=cookies)

    def at_login(self, dice: Random) -> Valid:
        asked = self.parked("login")
        known = dice.random() < 0.2
        asked.body |= {"username": "sokha", "password": PASSWORD_OF_ALL if known else "wrong"}
        return asked

    def at_code(self, dice: Random) -> Valid:
        asked = self.parked("login")
        if dice.random() < 0.5:
            form = {**asked.body, "username": "sokha", "password": PASSWORD_OF_ALL}
            address = f"/login/{asked.path['interaction_id']}"
            self.browser(asked.cookies).post(address, data=form)
            self.op.clock.advance(30)  # codes are used once
        code = one_time_code(self.op.clock) if dice.random() < 0.5 else "000000"
        asked.body["code"] = code
        return asked

    def at_consent(self, dice: Random) -> Valid:
        asked = self.parked("consent", prompt="consent")
        asked.body["decision"] = dice.choice(["approve", "deny"])
        return asked

    def with_code(self, dice: Random) -> Valid:
        cookies = self.signed_in()
        form = {
            "user_code": self.clients.device()["user_code"],
            "csrf": csrf(cookies[BROWSER], "device"),
        }
        return Valid(form, cookies=cookies)

    def at_device(self, dice: Random) -> Valid:
        typed = self.with_code(dice)
        answer = self.browser(typed.cookies).post("/device", data=typed.body)
        interaction_id = answer.headers["location"].rpartition("/")[2]
        return Valid(path={"interaction_id": interaction_id}, cookies=typed.cookies)

    def at_ciba(self, dice: Random) -> Valid:
        self.clients.waiting()
        cookies = self.signed_in()
        browser = self.browser(cookies)
        account = browser.get("/account").text
        request_id = account.partition('href="/ciba/')[2].partition('"')[0]
        token = _token_of(browser.get(f"/ciba/{request_id}").text)
        form = {"csrf": token, "decision": dice.choice(["approve", "deny"])}
        return Valid(form, path={"request_id": request_id}, cookies=cookies)

    def elsewhere(self, _dice: Random) -> Valid:
        """Of somebody else: what is signed out here is signed in there."""
        other = self.op.add_person("dara", totp=False)
        self.signed_in(other)
        cookies = self.signed_in(other)
        return Valid(
            {"csrf": _token_of(self.browser(cookies).get("/account").text)}, cookies=cookies
        )

    def page(self, _dice: Random) -> Valid:
        return Valid(cookies=self.cookies())

    def pasted(self, _dice: Random) -> Valid:
        asked = f"{ISSUER}/authorize?{urlencode(authorization_request('all'))}"
        return Valid({"pasted": asked})


def _token_of(page: str) -> str:
    return page.partition('name="csrf" value="')[2].partition('"')[0]
