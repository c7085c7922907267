"""The provider's keys, with which its access tokens are checked (RFC 9068 §4)."""

import asyncio
from typing import Any, Final

import orjson

from core.clock import Clock
from core.errors import Refusal
from core.outbound import Fetched, Outbound, OutboundError
from keys.jose import VerificationKey, parse, parse_jwks, verify
from keys.segments import JoseError
from signing.rules import access_token, reasons

REFETCH_SECONDS: Final = 60
"""An unknown `kid` makes us ask the provider again, at most this often."""

FRESH_SECONDS: Final = 600
"""Older keys are asked for again, so that one that was withdrawn is forgotten."""

RETRY_SECONDS: Final = 5
"""After the provider could not be asked, while we hold no keys."""


class ProviderKeys:
    """The provider's keys: found by discovery, fetched once at a time, the last good set kept."""

    def __init__(self, issuer: str, outbound: Outbound, clock: Clock) -> None:
        self._issuer = issuer
        self._outbound = outbound
        self._clock = clock
        self._keys: tuple[VerificationKey, ...] = ()
        self._asked_at: int | None = None
        self._failure = ""
        self._fetching = asyncio.Lock()

    async def check(self, token: str) -> dict[str, Any]:
        """The claims of a token that the provider signed; raises Refusal."""
        try:
            kid = parse(token).header.get("kid")
            await self._ensure(kid)
            return verify(token, self._keys, access_token.ALGORITHMS, access_token.TYPES)
        except JoseError as error:
            raise Refusal(reasons.TOKEN_INVALID, str(error)) from error

    async def _ensure(self, kid: str | None) -> None:
        """Have keys, newer ones where `kid` asks for them; raises Refusal where there are none."""
        if self._wanting(kid):
            async with self._fetching:
                if self._wanting(kid):  # nobody else asked while we waited
                    await self._refresh()
        if not self._keys:
            wait = {"Retry-After": str(RETRY_SECONDS)}
            raise Refusal(reasons.PROVIDER_UNREACHABLE, self._failure, wait)

    async def _refresh(self) -> None:
        try:
            self._keys = await self._fetch()
        except (OutboundError, JoseError, ValueError) as error:
            self._failure = str(error)
        finally:
            self._asked_at = self._clock.now()

    def _wanting(self, kid: str | None) -> bool:
        if self._asked_at is None:
            return True
        age = self._clock.now() - self._asked_at
        if not self._keys:
            return age >= RETRY_SECONDS
        known = any(key.kid == kid for key in self._keys)
        return age >= (FRESH_SECONDS if known else REFETCH_SECONDS)

    async def _fetch(self) -> tuple[VerificationKey, ...]:
        """OpenID Connect Discovery 4, RFC 8414 §3.3: what answers must be the issuer we asked."""
        found = _json(await self._outbound.get(f"{self._issuer}/.well-known/openid-configuration"))
        if not isinstance(found, dict) or found.get("issuer") != self._issuer:
            raise ValueError("discovery names another issuer")
        if not isinstance(found.get("jwks_uri"), str):
            raise ValueError("discovery names no jwks_uri")
        keys = parse_jwks(_json(await self._outbound.get(found["jwks_uri"])))
        if not keys:
            raise ValueError("the provider publishes no usable key")
        return keys


def _json(fetched: Fetched) -> Any:
    if fetched.status != 200:
        raise ValueError(f"answered {fetched.status}")
    return orjson.loads(fetched.body)
