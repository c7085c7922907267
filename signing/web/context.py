"""What every endpoint of the signing service is handed."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import ParamSpec, TypeVar

from core.clock import Clock
from core.database import Ledger
from core.errors import Refusal
from core.pages import Pages
from keys.revocation import Responder
from keys.sealing import Sealer
from keys.signer import Signer
from keys.store import LiveRing
from keys.timestamp import Authority
from signing import policies
from signing.formats.trust import Anchors
from signing.rules.policy import Policy
from signing.rules.reasons import NOT_READY, TIME_NOT_AVAILABLE
from signing.store.authority import Authorities, find_authorities
from signing.store.certificates import Issued
from signing.store.operator import Operator
from signing.web.desk import Desk
from signing.web.provider import ProviderKeys
from signing.web.signed_once import SignedOnce
from signing.web.timekeeper import Timekeeper

P = ParamSpec("P")
T = TypeVar("T")


class LiveAuthorities:
    """The service's own certificates, read again from the database from time to time."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.read_at = 0
        self._found = ledger.read_now(find_authorities)

    @property
    def now(self) -> Authorities:
        """Raises Refusal before they are established."""
        if self._found is None:
            raise Refusal(NOT_READY, "no certificates")
        return self._found

    @property
    def established(self) -> bool:
        return self._found is not None

    async def reload(self, now: int) -> None:
        self.read_at = now
        self._found = await self._ledger.read(find_authorities)


def _nobody_else() -> Anchors:
    return Anchors(())


@dataclass(frozen=True)
class Context:
    """The signing service's parts, put together by the roof. `url` is its own public address,
    `issuer` the provider's; `documents` runs what takes long of our own (signing, checking a seal);
    `public` and `agencies` are the desks; `policy` is what verdicts are given by; `sealer` encrypts
    what is stored of documents; `work` is set when a job is to be done."""

    url: str
    issuer: str
    ledger: Ledger
    clock: Clock
    ring: LiveRing
    authorities: LiveAuthorities
    operator: Operator
    provider: ProviderKeys
    pages: Pages
    documents: Executor
    timekeeper: Timekeeper
    sealer: Sealer
    public: Desk
    agencies: Desk
    work: asyncio.Event = field(default_factory=asyncio.Event)
    trusted: Callable[[], Anchors] = _nobody_else
    signed_once: SignedOnce = field(default_factory=SignedOnce)
    policy: Policy = field(default_factory=policies.default)

    @property
    def policies(self) -> Mapping[str, Policy]:
        """Those that are published, by name: ours, and the one that verdicts are given by."""
        return {**policies.ours(), self.policy.name: self.policy}

    @property
    def https(self) -> bool:
        return self.url.startswith("https:")

    async def learn(self) -> None:
        """Take over the keys and certificates that other processes made."""
        await self.ring.reload()
        await self.authorities.reload(self.clock.now())

    async def apart(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run what takes long in the pool for documents."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.documents, partial(fn, *args, **kwargs))

    def signer(self, issued: Issued) -> Signer:
        """The key that a certificate of ours certifies."""
        return self.ring.now.signer(self.ring.now.find(issued.kid))

    def time_authority(self) -> Authority:
        """Who makes time-stamps; raises Refusal while the clock is not right."""
        found = self.timekeeper.judgement()
        if not found.may_stamp:
            raise Refusal(TIME_NOT_AVAILABLE, found.standing, {"Retry-After": "60"})
        ours = self.authorities.now
        chain = tuple(above.certificate for above in ours.chain(ours.timestamp)[:-1])
        return Authority(ours.timestamp.certificate, self.signer(ours.timestamp), chain)

    def responder(self, issuer: Issued) -> Responder:
        """Who answers OCSP requests about the certificates of an issuing authority."""
        ocsp = self.authorities.now.responders[issuer.serial]
        return Responder(ocsp.certificate, self.signer(ocsp), issuer.certificate)
