"""What clients learn by themselves: metadata (Discovery 4) and keys (RFC 7517 §5)."""

from functools import cache
from typing import Final

import orjson

from core.serving import Answer, Asked
from idp.rules.discovery import metadata
from idp.rules.lifetimes import JWKS_SECONDS
from idp.web.context import Context
from keys.jose import public_jwk
from keys.ring import KeyRecord, Purpose
from keys.signer import load_public_key

_HEADERS: Final = (
    (b"cache-control", f"public, max-age={JWKS_SECONDS}".encode()),
    (b"access-control-allow-origin", b"*"),
)


async def configuration(ctx: Context, asked: Asked) -> Answer:  # noqa: ARG001  # an endpoint's shape
    """GET /.well-known/openid-configuration and /.well-known/oauth-authorization-server."""
    return _configuration(ctx.issuer, ctx.mtls_url)


async def jwks(ctx: Context, asked: Asked) -> Answer:  # noqa: ARG001
    """GET /jwks."""
    return _jwks(ctx.ring.now.published(Purpose.TOKEN, ctx.clock.now()))


@cache
def _configuration(issuer: str, mtls_url: str | None) -> Answer:
    return Answer(200, orjson.dumps(metadata(issuer, mtls_url)), headers=_HEADERS)


@cache
def _jwks(records: tuple[KeyRecord, ...]) -> Answer:
    keys = [
        public_jwk(load_public_key(record.public), record.kid, record.algorithm)
        for record in records
    ]
    return Answer(200, orjson.dumps({"keys": keys}), headers=_HEADERS)
