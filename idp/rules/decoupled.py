"""Requests whose client waits elsewhere: a device (RFC 8628 §3.1), an agency (CIBA Core 7.1)."""

from typing import Final

from clients.rules.client import Client
from core.errors import Refusal
from idp.rules import authorization_details, claims, resources
from idp.rules.authorize import GRANT_NOT_REGISTERED, AuthorizationRequest, check_scope
from idp.rules.parameters import Parameters

KEPT: Final = frozenset(
    {
        "scope",
        "claims",
        "claims_locales",
        "acr_values",
        "ui_locales",
        "resource",
        "authorization_details",
    }
)
"""The parameters that say what is asked for."""

INTERVAL_SECONDS: Final = 5
"""How long a client waits between two polls (RFC 8628 §3.2, CIBA Core 7.3)."""


def check(asked: Parameters, client: Client, issuer: str, grant_type: str) -> AuthorizationRequest:
    """Raises Refusal, which is the answer to the client. The person is asked each time: whoever
    began the request is not the browser that they agree in."""
    if grant_type not in client.grant_types:
        raise Refusal(GRANT_NOT_REGISTERED, grant_type)
    return AuthorizationRequest(
        client_id=client.client_id,
        scope=check_scope(asked, client),
        state=None,
        nonce=None,
        code_challenge=None,
        prompt=frozenset({"consent"}),
        max_age=None,
        acr_values=_words(asked, "acr_values"),
        claims=claims.parse(asked.get("claims")),
        claims_locales=_words(asked, "claims_locales"),
        ui_locales=_words(asked, "ui_locales"),
        login_hint=None,
        id_token_hint=None,
        resources=resources.check(_words(asked, "resource"), client, issuer),
        dpop_jkt=None,
        authorization_details=authorization_details.parse(
            asked.get("authorization_details"), client
        ),
    )


def _words(asked: Parameters, name: str) -> tuple[str, ...]:
    return tuple(asked.get(name, "").split())
