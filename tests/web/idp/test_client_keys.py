"""Keys that a client keeps at an address of its own (RFC 7591 §2, jwks_uri)."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clients.web.jwks import AGAIN_SECONDS, KEPT_SECONDS, ClientKeys
from core.clock import FixedClock
from core.outbound import Outbound, OutboundPolicy
from tests.agency_server import AgencyServer, agency_server
from tests.fapi import FapiClient
from tests.provider import Keypair, Provider, provider


def uri(of: AgencyServer) -> str:
    return f"http://{of.address}/jwks"


@pytest.fixture
def server() -> Iterator[AgencyServer]:
    with agency_server(b'{"keys": []}') as running:
        yield running


@pytest.fixture
def op(tmp_path: Path, clock: FixedClock, server: AgencyServer) -> Iterator[Provider]:
    url = f"sqlite:///{tmp_path / 'idp.sqlite'}"
    with provider(url, clock, allowed={server.address}) as running:
        yield running


@pytest.fixture
def client(op: Provider, server: AgencyServer) -> FapiClient:
    registered = FapiClient.register(op, jwks=None, jwks_uri=uri(server))
    server.content = json.dumps(registered.key.jwks).encode()
    return registered


def token(client: FapiClient) -> int:
    answer = client.post("/token", grant_type="client_credentials", scope="seal")
    return int(answer.status_code)


@pytest.mark.rule("keys.jwks-uri")
def test_keys_are_fetched_and_kept(client: FapiClient, server: AgencyServer) -> None:
    assert [token(client) for _ in range(3)] == [200, 200, 200]
    assert server.asked == 1
    client.provider.clock.advance(KEPT_SECONDS)
    assert token(client) == 200
    assert server.asked == 2


@pytest.mark.rule("keys.jwks-uri")
def test_unknown_kid_is_asked_for_once_a_minute(client: FapiClient, server: AgencyServer) -> None:
    assert token(client) == 200
    client.key = Keypair()
    assert [token(client) for _ in range(3)] == [401, 401, 401]
    assert server.asked == 1
    server.content = json.dumps(client.key.jwks).encode()
    client.provider.clock.advance(AGAIN_SECONDS)
    assert token(client) == 200
    assert server.asked == 2


@pytest.mark.rule("keys.jwks-uri")
@pytest.mark.parametrize(
    "broken", [{"keys": "none"}, [], {"keys": [{"kty": "oct", "k": "AAAA"}]}, "status"]
)
def test_last_good_set_is_kept_when_the_clients_server_fails(
    client: FapiClient, server: AgencyServer, broken: Any
) -> None:
    assert token(client) == 200
    if broken == "status":
        server.status = 500
    else:
        server.content = json.dumps(broken).encode()
    client.provider.clock.advance(KEPT_SECONDS)
    assert [token(client) for _ in range(3)] == [200, 200, 200]
    assert server.asked == 2, "a server that fails is left in peace for a minute"


@pytest.mark.rule("testing.outbound")
def test_operator_says_how_soon_a_set_is_asked_for_again(
    client: FapiClient, server: AgencyServer
) -> None:
    registered, clock = client.provider.ctx.registry, client.provider.clock
    policy = OutboundPolicy(frozenset({server.address}))

    async def ask() -> int:
        outbound = Outbound(policy)
        keys = ClientKeys(outbound, clock, again_seconds=2)
        found = await registered.find("fapi")
        assert found is not None
        for _ in range(3):
            await keys.of(found.client, "a kid that it lacks")
            clock.advance(1)
        await outbound.close()
        return server.asked

    assert asyncio.run(ask()) == 2


@pytest.mark.rule("keys.jwks-uri")
def test_fifty_at_once_fetch_once(client: FapiClient, server: AgencyServer) -> None:
    registered = client.provider.ctx.registry
    policy = OutboundPolicy(frozenset({server.address}))

    async def ask() -> list[int]:
        outbound = Outbound(policy)
        keys = ClientKeys(outbound, client.provider.clock)
        found = await registered.find("fapi")
        assert found is not None
        sets = await asyncio.gather(*(keys.of(found.client) for _ in range(50)))
        await outbound.close()
        return [len(keys) for keys in sets]

    assert asyncio.run(ask()) == [1] * 50
    assert server.asked == 1


@pytest.mark.rule("keys.fetch")
def test_address_inside_our_network_is_never_asked(op: Provider, server: AgencyServer) -> None:
    inside = uri(server).replace("127.0.0.1", "localhost")
    client = FapiClient.register(op, "inside", jwks=None, jwks_uri=inside)
    server.content = json.dumps(client.key.jwks).encode()
    assert token(client) == 401
    assert server.asked == 0
