"""The keys of clients: by value, or fetched from their own servers (RFC 7591 §2, jwks_uri)."""

import asyncio
from dataclasses import dataclass
from typing import Final

import orjson

from clients.rules.client import Client
from core.clock import Clock
from core.outbound import Outbound, OutboundError
from keys.jose import JoseError, VerificationKey, parse_jwks

KEPT_SECONDS: Final = 900
"""How long a fetched set is good without being asked for again."""

AGAIN_SECONDS: Final = 60
"""How soon a set may be fetched again, for a kid that it lacks or after a failure."""

_KEPT_AT_MOST: Final = 4_096


@dataclass(frozen=True, slots=True)
class _Fetched:
    keys: tuple[VerificationKey, ...]
    tried_at: int
    good_until: int


class ClientKeys:
    """Finds the keys of clients. A set that was fetched once is kept when its server fails."""

    def __init__(self, outbound: Outbound, clock: Clock) -> None:
        self._outbound = outbound
        self._clock = clock
        self._kept: dict[str, _Fetched] = {}
        self._fetching: dict[str, asyncio.Lock] = {}

    async def of(
        self, client: Client, kid: str | None = None, public_key: object = None
    ) -> tuple[VerificationKey, ...]:
        """The client's keys; where `kid` or `public_key` is none of those we know, its server is
        asked again."""
        if client.jwks_uri is None:
            return client.jwks
        kept = self._kept.get(client.jwks_uri)
        if kept is not None and not self._stale(kept, kid, public_key):
            return kept.keys
        async with self._fetching.setdefault(client.jwks_uri, asyncio.Lock()):
            kept = self._kept.get(client.jwks_uri)  # another request may have fetched it
            if kept is None or self._stale(kept, kid, public_key):
                kept = await self._fetch(client.jwks_uri, kept)
        return kept.keys

    def _stale(self, kept: _Fetched, kid: str | None, public_key: object) -> bool:
        now = self._clock.now()
        unknown = (kid is not None and all(key.kid != kid for key in kept.keys)) or (
            public_key is not None and all(key.public_key != public_key for key in kept.keys)
        )
        return (unknown or now >= kept.good_until) and now >= kept.tried_at + AGAIN_SECONDS

    async def _fetch(self, uri: str, kept: _Fetched | None) -> _Fetched:
        now = self._clock.now()
        try:
            fetched = await self._outbound.get(uri)
            if fetched.status != 200:
                raise OutboundError(f"status {fetched.status}")
            keys = parse_jwks(orjson.loads(fetched.body))
            good_until = now + KEPT_SECONDS
        except (OutboundError, JoseError, ValueError):
            keys, good_until = (kept.keys if kept else ()), now
        if len(self._kept) >= _KEPT_AT_MOST:
            self._kept.clear()
            self._fetching.clear()
        self._kept[uri] = _Fetched(keys, now, good_until)
        return self._kept[uri]
