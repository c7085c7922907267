"""The provider's hot paths, as its clients load them: every grant durable, every check made."""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from bench.load import Ask, Workload
from clients.rules.agency import Agency
from clients.rules.authentication import ASSERTION_TYPE
from clients.rules.client import Secret
from clients.rules.metadata import parse
from clients.store import agencies, clients
from core.clock import SystemClock
from core.database import Transaction
from idp.rules import tokens
from idp.rules.tokens import Grant
from idp.store import citizens, grants
from idp.store.citizens import Citizen
from keys.handles import digest, new_handle, new_id
from keys.jose import TokenSigner, public_jwk, thumbprint
from keys.ring import Purpose
from keys.signer import Algorithm, SoftwareSigner
from keys.store import LiveRing
from tra import services
from tra.settings import Settings

SECRET = "a-secret-of-256-bits-would-be-longer"
_VERIFIER = "a-verifier-of-the-length-that-rfc-7636-asks-for"
_CALLBACK = "https://service.example.kh/callback"
_FORM = ("Content-Type", "application/x-www-form-urlencoded")


@dataclass
class Seeded:
    """A provider's database with a person, clients, and what it takes to act for them."""

    settings: Settings
    key: SoftwareSigner
    citizen_id: str

    @classmethod
    def seed(cls, settings: Settings) -> "Seeded":
        services.migrate_idp(settings)
        services.establish_provider(settings)
        seeded = cls(settings, SoftwareSigner.generate(Algorithm.ES256), new_id())
        ledger, now = services.idp_ledger(settings), SystemClock().now()
        ledger.write_now(seeded._fill, now)
        ledger.close()
        return seeded

    def workloads(self) -> Iterator[Workload]:
        """Everything that is measured, the cheapest last."""
        yield Workload("token: client_credentials, secret", self._by_secret)
        yield Workload("token: client_credentials, private_key_jwt", self._by_key, single_use=True)
        yield Workload("token: authorization_code, secret", self._codes, single_use=True)
        yield Workload("userinfo", self._userinfo)
        yield Workload("jwks", lambda _: [Ask("GET", "/jwks")])
        yield Workload("discovery", lambda _: [Ask("GET", "/.well-known/openid-configuration")])

    def _fill(self, transaction: Transaction, now: int) -> None:
        agency = Agency("bench", "ស្ថាប័នសាកល្បង", "Test agency")
        agencies.save(transaction, agency, now, actor="bench")
        common = {
            "security_profile": "oidc",
            "redirect_uris": [_CALLBACK],
            "grant_types": ["authorization_code", "client_credentials"],
            "scope": "openid profile seal",
            "audience": [self.settings.signing_url],
        }
        by_secret = replace(
            parse(common, client_id="by-secret", agency_id="bench"),
            secrets=(Secret(digest(SECRET)),),
        )
        kid = thumbprint(self.key.public_key)
        jwks = {"keys": [public_jwk(self.key.public_key, kid, Algorithm.ES256)]}
        method = {"token_endpoint_auth_method": "private_key_jwt", "jwks": jwks}
        by_key = parse({**common, **method}, client_id="by-key", agency_id="bench")
        for client in (by_secret, by_key):
            clients.save(transaction, client, now, actor="bench")
        claims = {"name": "Chan Sokha", "name#km": "ចាន់ សុខា", "birthdate": "1990-04-14"}
        citizen = Citizen(self.citizen_id, "bench", citizens.ACTIVE, 2, claims, {})
        citizens.save(transaction, citizen, now, actor="bench")

    def _by_secret(self, _: int) -> Iterable[Ask]:
        form = {"grant_type": "client_credentials", "scope": "seal"}
        return [Ask("POST", "/token", (_FORM, _basic()), urlencode(form))]

    def _by_key(self, count: int) -> Iterable[Ask]:
        now = SystemClock().now()
        signer = TokenSigner(self.key, thumbprint(self.key.public_key))
        for _ in range(count):
            claims = {
                "iss": "by-key",
                "sub": "by-key",
                "aud": self.settings.issuer,
                "iat": now,
                "exp": now + 120,
                "jti": new_handle(),
            }
            form = {
                "grant_type": "client_credentials",
                "scope": "seal",
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": signer.sign(claims),
            }
            yield Ask("POST", "/token", (_FORM,), urlencode(form))

    def _codes(self, count: int) -> Iterable[Ask]:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(_VERIFIER.encode()).digest())
        codes = [new_handle() for _ in range(count)]
        ledger = services.idp_ledger(self.settings)
        now = SystemClock().now()

        def issue(transaction: Transaction) -> None:
            for code in codes:
                grants.save_code(
                    transaction,
                    self._grant(now),
                    code,
                    _CALLBACK,
                    challenge.decode().rstrip("="),
                    "n",
                    now,
                )

        ledger.write_now(issue)
        ledger.close()
        for code in codes:
            form = {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": _CALLBACK,
                "code_verifier": _VERIFIER,
            }
            yield Ask("POST", "/token", (_FORM, _basic()), urlencode(form))

    def _userinfo(self, _: int) -> Iterable[Ask]:
        ledger, now = services.idp_ledger(self.settings), SystemClock().now()
        grant, issuer = self._grant(now), self.settings.issuer
        ledger.write_now(grants.save_code, grant, new_handle(), _CALLBACK, None, None, now)
        ring = LiveRing(ledger, self.settings.custody)
        signer = ring.token_signer(Purpose.TOKEN, Algorithm.ES256, now)
        claims = tokens.access_token(grant, issuer, (issuer,), grant.scope, None, new_id(), now)
        token = signer.sign(claims, tokens.ACCESS_TOKEN_TYPE)
        ledger.close()
        return [Ask("GET", "/userinfo", (("Authorization", f"Bearer {token}"),))]

    def _grant(self, now: int) -> Grant:
        return Grant(
            grant_id=new_id(),
            client_id="by-secret",
            citizen_id=self.citizen_id,
            session_id=new_id(),
            sub=new_id(),
            sid=new_id(),
            scope=("openid", "profile"),
            claims="",
            claims_locales=(),
            level=2,
            amr=("pwd", "otp", "mfa"),
            auth_time=now,
        )


def _basic() -> tuple[str, str]:
    pair = base64.b64encode(f"by-secret:{SECRET}".encode()).decode()
    return "Authorization", f"Basic {pair}"
