"""Client metadata (RFC 7591 §2, OpenID Connect Registration 2): from JSON to a Client.

The same rules for `tra clients import`, the seed of a demo, and registration over HTTP. What the
fields must be to one another stands in profiles.py.
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from clients.rules import profiles
from clients.rules.client import (
    AccessTokenFormat,
    AuthenticationMethod,
    Ciba,
    Client,
    ContentEncryption,
    DeliveryMode,
    LogoutChannels,
    ResponseMode,
    SecurityProfile,
    SenderConstraint,
    SubjectType,
    TlsSubject,
    is_client_id,
)
from clients.rules.fields import Fields, invalid
from keys.encryption import KEY_ENCRYPTION, parse_encryption_keys
from keys.jose import parse_jwks
from keys.segments import JoseError
from keys.signer import Algorithm

Key = TypeVar("Key")

_LONGEST_NAME: Final = 120
_LEVELS: Final = 4  # of a JWK Set (RFC 7517 §5): set, array, key, array of certificates
_SCRIPTS: Final = frozenset({"LATIN", "KHMER"})
_WORD_BREAK: Final = "\u200b"  # Khmer is written without spaces: this is where a line may end
_TLS_SUBJECTS: Final = ("subject_dn", "san_dns", "san_uri", "san_ip", "san_email")


def parse(metadata: Mapping[str, Any], *, client_id: str, agency_id: str) -> Client:
    """Check the metadata and make a Client of it; raises Refusal. Secrets are not looked at."""
    if not is_client_id(client_id):
        raise invalid("client_id is not 1 to 255 printable ASCII characters")
    fields = Fields(metadata)
    profile = fields.member(SecurityProfile, "security_profile", SecurityProfile.FAPI2)
    fapi, signing = profiles.demands(profile)
    redirect_uris = fields.texts("redirect_uris")
    for uri in redirect_uris:
        profiles.check_redirect_uri(uri)
    name = _name(fields, "client_name", client_id)
    signed = Algorithm.ES256
    _check_notes(fields)
    client = Client(
        client_id=client_id,
        agency_id=agency_id,
        client_name=name,
        client_name_km=_name(fields, "client_name#km", name),
        security_profile=profile,
        redirect_uris=redirect_uris,
        post_logout_redirect_uris=fields.texts("post_logout_redirect_uris"),
        grant_types=frozenset(fields.texts("grant_types", ("authorization_code",))),
        token_endpoint_auth_method=fields.member(
            AuthenticationMethod,
            "token_endpoint_auth_method",
            # RFC 7591 §2 names the first, which FAPI 2.0 refuses.
            AuthenticationMethod.PRIVATE_KEY_JWT
            if fapi
            else AuthenticationMethod.CLIENT_SECRET_BASIC,
        ),
        token_endpoint_auth_signing_alg=fields.optional("token_endpoint_auth_signing_alg"),
        jwks=_jwks(fields, parse_jwks),
        encryption_jwks=_jwks(fields, parse_encryption_keys),
        jwks_uri=_web_address(fields, "jwks_uri"),
        tls_subject=_tls_subject(fields),
        scope=frozenset(fields.text("scope", "openid").split()),
        audience=fields.texts("audience"),
        may_act=fields.optional("may_act"),
        resource_identifiers=fields.texts("resource_identifiers"),
        authorization_details_types=frozenset(fields.texts("authorization_details_types")),
        response_modes=_response_modes(fields, signing=signing),
        require_pkce=fields.flag("require_pkce", default=fapi),
        require_pushed_authorization_requests=fields.flag(
            "require_pushed_authorization_requests", default=fapi
        ),
        require_signed_request_object=fields.flag("require_signed_request_object", default=signing),
        request_object_signing_alg=fields.optional("request_object_signing_alg"),
        authorization_signed_response_alg=fields.member(
            Algorithm, "authorization_signed_response_alg", signed
        ),
        sender_constraint=_sender_constraint(fields, fapi=fapi),
        dpop_nonce_required=fields.flag("dpop_nonce_required"),
        access_token_format=fields.member(
            AccessTokenFormat, "access_token_format", AccessTokenFormat.JWT
        ),
        id_token_signed_response_alg=fields.member(
            Algorithm, "id_token_signed_response_alg", signed
        ),
        id_token_encryption=_encryption(fields, "id_token"),
        userinfo_signed_response_alg=fields.optional_member(
            Algorithm, "userinfo_signed_response_alg"
        ),
        userinfo_encryption=_encryption(fields, "userinfo"),
        introspection_signed_response_alg=fields.optional_member(
            Algorithm, "introspection_signed_response_alg"
        ),
        subject_type=fields.member(SubjectType, "subject_type", SubjectType.PAIRWISE),
        sector=_sector(fields, redirect_uris, client_id),
        sector_identifier_uri=_web_address(fields, "sector_identifier_uri"),
        default_acr=fields.number("default_acr_level", 1, 3) or 1,
        default_max_age=fields.number("default_max_age", 0, 1 << 31),
        consent_remembered=fields.flag("consent_remembered", default=True),
        logout=_logout(fields),
        ciba=_ciba(fields),
        initiate_login_uri=_web_address(fields, "initiate_login_uri"),
        logo_uri=_web_address(fields, "logo_uri"),
        policy_uri=_web_address(fields, "policy_uri"),
        tos_uri=_web_address(fields, "tos_uri"),
        metadata=fields.understood(),
    )
    profiles.check(client)
    return client


def _name(fields: Fields, member: str, default: str) -> str:
    """What people read on consent pages: letters of other scripts look like ours (RFC 7591 §5)."""
    name = fields.optional(member)
    if name is None:
        return default
    seen = name.replace(_WORD_BREAK, "")
    strange = any(letter.isalpha() and _script(letter) not in _SCRIPTS for letter in seen)
    if len(name) > _LONGEST_NAME or not seen.isprintable() or strange:
        raise invalid(f"{member} is longer than {_LONGEST_NAME}, or not Khmer or Latin alone")
    return name


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _check_notes(fields: Fields) -> None:
    """Members that are kept and change nothing but must be well-formed (RFC 7591 §2)."""
    unoffered = set(fields.texts("response_types")) - {"code"}
    if unoffered:
        raise invalid(f"response_types {sorted(unoffered)} are not offered")
    if fields.text("application_type", "web") not in {"web", "native"}:
        raise invalid("application_type is neither web nor native")
    fields.texts("contacts")
    _web_address(fields, "client_uri")
    fields.optional("software_id")
    fields.optional("software_version")


def _response_modes(fields: Fields, *, signing: bool) -> frozenset[ResponseMode]:
    default = (ResponseMode.JWT, ResponseMode.QUERY_JWT, ResponseMode.FORM_POST_JWT)
    asked = fields.texts("response_modes", tuple(default if signing else ResponseMode))
    try:
        return frozenset(map(ResponseMode, asked))
    except ValueError as error:
        raise invalid(f"response_modes: {error}") from error


def _sender_constraint(fields: Fields, *, fapi: bool) -> SenderConstraint:
    """RFC 9449 §5.2, RFC 8705 §3.4; a FAPI client that says nothing uses DPoP."""
    by_dpop = fields.flag("dpop_bound_access_tokens")
    if fields.flag("tls_client_certificate_bound_access_tokens"):
        if by_dpop:
            raise invalid("tokens are bound by DPoP or by certificate, not both")
        return SenderConstraint.MTLS
    return SenderConstraint.DPOP if by_dpop or fapi else SenderConstraint.NONE


def _tls_subject(fields: Fields) -> TlsSubject | None:
    named = {kind: fields.optional(f"tls_client_auth_{kind}") for kind in _TLS_SUBJECTS}
    given = [TlsSubject(kind, value) for kind, value in named.items() if value is not None]
    if len(given) > 1:
        raise invalid("more than one tls_client_auth subject (RFC 8705 §2.1.2)")
    return given[0] if given else None


def _logout(fields: Fields) -> LogoutChannels:
    return LogoutChannels(
        _web_address(fields, "backchannel_logout_uri"),
        fields.flag("backchannel_logout_session_required"),
        _web_address(fields, "frontchannel_logout_uri"),
        fields.flag("frontchannel_logout_session_required"),
    )


def _ciba(fields: Fields) -> Ciba:
    return Ciba(
        fields.member(DeliveryMode, "backchannel_token_delivery_mode", DeliveryMode.POLL),
        _web_address(fields, "backchannel_client_notification_endpoint"),
        fields.optional("backchannel_authentication_request_signing_alg"),
    )


def _encryption(fields: Fields, what: str) -> ContentEncryption | None:
    """RSA-OAEP-256 with A256GCM, and nothing else (RFC 7518 §4.3, §5.3)."""
    algorithm = fields.optional(f"{what}_encrypted_response_alg")
    content = fields.optional_member(ContentEncryption, f"{what}_encrypted_response_enc")
    if algorithm is None:
        if content is not None:
            raise invalid(f"{what}_encrypted_response_enc without its alg")
        return None
    if algorithm != KEY_ENCRYPTION:
        raise invalid(f"{what}_encrypted_response_alg is not {KEY_ENCRYPTION}")
    return content or ContentEncryption.A256GCM


def _sector(fields: Fields, redirect_uris: tuple[str, ...], client_id: str) -> str:
    """OIDC Core 8.1: the host of sector_identifier_uri, or of the redirect URIs, or what the
    operator set in its place."""
    chosen = fields.optional("sector") or fields.optional("sector_identifier_uri")
    if chosen is not None:
        parts = profiles.split_address(chosen)
        return parts.hostname if parts and parts.hostname else chosen
    hosts = {urlsplit(uri).hostname or uri for uri in redirect_uris}
    if len(hosts) > 1 and fields.text("subject_type", "pairwise") == "pairwise":
        raise invalid("redirect URIs on several hosts need a sector_identifier_uri")
    return min(hosts, default=client_id)


def _jwks(fields: Fields, parsed: Callable[[object], tuple[Key, ...]]) -> tuple[Key, ...]:
    document = fields.raw("jwks")
    if document is None:
        return ()
    if is_deeper(document, _LEVELS):
        raise invalid("jwks is nested deeper than keys are")
    try:
        return parsed(document)
    except JoseError as error:
        raise invalid(f"jwks: {error}") from error


def is_deeper(value: object, levels: int) -> bool:
    """Whether there are more levels: what is kept has to be told again."""
    inner = value.values() if isinstance(value, Mapping) else value
    if not isinstance(inner, Iterable) or isinstance(inner, str):
        return False
    return levels == 0 or any(is_deeper(one, levels - 1) for one in inner)


def _web_address(fields: Fields, name: str) -> str | None:
    value = fields.optional(name)
    if value is None:
        return None
    if not profiles.is_web_address(value):
        raise invalid(f"{name} is not a web address")
    return value
