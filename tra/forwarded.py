"""Who asked, where an edge stands in between: its headers are believed, and nobody else's."""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

_OF_THE_EDGE: Final = frozenset(
    {b"x-forwarded-for", b"x-forwarded-proto", b"tra-client-certificate"}
)


class Forwarded:
    """Puts the client's address and scheme, as the edge tells them, into the request; takes the
    edge's headers out of requests that come from elsewhere (RFC 9700 §4.13)."""

    def __init__(self, app: ASGIApp, trusted_proxies: Iterable[str]) -> None:
        self._app = app
        networks = [ipaddress.ip_network(text) for text in trusted_proxies]

        @lru_cache(maxsize=1_024)
        def trusts(peer: str) -> bool:
            address = ipaddress.ip_address(peer)
            return any(address in network for network in networks)

        self._trusts = trusts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = self._by_edge(scope) if self._from_edge(scope) else _stripped(scope)
        await self._app(scope, receive, send)

    def _from_edge(self, scope: Scope) -> bool:
        client = scope.get("client")
        return client is not None and self._trusts(client[0])

    @staticmethod
    def _by_edge(scope: Scope) -> Scope:
        told = {name: value for name, value in scope["headers"] if name in _OF_THE_EDGE}
        source = told.get(b"x-forwarded-for", b"").rpartition(b",")[2].strip()
        if not source:
            return scope
        scheme = told.get(b"x-forwarded-proto", scope["scheme"].encode())
        return {
            **scope,
            "client": (source.decode("latin-1"), 0),
            "scheme": scheme.decode("latin-1"),
        }


def _stripped(scope: Scope) -> Scope:
    kept = [(name, value) for name, value in scope["headers"] if name not in _OF_THE_EDGE]
    return {**scope, "headers": kept}
