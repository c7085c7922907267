"""A whole provider for the tests: its real application, database and keys, and people at browsers.

Time stands still unless a test moves it; nothing else is different from production.
"""

import base64
import hashlib
import re
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

import pyotp
from starlette.testclient import TestClient

import idp
from clients.rules.agency import Agency
from clients.rules.client import Client, Secret
from clients.rules.metadata import parse
from clients.store import agencies, clients
from clients.store.registry import Registry
from clients.web.jwks import ClientKeys
from clients.web.logos import Logos
from core.clock import FixedClock
from core.database import Ledger, migrate
from core.outbound import Outbound, OutboundPolicy
from core.pages import Pages
from core.serving import Pool
from idp.app import create_app
from idp.store import MIGRATIONS, citizens
from idp.store.citizens import PASSWORD, TOTP, Citizen, Credential
from idp.web.context import Context
from keys.custody import Custody
from keys.handles import digest, new_handle, new_id
from keys.jose import TokenSigner, public_jwk, thumbprint
from keys.passwords import hash_password
from keys.ring import Purpose
from keys.sealing import Sealer
from keys.signer import Algorithm, SoftwareSigner
from keys.store import LiveRing, establish
from tests.prepared import prepare

ISSUER = "http://localhost:8000"
PASSWORD_OF_ALL = "ម្លប់ឈើ-and-rice-field"
TOTP_OF_ALL = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

SOKHA: dict[str, Any] = {
    "name": "Chan Sokha",
    "family_name": "Chan",
    "given_name": "Sokha",
    "name#km": "ចាន់ សុខា",
    "family_name#km": "ចាន់",
    "given_name#km": "សុខា",
    "birthdate": "1990-04-14",
    "gender": "female",
    "email": "sokha@example.kh",
    "email_verified": True,
    "phone_number": "+85512345678",
    "phone_number_verified": False,
    "address": {"formatted": "ផ្ទះ ១២, ឃុំ ក, ស្រុក ខ, ខេត្ត គ", "country": "KH"},
}

_PASSWORD_HASH = hash_password(PASSWORD_OF_ALL)
_TOKEN_KEYS = (Algorithm.ES256, Algorithm.RS256, Algorithm.PS256)


@dataclass
class Keypair:
    """A client's key: its private side signs, its public side is registered."""

    signer: SoftwareSigner = field(default_factory=lambda: SoftwareSigner.generate(Algorithm.ES256))

    @property
    def kid(self) -> str:
        return thumbprint(self.signer.public_key)

    @property
    def jwks(self) -> dict[str, Any]:
        return {"keys": [public_jwk(self.signer.public_key, self.kid, self.signer.algorithm)]}

    def sign(self, claims: dict[str, Any], typ: str = "JWT") -> str:
        return TokenSigner(self.signer, self.kid).sign(claims, typ)


PAGES = Pages(Path(idp.__file__).parent / "pages", https=False)


def _prepare(database_url: str, now: int) -> None:
    """Schema and keys."""
    migrate(database_url, MIGRATIONS)
    custody = Custody(Sealer([bytes(32)]))
    with closing(Ledger(database_url)) as ledger:
        for algorithm in _TOKEN_KEYS:
            establish(ledger, Purpose.TOKEN, algorithm, custody, now)
        establish(ledger, Purpose.AUDIT, Algorithm.ES256, custody, now)


class Provider:
    """The provider under test, and what an operator can do to it."""

    def __init__(
        self,
        database_url: str,
        clock: FixedClock,
        allowed: Collection[str] = (),
        **options: Any,
    ) -> None:
        prepare(database_url, _prepare, clock.now())
        self.clock = clock
        self.ledger = Ledger(database_url)
        self.sealer = Sealer([bytes(32)])
        self.custody = Custody(self.sealer)
        self.slow = Pool("slow", 2, 200)
        outbound = Outbound(OutboundPolicy(frozenset(allowed)))
        chosen = {
            "issuer": ISSUER,
            "ledger": self.ledger,
            "clock": clock,
            "ring": LiveRing(self.ledger, self.custody),
            "registry": Registry(self.ledger, clock),
            "client_keys": ClientKeys(outbound, clock),
            "logos": Logos(outbound, clock),
            "outbound": outbound,
            "sealer": self.sealer,
            "pages": PAGES,
            "slow": self.slow,
        }
        self.ctx = Context(**{**chosen, **options})
        self.app = create_app(self.ctx)

    @property
    def now(self) -> int:
        return self.clock.now()

    def add_agency(self, agency_id: str = "moc") -> None:
        agency = Agency(agency_id, "ក្រសួងពាណិជ្ជកម្ម", "Ministry of Commerce")
        self.ledger.write_now(agencies.save, agency, self.now, actor="test")

    def add_client(self, client_id: str, **metadata: Any) -> Client:
        """A client; `client_secret` is kept as its digest."""
        secret = metadata.pop("client_secret", None)
        client = parse(
            {"client_name": client_id, "security_profile": "oidc", **metadata},
            client_id=client_id,
            agency_id="moc",
        )
        if secret is not None:
            client = replace(client, secrets=(Secret(digest(secret)),))
        self.ledger.write_now(clients.save, client, self.now, actor="test")
        return client

    def add_person(
        self,
        username: str,
        claims: dict[str, Any] | None = None,
        *,
        level: int = 2,
        status: str = "active",
        totp: bool = True,
    ) -> str:
        citizen = Citizen(new_id(), username, status, level, claims or SOKHA, {})
        citizen_id = self.ledger.write_now(citizens.save, citizen, self.now, actor="test")
        password = Credential(PASSWORD, _PASSWORD_HASH)
        self.ledger.write_now(citizens.save_credential, citizen_id, password, self.now)
        if totp:
            sealed = self.sealer.seal(TOTP_OF_ALL.encode(), citizens.totp_context(citizen_id))
            credential = Credential(TOTP, sealed)
            self.ledger.write_now(citizens.save_credential, citizen_id, credential, self.now)
        return citizen_id

    def browser(self, source: str = "203.0.113.7") -> "Browser":
        """A person at a browser that has never been here."""
        return Browser(self, TestClient(self.app, ISSUER, client=(source, 50000)))

    def close(self) -> None:
        self.slow.close()
        self.ledger.close()


@contextmanager
def provider(database_url: str, clock: FixedClock, **options: Any) -> Iterator[Provider]:
    """A provider with an agency, two services in two sectors, and one person."""
    running = Provider(database_url, clock, **options)
    running.add_agency()
    scope = "openid profile email phone address"
    for number in (1, 2):
        running.add_client(
            f"service-{number}",
            client_secret=f"secret-of-service-{number}",
            redirect_uris=[f"https://service-{number}.example.kh/callback"],
            post_logout_redirect_uris=[f"https://service-{number}.example.kh/bye"],
            scope=scope,
        )
    running.add_person("sokha")
    try:
        yield running
    finally:
        running.close()


@dataclass
class Reply:
    """What a client got at its redirect URI."""

    uri: str
    parameters: dict[str, str]


@dataclass
class Browser:
    """A person at a browser: follows our pages, fills our forms, and stops where we hand off."""

    provider: Provider
    http: TestClient
    page: Any = None

    def authorize(
        self, client_id: str = "service-1", **parameters: str | None
    ) -> "Browser | Reply":
        """Open the authorization endpoint as that client sends a person there."""
        asked = authorization_request(client_id, **parameters)
        return self.open(f"/authorize?{urlencode(asked)}")

    def open(self, url: str) -> "Browser | Reply":
        return self._follow(self.http.get(url, follow_redirects=False))

    def submit(self, **fields: str) -> "Browser | Reply":
        """Fill the form of the page that is shown, and send it."""
        text = self.page.text
        action = re.search(r'<form[^>]*action="([^"]*)"', text)
        assert action, text
        hidden = {
            name: unescape(value)
            for name, value in re.findall(
                r'<input type="hidden" name="([^"]*)" value="([^"]*)"', text
            )
        }
        return self._follow(
            self.http.post(action[1], data={**hidden, **fields}, follow_redirects=False)
        )

    def sign_in(self, username: str = "sokha", *, totp: bool = True) -> "Browser | Reply":
        """Password, then code, from the sign-in page on."""
        there = self.submit(username=username, password=PASSWORD_OF_ALL)
        return self.submit(code=one_time_code(self.provider.clock)) if totp else there

    def approve(self) -> "Browser | Reply":
        return self.submit(decision="approve")

    def go_through(self, client_id: str = "service-1", **parameters: str | None) -> Reply:
        """The whole way to the client, whatever is asked for on it."""
        return self.arrive(self.authorize(client_id, **parameters))

    def arrive(self, there: "Browser | Reply") -> Reply:
        """On from wherever the person is: signs in, consents, and comes to the client."""
        if isinstance(there, Browser) and 'name="password"' in self.page.text:
            there = self.sign_in()
        if isinstance(there, Browser) and 'id="approve"' in self.page.text:
            there = self.approve()
        assert isinstance(there, Reply), self.page.text
        return there

    def _follow(self, answer: Any) -> "Browser | Reply":
        while answer.status_code == 303:
            location = answer.headers["location"]
            if not location.startswith(("/", ISSUER)):
                parts = urlsplit(location)
                return Reply(location.partition("?")[0], dict(parse_qsl(parts.query)))
            answer = self.http.get(location, follow_redirects=False)
        self.page = answer
        return self


def one_time_code(clock: FixedClock) -> str:
    """The code that a person's application shows now."""
    return pyotp.TOTP(TOTP_OF_ALL).at(datetime.fromtimestamp(clock.now(), UTC))


VERIFIER = "correct-horse-battery-staple-correct-horse-battery"
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
)


def authorization_request(client_id: str, **parameters: str | None) -> dict[str, str]:
    """The parameters of a usual request; None leaves one out."""
    usual: dict[str, str | None] = {
        "client_id": client_id,
        "redirect_uri": f"https://{client_id}.example.kh/callback",
        "response_type": "code",
        "scope": "openid profile",
        "state": "the-state",
        "nonce": "the-nonce",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in {**usual, **parameters}.items() if value is not None}


@dataclass
class Backend:
    """A client's server: authenticates with its secret, or its key, and asks for tokens."""

    http: TestClient
    client_id: str
    secret: str | None = None
    key: Keypair | None = None

    @classmethod
    def of(cls, provider: Provider, client_id: str = "service-1") -> Self:
        return cls(TestClient(provider.app, ISSUER), client_id, f"secret-of-{client_id}")

    def post(self, path: str, **form: str | None) -> Any:
        sent = {name: value for name, value in form.items() if value is not None}
        auth = (self.client_id, self.secret) if self.secret else None
        return self.http.post(path, data=sent, auth=auth)

    def redeem(self, reply: Reply, **changed: str | None) -> Any:
        """Exchange the code that came to the redirect URI."""
        form = {
            "grant_type": "authorization_code",
            "code": reply.parameters.get("code"),
            "redirect_uri": reply.uri,
            "code_verifier": VERIFIER,
        }
        return self.post("/token", **{**form, **changed})

    def userinfo(self, access_token: str) -> Any:
        return self.http.get("/userinfo", headers={"Authorization": f"Bearer {access_token}"})


def fresh_assertion(key: Keypair, client_id: str, now: int, **changed: Any) -> str:
    """A client assertion (RFC 7523 §3); None leaves a claim out."""
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": ISSUER,
        "iat": now,
        "exp": now + 60,
        "jti": new_handle(),
        **changed,
    }
    return key.sign({name: value for name, value in claims.items() if value is not None})
