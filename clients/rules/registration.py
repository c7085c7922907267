"""Dynamic registration (RFC 7591 §3, RFC 7592 §2): what a client may say, what it is told.

The fields themselves are checked by metadata.py, as those of `tra clients import` are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from clients.rules.client import Client, SecurityProfile, SenderConstraint
from clients.rules.fields import INVALID_METADATA, invalid
from clients.rules.profiles import (
    BY_OWN_KEYS,
    CIBA,
    CLIENT_SCOPES,
    DEVICE_CODE,
    PERSON_SCOPES,
)
from core.errors import Refusal, reason

INITIAL_ACCESS_TOKEN_REFUSED = reason(
    "initial_access_token_refused",
    "invalid_token",
    401,
    "Registration takes an initial access token, as a Bearer token: an operator makes one. This "
    "one is missing, unknown, expired, or was used as often as it may be.",
    "RFC 7591 §3, RFC 6750 §3.1",
)
REGISTRATION_TOKEN_REFUSED = reason(
    "registration_token_refused",
    "invalid_token",
    401,
    "The registration access token is not this client's. Each change of the registration answers "
    "with a new one; the old one is dead from then on.",
    "RFC 7592 §2, §3",
)

OPERATORS_OWN: Final = frozenset(
    {"agency", "sector", "audience", "resource_identifiers", "default_acr_level", "may_act"}
)
"""What reaches beyond the client itself: it is left out of what a client says (RFC 7591 §2)."""

_WITHOUT_REDIRECT: Final = frozenset({DEVICE_CODE, CIBA})
_OURS_TO_SAY: Final = frozenset(
    {
        "registration_access_token",
        "registration_client_uri",
        "client_secret_expires_at",
        "client_id_issued_at",
    }
)
_STRICTNESS: Final = tuple(SecurityProfile)


@dataclass(frozen=True, slots=True)
class Invitation:
    """What an initial access token stands for: whose clients may be registered with it, and the
    least strict security profile, which they get unless they ask for a stricter one."""

    agency_id: str
    least_profile: SecurityProfile


def check_asked(document: object, least: SecurityProfile) -> dict[str, Any]:
    """The metadata that counts of a registration request; raises Refusal."""
    if not isinstance(document, Mapping):
        raise invalid("the body is not a JSON object")
    asked = {name: value for name, value in document.items() if name not in OPERATORS_OWN}
    asked["security_profile"] = _profile(asked.get("security_profile"), least)
    if asked.get("scope") is None:
        asked["scope"] = " ".join(sorted(PERSON_SCOPES))
    elif isinstance(asked["scope"], str) and CLIENT_SCOPES & set(asked["scope"].split()):
        raise invalid(f"scope: {' '.join(sorted(CLIENT_SCOPES))} is given by operators alone")
    return asked


def check_update(document: object, client: Client) -> dict[str, Any]:
    """The metadata that takes the place of the client's, as a whole; raises Refusal. A profile is
    never loosened, and what the operator set stays."""
    asked = check_asked(document, client.security_profile)
    assert isinstance(document, Mapping)
    if document.get("client_id") != client.client_id:
        raise invalid("client_id is not that of the address")
    said = sorted(_OURS_TO_SAY & document.keys())
    if said:  # RFC 7592 §2.2
        raise invalid(f"{', '.join(said)} must not be sent")
    kept = {name: client.metadata[name] for name in OPERATORS_OWN & client.metadata.keys()}
    return {**asked, **kept}


def with_sector(metadata: Mapping[str, Any], client_id: str) -> dict[str, Any]:
    """The metadata with a sector of the client's own, where nothing proves another: a code comes
    to the host of the sector alone. What a device or an agency's server polls for does not, and
    loopback addresses and schemes of apps are anybody's."""
    if {"sector", "sector_identifier_uri"} & metadata.keys():
        return dict(metadata)
    grants, uris = (metadata.get(name) for name in ("grant_types", "redirect_uris"))
    polls = isinstance(grants, list) and any(grant in grants for grant in _WITHOUT_REDIRECT)
    anybodys = isinstance(uris, list) and not all(str(uri).startswith("https:") for uri in uris)
    return {**metadata, "sector": client_id} if polls or anybodys else dict(metadata)


def describe(client: Client) -> dict[str, Any]:
    """All that is registered, with what was filled in (RFC 7591 §3.2.1)."""
    filled_in = {
        "client_id": client.client_id,
        "client_name": client.client_name,
        "redirect_uris": list(client.redirect_uris),
        "grant_types": sorted(client.grant_types),
        "response_types": ["code"] if "authorization_code" in client.grant_types else [],
        "response_modes": sorted(client.response_modes),
        "token_endpoint_auth_method": client.token_endpoint_auth_method,
        "scope": " ".join(sorted(client.scope)),
        "subject_type": client.subject_type,
        "id_token_signed_response_alg": client.id_token_signed_response_alg,
        "authorization_signed_response_alg": client.authorization_signed_response_alg,
        "require_pkce": client.require_pkce,
        "require_pushed_authorization_requests": client.require_pushed_authorization_requests,
        "require_signed_request_object": client.require_signed_request_object,
        "dpop_bound_access_tokens": client.sender_constraint is SenderConstraint.DPOP,
        "tls_client_certificate_bound_access_tokens": (
            client.sender_constraint is SenderConstraint.MTLS
        ),
    }
    return {**filled_in, **client.metadata}


def check_sector(document: object, client: Client) -> None:
    """OIDC Core 8.1, Registration 5: the document at sector_identifier_uri is an array of strings
    that holds every redirect URI of the client, and where there is none its jwks_uri (CIBA Core
    4), by whose keys it proves itself; raises Refusal."""
    if not isinstance(document, list) or not all(isinstance(uri, str) for uri in document):
        raise invalid("sector_identifier_uri does not lead to a JSON array of strings")
    belonging = set(client.redirect_uris)
    if not belonging or client.grant_types & _WITHOUT_REDIRECT:
        if client.jwks_uri is None or client.token_endpoint_auth_method not in BY_OWN_KEYS:
            raise invalid("sector_identifier_uri without a redirect needs a jwks_uri to list")
        belonging.add(client.jwks_uri)
    missing = belonging - set(document)
    if missing:
        raise invalid(f"sector_identifier_uri does not list {min(missing)}")


def _profile(asked: object, least: SecurityProfile) -> SecurityProfile:
    if asked is None:
        return least
    if asked not in _STRICTNESS:
        raise invalid(f"security_profile is not one of {', '.join(_STRICTNESS)}")
    profile = SecurityProfile(str(asked))
    if _STRICTNESS.index(profile) < _STRICTNESS.index(least):
        raise Refusal(
            INVALID_METADATA, str(asked), detail=f"security_profile is at least {least} here"
        )
    return profile
