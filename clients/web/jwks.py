"""The keys of clients: by value, or fetched from their own servers (RFC 7591 §2, jwks_uri)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import orjson

from clients.rules.client import Client
from core.clock import Clock
from core.outbound import Outbound, OutboundError
from keys.encryption import EncryptionKey, parse_encryption_keys
from keys.jose import VerificationKey, parse_jwks
from keys.segments import JoseError

KEPT_SECONDS: Final = 900
"""How long a fetched set is good without being asked for again."""

AGAIN_SECONDS: Final = 60
"""How soon a set may be fetched again, for a kid that it lacks or after a failure, unless the
operator says otherwise."""

_KEPT_AT_MOST: Final = 4_096


@dataclass(frozen=True, slots=True)
class _Fetched:
    keys: tuple[VerificationKey, ...]
    encryption_keys: tuple[EncryptionKey, ...]
    tried_at: int
    good_until: int


class ClientKeys:
    """Finds the keys of clients. A set that was fetched once is kept when its server fails."""

    def __init__(
        self, outbound: Outbound, clock: Clock, again_seconds: int = AGAIN_SECONDS
    ) -> None:
        self._outbound = outbound
        self._clock = clock
        self._again_seconds = again_seconds
        self._kept: dict[str, _Fetched] = {}
        self._fetching: dict[str, asyncio.Lock] = {}

    async def of(
        self, client: Client, kid: str | None = None, public_key: object = None
    ) -> tuple[VerificationKey, ...]:
        """The client's keys; where `kid` or `public_key` is none of those we know, its server is
        asked again."""
        if client.jwks_uri is None:
            return client.jwks

        def lacks(kept: _Fetched) -> bool:
            return (kid is not None and all(key.kid != kid for key in kept.keys)) or (
                public_key is not None and all(key.public_key != public_key for key in kept.keys)
            )

        return (await self._find(client.jwks_uri, lacks)).keys

    def known(self, client: Client) -> tuple[VerificationKey, ...] | None:
        """The client's keys without asking anybody; None where its server was not asked yet."""
        if client.jwks_uri is None:
            return client.jwks
        kept = self._kept.get(client.jwks_uri)
        return kept.keys if kept is not None else None

    async def encryption_of(self, client: Client) -> tuple[EncryptionKey, ...]:
        """What the client's answers can be encrypted for, what it likes best first; where there
        is nothing, its server is asked again."""
        if client.jwks_uri is None:
            return client.encryption_jwks
        kept = await self._find(client.jwks_uri, lambda kept: not kept.encryption_keys)
        return kept.encryption_keys

    async def _find(self, uri: str, lacks: Callable[[_Fetched], bool]) -> _Fetched:
        kept = self._kept.get(uri)
        if kept is not None and not self._stale(kept, lacks):
            return kept
        async with self._fetching.setdefault(uri, asyncio.Lock()):
            kept = self._kept.get(uri)  # another request may have fetched it
            if kept is None or self._stale(kept, lacks):
                kept = await self._fetch(uri, kept)
        return kept

    def _stale(self, kept: _Fetched, lacks: Callable[[_Fetched], bool]) -> bool:
        now = self._clock.now()
        wanted = now >= kept.good_until or lacks(kept)
        return wanted and now >= kept.tried_at + self._again_seconds

    async def _fetch(self, uri: str, kept: _Fetched | None) -> _Fetched:
        now = self._clock.now()
        try:
            fetched = await self._outbound.get(uri)
            if fetched.status != 200:
                raise OutboundError(f"status {fetched.status}")
            document = orjson.loads(fetched.body)
            found = _Fetched(
                parse_jwks(document), parse_encryption_keys(document), now, now + KEPT_SECONDS
            )
        except (OutboundError, JoseError, ValueError):
            last = kept or _Fetched((), (), now, now)
            found = replace(last, tried_at=now, good_until=now)
        if len(self._kept) >= _KEPT_AT_MOST:
            self._kept.clear()
            self._fetching.clear()
        self._kept[uri] = found
        return found
