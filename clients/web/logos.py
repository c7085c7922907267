"""The logos of clients (RFC 7591 §2, logo_uri), fetched by us: no page of ours asks another machine
for anything, and no agency learns who looks at its name."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from clients.rules.client import Client
from core.clock import Clock
from core.outbound import Outbound, OutboundError

LOGO_BYTES: Final = 64 * 1024
KEPT_SECONDS: Final = 86_400
AGAIN_SECONDS: Final = 600
"""How soon a logo is asked for again that could not be had."""

_KEPT_AT_MOST: Final = 512
_KINDS: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)
"""Pictures by their first bytes. SVG is not among them: it is a program too."""


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture that a browser may be handed."""

    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class _Fetched:
    logo: Logo | None
    good_until: int


@dataclass
class Logos:
    """Fetches logos, each once at a time, and keeps them for a day."""

    outbound: Outbound
    clock: Clock
    _kept: dict[str, _Fetched] = field(default_factory=dict)
    _fetching: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def of(self, client: Client) -> Logo | None:
        """The client's logo; None where it has none, or none that is a small picture."""
        uri = client.logo_uri
        if uri is None:
            return None
        async with self._fetching.setdefault(uri, asyncio.Lock()):
            kept = self._kept.get(uri)
            if kept is None or self.clock.now() >= kept.good_until:
                kept = await self._fetch(uri)
        return kept.logo

    async def _fetch(self, uri: str) -> _Fetched:
        now = self.clock.now()
        try:
            fetched = await self.outbound.get(uri, accept="image/*", limit=LOGO_BYTES)
            logo = _picture(fetched.body) if fetched.status == 200 else None
        except OutboundError:
            logo = None
        found = _Fetched(logo, now + (KEPT_SECONDS if logo else AGAIN_SECONDS))
        if len(self._kept) >= _KEPT_AT_MOST:
            self._kept.clear()
            self._fetching.clear()
        self._kept[uri] = found
        return found


def _picture(content: bytes) -> Logo | None:
    for mark, content_type in _KINDS:
        if content.startswith(mark):
            return Logo(content, content_type)
    return None
