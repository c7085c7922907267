"""What a client's fields must be to one another, and what its security profile demands of them."""

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from clients.rules import certificate
from clients.rules.client import (
    AuthenticationMethod,
    Client,
    DeliveryMode,
    ResponseMode,
    SecurityProfile,
    SenderConstraint,
)
from clients.rules.fields import invalid
from core.errors import Refusal, reason
from keys.jose import SIGNED_BY_CLIENTS, by_every_name
from keys.signer import Algorithm

INVALID_REDIRECT_URI = reason(
    "invalid_redirect_uri",
    "invalid_redirect_uri",
    400,
    "A redirect URI is absolute, has no fragment and no wildcard, and is https, or http on a "
    "loopback address, or a private-use scheme with a dot (com.example.app:/callback).",
    "RFC 7591 §3.2.2, RFC 8252 §7",
)

PERSON_SCOPES: Final = frozenset(
    {"openid", "profile", "email", "phone", "address", "offline_access"}
)
"""What a person can grant to a client."""

CLIENT_SCOPES: Final = frozenset({"seal"})
"""What a client can do for itself (RFC 6749 §4.4)."""

SCOPES: Final = PERSON_SCOPES | CLIENT_SCOPES

DEVICE_CODE: Final = "urn:ietf:params:oauth:grant-type:device_code"
CIBA: Final = "urn:openid:params:grant-type:ciba"
TOKEN_EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"

GRANT_TYPES: Final = frozenset(
    {
        "authorization_code",
        "refresh_token",
        "client_credentials",
        DEVICE_CODE,
        CIBA,
        TOKEN_EXCHANGE,
    }
)
"""The grants that the token endpoint answers."""

AUTHORIZATION_DETAILS_TYPES: Final = frozenset({"tra_document_signature", "tra_data_access"})
"""What a client can ask for piece by piece (RFC 9396 §2.1); idp.rules.authorization_details has
their schemas."""

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?\[\]@!$&'()+,;=%-]+\Z")
"""RFC 3986 without a fragment, and without the wildcard `*`."""
_PLAIN: Final = re.compile(r"[!$-;=?-\[\]_a-z~]+\Z")
"""What a URI is written in (RFC 3986 §2), but for the `#` of a fragment."""
_HOST: Final = re.compile(r"([A-Za-z0-9-]+\.)*[A-Za-z0-9-]+\Z|[0-9a-f:]+\Z")
_IP_LITERAL: Final = re.compile(r"\[[0-9A-Fa-f:.]+\](?::\d*)?")
"""A host in brackets and its port (RFC 3986 §3.2.2); urlsplit takes what stands before, too."""

_FAPI_ALGORITHMS: Final = SIGNED_BY_CLIENTS - {"RS256"}
_FAPI_METHODS: Final = frozenset(
    {
        AuthenticationMethod.PRIVATE_KEY_JWT,
        AuthenticationMethod.TLS_CLIENT_AUTH,
        AuthenticationMethod.SELF_SIGNED_TLS_CLIENT_AUTH,
    }
)
BY_OWN_KEYS: Final = frozenset(
    {AuthenticationMethod.PRIVATE_KEY_JWT, AuthenticationMethod.SELF_SIGNED_TLS_CLIENT_AUTH}
)
_PLAIN_MODES: Final = frozenset({ResponseMode.QUERY, ResponseMode.FORM_POST})


def demands(profile: SecurityProfile) -> tuple[bool, bool]:
    """Whether FAPI 2.0, and whether its message signing, is demanded."""
    return (
        profile is not SecurityProfile.OIDC,
        profile is SecurityProfile.FAPI2_MESSAGE_SIGNING,
    )


def check(client: Client) -> None:
    """Raises Refusal."""
    for uri in (*client.redirect_uris, *client.post_logout_redirect_uris):
        check_redirect_uri(uri)
    _check_grants(client)
    _check_keys(client)
    _check_addresses(client)
    if client.fapi:
        _check_fapi(client)
    if client.security_profile is SecurityProfile.FAPI2_MESSAGE_SIGNING:
        _check_message_signing(client)


def assertion_algorithms(client: Client) -> frozenset[str]:
    """What the client may sign its assertions with (RFC 8725 §3.1, FAPI 2.0 SP 5.4.1)."""
    return _algorithms(client, client.token_endpoint_auth_signing_alg)


def request_object_algorithms(client: Client) -> frozenset[str]:
    """What the client may sign request objects with (RFC 9101 §10.1, FAPI 2.0 MS 5.3)."""
    return _algorithms(client, client.request_object_signing_alg)


def ciba_request_algorithms(client: Client) -> frozenset[str]:
    """What the client may sign its CIBA requests with; none where it registered that it does not
    sign them (CIBA Core 4)."""
    registered = client.ciba.request_signing_alg
    return _algorithms(client, registered) if registered is not None else frozenset()


def _algorithms(client: Client, registered: str | None) -> frozenset[str]:
    chosen = SIGNED_BY_CLIENTS if registered is None else by_every_name(registered)
    return chosen & (_FAPI_ALGORITHMS if client.fapi else SIGNED_BY_CLIENTS)


def check_redirect_uri(uri: str) -> None:
    """RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §2.1; raises Refusal."""
    parts = split_address(uri)
    if parts is None or not _URI.match(uri) or "@" in parts.netloc:
        raise _refused(uri)
    if parts.scheme == "https" and _HOST.match(parts.hostname or ""):
        return
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return
    named = not parts.netloc or _HOST.match(parts.hostname or "")
    if "." in parts.scheme and named:  # javascript:, data: and their kin have no dot
        return
    raise _refused(uri)


def is_web_address(text: str) -> bool:
    """Whether it is an http or https address as RFC 3986 spells one, without user and fragment."""
    parts = split_address(text)
    if parts is None or parts.scheme not in {"https", "http"} or "@" in parts.netloc:
        return False
    return bool(_PLAIN.match(text) and _HOST.match(parts.hostname or ""))


def _refused(uri: str) -> Refusal:
    return Refusal(INVALID_REDIRECT_URI, uri, detail=uri)


def split_address(uri: str) -> SplitResult | None:
    """The parts of a URI; None where its host or port cannot be read."""
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return None
    literal = parts.netloc.rpartition("@")[2]
    if "[" in literal and not _IP_LITERAL.fullmatch(literal):
        return None
    return None if port == 0 else parts


def _check_grants(client: Client) -> None:
    unknown = client.grant_types - GRANT_TYPES
    if unknown:
        raise invalid(f"grant_types {sorted(unknown)} are not offered")
    if "authorization_code" in client.grant_types and not client.redirect_uris:
        raise _refused("authorization_code needs a redirect URI")
    if client.scope - SCOPES:
        raise invalid(f"scope {sorted(client.scope - SCOPES)} is not offered")
    unknown = client.authorization_details_types - AUTHORIZATION_DETAILS_TYPES
    if unknown:
        raise invalid(f"authorization_details_types {sorted(unknown)} are not offered")
    if client.public and client.grant_types & {"client_credentials", CIBA, TOKEN_EXCHANGE}:
        raise invalid("a public client has no credentials to use")
    if CIBA in client.grant_types:
        _check_ciba(client)


def _check_ciba(client: Client) -> None:
    """CIBA Core 4, FAPI-CIBA 5.2.2."""
    if (client.ciba.delivery_mode is DeliveryMode.PING) != (
        client.ciba.notification_endpoint is not None
    ):
        raise invalid("ping, and ping alone, has a backchannel_client_notification_endpoint")
    signs = client.ciba.request_signing_alg is not None
    if client.fapi and not signs:
        raise invalid("the fapi2 profiles need signed CIBA requests")
    if signs and not (ciba_request_algorithms(client) and (client.jwks or client.jwks_uri)):
        raise invalid("backchannel_authentication_request_signing_alg is not accepted, or no key")


def _check_keys(client: Client) -> None:
    if client.jwks and client.jwks_uri:
        raise invalid("jwks or jwks_uri, not both (RFC 7591 §2)")
    needs_keys = client.token_endpoint_auth_method in BY_OWN_KEYS or (
        client.require_signed_request_object
    )
    if needs_keys and not (client.jwks or client.jwks_uri):
        raise invalid("the client signs, so it needs jwks or jwks_uri")
    encrypted = client.id_token_encryption or client.userinfo_encryption
    if encrypted and not (client.encryption_jwks or client.jwks_uri):
        raise invalid("encrypted answers need an RSA key with use=enc in jwks, or a jwks_uri")
    by_subject = client.token_endpoint_auth_method is AuthenticationMethod.TLS_CLIENT_AUTH
    if by_subject != (client.tls_subject is not None):
        raise invalid("tls_client_auth, and it alone, names the certificate's subject")
    if client.tls_subject is not None:
        certificate.check_subject(client.tls_subject)
    for name, algorithms in (
        ("token_endpoint_auth_signing_alg", assertion_algorithms(client)),
        ("request_object_signing_alg", request_object_algorithms(client)),
    ):
        if not algorithms:
            raise invalid(f"{name} is not accepted")


def _check_addresses(client: Client) -> None:
    """Addresses that we call, or send people to, are https, or on this machine."""
    for name, address in (
        ("jwks_uri", client.jwks_uri),
        ("backchannel_logout_uri", client.logout.backchannel_uri),
        ("backchannel_client_notification_endpoint", client.ciba.notification_endpoint),
        ("frontchannel_logout_uri", client.logout.frontchannel_uri),
    ):
        parts = urlsplit(address or "https://none")
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise invalid(f"{name} is not https")
    for name, address in (  # OpenID Connect Registration 2: https, wherever they are
        ("sector_identifier_uri", client.sector_identifier_uri),
        ("initiate_login_uri", client.initiate_login_uri),
    ):
        if urlsplit(address or "https://none").scheme != "https":
            raise invalid(f"{name} is not https")


def _check_fapi(client: Client) -> None:
    """FAPI 2.0 Security Profile 5.3.2.1, 5.3.2.2 and 5.4.1."""
    if client.token_endpoint_auth_method not in _FAPI_METHODS:
        raise invalid("the fapi2 profiles need private_key_jwt or mTLS")
    if client.sender_constraint is SenderConstraint.NONE:
        raise invalid("the fapi2 profiles need sender-constrained tokens")
    if not (client.require_pkce and client.require_pushed_authorization_requests):
        raise invalid("the fapi2 profiles need PKCE and pushed authorization requests")
    for algorithm in (
        client.id_token_signed_response_alg,
        client.userinfo_signed_response_alg,
        client.authorization_signed_response_alg,
        client.introspection_signed_response_alg,
    ):
        if algorithm is Algorithm.RS256:
            raise invalid("the fapi2 profiles refuse RS256")


def _check_message_signing(client: Client) -> None:
    """FAPI 2.0 Message Signing 5.3 and 5.4."""
    if not client.require_signed_request_object or client.response_modes & _PLAIN_MODES:
        raise invalid("fapi2-message-signing needs signed requests and signed responses")
