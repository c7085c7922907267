"""A whole signing service for the tests: its real application, database and keys, and a provider
whose keys it fetches over HTTP from a server on loopback.

Time stands still unless a test moves it; nothing else is different from production.
"""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from starlette.testclient import TestClient

import signing
from core.clock import Clock, FixedClock
from core.database import Ledger, migrate
from core.outbound import Outbound, OutboundPolicy
from core.pages import Pages
from keys.custody import Custody
from keys.handles import new_id
from keys.jose import TokenSigner, public_jwk, thumbprint
from keys.revocation import Reason, Revoked
from keys.sealing import Sealer
from keys.signer import Algorithm, SoftwareSigner
from keys.store import LiveRing
from signing.app import add_agency, create_app, establish, revoke_certificates
from signing.formats.readers import Readers
from signing.formats.trust import Anchors
from signing.store import MIGRATIONS
from signing.store.agencies import Agency
from signing.store.certificates import Issued
from signing.store.operator import Operator
from signing.web.context import Context, LiveAuthorities
from signing.web.desk import Desk
from signing.web.provider import ProviderKeys
from signing.web.timekeeper import Timekeeper
from tests.prepared import prepare

URL = "http://localhost:8001"
AGENCY = Agency("moc", "ក្រសួងពាណិជ្ជកម្ម", "Ministry of Commerce", "GA:KH-moc")
OTHER_AGENCY = Agency("nssf", "បេឡាជាតិសន្តិសុខសង្គម", "National Social Security Fund", "GA:KH-nssf")
OPERATOR = Operator("http://pki.example.com", "https://registry.example.com")

READERS = Readers(1)
AGENCIES_READERS = Readers(1)
"""One for all the services of a test process: it takes a second to start."""


PAGES = Pages(Path(signing.__file__).parent / "pages", https=False)


class ProviderOnLoopback:
    """Discovery and JWKS of a provider, and the keys that sign its access tokens."""

    def __init__(self) -> None:
        self.keys = [SoftwareSigner.generate(Algorithm.ES256)]
        self.asked: list[str] = []
        self.fails = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                body = json.dumps(outer.documents().get(self.path, {})).encode()
                self.send_response(500 if outer.fails else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def host_port(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def issuer(self) -> str:
        return f"http://{self.host_port}"

    def documents(self) -> dict[str, Any]:
        jwks = [
            public_jwk(key.public_key, thumbprint(key.public_key), key.algorithm)
            for key in self.keys
        ]
        return {
            "/.well-known/openid-configuration": {
                "issuer": self.issuer,
                "jwks_uri": f"{self.issuer}/jwks",
            },
            "/jwks": {"keys": jwks},
        }

    def token(self, now: int, *, typ: str = "at+jwt", **changed: Any) -> str:
        """An access token (RFC 9068 §2); None leaves a claim out."""
        claims = {
            "iss": self.issuer,
            "aud": URL,
            "sub": "moc-documents",
            "client_id": "moc-documents",
            "agency": AGENCY.agency_id,
            "scope": "seal",
            "iat": now,
            "exp": now + 300,
            "jti": new_id(),
            **changed,
        }
        key = self.keys[-1]
        signer = TokenSigner(key, thumbprint(key.public_key))
        return signer.sign({k: v for k, v in claims.items() if v is not None}, typ)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def context_of(
    ledger: Ledger,
    clock: Clock,
    issuer: str,
    time_sources: tuple[str, ...] = (),
    kind: type[Context] = Context,
) -> Context:
    """The parts of a service whose keys and certificates are in the database already."""
    sealer = Sealer([bytes(32)])
    outbound = Outbound(OutboundPolicy(frozenset({issuer.removeprefix("http://")})))
    return kind(
        url=URL,
        issuer=issuer,
        ledger=ledger,
        clock=clock,
        ring=LiveRing(ledger, Custody(sealer)),
        authorities=LiveAuthorities(ledger),
        operator=OPERATOR,
        provider=ProviderKeys(issuer, outbound, clock),
        pages=PAGES,
        documents=ThreadPoolExecutor(2, thread_name_prefix="documents"),
        timekeeper=Timekeeper(time_sources, clock),
        sealer=sealer,
        public=Desk(READERS),
        agencies=Desk(AGENCIES_READERS),
    )


def _prepare(database_url: str, now: int) -> None:
    """Schema, keys and certificates, and an agency with its seal."""
    migrate(database_url, MIGRATIONS)
    custody = Custody(Sealer([bytes(32)]))
    with closing(Ledger(database_url)) as ledger:
        establish(ledger, custody, OPERATOR, now)
        add_agency(ledger, custody, OPERATOR, AGENCY, now)


class SigningService:
    """The signing service under test, and what an operator can do to it."""

    def __init__(
        self,
        database_url: str,
        clock: Clock,
        provider: ProviderOnLoopback,
        time_sources: tuple[str, ...] = (),
        trusted: Callable[[], Anchors] | None = None,
        *,
        fresh: bool = False,
    ) -> None:
        """`fresh`: with a root of its own, whom the other services of the tests do not know."""
        if fresh:
            _prepare(database_url, clock.now())
        else:
            prepare(database_url, _prepare, clock.now())
        self.clock = clock
        self.provider = provider
        self.ledger = Ledger(database_url)
        self.custody = Custody(Sealer([bytes(32)]))
        self.authorities = establish(self.ledger, self.custody, OPERATOR, clock.now())
        self.seal = self.give_seal()
        self.ctx = context_of(self.ledger, clock, provider.issuer, time_sources)
        if trusted is not None:
            self.ctx = replace(self.ctx, trusted=trusted)
        self.app = create_app(self.ctx)

    def give_seal(self, agency: Agency = AGENCY) -> Issued:
        return add_agency(self.ledger, self.custody, OPERATOR, agency, self.clock.now())

    def revoke(self, serial: int, reason: Reason, *, since: int | None = None) -> Revoked | None:
        now = self.clock.now()
        return revoke_certificates(
            self.ledger, self.custody, OPERATOR, [serial], reason, now, since=since
        ).get(serial)

    def token(self, **changed: Any) -> str:
        return self.provider.token(self.clock.now(), **changed)


class Visitor:
    """Somebody who talks HTTP with the service."""

    def __init__(self, service: SigningService, http: TestClient) -> None:
        self.service = service
        self.http = http

    def seal(
        self, document: bytes, key: str | None = None, level: str | None = None, **claims: Any
    ) -> Any:
        headers = {
            "Authorization": f"Bearer {self.service.token(**claims)}",
            "Content-Type": "application/pdf",
        }
        if key is not None:
            headers["Idempotency-Key"] = key
        asked = {} if level is None else {"level": level}
        return self.http.post("/seal", params=asked, content=document, headers=headers)

    def sealed(self, document: bytes, level: str | None = None, **claims: Any) -> bytes:
        """The sealed document; the service must not refuse."""
        answer = self.seal(document, level=level, **claims)
        assert answer.status_code == 200, answer.text
        content: bytes = answer.content
        return content

    def verify(self, document: bytes) -> dict[str, Any]:
        """The report as JSON."""
        answer = self.http.post(
            "/verify", content=document, headers={"Content-Type": "application/pdf"}
        )
        assert answer.status_code == 200, answer.text
        report: dict[str, Any] = answer.json()
        return report


@contextmanager
def signing_service(
    database_url: str,
    clock: FixedClock,
    time_sources: tuple[str, ...] = (),
    trusted: Callable[[], Anchors] | None = None,
    *,
    fresh: bool = False,
) -> Iterator[Visitor]:
    """A signing service with an agency, and somebody who talks to it."""
    provider = ProviderOnLoopback()
    try:
        service = SigningService(database_url, clock, provider, time_sources, trusted, fresh=fresh)
        with TestClient(service.app, URL, raise_server_exceptions=False) as http:
            yield Visitor(service, http)
    finally:
        provider.close()
