"""The only HTTP client: timeouts, size caps, no redirects, no proxies, and no way inside.

The address that a name resolves to is checked at the moment of connecting, so a name that
changes its mind between check and use (DNS rebinding) gains nothing.
"""

import ipaddress
import json
import re
import socket
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import anyio
import httpcore

TIMEOUT_SECONDS: Final = 2.5
BODY_BYTES: Final = 512 * 1024

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
_TUNNELS: Final = (  # addresses that carry another one inside
    ipaddress.IPv6Network("2001::/32"),  # Teredo
    ipaddress.IPv6Network("2002::/16"),  # 6to4
)


_SPELLED: Final = re.compile(r"[!-~]+\Z")
_PLACE: Final = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]*)?\Z")
"""A host and its port: read alike by whoever checks an address and whoever connects to it."""


class OutboundError(Exception):
    """The peer could not be asked: refused by our rules, unreachable, too slow, too much."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the peer answered. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class OutboundPolicy:
    """`allowed` are the `host:port` that may be reached whatever they resolve to, and by plain
    http: the neighbours that the operator named. All others: https, public addresses."""

    allowed: frozenset[str] = frozenset()
    ca_bundle: Path | None = None


class Outbound:
    """Asks other servers. One per event loop."""

    def __init__(self, policy: OutboundPolicy) -> None:
        self._policy = policy
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=_trust(policy.ca_bundle),
            max_connections=64,
            max_keepalive_connections=8,
            keepalive_expiry=15,
            network_backend=_GuardedBackend(policy.allowed),
        )

    async def get(
        self, url: str, *, accept: str = "application/json", limit: int = BODY_BYTES
    ) -> Fetched:
        """Fetch a document of so many bytes at most; raises OutboundError."""
        return await self._ask("GET", url, {"Accept": accept}, b"", TIMEOUT_SECONDS, limit)

    async def post_form(self, url: str, form: Mapping[str, str]) -> Fetched:
        """Post a form; raises OutboundError."""
        return await self.post(url, urlencode(form).encode(), "application/x-www-form-urlencoded")

    async def post_json(self, url: str, document: object, headers: Mapping[str, str]) -> Fetched:
        """Post a JSON document; raises OutboundError."""
        body = json.dumps(document).encode()
        return await self.post(url, body, "application/json", headers=headers)

    async def post(
        self,
        url: str,
        body: bytes,
        content_type: str,
        *,
        headers: Mapping[str, str] | None = None,
        seconds: float = TIMEOUT_SECONDS,
        limit: int = BODY_BYTES,
    ) -> Fetched:
        """Post a body; raises OutboundError. `limit` bounds the answer, in bytes."""
        sent = {"Content-Type": content_type, **(headers or {})}
        return await self._ask("POST", url, sent, body, seconds, limit)

    async def close(self) -> None:
        await self._pool.aclose()

    async def _ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        seconds: float,
        limit: int,
    ) -> Fetched:
        origin = self._check_scheme(url)
        named = {"Host": urlsplit(url).netloc, "User-Agent": "tra", **headers}
        if method == "POST":
            named["Content-Length"] = str(len(body))
        sent = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in named.items()]
        limits = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
        try:
            with anyio.fail_after(seconds):
                async with self._pool.stream(
                    method, url, headers=sent, content=body, extensions={"timeout": limits}
                ) as answer:
                    received = await _read_capped(answer, limit)
        except (TimeoutError, OSError, ValueError, *_TRANSPORT_ERRORS) as error:
            raise OutboundError(f"{method} {origin} failed: {type(error).__name__}") from error
        received_headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in answer.headers
        }
        return Fetched(answer.status, received_headers, received)

    def _check_scheme(self, url: str) -> str:
        """The origin that is asked; raises OutboundError."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise OutboundError("the address cannot be read") from error
        if not _SPELLED.match(url) or not _PLACE.match(parts.netloc):
            raise OutboundError("the address has no host, carries a user name, or is misspelt")
        if parts.scheme != "https" and not (
            parts.scheme == "http" and f"{parts.hostname}:{port or 80}" in self._policy.allowed
        ):
            raise OutboundError("only https is asked")
        return f"{parts.scheme}://{parts.netloc}"


_TRANSPORT_ERRORS: Final = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
)


class _GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects only to addresses that the public internet routes, and to allowed neighbours."""

    def __init__(self, allowed: frozenset[str]) -> None:
        self._allowed = allowed
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        resolved = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]) for entry in resolved]
        if f"{host}:{port}" not in self._allowed and not all(map(is_public, addresses)):
            raise httpcore.ConnectError("the name leads to an address that is not public")
        failure: Exception | None = None
        for address in addresses:
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except httpcore.ConnectError as error:
                failure = error
        raise failure or httpcore.ConnectError("the name leads nowhere")

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)


def is_public(address: str) -> bool:
    """Whether the internet routes it (IANA special-purpose registries, v4 and v6)."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        elif ip in _NAT64:
            ip = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        elif ip not in _GLOBAL_UNICAST or any(ip in tunnel for tunnel in _TUNNELS):
            return False
    return ip.is_global and not ip.is_multicast


async def _read_capped(answer: httpcore.Response, limit: int) -> bytes:
    received = bytearray()
    async for chunk in answer.aiter_stream():
        received += chunk
        if len(received) > limit:
            raise ValueError("the answer is too long")
    return bytes(received)


@cache
def _trust(ca_bundle: Path | None) -> ssl.SSLContext:
    """The machine's trust, and the operator's beside it, as a process found them first."""
    context = ssl.create_default_context()
    if ca_bundle is not None:
        context.load_verify_locations(str(ca_bundle))
    return context
