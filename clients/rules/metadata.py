"""Client metadata (RFC 7591 §2, OpenID Connect Registration 2): from JSON to a Client.

The same rules for `tra clients import`, the seed of a demo, and registration over HTTP.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from clients.rules.client import AuthenticationMethod, Client, SecurityProfile, SubjectType
from core.errors import Refusal, reason
from keys.jose import SIGNED_BY_CLIENTS, JoseError, parse_jwks
from keys.signer import Algorithm

INVALID_REDIRECT_URI = reason(
    "invalid_redirect_uri",
    "invalid_redirect_uri",
    400,
    "A redirect URI is absolute, has no fragment and no wildcard, and is https, or http on a "
    "loopback address, or a private-use scheme with a dot (com.example.app:/callback).",
    "RFC 7591 §3.2.2, RFC 8252 §7",
)
INVALID_METADATA = reason(
    "invalid_client_metadata",
    "invalid_client_metadata",
    400,
    "A field of the client's metadata is missing, of the wrong type, or at odds with another.",
    "RFC 7591 §3.2.2",
)

SCOPES: Final = frozenset(
    {"openid", "profile", "email", "phone", "address", "identity", "offline_access", "seal"}
)
GRANT_TYPES: Final = frozenset({"authorization_code", "refresh_token", "client_credentials"})

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_DANGEROUS: Final = frozenset({"javascript", "data", "vbscript", "file", "blob", "about"})
_FAPI_ALGORITHMS: Final = frozenset({"PS256", "ES256", "EdDSA"})
_KEY_METHODS: Final = frozenset({AuthenticationMethod.PRIVATE_KEY_JWT})


def parse(metadata: Mapping[str, Any], *, client_id: str, agency_id: str) -> Client:
    """Check the metadata and make a Client of it; raises Refusal. Secrets are not looked at."""
    fields = _Fields(metadata)
    profile = _member(SecurityProfile, fields.text("security_profile", "fapi2"))
    grant_types = fields.texts("grant_types", ("authorization_code",))
    redirect_uris = fields.texts("redirect_uris", ())
    method = _member(
        AuthenticationMethod, fields.text("token_endpoint_auth_method", "client_secret_basic")
    )
    client = Client(
        client_id=client_id,
        agency_id=agency_id,
        client_name=fields.text("client_name", client_id),
        client_name_km=fields.text("client_name#km", fields.text("client_name", client_id)),
        security_profile=profile,
        redirect_uris=redirect_uris,
        post_logout_redirect_uris=fields.texts("post_logout_redirect_uris", ()),
        grant_types=frozenset(grant_types),
        token_endpoint_auth_method=method,
        token_endpoint_auth_signing_alg=fields.optional("token_endpoint_auth_signing_alg"),
        jwks=_jwks(fields),
        scope=frozenset(fields.text("scope", "openid").split()),
        audience=fields.texts("audience", ()),
        id_token_signed_response_alg=_member(
            Algorithm, fields.text("id_token_signed_response_alg", "ES256")
        ),
        subject_type=_member(SubjectType, fields.text("subject_type", "pairwise")),
        sector=_sector(fields, redirect_uris, client_id),
        require_pkce=fields.flag("require_pkce", default=profile is not SecurityProfile.OIDC),
        default_acr=fields.number("default_acr_level", 1, 3, 1),
        logo_uri=_web_address(fields, "logo_uri"),
        policy_uri=_web_address(fields, "policy_uri"),
        tos_uri=_web_address(fields, "tos_uri"),
        metadata=dict(metadata),
    )
    _check(client)
    return client


def _check(client: Client) -> None:
    """What the fields must be to one another."""
    for uri in client.redirect_uris:
        check_redirect_uri(uri)
    for uri in client.post_logout_redirect_uris:
        check_redirect_uri(uri)
    if not client.grant_types <= GRANT_TYPES:
        raise _invalid(f"grant_types {sorted(client.grant_types - GRANT_TYPES)} are not offered")
    if "authorization_code" in client.grant_types and not client.redirect_uris:
        raise Refusal(INVALID_REDIRECT_URI, "authorization_code needs a redirect URI")
    if not client.scope <= SCOPES:
        raise _invalid(f"scope {sorted(client.scope - SCOPES)} is not offered")
    if client.token_endpoint_auth_method in _KEY_METHODS and not client.jwks:
        raise _invalid("private_key_jwt needs jwks with a key that can sign")
    public = client.token_endpoint_auth_method is AuthenticationMethod.NONE
    if public and "client_credentials" in client.grant_types:
        raise _invalid("a public client has no credentials to use")
    algorithm = client.token_endpoint_auth_signing_alg
    if algorithm is not None and algorithm not in assertion_algorithms(client):
        raise _invalid(f"token_endpoint_auth_signing_alg {algorithm} is not accepted")
    if client.security_profile is not SecurityProfile.OIDC:
        _check_fapi(client)


def _check_fapi(client: Client) -> None:
    """FAPI 2.0 Security Profile 5.3.2.1 and 5.4.1."""
    if client.token_endpoint_auth_method not in _KEY_METHODS:
        raise _invalid("the fapi2 profiles need private_key_jwt")
    if client.id_token_signed_response_alg is Algorithm.RS256:
        raise _invalid("the fapi2 profiles refuse RS256")


def assertion_algorithms(client: Client) -> frozenset[str]:
    """What the client may sign its assertions with (RFC 8725 §3.1, FAPI 2.0 SP 5.4.1)."""
    if client.token_endpoint_auth_signing_alg is not None:
        chosen = frozenset({client.token_endpoint_auth_signing_alg})
    else:
        chosen = SIGNED_BY_CLIENTS
    if client.security_profile is SecurityProfile.OIDC:
        return chosen & SIGNED_BY_CLIENTS
    return chosen & _FAPI_ALGORITHMS


def check_redirect_uri(uri: str) -> None:
    """RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §2.1; raises Refusal."""
    parts = urlsplit(uri)
    if "#" in uri or "*" in parts.netloc or not uri.isascii() or any(c <= " " for c in uri):
        raise Refusal(INVALID_REDIRECT_URI, uri)
    if parts.scheme == "https" and parts.hostname and parts.username is None:
        return
    if parts.scheme == "http" and parts.hostname in _LOOPBACK and parts.username is None:
        return
    if "." in parts.scheme and parts.scheme not in _DANGEROUS:
        return
    raise Refusal(INVALID_REDIRECT_URI, uri)


def _sector(fields: "_Fields", redirect_uris: tuple[str, ...], client_id: str) -> str:
    """OIDC Core 8.1: the host of the redirect URIs, or what the operator set in its place."""
    chosen = fields.optional("sector")
    if chosen is not None:
        return chosen
    hosts = {urlsplit(uri).hostname or uri for uri in redirect_uris}
    if len(hosts) > 1:
        raise _invalid("redirect URIs on several hosts need a sector")
    return hosts.pop() if hosts else client_id


def _jwks(fields: "_Fields") -> Any:
    document = fields.raw("jwks")
    if document is None:
        return ()
    try:
        return parse_jwks(document)
    except JoseError as error:
        raise _invalid(f"jwks: {error}") from error


def _web_address(fields: "_Fields", name: str) -> str | None:
    value = fields.optional(name)
    if value is not None and urlsplit(value).scheme not in {"https", "http"}:
        raise _invalid(f"{name} is not a web address")
    return value


def _member(kind: Any, value: str) -> Any:
    try:
        return kind(value)
    except ValueError as error:
        raise _invalid(f"{value} is not one of {', '.join(kind)}") from error


def _invalid(why: str) -> Refusal:
    return Refusal(INVALID_METADATA, why)


class _Fields:
    """Reads members of a JSON object by type; the wrong type is a refusal that names the member."""

    def __init__(self, metadata: Mapping[str, Any]) -> None:
        self._metadata = metadata

    def raw(self, name: str) -> Any:
        return self._metadata.get(name)

    def optional(self, name: str) -> str | None:
        value = self._metadata.get(name)
        if value is not None and not isinstance(value, str):
            raise self._wrong(name, "a string")
        return value or None

    def text(self, name: str, default: str) -> str:
        return self.optional(name) or default

    def texts(self, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        value = self._metadata.get(name)
        if value is None:
            return default
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise self._wrong(name, "an array of strings")
        return tuple(value)

    def flag(self, name: str, *, default: bool) -> bool:
        value = self._metadata.get(name, default)
        if not isinstance(value, bool):
            raise self._wrong(name, "a boolean")
        return value

    def number(self, name: str, least: int, most: int, default: int) -> int:
        value = self._metadata.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self._wrong(name, f"a number from {least} to {most}")
        return value

    def _wrong(self, name: str, kind: str) -> Refusal:
        return _invalid(f"{name} is not {kind}")
