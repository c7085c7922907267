"""A client as the provider uses it. Its policy stands on its record, never in a global switch."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from keys.jose import VerificationKey
from keys.signer import Algorithm


class SecurityProfile(StrEnum):
    """How strict the provider is with the client, and the client with itself."""

    OIDC = "oidc"  # OpenID Connect Core, as the certification profile Basic OP has it
    FAPI2 = "fapi2"  # FAPI 2.0 Security Profile
    FAPI2_MESSAGE_SIGNING = "fapi2-message-signing"  # and FAPI 2.0 Message Signing


class AuthenticationMethod(StrEnum):
    """How the client proves who it is at the token endpoint (RFC 7591 §2, OIDC Core 9)."""

    CLIENT_SECRET_BASIC = "client_secret_basic"
    CLIENT_SECRET_POST = "client_secret_post"
    PRIVATE_KEY_JWT = "private_key_jwt"
    NONE = "none"


class SubjectType(StrEnum):
    """OIDC Core 8."""

    PAIRWISE = "pairwise"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Secret:
    """A client secret as it is kept: 256 random bits, so SHA-256 is enough."""

    digest: bytes
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """A registered client. Names are those of RFC 7591 §2 and OpenID Connect Registration 2."""

    client_id: str
    agency_id: str
    client_name: str
    client_name_km: str
    security_profile: SecurityProfile
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    grant_types: frozenset[str]
    token_endpoint_auth_method: AuthenticationMethod
    token_endpoint_auth_signing_alg: str | None
    jwks: tuple[VerificationKey, ...]
    scope: frozenset[str]
    audience: tuple[str, ...]
    id_token_signed_response_alg: Algorithm
    subject_type: SubjectType
    sector: str
    require_pkce: bool
    default_acr: int
    logo_uri: str | None = None
    policy_uri: str | None = None
    tos_uri: str | None = None
    secrets: tuple[Secret, ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict, compare=False)

    def name(self, lang: str) -> str:
        return self.client_name_km if lang == "km" else self.client_name
