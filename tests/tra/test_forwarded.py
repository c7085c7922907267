"""Whose word is taken for where a request comes from."""

import asyncio

from starlette.types import Message, Receive, Scope, Send

from tra.forwarded import Forwarded

SPOKEN = [
    (b"x-forwarded-for", b"203.0.113.9"),
    (b"x-forwarded-proto", b"https"),
    (b"tra-client-certificate", b"-----BEGIN%20CERTIFICATE-----"),
    (b"user-agent", b"test"),
]


def behind(peer: str | None, headers: list[tuple[bytes, bytes]], *trusted: str) -> Scope:
    """The request as the application sees it."""
    seen: list[Scope] = []

    async def application(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope)

    async def receive() -> Message:
        raise AssertionError

    async def send(_message: Message) -> None:
        raise AssertionError

    client = (peer, 40000) if peer is not None else None
    asked = {"type": "http", "scheme": "http", "client": client, "headers": headers}
    asyncio.run(Forwarded(application, trusted)(asked, receive, send))
    return seen[0]


def test_edge_is_believed() -> None:
    seen = behind("10.0.0.7", SPOKEN, "127.0.0.1", "10.0.0.0/24")
    assert seen["client"][0] == "203.0.113.9"
    assert seen["scheme"] == "https"
    assert seen["extensions"]["tls"]["client_cert_chain"] == ["-----BEGIN CERTIFICATE-----"]
    assert seen["headers"] == [(b"user-agent", b"test")]


def test_nobody_else_is_believed() -> None:
    for peer in ("10.0.1.7", "203.0.113.9", "::1", None):
        seen = behind(peer, SPOKEN, "127.0.0.1", "10.0.0.0/24")
        assert seen["client"] is None or seen["client"][0] == peer
        assert seen["scheme"] == "http"
        assert seen["headers"] == [(b"user-agent", b"test")]
        assert "extensions" not in seen


def test_the_address_that_the_edge_added_is_the_last() -> None:
    seen = behind("127.0.0.1", [(b"x-forwarded-for", b"6.6.6.6, 203.0.113.9")], "127.0.0.1")
    assert seen["client"][0] == "203.0.113.9"


def test_request_that_no_edge_forwarded_keeps_its_source() -> None:
    seen = behind("127.0.0.1", [(b"user-agent", b"test")], "127.0.0.1")
    assert seen["client"] == ("127.0.0.1", 40000)
