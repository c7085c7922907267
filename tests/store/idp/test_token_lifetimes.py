"""No token outlives what it descends from: a code, a grant, a session, a person, another token.

Hypothesis does what people, clients and thieves do, in any order and at any time; beside the real
provider stands a model that knows which tokens are good. The two have to agree at every step.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    multiple,
    rule,
    run_state_machine_as_test,
)
from starlette.testclient import TestClient

from clients.rules.profiles import TOKEN_EXCHANGE
from core.clock import FixedClock
from idp.app import SWEPT
from idp.rules.claims import ClaimsRequest, asked_for
from idp.rules.interaction import ABSOLUTE_SECONDS, IDLE_SECONDS, Consent, Session
from idp.rules.refresh_grant import GRACE_SECONDS
from idp.rules.token_exchange import ACCESS_TOKEN
from idp.rules.tokens import ACCESS_TOKEN_SECONDS, CODE_SECONDS, REFRESH_SECONDS
from idp.store import citizens, consents, logout, sessions
from idp.store.citizens import Citizen
from idp.store.sessions import SEEN_EVERY
from keys.handles import new_handle, new_id
from tests.conftest import NEW_YEAR
from tests.fapi import FapiClient
from tests.lifetimes import Family, SignedIn, Token
from tests.provider import ISSUER, SOKHA, VERIFIER, Keypair, Provider, Reply, provider

DAY = 86_400
SCOPE = "openid profile offline_access"
API = "https://api.example.kh"
PUBLIC, ROTATING, OPAQUE, BOUND = CLIENTS = ("public", "rotating", "opaque", "bound")


class TokenLifetimes(RuleBasedStateMachine):
    """A person, four kinds of client, one more that acts for them, and a resource server."""

    op: ClassVar[Provider]
    bound: ClassVar[FapiClient]
    sessions = Bundle("sessions")
    codes = Bundle("codes")
    access = Bundle("access")
    refresh = Bundle("refresh")

    def __init__(self) -> None:
        super().__init__()
        self.http = TestClient(self.op.app, ISSUER)
        self.everything: dict[str, list[Token]] = {"code": [], "access": [], "refresh": []}
        self.signed_in: list[SignedIn] = []
        self.person = Citizen(new_id(), f"person-{new_id()}", "active", 2, SOKHA, {})
        self._save_person("active")
        scope = frozenset(SCOPE.split())
        agreed = Consent(scope, asked_for(scope, ClaimsRequest()))
        for client in CLIENTS:
            self._write(consents.give, self.person.citizen_id, client, agreed, self.now)

    @property
    def now(self) -> int:
        return self.op.now

    # What people do.

    @initialize(target=sessions)
    def begin(self) -> SignedIn:
        return self.sign_in()

    @rule(target=sessions)
    def sign_in(self) -> SignedIn:
        handle, now = new_handle(), self.now
        amr = ("pwd", "otp", "mfa")
        session = Session(new_id(), self.person.citizen_id, now, 2, amr, now, now)
        self._write(sessions.start, handle, session, now)
        browser = self.op.browser()
        browser.http.cookies.set("tra-session", handle)
        self.signed_in.append(SignedIn(browser, now, now))
        return self.signed_in[-1]

    @rule(target=codes, session=sessions, client=st.sampled_from(CLIENTS), offline=st.booleans())
    def agree(self, session: SignedIn, client: str, offline: bool) -> Token | MultipleResults[Any]:
        scope = SCOPE if offline else "openid profile"
        there = session.browser.authorize(client, scope=scope)
        if not isinstance(there, Reply):
            idle = self.now - session.seen_at > IDLE_SECONDS - SEEN_EVERY
            assert session.ended or idle or self.now >= session.auth_time + ABSOLUTE_SECONDS
            return multiple()
        assert not session.ended
        session.seen_at = self.now
        family = Family(client, session, offline)
        return self._keep("code", there.parameters["code"], family, self.now + CODE_SECONDS)

    @rule(session=sessions)
    def sign_out(self, session: SignedIn) -> None:
        session.browser.open("/logout")
        if "/logout/confirm" in session.browser.page.text:
            session.browser.submit(decision="logout")
        else:
            assert session.ended or self.now > session.auth_time + ABSOLUTE_SECONDS
        session.ended = True

    @rule()
    def come_back_from_suspension(self) -> None:
        self._save_person("suspended")
        self._write(logout.end_everything, self.person.citizen_id, "person_suspended", self.now)
        self._save_person("active")
        for session in self.signed_in:
            session.ended = True
        for token in self.everything["code"]:
            token.family.revoked = True

    # What clients do.

    @rule(target=access, code=codes)
    def redeem(self, code: Token) -> Token | MultipleResults[Any]:
        first = code.used_at is None and self.now < code.expires_at
        good = first and code.family.alive
        form = {
            "code": code.handle,
            "redirect_uri": f"https://{code.holder}.example.kh/callback",
            "code_verifier": VERIFIER,
        }
        told = self._ask(code.holder, good, grant_type="authorization_code", **form)
        if first:
            code.used_at = self.now
        elif code.used_at is not None and not code.swept:
            code.family.revoked = True  # it was replayed
        if not good:
            return multiple()
        expires_at = code.family.refresh_expiry(self.now)
        self._keep("refresh", told["refresh_token"], code.family, expires_at)
        return self._keep_access(told, code.family)

    @rule(target=access, data=st.data(), scope=st.sampled_from(["", "profile"]))
    def use_refresh_token(self, data: st.DataObject, scope: str) -> Any:
        if not self.everything["refresh"]:
            return multiple()
        token = data.draw(st.sampled_from(self.everything["refresh"]))
        late = token.used_at is not None and self.now - token.used_at > GRACE_SECONDS
        found = token.alive(self.now) and not token.swept
        form = {"refresh_token": token.handle, "scope": scope}
        told = self._ask(token.holder, found and not late, grant_type="refresh_token", **form)
        if found and late:
            token.family.revoked = True  # two parties hold it
        if not found or late:
            return multiple()
        expires_at = token.family.refresh_expiry(self.now)
        if token.holder == BOUND:
            assert told["refresh_token"] == token.handle
            token.expires_at = expires_at
        elif token.successor is not None:
            assert told["refresh_token"] == token.successor.handle
        else:
            token.used_at = self.now
            handle = told["refresh_token"]
            token.successor = self._keep("refresh", handle, token.family, expires_at)
        return self._keep_access(told, token.family)

    @rule(target=access, subject=access)
    def act_for(self, subject: Token) -> Token | MultipleResults[Any]:
        """RFC 8693: the broker acts with a token that it was handed."""
        if subject.generation == 4:
            return multiple()
        told = self._ask(
            "broker",
            subject.alive(self.now),
            grant_type=TOKEN_EXCHANGE,
            subject_token=subject.handle,
            subject_token_type=ACCESS_TOKEN,
        )
        if not told:
            return multiple()
        expires_at = min(subject.expires_at, self.now + ACCESS_TOKEN_SECONDS)
        token = self._keep("access", told["access_token"], subject.family, expires_at)
        token.holder, token.parent = "broker", subject
        return token

    @rule(kind=st.sampled_from(["access", "refresh"]), data=st.data())
    def revoke(self, kind: str, data: st.DataObject) -> None:
        if not self.everything[kind]:
            return
        token = data.draw(st.sampled_from(self.everything[kind]))
        assert self._post("/revoke", token.holder, token=token.handle).status_code == 200
        if kind == "access":
            token.revoked = True
        elif not token.swept:
            token.family.revoked = True

    @rule(kind=st.sampled_from(["code", "refresh"]), data=st.data(), thief=st.sampled_from(CLIENTS))
    def steal(self, kind: str, data: st.DataObject, thief: str) -> None:
        """Another client gets nothing, and breaks nothing."""
        of_others = [token for token in self.everything[kind] if token.holder != thief]
        if not of_others:
            return
        token = data.draw(st.sampled_from(of_others))
        grant_type = "authorization_code" if kind == "code" else "refresh_token"
        name = "code" if kind == "code" else "refresh_token"
        uri = f"https://{token.holder}.example.kh/callback"
        form = {name: token.handle, "redirect_uri": uri, "code_verifier": VERIFIER}
        self._ask(thief, False, grant_type=grant_type, **form)

    # What time does.

    @rule(
        seconds=st.sampled_from([1, GRACE_SECONDS, CODE_SECONDS, ACCESS_TOKEN_SECONDS, 1_800])
        | st.sampled_from([IDLE_SECONDS, ABSOLUTE_SECONDS, 2 * DAY, REFRESH_SECONDS])
    )
    def wait(self, seconds: int) -> None:
        self.op.clock.advance(seconds)

    @rule()
    def sweep(self) -> None:
        for store in SWEPT:
            self._write(store.forget_old, self.now)
        for token in (*self.everything["code"], *self.everything["refresh"]):
            token.swept = token.swept or token.expires_at < self.now - DAY

    # What has to hold.

    @rule(token=access)
    def look(self, token: Token) -> None:
        good = token.alive(self.now)
        told = self._post("/introspect", "api", token=token.handle).json()
        assert told["active"] is good
        if token.parent is None and token.holder != BOUND:
            bearer = {"Authorization": f"Bearer {token.handle}"}
            status = self.http.get("/userinfo", headers=bearer).status_code
            assert status in ({200, 403} if good else {401})  # 403: narrowed to less than openid

    def teardown(self) -> None:
        for token in self.everything["access"]:
            told = self._post("/introspect", "api", token=token.handle).json()
            assert told["active"] is token.alive(self.now)

    # How it is asked.

    def _ask(self, client: str, good: bool, **form: str) -> dict[str, Any]:
        """A token request, which has to be answered exactly where it is `good`."""
        answer = self._post("/token", client, **form)
        assert (answer.status_code == 200) is good, answer.text
        told: dict[str, Any] = answer.json()
        return told if good else {}

    def _post(self, path: str, client: str, **form: str) -> Any:
        if client == PUBLIC:
            return self.http.post(path, data={**form, "client_id": client})
        proof = {"DPoP": self.bound.proof(path)} if client == BOUND and path == "/token" else {}
        return self.http.post(path, data=form, auth=(client, "secret"), headers=proof)

    def _keep(self, kind: str, handle: str, family: Family, expires_at: int) -> Token:
        token = Token(handle, family, expires_at, family.client)
        self.everything[kind].append(token)
        return token

    def _keep_access(self, told: dict[str, Any], family: Family) -> Token:
        return self._keep("access", told["access_token"], family, self.now + ACCESS_TOKEN_SECONDS)

    def _save_person(self, status: str) -> None:
        person = replace(self.person, status=status)
        self._write(lambda transaction, now: citizens.save(transaction, person, now, actor="test"))

    def _write(self, fn: Any, *arguments: Any) -> None:
        self.op.ledger.write_now(fn, *(arguments or (self.now,)))


@pytest.fixture
def op(tmp_path: Path) -> Iterator[Provider]:
    with provider(f"sqlite:///{tmp_path / 'idp.sqlite'}", FixedClock(NEW_YEAR)) as running:
        special: dict[str, dict[str, Any]] = {
            PUBLIC: {"token_endpoint_auth_method": "none"},
            OPAQUE: {"access_token_format": "opaque"},
            BOUND: {"dpop_bound_access_tokens": True},  # so that it keeps its refresh token
        }
        for client in CLIENTS:
            running.add_client(
                client,
                redirect_uris=[f"https://{client}.example.kh/callback"],
                grant_types=["authorization_code", "refresh_token"],
                scope=SCOPE,
                audience=[API],
                may_act="broker",
                **({} if client == PUBLIC else {"client_secret": "secret"}),
                **special.get(client, {}),
            )
        own = {"client_secret": "secret", "sector": "api.example.kh"}
        exchanges = {"grant_types": [TOKEN_EXCHANGE], "scope": "profile", "audience": [API]}
        running.add_client("broker", **exchanges, **own)
        machine = {"grant_types": ["client_credentials"], "scope": "seal"}
        running.add_client("api", resource_identifiers=[API], **machine, **own)
        yield running


@pytest.mark.rule("token.code-replay", "token.refresh-logout", "token.revocation", "logout.ends")
def test_no_token_outlives_what_it_descends_from(op: Provider) -> None:
    TokenLifetimes.op = op
    TokenLifetimes.bound = FapiClient(op, BOUND, Keypair())
    bounded = settings(
        max_examples=25,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(TokenLifetimes, settings=bounded)
