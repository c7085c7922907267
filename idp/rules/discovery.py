"""The provider's metadata (OpenID Connect Discovery 3, RFC 8414 §2)."""

from typing import Any, Final

from clients.rules.client import (
    AuthenticationMethod,
    DeliveryMode,
    ResponseMode,
    SubjectType,
)
from clients.rules.profiles import GRANT_TYPES, SCOPES
from idp.rules import dpop
from idp.rules.assurance import ACR_VALUES
from idp.rules.authorization_details import TYPES
from idp.rules.authorize import PROMPTS
from idp.rules.claims import OFFERED
from keys.encryption import CONTENT_ENCRYPTION, KEY_ENCRYPTION
from keys.jose import SIGNED_BY_CLIENTS
from keys.signer import Algorithm

_BY_CERTIFICATE: Final = frozenset(
    {
        AuthenticationMethod.TLS_CLIENT_AUTH.value,
        AuthenticationMethod.SELF_SIGNED_TLS_CLIENT_AUTH.value,
    }
)
_AUTHENTICATED: Final = ("token_endpoint", "introspection_endpoint", "revocation_endpoint")
"""Where the metadata says how clients authenticate (RFC 8414 §2)."""

_ALIASED: Final = (
    "token_endpoint",
    "userinfo_endpoint",
    "pushed_authorization_request_endpoint",
    "introspection_endpoint",
    "revocation_endpoint",
    "device_authorization_endpoint",
    "backchannel_authentication_endpoint",
)
"""What a client calls by itself (RFC 8705 §5): people's browsers bring no certificates."""


def metadata(issuer: str, mtls_url: str | None = None) -> dict[str, Any]:
    """What any OpenID Connect library needs to know, from the issuer alone. `mtls_url` is our
    address for clients with certificates."""
    document = _metadata(issuer)
    if mtls_url is None:
        for name in _AUTHENTICATED:
            methods = document[f"{name}_auth_methods_supported"]
            without = [method for method in methods if method not in _BY_CERTIFICATE]
            document[f"{name}_auth_methods_supported"] = without
        return document
    aliases = {
        name: mtls_url + document[name].removeprefix(issuer)
        for name in _ALIASED
        if name in document
    }
    return document | {
        "mtls_endpoint_aliases": aliases,
        "tls_client_certificate_bound_access_tokens": True,
    }


def _metadata(issuer: str) -> dict[str, Any]:
    algorithms = [algorithm.value for algorithm in Algorithm]
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks",
        "registration_endpoint": f"{issuer}/register",
        "pushed_authorization_request_endpoint": f"{issuer}/par",
        "device_authorization_endpoint": f"{issuer}/device_authorization",
        "backchannel_authentication_endpoint": f"{issuer}/bc-authorize",
        "backchannel_token_delivery_modes_supported": [mode.value for mode in DeliveryMode],
        "backchannel_authentication_request_signing_alg_values_supported": sorted(
            SIGNED_BY_CLIENTS
        ),
        "backchannel_user_code_parameter_supported": False,
        "introspection_endpoint": f"{issuer}/introspect",
        "revocation_endpoint": f"{issuer}/revoke",
        "end_session_endpoint": f"{issuer}/logout",
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
        "scopes_supported": sorted(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": [mode.value for mode in ResponseMode],
        "grant_types_supported": sorted(GRANT_TYPES),
        "acr_values_supported": list(ACR_VALUES),
        "subject_types_supported": [kind.value for kind in SubjectType],
        "id_token_signing_alg_values_supported": algorithms,
        "id_token_encryption_alg_values_supported": [KEY_ENCRYPTION],
        "id_token_encryption_enc_values_supported": [CONTENT_ENCRYPTION],
        "userinfo_signing_alg_values_supported": algorithms,
        "userinfo_encryption_alg_values_supported": [KEY_ENCRYPTION],
        "userinfo_encryption_enc_values_supported": [CONTENT_ENCRYPTION],
        **_authentication("token_endpoint"),
        **_authentication("introspection_endpoint", public=False),
        **_authentication("revocation_endpoint"),
        "introspection_signing_alg_values_supported": algorithms,
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": sorted(PROMPTS),
        "claim_types_supported": ["normal"],
        "claims_supported": sorted({*OFFERED, "sub", "acr", "amr", "auth_time", "sid"}),
        "claims_locales_supported": ["km", "en"],
        "ui_locales_supported": ["km", "en"],
        "claims_parameter_supported": True,
        "authorization_details_types_supported": list(TYPES),
        "request_parameter_supported": True,
        "request_uri_parameter_supported": False,
        "require_request_uri_registration": True,  # none is, so none is taken but pushed ones
        "request_object_signing_alg_values_supported": sorted(SIGNED_BY_CLIENTS),
        "authorization_signing_alg_values_supported": algorithms,
        "require_pushed_authorization_requests": False,
        "require_signed_request_object": False,
        "dpop_signing_alg_values_supported": sorted(dpop.ALGORITHMS),
        "authorization_response_iss_parameter_supported": True,
    }


def _authentication(endpoint: str, *, public: bool = True) -> dict[str, Any]:
    """How clients authenticate there. Nobody introspects without (RFC 7662 §2.1)."""
    methods = [method.value for method in AuthenticationMethod]
    if not public:
        methods.remove(AuthenticationMethod.NONE.value)
    return {
        f"{endpoint}_auth_methods_supported": methods,
        f"{endpoint}_auth_signing_alg_values_supported": sorted(SIGNED_BY_CLIENTS),
    }
