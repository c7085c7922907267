"""Who asked, where an edge stands in between: its headers are believed, and nobody else's."""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote

from starlette.types import ASGIApp, Receive, Scope, Send

_CERTIFICATE: Final = b"tra-client-certificate"
_OF_THE_EDGE: Final = frozenset({b"x-forwarded-for", b"x-forwarded-proto", _CERTIFICATE})


class Forwarded:
    """Puts the client's address, scheme and certificate, as the edge tells them, into the request,
    where ASGI has them; no header of the edge's goes further, whoever sent it (RFC 9700 §4.13)."""

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
            told = self._told(scope) if self._from_edge(scope) else {}
            kept = [pair for pair in scope["headers"] if pair[0] not in _OF_THE_EDGE]
            scope = {**scope, **told, "headers": kept}
        await self._app(scope, receive, send)

    def _from_edge(self, scope: Scope) -> bool:
        client = scope.get("client")
        return client is not None and self._trusts(client[0])

    @staticmethod
    def _told(scope: Scope) -> dict[str, Any]:
        said = {
            name: value.decode("latin-1")
            for name, value in scope["headers"]
            if name in _OF_THE_EDGE
        }
        source = said.get(b"x-forwarded-for", "").rpartition(",")[2].strip()
        if not source:
            return {}
        told = {"client": (source, 0), "scheme": said.get(b"x-forwarded-proto", scope["scheme"])}
        certificate = unquote(said.get(_CERTIFICATE, ""))
        if certificate:
            tls = {"client_cert_chain": [certificate]}
            told["extensions"] = {**scope.get("extensions", {}), "tls": tls}
        return told
