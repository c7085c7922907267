"""The token endpoint (RFC 6749 §3.2, OIDC Core 3.1.3): a grant in, tokens out."""

from functools import partial
from typing import Any, Final

import orjson

from clients.rules.client import AccessTokenFormat
from clients.rules.profiles import CIBA, DEVICE_CODE, TOKEN_EXCHANGE
from core.errors import Reason, Refusal, reason
from core.serving import Answer, Asked
from idp.grants import (
    authorization_code,
    ciba,
    client_credentials,
    device_code,
    exchange,
    refresh_token,
    token_exchange,
)
from idp.grants.exchange import Issue, Redeem, TokenRequest
from idp.rules import binding, resources, tokens
from idp.rules.authorize import GRANT_NOT_REGISTERED
from idp.web import bearer, client_request, proof, protection
from idp.web.context import Context
from keys.encryption import EncryptionKey, encrypt
from keys.signer import Algorithm

GRANT_TYPE_MISSING = reason(
    "grant_type_missing", "invalid_request", 400, "Send grant_type.", "RFC 6749 §5.2"
)
GRANT_TYPE_UNSUPPORTED = reason(
    "grant_type_unsupported",
    "unsupported_grant_type",
    400,
    "grant_type is none of those that the metadata lists in grant_types_supported.",
    "RFC 6749 §5.2",
)

GRANTS: Final[dict[str, Redeem]] = {
    "authorization_code": authorization_code.redeem,
    "refresh_token": refresh_token.redeem,
    "client_credentials": client_credentials.redeem,
    DEVICE_CODE: device_code.redeem,
    CIBA: ciba.redeem,
    TOKEN_EXCHANGE: token_exchange.redeem,
}

_NO_STORE: Final = ((b"cache-control", b"no-store"), (b"pragma", b"no-cache"))


async def token(ctx: Context, asked: Asked) -> Answer:
    """POST /token."""
    form, targets = client_request.parse_form(asked)
    authenticated = await client_request.authenticate(ctx, asked, form, "/token")
    client = authenticated.client
    grant_type = form.get("grant_type")
    if grant_type is None:
        raise Refusal(GRANT_TYPE_MISSING)
    if grant_type not in GRANTS:
        raise Refusal(GRANT_TYPE_UNSUPPORTED, grant_type[:80])
    if grant_type not in client.grant_types:
        raise Refusal(GRANT_NOT_REGISTERED, grant_type)
    proven = proof.check(ctx, asked, client, "/token")
    # Found before the grant is used up: an ID token never leaves unencrypted instead.
    of_person = grant_type != "client_credentials"
    reader = await protection.reader(ctx, client, client.id_token_encryption if of_person else None)
    request = TokenRequest(
        form=form,
        issuer=ctx.issuer,
        authenticated=authenticated,
        proof=proven.proof,
        binding=proven.binding,
        resources=resources.check(targets, client, ctx.issuer),
        sealer=ctx.sealer,
        own_claims=partial(bearer.own_claims, ctx),
    )
    outcome = await ctx.ledger.write(
        exchange.exchange, GRANTS[grant_type], request, ctx.clock.now()
    )
    if isinstance(outcome, Reason):
        raise Refusal(outcome, client.client_id)
    return Answer(200, orjson.dumps(_response(ctx, request, outcome, reader)), headers=_NO_STORE)


def _response(
    ctx: Context, request: TokenRequest, issue: Issue, reader: EncryptionKey | None
) -> dict[str, Any]:
    """RFC 6749 §5.1, OIDC Core 3.1.3.3: signed after the commit."""
    client = request.client
    if client.access_token_format is AccessTokenFormat.OPAQUE:
        access_token = request.fresh.access_token
    else:
        signer = ctx.signer(Algorithm.ES256)
        access_token = signer.sign(issue.access_token, tokens.ACCESS_TOKEN_TYPE)
    response: dict[str, Any] = {
        "access_token": access_token,
        "token_type": binding.token_type(request.binding),
        "expires_in": issue.access_token["exp"] - issue.access_token["iat"],
        "scope": " ".join(issue.scope),
    }
    if issue.id_token is not None:
        id_token = {**issue.id_token, "at_hash": tokens.half_hash(access_token)}
        signed = ctx.signer(client.id_token_signed_response_alg).sign(id_token)
        response["id_token"] = signed if reader is None else encrypt(signed, reader, nested=True)
    if issue.refresh_token is not None:
        response["refresh_token"] = issue.refresh_token
    if issue.authorization_details:
        response["authorization_details"] = list(issue.authorization_details)
    if issue.issued_token_type is not None:
        response["issued_token_type"] = issue.issued_token_type
    return response
