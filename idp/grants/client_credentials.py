"""client_credentials (RFC 6749 §4.4): a client acts for itself."""

from collections.abc import Mapping

from clients.rules.client import Client
from clients.rules.profiles import CLIENT_SCOPES
from core.database import Transaction
from core.errors import Reason, Refusal
from idp.grants.exchange import Issue, TokenRequest
from idp.rules import tokens
from idp.rules.authorization_details import AUTHORIZATION_DETAILS_INVALID
from idp.rules.authorize import SCOPE_NOT_REGISTERED


def redeem(_: Transaction, asked: TokenRequest, now: int) -> Issue | Reason:
    """Nothing is taken but the proofs: the client's own word is enough."""
    client = asked.client
    if "authorization_details" in asked.form:
        raise Refusal(AUTHORIZATION_DETAILS_INVALID, "only a person grants any of the types")
    scope = client_scope(asked.form, client)
    audience = asked.resources or client.audience or (asked.issuer,)
    token = tokens.client_access_token(
        client.client_id,
        client.agency_id,
        asked.issuer,
        audience,
        scope,
        asked.binding,
        asked.fresh.jti,
        now,
        may_act=client.may_act,
    )
    return Issue(token, scope)


def client_scope(form: Mapping[str, str], client: Client) -> tuple[str, ...]:
    """What was asked for, or all that is registered. A person's scopes are not a client's."""
    own = client.scope & CLIENT_SCOPES
    asked = tuple(dict.fromkeys(form.get("scope", "").split()))
    if not set(asked) <= own:
        raise Refusal(SCOPE_NOT_REGISTERED, " ".join(asked)[:200])
    return asked or tuple(sorted(own))
