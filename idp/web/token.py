"""The token endpoint (RFC 6749 §3.2, OIDC Core 3.1.3): a grant in, tokens out."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from clients.rules.authentication import ASSERTION_REPLAYED, Authenticated
from clients.rules.client import Client
from clients.rules.profiles import CLIENT_SCOPES
from core.audit import record
from core.database import Transaction
from core.errors import Reason, Refusal, reason
from core.serving import Answer, Asked
from idp.rules import claims, code_grant, tokens
from idp.rules.authorize import GRANT_NOT_REGISTERED, SCOPE_NOT_REGISTERED
from idp.rules.code_grant import CODE_REPLAYED, CODE_UNKNOWN, Code, Issue
from idp.store import citizens, grants
from idp.web.client_request import authenticate, parse_form, take_assertion
from idp.web.context import Context
from keys.handles import new_id
from keys.signer import Algorithm

GRANT_TYPE_MISSING = reason(
    "grant_type_missing", "invalid_request", 400, "Send grant_type.", "RFC 6749 §5.2"
)
GRANT_TYPE_UNSUPPORTED = reason(
    "grant_type_unsupported",
    "unsupported_grant_type",
    400,
    "grant_type is authorization_code or client_credentials.",
    "RFC 6749 §5.2",
)
CODE_MISSING = reason("code_missing", "invalid_request", 400, "Send the code.", "RFC 6749 §4.1.3")
_NO_STORE: Final = ((b"cache-control", b"no-store"), (b"pragma", b"no-cache"))


async def token(ctx: Context, asked: Asked) -> Answer:
    """POST /token."""
    form = parse_form(asked)
    authenticated = await authenticate(ctx, asked, form, "/token")
    grant_type = form.get("grant_type")
    if grant_type is None:
        raise Refusal(GRANT_TYPE_MISSING)
    if grant_type not in _GRANTS:
        raise Refusal(GRANT_TYPE_UNSUPPORTED, grant_type[:80])
    if grant_type not in authenticated.client.grant_types:
        raise Refusal(GRANT_NOT_REGISTERED, grant_type)
    body = await _GRANTS[grant_type](ctx, form, authenticated)
    return Answer(200, orjson.dumps(body), headers=_NO_STORE)


async def _authorization_code(
    ctx: Context, form: Mapping[str, str], authenticated: Authenticated
) -> dict[str, Any]:
    """RFC 6749 §4.1.3, OIDC Core 3.1.3."""
    if "code" not in form:
        raise Refusal(CODE_MISSING)
    now, jti = ctx.clock.now(), new_id()
    outcome = await ctx.ledger.write(_redeem, form, authenticated, jti, now)
    if isinstance(outcome, Reason):
        raise Refusal(outcome, authenticated.client.client_id)
    code, person = outcome
    return _tokens(ctx, authenticated.client, code, person, jti, now)


def _redeem(
    transaction: Transaction,
    form: Mapping[str, str],
    authenticated: Authenticated,
    jti: str,
    now: int,
) -> tuple[Code, Mapping[str, Any]] | Reason:
    """Take the code, weigh it, and write down what became of it. The refusals that must be
    remembered are returned, so that the transaction stands."""
    client_id = authenticated.client.client_id
    if not take_assertion(transaction, authenticated):
        return ASSERTION_REPLAYED
    code = grants.take_code(transaction, form["code"], client_id, now)
    if code is None:
        replayed = grants.find_replayed(transaction, form["code"], client_id)
        if replayed is None:
            return CODE_UNKNOWN
        grants.revoke(transaction, replayed, "code_replayed", now, actor=client_id)
        return CODE_REPLAYED
    decision = code_grant.decide(code, form)
    if not isinstance(decision, Issue):
        if decision.revoke_grant is not None:
            cause = decision.reason.code
            grants.revoke(transaction, decision.revoke_grant, cause, now, actor=client_id)
        return decision.reason
    record(
        transaction,
        grants.TOKENS_ISSUED,
        actor=client_id,
        now=now,
        client_id=client_id,
        grant_id=code.grant.grant_id,
        grant_type="authorization_code",
        jti=jti,
    )
    citizen = citizens.find(transaction, code.grant.citizen_id)
    return code, citizen.claims if citizen else {}


def _tokens(
    ctx: Context, client: Client, code: Code, person: Mapping[str, Any], jti: str, now: int
) -> dict[str, Any]:
    """OIDC Core 3.1.3.3."""
    grant = code.grant
    audience = (ctx.issuer, *client.audience)
    access_token = ctx.signer(Algorithm.ES256).sign(
        tokens.access_token(grant, ctx.issuer, audience, jti, now), tokens.ACCESS_TOKEN_TYPE
    )
    wanted = claims.for_id_token(claims.parse(grant.claims or None))
    id_token = tokens.id_token(
        grant,
        ctx.issuer,
        nonce=code.nonce,
        access_token=access_token,
        claims=claims.release(person, wanted, grant.claims_locales),
        now=now,
    )
    return {
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": tokens.ACCESS_TOKEN_SECONDS,
        "id_token": ctx.signer(client.id_token_signed_response_alg).sign(id_token),
        "scope": " ".join(grant.scope),
    }


async def _client_credentials(
    ctx: Context, form: Mapping[str, str], authenticated: Authenticated
) -> dict[str, Any]:
    """RFC 6749 §4.4."""
    client = authenticated.client
    scope = _client_scope(form, client)
    now, jti = ctx.clock.now(), new_id()
    if not await ctx.ledger.write(_note_issue, authenticated, jti, now):
        raise Refusal(ASSERTION_REPLAYED, client.client_id)
    audience = client.audience or (ctx.issuer,)
    claims_of_token = tokens.client_access_token(
        client.client_id, client.agency_id, ctx.issuer, audience, scope, jti, now
    )
    signed = ctx.signer(Algorithm.ES256).sign(claims_of_token, tokens.ACCESS_TOKEN_TYPE)
    return {
        "access_token": signed,
        "token_type": "Bearer",
        "expires_in": tokens.ACCESS_TOKEN_SECONDS,
        "scope": " ".join(scope),
    }


def _note_issue(transaction: Transaction, authenticated: Authenticated, jti: str, now: int) -> bool:
    """False where the assertion was used before."""
    if not take_assertion(transaction, authenticated):
        return False
    client_id = authenticated.client.client_id
    record(
        transaction,
        grants.TOKENS_ISSUED,
        actor=client_id,
        now=now,
        client_id=client_id,
        grant_type="client_credentials",
        jti=jti,
    )
    return True


def _client_scope(form: Mapping[str, str], client: Client) -> tuple[str, ...]:
    """What was asked for, or all that is registered. A person's scopes are not a client's."""
    own = client.scope & CLIENT_SCOPES
    asked = tuple(dict.fromkeys(form.get("scope", "").split()))
    if not set(asked) <= own:
        raise Refusal(SCOPE_NOT_REGISTERED, " ".join(asked)[:200])
    return asked or tuple(sorted(own))


_GRANTS: Final = {
    "authorization_code": _authorization_code,
    "client_credentials": _client_credentials,
}
