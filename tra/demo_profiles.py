"""A client of every kind that the provider knows, for whoever tries their own program on a demo.

Each shows one profile, whole; what it is for stands beside it in clients.json.
"""

from typing import Any, Final

from clients.rules.profiles import CIBA, DEVICE_CODE, TOKEN_EXCHANGE
from keys.encryption import CONTENT_ENCRYPTION, KEY_ENCRYPTION
from tra.demo_certificates import SUBJECT

API: Final = "https://api.example.kh/"
"""A resource server: what access tokens are for, and who may ask about them."""
BROKER: Final = "https://broker.example.kh/"
"""A service that goes on with tokens it was called with (RFC 8693)."""
LOOPBACK: Final = "http://127.0.0.1/callback"
"""A redirect URI with whatever port (RFC 8252 §7.3)."""

_SCOPE: Final = "openid profile email phone address"
_SECRET: Final = {"token_endpoint_auth_method": "client_secret_basic"}
_PUBLIC: Final = {"token_endpoint_auth_method": "none", "require_pkce": True}
_BY_KEY: Final = {"token_endpoint_auth_method": "private_key_jwt"}
_FAPI: Final = {"security_profile": "fapi2", "scope": f"{_SCOPE} offline_access"}
_DPOP: Final = {"dpop_bound_access_tokens": True}
_MTLS: Final = {"tls_client_certificate_bound_access_tokens": True}
_REFRESHED: Final = {"grant_types": ["authorization_code", "refresh_token"]}
_NO_BROWSER: Final[dict[str, list[str]]] = {
    "redirect_uris": [],
    "post_logout_redirect_uris": [],
    "response_types": [],
}
_CIBA: Final = {**_FAPI, **_BY_KEY, **_DPOP, **_NO_BROWSER, "grant_types": [CIBA]}


def profiles(yours: str, signing: str, *, tls: bool) -> list[dict[str, Any]]:
    """RFC 7591 metadata, without secrets and keys. `yours` is where a program of the reader's own
    listens; clients with certificates are there with TLS alone."""
    return [
        {**_usual(yours), "client_id": client_id, "client_use": use, **metadata}
        for client_id, use, metadata in (
            *_plain(yours),
            *_fapi(),
            *(_by_certificate() if tls else ()),
            *_elsewhere(yours),
            *_of_services(signing),
        )
    ]


_Client = tuple[str, str, dict[str, Any]]


def _usual(yours: str) -> dict[str, Any]:
    return {
        "client_name": "Your own program",
        "client_name#km": "កម្មវិធីរបស់អ្នក",
        "security_profile": "oidc",
        "redirect_uris": [f"{yours}/callback", LOOPBACK],
        "post_logout_redirect_uris": [f"{yours}/signed-out"],
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "scope": _SCOPE,
        "sector": "try.example.kh",
    }


def _plain(yours: str) -> tuple[_Client, ...]:
    """OpenID Connect Core, and what is beside it."""
    encrypted = {
        f"{what}_encrypted_response_{part}": value
        for what in ("id_token", "userinfo")
        for part, value in (("alg", KEY_ENCRYPTION), ("enc", CONTENT_ENCRYPTION))
    }
    return (
        (
            "try-basic",
            "client_secret_basic; refresh tokens rotate; try-exchange may use its access tokens.",
            {**_SECRET, **_REFRESHED, "audience": [BROKER], "may_act": "try-exchange"},
        ),
        (
            "try-post",
            "client_secret_post.",
            {"token_endpoint_auth_method": "client_secret_post"},
        ),
        (
            "try-form-post",
            "The answer of /authorize comes as a form (response_mode=form_post).",
            {**_SECRET, "response_modes": ["form_post"]},
        ),
        (
            "try-spa",
            f"A page in the browser at {yours}, or an application: public, PKCE, readable by CORS.",
            {**_PUBLIC, **_REFRESHED},
        ),
        (
            "try-spa-dpop",
            "The same with tokens bound by DPoP; its refresh tokens rotate.",
            {**_PUBLIC, **_REFRESHED, **_DPOP},
        ),
        (
            "try-rs256",
            "ID tokens and userinfo signed with RS256, for libraries that know nothing newer.",
            {
                **_SECRET,
                "id_token_signed_response_alg": "RS256",
                "userinfo_signed_response_alg": "RS256",
            },
        ),
        (
            "try-encrypted",
            "ID tokens and userinfo signed and then encrypted (RSA-OAEP-256, A256GCM).",
            {**_SECRET, **encrypted, "userinfo_signed_response_alg": "ES256"},
        ),
        (
            "try-logout",
            f"Back-channel and front-channel logout: both call {yours}.",
            {
                **_SECRET,
                "backchannel_logout_uri": f"{yours}/backchannel-logout",
                "backchannel_logout_session_required": True,
                "frontchannel_logout_uri": f"{yours}/frontchannel-logout",
                "frontchannel_logout_session_required": True,
            },
        ),
    )


def _fapi() -> tuple[_Client, ...]:
    """FAPI 2.0: Security Profile, and Message Signing."""
    signing = {
        "security_profile": "fapi2-message-signing",
        "introspection_signed_response_alg": "ES256",
    }
    return (
        (
            "try-fapi",
            "FAPI 2.0 Security Profile: private_key_jwt, PAR, DPoP.",
            {**_FAPI, **_BY_KEY, **_DPOP, **_REFRESHED},
        ),
        (
            "try-fapi-signing",
            "FAPI 2.0 Message Signing: signed requests (JAR), answers (JARM) and introspection.",
            {**_FAPI, **_BY_KEY, **_DPOP, **_REFRESHED, **signing},
        ),
    )


def _by_certificate() -> tuple[_Client, ...]:
    """FAPI 2.0 by RFC 8705: at the address that asks for certificates."""
    bound = {**_FAPI, **_MTLS, **_REFRESHED}
    return (
        (
            "try-fapi-mtls",
            "FAPI 2.0: private_key_jwt, PAR, tokens bound to a certificate.",
            {**bound, **_BY_KEY},
        ),
        (
            "try-tls",
            "FAPI 2.0: tls_client_auth by the demo's own authority; bound to the certificate too.",
            {
                **bound,
                "token_endpoint_auth_method": "tls_client_auth",
                "tls_client_auth_subject_dn": SUBJECT,
            },
        ),
        (
            "try-tls-self-signed",
            "FAPI 2.0: self_signed_tls_client_auth; bound to the certificate too.",
            {**bound, "token_endpoint_auth_method": "self_signed_tls_client_auth"},
        ),
    )


def _elsewhere(yours: str) -> tuple[_Client, ...]:
    """The person is asked somewhere else."""
    signs = {"backchannel_authentication_request_signing_alg": "ES256"}
    return (
        (
            "try-device",
            "A device without a browser (RFC 8628).",
            {**_PUBLIC, **_NO_BROWSER, "grant_types": [DEVICE_CODE]},
        ),
        ("try-ciba-poll", "FAPI-CIBA, poll: signed requests, DPoP.", {**_CIBA, **signs}),
        (
            "try-ciba-ping",
            f"FAPI-CIBA, ping: {yours} is told of the decision.",
            {
                **_CIBA,
                **signs,
                "backchannel_token_delivery_mode": "ping",
                "backchannel_client_notification_endpoint": f"{yours}/ciba",
            },
        ),
    )


def _of_services(signing: str) -> tuple[_Client, ...]:
    """Nobody is signed in, or somebody was before."""
    return (
        (
            "try-exchange",
            f"Token exchange (RFC 8693): {BROKER} goes on with try-basic's tokens, to {API}.",
            {
                **_SECRET,
                **_NO_BROWSER,
                "grant_types": [TOKEN_EXCHANGE],
                "resource_identifiers": [BROKER],
                "audience": [API],
            },
        ),
        (
            "try-opaque",
            f"Opaque access tokens for {API}, which asks what they stand for.",
            {**_SECRET, "access_token_format": "opaque", "audience": [API]},
        ),
        (
            "try-api",
            f"The resource server {API}: asks about tokens (RFC 7662, RFC 9701).",
            {**_SECRET, **_NO_BROWSER, "grant_types": [], "resource_identifiers": [API]},
        ),
        (
            "try-service",
            "client_credentials with FAPI 2.0: private_key_jwt, DPoP. May seal documents.",
            {
                **_FAPI,
                **_BY_KEY,
                **_DPOP,
                **_NO_BROWSER,
                "grant_types": ["client_credentials"],
                "scope": "seal",
                "audience": [signing],
            },
        ),
    )
