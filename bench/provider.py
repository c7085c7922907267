"""A provider to load: its database with a person, clients of each kind, and what they hold."""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from clients.rules.agency import Agency
from clients.rules.authentication import ASSERTION_TYPE
from clients.rules.client import Secret
from clients.rules.metadata import parse
from clients.store import agencies, clients
from core.clock import SystemClock
from core.database import Ledger, Transaction
from idp.rules.interaction import Consent, Session
from idp.rules.tokens import Grant
from idp.store import citizens, consents, sessions
from idp.store.citizens import Citizen
from keys.handles import digest, new_handle, new_id
from keys.jose import TokenSigner, public_jwk, thumbprint
from keys.signer import Algorithm, SoftwareSigner
from tra import assembly
from tra.settings import Settings

SECRET: Final = "a-secret-of-256-bits-would-be-longer"
CALLBACK: Final = "https://service.example.kh/callback"
BY_SECRET, BY_KEY, FAPI, OPAQUE = "by-secret", "by-key", "fapi", "opaque"
RESOURCE: Final = "https://api.example.kh"
"""A resource server's name: the client `by-secret` may ask about tokens for it."""

_CLAIMS: Final = {
    "name": "Chan Sokha",
    "family_name": "Chan",
    "given_name": "Sokha",
    "name#km": "ចាន់ សុខា",
    "family_name#km": "ចាន់",
    "given_name#km": "សុខា",
    "birthdate": "1990-04-14",
    "gender": "female",
}


@dataclass
class Seeded:
    """A provider's database, and what it takes to act for its clients and its one person."""

    settings: Settings
    key: SoftwareSigner
    citizen_id: str
    session: Session
    session_handle: str

    @classmethod
    def seed(cls, settings: Settings) -> "Seeded":
        assembly.migrate_idp(settings)
        assembly.establish_provider(settings)
        now, citizen_id = SystemClock().now(), new_id()
        session = Session(new_id(), citizen_id, now, 2, ("pwd", "otp", "mfa"), now, now)
        key = SoftwareSigner.generate(Algorithm.ES256)
        seeded = cls(settings, key, citizen_id, session, new_handle())
        with seeded.ledger() as ledger:
            ledger.write_now(seeded._fill, now)
        return seeded

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """The provider's database, beside the provider."""
        ledger = assembly.idp_ledger(self.settings)
        try:
            yield ledger
        finally:
            ledger.close()

    def store(self, *changes: Callable[[Transaction], object]) -> None:
        """Make all the changes at once."""

        def all_of_them(transaction: Transaction) -> None:
            for change in changes:
                change(transaction)

        with self.ledger() as ledger:
            ledger.write_now(all_of_them)

    def grant(self, client_id: str, *, offline: bool = False) -> Grant:
        """What the person grants to that client."""
        return Grant(
            grant_id=new_id(),
            client_id=client_id,
            citizen_id=self.citizen_id,
            session_id=self.session.session_id,
            sub=new_id(),
            sid=new_id(),
            scope=("openid", "profile", "offline_access") if offline else ("openid", "profile"),
            claims="",
            claims_locales=(),
            level=2,
            amr=("pwd", "otp", "mfa"),
            auth_time=SystemClock().now(),
            offline=offline,
        )

    def assertions(self, client_id: str) -> Callable[[], dict[str, str]]:
        """Makes the form fields by which a client with a key authenticates, new each time."""
        signer = TokenSigner(self.key, thumbprint(self.key.public_key))
        now = SystemClock().now()
        named = {"iss": client_id, "sub": client_id, "aud": self.settings.issuer}

        def fields() -> dict[str, str]:
            claims = {**named, "iat": now, "exp": now + 120, "jti": new_handle()}
            return {
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": signer.sign(claims),
            }

        return fields

    def proofs(
        self,
        path: str,
        method: str = "POST",
        own: SoftwareSigner | None = None,
        **more: str,
    ) -> Callable[[], tuple[str, str]]:
        """Makes DPoP headers for an endpoint, new each time."""
        key = own or SoftwareSigner.generate(Algorithm.ES256)
        signer = TokenSigner(key, "")
        public = public_jwk(key.public_key, "", Algorithm.ES256)
        jwk = {name: public[name] for name in ("kty", "crv", "x", "y")}
        now = SystemClock().now()
        claims = {"htm": method, "htu": self.settings.issuer + path, "iat": now, **more}

        def header() -> tuple[str, str]:
            fresh = {**claims, "jti": new_handle()}
            return "DPoP", signer.sign_with_header(fresh, {"typ": "dpop+jwt", "jwk": jwk})

        return header

    def _fill(self, transaction: Transaction, now: int) -> None:
        agency = Agency("bench", "ស្ថាប័នសាកល្បង", "Test agency")
        agencies.save(transaction, agency, now, actor="bench")
        for client_id, metadata in self._clients().items():
            client = parse(metadata, client_id=client_id, agency_id="bench")
            if client_id in {BY_SECRET, OPAQUE}:
                client = replace(client, secrets=(Secret(digest(SECRET)),))
            clients.save(transaction, client, now, actor="bench")
        citizen = Citizen(self.citizen_id, "bench", citizens.ACTIVE, 2, _CLAIMS, {})
        citizens.save(transaction, citizen, now, actor="bench")
        sessions.start(transaction, self.session_handle, self.session, now)
        consent = Consent(frozenset({"openid", "profile"}), frozenset(_CLAIMS))
        consents.give(transaction, self.citizen_id, BY_SECRET, consent, now)

    def _clients(self) -> dict[str, dict[str, Any]]:
        usual = {
            "security_profile": "oidc",
            "redirect_uris": [CALLBACK],
            "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
            "scope": "openid profile offline_access seal",
            "audience": [self.settings.signing_url],
        }
        kid = thumbprint(self.key.public_key)
        jwks = {"keys": [public_jwk(self.key.public_key, kid, Algorithm.ES256)]}
        signs = {**usual, "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks}
        return {
            BY_SECRET: {**usual, "resource_identifiers": [RESOURCE]},
            OPAQUE: {**usual, "access_token_format": "opaque"},
            BY_KEY: signs,
            FAPI: {**signs, "security_profile": "fapi2"},
        }


def basic(client_id: str = BY_SECRET) -> tuple[str, str]:
    """The header by which a client with a secret authenticates."""
    pair = base64.b64encode(f"{client_id}:{SECRET}".encode()).decode()
    return "Authorization", f"Basic {pair}"


def each(fn: Callable[..., object], *arguments: Any) -> Callable[[Transaction], object]:
    """A change for `Seeded.store`."""
    return lambda transaction: fn(transaction, *arguments)
