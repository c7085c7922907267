"""A client as the provider uses it. Its policy stands on its record, never in a global switch."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from keys.encryption import EncryptionKey
from keys.jose import VerificationKey
from keys.signer import Algorithm


class SecurityProfile(StrEnum):
    """How strict the provider is with the client, and the client with itself."""

    OIDC = "oidc"  # OpenID Connect Core, as the certification profile Basic OP has it
    FAPI2 = "fapi2"  # FAPI 2.0 Security Profile
    FAPI2_MESSAGE_SIGNING = "fapi2-message-signing"  # and FAPI 2.0 Message Signing


class AuthenticationMethod(StrEnum):
    """How the client proves who it is at the token endpoint (RFC 7591 §2, RFC 8705 §2)."""

    CLIENT_SECRET_BASIC = "client_secret_basic"
    CLIENT_SECRET_POST = "client_secret_post"
    PRIVATE_KEY_JWT = "private_key_jwt"
    TLS_CLIENT_AUTH = "tls_client_auth"
    SELF_SIGNED_TLS_CLIENT_AUTH = "self_signed_tls_client_auth"
    NONE = "none"


class SubjectType(StrEnum):
    """OIDC Core 8."""

    PAIRWISE = "pairwise"
    PUBLIC = "public"


class ResponseMode(StrEnum):
    """How the answer of /authorize travels (Form Post Response Mode 2, JARM 2.3)."""

    QUERY = "query"
    FORM_POST = "form_post"
    JWT = "jwt"
    QUERY_JWT = "query.jwt"
    FORM_POST_JWT = "form_post.jwt"


class SenderConstraint(StrEnum):
    """What holds an access token to its client (RFC 9449, RFC 8705 §3)."""

    NONE = "none"
    DPOP = "dpop"
    MTLS = "mtls"


class AccessTokenFormat(StrEnum):
    """What resource servers are handed: RFC 9068, or a handle to introspect (RFC 7662)."""

    JWT = "jwt"
    OPAQUE = "opaque"


class DeliveryMode(StrEnum):
    """How a CIBA client learns of the decision (CIBA Core 5)."""

    POLL = "poll"
    PING = "ping"


class ContentEncryption(StrEnum):
    """RFC 7518 §5.1."""

    A256GCM = "A256GCM"


@dataclass(frozen=True, slots=True)
class Secret:
    """A client secret as it is kept: 256 random bits, so SHA-256 is enough."""

    digest: bytes
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class TlsSubject:
    """What a client's certificate has to say of itself (RFC 8705 §2.1.2): one of these."""

    kind: str  # subject_dn, san_dns, san_uri, san_ip, san_email
    value: str


@dataclass(frozen=True, slots=True)
class LogoutChannels:
    """Back-Channel Logout 1.0 §2.2, Front-Channel Logout 1.0 §2."""

    backchannel_uri: str | None = None
    backchannel_session_required: bool = False
    frontchannel_uri: str | None = None
    frontchannel_session_required: bool = False


@dataclass(frozen=True, slots=True)
class Ciba:
    """CIBA Core 4."""

    delivery_mode: DeliveryMode = DeliveryMode.POLL
    notification_endpoint: str | None = None
    request_signing_alg: str | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """A registered client. Names are those of RFC 7591 §2 and the specifications that add to it."""

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
    encryption_jwks: tuple[EncryptionKey, ...]
    jwks_uri: str | None
    tls_subject: TlsSubject | None
    scope: frozenset[str]
    audience: tuple[str, ...]
    may_act: str | None  # the one client that may go on with its tokens (RFC 8693 §4.4)
    resource_identifiers: tuple[str, ...]
    authorization_details_types: frozenset[str]
    response_modes: frozenset[ResponseMode]
    require_pkce: bool
    require_pushed_authorization_requests: bool
    require_signed_request_object: bool
    request_object_signing_alg: str | None
    authorization_signed_response_alg: Algorithm
    sender_constraint: SenderConstraint
    dpop_nonce_required: bool
    access_token_format: AccessTokenFormat
    id_token_signed_response_alg: Algorithm
    id_token_encryption: ContentEncryption | None
    userinfo_signed_response_alg: Algorithm | None
    userinfo_encryption: ContentEncryption | None
    introspection_signed_response_alg: Algorithm | None
    subject_type: SubjectType
    sector: str
    sector_identifier_uri: str | None
    default_acr: int
    default_max_age: int | None
    consent_remembered: bool
    logout: LogoutChannels
    ciba: Ciba
    initiate_login_uri: str | None = None
    logo_uri: str | None = None
    policy_uri: str | None = None
    tos_uri: str | None = None
    secrets: tuple[Secret, ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict, compare=False)

    def name(self, lang: str) -> str:
        return self.client_name_km if lang == "km" else self.client_name

    @property
    def fapi(self) -> bool:
        return self.security_profile is not SecurityProfile.OIDC

    @property
    def by_certificate(self) -> bool:
        """Whether it proves who it is in the TLS handshake (RFC 8705 §2)."""
        return self.token_endpoint_auth_method in {
            AuthenticationMethod.TLS_CLIENT_AUTH,
            AuthenticationMethod.SELF_SIGNED_TLS_CLIENT_AUTH,
        }

    @property
    def public(self) -> bool:
        """Whether it has no way to prove who it is (RFC 6749 §2.1)."""
        return self.token_endpoint_auth_method is AuthenticationMethod.NONE


def is_client_id(text: str) -> bool:
    """Whether a client can be called so: VSCHAR (RFC 6749 App. A.1), 255 at most."""
    return 0 < len(text) <= 255 and text.isascii() and text.isprintable()
