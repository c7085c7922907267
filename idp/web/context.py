"""What every endpoint of the provider is handed."""

import asyncio
from dataclasses import dataclass, field

from clients.rules.certificate import Anchors
from clients.store.registry import Registry
from clients.web.jwks import ClientKeys
from clients.web.logos import Logos
from core.clock import Clock
from core.database import Ledger, Transaction
from core.outbound import Outbound
from core.pages import Pages
from core.serving import Pool
from idp.rules.credentials import is_loopback
from idp.rules.lifetimes import KEY_POLICY
from idp.store import grants
from keys.jose import TokenSigner, VerificationKey
from keys.ring import Purpose
from keys.rotation import RotationPolicy
from keys.sealing import Sealer
from keys.signer import Algorithm
from keys.store import LiveRing


@dataclass(frozen=True)
class Context:
    """The provider's parts, put together by the roof. `slow` runs what takes long (argon2id);
    `mtls_url` is our address for clients with certificates, `tls_client_ca` the authorities of
    those. Development settings alone turn `throttle_loopback` off, and `development_hooks` on,
    which mounts what decides in a person's place."""

    issuer: str
    ledger: Ledger
    clock: Clock
    ring: LiveRing
    registry: Registry
    client_keys: ClientKeys
    logos: Logos
    outbound: Outbound
    sealer: Sealer
    pages: Pages
    slow: Pool
    throttle_loopback: bool = True
    rotation: RotationPolicy = KEY_POLICY
    mtls_url: str | None = None
    tls_client_ca: Anchors = ()
    development_hooks: bool = False
    running: set["asyncio.Task[None]"] = field(default_factory=set)

    @property
    def https(self) -> bool:
        return self.issuer.startswith("https:")

    def url(self, path: str) -> str:
        """The public address of a path of ours."""
        return self.issuer + path

    def addresses(self, path: str) -> tuple[str, ...]:
        """Every public address of an endpoint: its alias for certificates too (RFC 8705 §5)."""
        return (
            (self.url(path),) if self.mtls_url is None else (self.url(path), self.mtls_url + path)
        )

    def throttles(self, address: str) -> bool:
        """Whether tries of that peer are counted, and slowed down."""
        return self.throttle_loopback or not is_loopback(address)

    def signer(self, algorithm: Algorithm) -> TokenSigner:
        """The key that signs tokens now."""
        return self.ring.token_signer(Purpose.TOKEN, algorithm, self.clock.now())

    def end_client(self, transaction: Transaction, client_id: str, now: int) -> None:
        """Revoke what was granted to a client that is no more (RFC 7592 §2.3)."""
        grants.revoke_of_client(transaction, client_id, now)

    def own_keys(self) -> tuple[VerificationKey, ...]:
        """The published keys, for checking what comes back to us."""
        return self.ring.verification_keys(Purpose.TOKEN, self.clock.now())
