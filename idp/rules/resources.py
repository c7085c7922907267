"""Resource indicators (RFC 8707): for which servers a token is good."""

from typing import Final

from clients.rules.client import Client
from clients.rules.profiles import split_address
from core.errors import Refusal, reason

INVALID_TARGET = reason(
    "invalid_target",
    "invalid_target",
    400,
    "resource is an absolute URI without a fragment that is registered as an audience of the "
    "client, and at the token endpoint one of those that were granted.",
    "RFC 8707 §2",
)

MOST: Final = 10


def check(asked: tuple[str, ...], client: Client, issuer: str) -> tuple[str, ...]:
    """The resources that a request names; raises Refusal."""
    for resource in asked:
        parts = split_address(resource)
        if parts is None or not parts.scheme or parts.fragment or len(asked) > MOST:
            raise Refusal(INVALID_TARGET, resource[:200])
        if resource not in {issuer, *client.audience}:
            raise Refusal(INVALID_TARGET, f"{client.client_id} asked {resource[:200]}")
    return tuple(dict.fromkeys(asked))


def narrow(asked: tuple[str, ...], granted: tuple[str, ...]) -> tuple[str, ...]:
    """The resources of an access token: those asked for now, else those that were granted."""
    if granted and not set(asked) <= set(granted):
        raise Refusal(INVALID_TARGET, "not among the granted resources")
    return asked or granted
