"""The provider's hot paths, as its clients load them: every grant durable, every check made."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from bench.load import Ask, Workload
from bench.provider import (
    BY_KEY,
    BY_SECRET,
    CALLBACK,
    FAPI,
    OPAQUE,
    RESOURCE,
    Seeded,
    basic,
    each,
)
from core.clock import SystemClock
from idp.rules import tokens
from idp.rules.binding import JKT, Binding
from idp.rules.dpop import access_token_hash
from idp.store import access_tokens, grants, refresh_tokens
from keys.handles import new_handle, new_id
from keys.jose import thumbprint
from keys.ring import Purpose
from keys.signer import Algorithm, SoftwareSigner
from keys.store import LiveRing

_VERIFIER: Final = "a-verifier-of-the-length-that-rfc-7636-asks-for"
_CHALLENGE: Final = access_token_hash(_VERIFIER)  # S256 is the same sum (RFC 7636 §4.2)
_FORM: Final = ("Content-Type", "application/x-www-form-urlencoded")
_ANSWERED: Final = '"access_token":'
_BY_CLIENT: Final = {"grant_type": "client_credentials", "scope": "seal"}
_ASKED: Final = {
    "response_type": "code",
    "redirect_uri": CALLBACK,
    "scope": "openid profile",
    "state": "af0ifjsldkj",
    "nonce": "n-0S6_WzA2Mj",
    "code_challenge": _CHALLENGE,
    "code_challenge_method": "S256",
}
_IN_TURN: Final = 500
"""How many tokens a workload goes round, whose requests may repeat."""

Fields = Callable[[], dict[str, str]]
Headers = Callable[[], tuple[tuple[str, str], ...]]


@dataclass
class Endpoints:
    """What a provider is asked for, endpoint by endpoint."""

    seeded: Seeded

    def workloads(self) -> Iterator[Workload]:
        """Everything that is measured."""
        yield from self._of_clients()
        yield from self._of_people()
        yield from self._of_tokens()
        yield Workload("jwks", lambda _: [Ask("GET", "/jwks")], must_have='"kty":')
        configuration = [Ask("GET", "/.well-known/openid-configuration")]
        yield Workload("discovery", lambda _: configuration, must_have='"issuer":')

    def _of_clients(self) -> Iterator[Workload]:
        name = "token: client_credentials, "
        secret, opaque = ([_post("/token", _BY_CLIENT, (basic(c),))] for c in (BY_SECRET, OPAQUE))
        yield Workload(f"{name}secret", lambda _: secret, must_have=_ANSWERED)
        yield Workload(f"{name}secret, opaque token", lambda _: opaque, must_have=_ANSWERED)
        yield _fresh(f"{name}private_key_jwt", self._by_key)
        yield _fresh(f"{name}private_key_jwt, DPoP", self._by_bound_key)

    def _of_people(self) -> Iterator[Workload]:
        yield Workload("authorize: a code, signed in", self._authorize, status=303)
        yield _fresh("token: code, secret", self._codes)
        yield _fresh("token: code, private_key_jwt, DPoP", self._bound_codes)
        yield _fresh("token: refresh with rotation, secret", self._refresh)
        yield _fresh("token: refresh, private_key_jwt, DPoP", self._bound_refresh)
        yield _fresh("par: private_key_jwt", self._push, '"request_uri":', 201)

    def _of_tokens(self) -> Iterator[Workload]:
        told, active = '"sub":', '"active":true'
        yield Workload("userinfo: JWT", self._userinfo, must_have=told)
        yield _fresh("userinfo: JWT, each seen once", self._userinfo, told)
        yield Workload("userinfo: opaque token", self._userinfo_opaque, must_have=told)
        yield _fresh("userinfo: JWT, DPoP", self._userinfo_bound, told)
        yield Workload("introspection: JWT, secret", self._introspect, must_have=active)
        yield Workload("introspection: opaque, secret", self._introspect_opaque, must_have=active)

    def _by_key(self, count: int) -> Iterable[Ask]:
        assertion = self.seeded.assertions(BY_KEY)
        return (_post("/token", _BY_CLIENT | assertion()) for _ in range(count))

    def _by_bound_key(self, count: int) -> Iterable[Ask]:
        assertion, proof = self.seeded.assertions(FAPI), self.seeded.proofs("/token")
        return (_post("/token", _BY_CLIENT | assertion(), (proof(),)) for _ in range(count))

    def _authorize(self, _: int) -> Iterable[Ask]:
        query = urlencode({"client_id": BY_SECRET, **_ASKED})
        cookie = ("Cookie", f"tra-session={self.seeded.session_handle}")
        return [Ask("GET", f"/authorize?{query}", (cookie,))]

    def _codes(self, count: int) -> Iterable[Ask]:
        return self._redeem(self._issue(BY_SECRET, count), dict, lambda: (basic(),))

    def _bound_codes(self, count: int) -> Iterable[Ask]:
        codes, proof = self._issue(FAPI, count), self.seeded.proofs("/token")
        return self._redeem(codes, self.seeded.assertions(FAPI), lambda: (proof(),))

    def _issue(self, client_id: str, count: int) -> list[str]:
        """As many codes of grants of their own."""
        codes, now = [new_handle() for _ in range(count)], SystemClock().now()
        self.seeded.store(
            *(
                each(
                    grants.save_code,
                    self.seeded.grant(client_id, offline=True),
                    code,
                    CALLBACK,
                    _CHALLENGE,
                    "n-0S6_WzA2Mj",
                    now,
                )
                for code in codes
            )
        )
        return codes

    @staticmethod
    def _redeem(codes: Iterable[str], fields: Fields, headers: Headers) -> Iterator[Ask]:
        usual = {
            "grant_type": "authorization_code",
            "redirect_uri": CALLBACK,
            "code_verifier": _VERIFIER,
        }
        for code in codes:
            yield _post("/token", {**usual, "code": code, **fields()}, headers())

    def _refresh(self, count: int) -> Iterable[Ask]:
        """Each token once: its client is known by a secret alone, so it is rotated."""
        for handle in self._refresh_tokens(BY_SECRET, count):
            yield _post("/token", _refreshing(handle), (basic(),))

    def _bound_refresh(self, count: int) -> Iterable[Ask]:
        assertion, proof = self.seeded.assertions(FAPI), self.seeded.proofs("/token")
        for handle in self._refresh_tokens(FAPI, count):
            yield _post("/token", _refreshing(handle) | assertion(), (proof(),))

    def _refresh_tokens(self, client_id: str, count: int) -> list[str]:
        handles, now = [new_handle() for _ in range(count)], SystemClock().now()
        until = now + tokens.REFRESH_SECONDS
        granted = [self.seeded.grant(client_id, offline=True) for _ in handles]
        self.seeded.store(
            *(each(grants.save, grant, now) for grant in granted),
            *(
                each(refresh_tokens.save, handle, grant, now, until)
                for handle, grant in zip(handles, granted, strict=True)
            ),
        )
        return handles

    def _push(self, count: int) -> Iterable[Ask]:
        assertion = self.seeded.assertions(FAPI)
        return (_post("/par", _ASKED | assertion()) for _ in range(count))

    def _userinfo(self, count: int) -> Iterable[Ask]:
        return map(_bearer, self._signed(self._claims(max(count, _IN_TURN))))

    def _userinfo_opaque(self, _: int) -> Iterable[Ask]:
        return map(_bearer, self._opaque(self._claims(_IN_TURN)))

    def _userinfo_bound(self, count: int) -> Iterable[Ask]:
        key = SoftwareSigner.generate(Algorithm.ES256)
        binding = Binding(JKT, thumbprint(key.public_key))
        [token] = self._signed(self._claims(1, binding=binding))
        proof = self.seeded.proofs("/userinfo", "GET", key, ath=access_token_hash(token))
        for _ in range(count):
            yield Ask("GET", "/userinfo", (("Authorization", f"DPoP {token}"), proof()))

    def _introspect(self, _: int) -> Iterable[Ask]:
        return map(_asked_about, self._signed(self._claims(_IN_TURN, RESOURCE)))

    def _introspect_opaque(self, _: int) -> Iterable[Ask]:
        return map(_asked_about, self._opaque(self._claims(_IN_TURN, RESOURCE)))

    def _claims(
        self, count: int, audience: str | None = None, binding: Binding | None = None
    ) -> list[dict[str, Any]]:
        """What as many access tokens say, each of a grant of its own."""
        issuer, now = self.seeded.settings.issuer, SystemClock().now()
        granted = [self.seeded.grant(BY_SECRET) for _ in range(count)]
        self.seeded.store(*(each(grants.save, grant, now) for grant in granted))
        named = (audience or issuer,)
        return [
            tokens.access_token(grant, issuer, named, grant.scope, binding, new_id(), now)
            for grant in granted
        ]

    def _signed(self, claims: Iterable[dict[str, Any]]) -> list[str]:
        with self.seeded.ledger() as ledger:
            ring = LiveRing(ledger, self.seeded.settings.custody)
        signer = ring.token_signer(Purpose.TOKEN, Algorithm.ES256, SystemClock().now())
        return [signer.sign(one, tokens.ACCESS_TOKEN_TYPE) for one in claims]

    def _opaque(self, claims: Iterable[dict[str, Any]]) -> list[str]:
        handles = {new_handle(): one for one in claims}
        self.seeded.store(
            *(
                each(access_tokens.save, handle, one, one["grant_id"])
                for handle, one in handles.items()
            )
        )
        return list(handles)


def _post(path: str, form: dict[str, str], headers: tuple[tuple[str, str], ...] = ()) -> Ask:
    return Ask("POST", path, (_FORM, *headers), urlencode(form))


def _bearer(token: str) -> Ask:
    return Ask("GET", "/userinfo", (("Authorization", f"Bearer {token}"),))


def _asked_about(token: str) -> Ask:
    return _post("/introspect", {"token": token}, (basic(),))


def _refreshing(handle: str) -> dict[str, str]:
    return {"grant_type": "refresh_token", "refresh_token": handle}


def _fresh(
    name: str,
    asks: Callable[[int], Iterable[Ask]],
    must_have: str = _ANSWERED,
    status: int = 200,
) -> Workload:
    """A workload none of whose requests may be sent twice."""
    return Workload(name, asks, single_use=True, status=status, must_have=must_have)
