"""Encryption of what we tell clients of people, where they registered it (OIDC Core 10.2)."""

from clients.rules.client import Client, ContentEncryption
from core.errors import Refusal, reason
from idp.web.context import Context
from keys.encryption import EncryptionKey

ENCRYPTION_KEY_MISSING = reason(
    "encryption_key_missing",
    "invalid_request",
    400,
    "The client is registered to be answered encrypted, and has no key for it: publish an RSA key "
    "of 2048 bits or more with use=enc in its jwks or at its jwks_uri, which has to answer.",
    "OIDC Core 10.2, OpenID Connect Registration 2",
)


async def reader(
    ctx: Context, client: Client, encryption: ContentEncryption | None
) -> EncryptionKey | None:
    """Whom to encrypt for: None where the client wants no encryption. Where it does and has no
    key nothing is told at all; raises Refusal."""
    if encryption is None:
        return None
    keys = await ctx.client_keys.encryption_of(client)
    if not keys:
        raise Refusal(ENCRYPTION_KEY_MISSING, client.client_id)
    return keys[0]
