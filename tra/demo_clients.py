"""The agencies of a demo and the clients they register: what, and with which secrets."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from joserfc.jwk import ECKey, KeyParameters, KeySet, RSAKey

from keys.encryption import KEY_ENCRYPTION
from keys.handles import new_handle
from tra.demo_certificates import ISSUED, SELF_SIGNED, Certificates
from tra.demo_profiles import profiles


@dataclass(frozen=True, slots=True)
class DemoAgency:
    """A fictitious use of a real institution: nothing here is run by it."""

    agency_id: str
    name_km: str
    name_en: str
    certificate_km: str
    certificate_en: str
    scope: str
    sector: str
    secret: bool  # a client secret, or a key of its own


AGENCIES: Final = (
    DemoAgency(
        "moc",
        "ក្រសួងពាណិជ្ជកម្ម",
        "Ministry of Commerce",
        "វិញ្ញាបនបត្រចុះបញ្ជីពាណិជ្ជកម្ម",
        "Certificate of commercial registration",
        "openid profile email",
        "moc.gov.kh",
        secret=True,
    ),
    DemoAgency(
        "nssf",
        "បេឡាជាតិសន្តិសុខសង្គម",
        "National Social Security Fund",
        "វិញ្ញាបនបត្រសមាជិកភាព",
        "Certificate of membership",
        "openid profile phone address",
        "nssf.gov.kh",
        secret=False,
    ),
)


_OF_FAPI: Final = frozenset({"private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"})
_WITH_CERTIFICATES: Final = {
    "try-fapi-mtls": ISSUED,
    "try-tls": ISSUED,
    "try-tls-self-signed": SELF_SIGNED,
}
_CREDENTIALS: Final = ("client_secret", "jwks", "private_jwks")
"""What a client has of its own, made at the first start and kept."""

_NOT_TOLD: Final = frozenset({"private_jwks", "certificate", "certificate_key"})


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the parts of a demo are."""

    issuer: str
    signing: str
    services: dict[str, str]  # by agency
    yours: str  # where a program of the reader's own is expected


def clients(
    addresses: Addresses, known: list[dict[str, Any]], certificates: Certificates | None = None
) -> list[dict[str, Any]]:
    """Every client of the demo as RFC 7591 metadata. Secrets and keys of `known` ones stay; those
    that come with a certificate are there where there are `certificates`."""
    by_id = {client["client_id"]: client for client in known}
    wanted = [
        client
        for agency in AGENCIES
        for client in (_portal(agency, addresses), _sealing(agency, addresses))
    ]
    own = {"agency": AGENCIES[0].agency_id}
    tried = profiles(addresses.yours, addresses.signing, tls=certificates is not None)
    return [
        client
        | _credentials(client, by_id.get(client["client_id"]))
        | _certified(client, certificates)
        for client in (*wanted, *(own | profile for profile in tried))
    ]


def completed(client: dict[str, Any]) -> dict[str, Any]:
    """A client of somebody's own list (RFC 7591 metadata), with what this provider needs beside:
    an agency, a security profile, and public keys where the list has private ones."""
    given = {
        "agency": AGENCIES[0].agency_id,
        "client_use": "Given to `tra demo --clients`.",
        "security_profile": _profile(client),
        **client,
    }
    private = client.get("private_jwks") or client.get("jwks")
    if private is not None:
        given["jwks"] = KeySet.import_key_set(private).as_dict(private=False)
    return given


def _profile(client: dict[str, Any]) -> str:
    """The strictest that the client's own metadata keeps to."""
    bound = client.get("dpop_bound_access_tokens") or client.get(
        "tls_client_certificate_bound_access_tokens"
    )
    pushed = client.get("require_pushed_authorization_requests")
    if not (bound and pushed and client.get("token_endpoint_auth_method") in _OF_FAPI):
        return "oidc"
    return "fapi2-message-signing" if client.get("require_signed_request_object") else "fapi2"


def for_import(client: dict[str, Any]) -> dict[str, Any]:
    """What the provider is told of a client: never its private keys."""
    return {name: value for name, value in client.items() if name not in _NOT_TOLD}


def service(
    agency: DemoAgency, addresses: Addresses, by_id: dict[str, Any], ca_bundle: Path | None
) -> dict[str, Any]:
    """The configuration of an agency's demo service (examples/service)."""
    portal, sealing = by_id[f"{agency.agency_id}-portal"], by_id[f"{agency.agency_id}-seal"]
    return {
        "agency": agency.agency_id,
        "name": {"km": agency.name_km, "en": agency.name_en},
        "certificate": {"km": agency.certificate_km, "en": agency.certificate_en},
        "url": addresses.services[agency.agency_id],
        "scope": agency.scope,
        "issuer": addresses.issuer,
        "client_id": portal["client_id"],
        "client_secret": portal.get("client_secret"),
        "private_jwk": _first_key(portal),
        "session_secret": new_handle(),
        "signing_url": addresses.signing,
        "seal_client_id": sealing["client_id"],
        "seal_private_jwk": _first_key(sealing),
        "ca_bundle": str(ca_bundle) if ca_bundle else None,
    }


def _portal(agency: DemoAgency, addresses: Addresses) -> dict[str, Any]:
    url = addresses.services[agency.agency_id]
    method = "client_secret_basic" if agency.secret else "private_key_jwt"
    return {
        "client_id": f"{agency.agency_id}-portal",
        "client_name": f"{agency.name_en}: online services",
        "client_name#km": f"{agency.name_km}៖ សេវាអនឡាញ",
        "agency": agency.agency_id,
        "client_use": f"The demo service at {url}: signs people in ({method}).",
        "security_profile": "oidc",
        "redirect_uris": [f"{url}/callback"],
        "post_logout_redirect_uris": [f"{url}/signed-out"],
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "token_endpoint_auth_method": method,
        "scope": agency.scope,
        "sector": agency.sector,
        "id_token_signed_response_alg": "ES256",
        "require_pkce": True,
    }


def _sealing(agency: DemoAgency, addresses: Addresses) -> dict[str, Any]:
    return {
        "client_id": f"{agency.agency_id}-seal",
        "client_name": f"{agency.name_en}: document seal",
        "client_name#km": f"{agency.name_km}៖ ត្រាឯកសារ",
        "agency": agency.agency_id,
        "client_use": "Gets access tokens to seal the agency's documents (`tra seal`, POST /seal).",
        "security_profile": "oidc",
        "redirect_uris": [],
        "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256",
        "scope": "seal",
        "audience": [addresses.signing],
    }


def _credentials(client: dict[str, Any], known: dict[str, Any] | None) -> dict[str, Any]:
    if known is not None:
        return {name: known[name] for name in _CREDENTIALS if name in known}
    made: dict[str, Any] = {}
    if client["token_endpoint_auth_method"].startswith("client_secret"):
        made["client_secret"] = new_handle()
    keys: list[ECKey | RSAKey] = []
    if client["token_endpoint_auth_method"] == "private_key_jwt":
        keys.append(ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True))
    if "id_token_encrypted_response_alg" in client:
        use: KeyParameters = {"use": "enc", "alg": KEY_ENCRYPTION}
        keys.append(RSAKey.generate_key(2048, use, auto_kid=True))
    if keys:
        made["jwks"] = {"keys": [key.as_dict(private=False) for key in keys]}
        made["private_jwks"] = {"keys": [key.as_dict(private=True) for key in keys]}
    return made


def _certified(client: dict[str, Any], certificates: Certificates | None) -> dict[str, Any]:
    """Where the client's certificate is, and its key where that is all that the client has."""
    name = _WITH_CERTIFICATES.get(client["client_id"])
    if name is None or certificates is None:
        return {}
    if client["token_endpoint_auth_method"] == "self_signed_tls_client_auth":
        return {**certificates.files(name), "jwks": certificates.jwks(name)}
    return certificates.files(name)


def _first_key(client: dict[str, Any]) -> dict[str, Any] | None:
    keys = client.get("private_jwks", {"keys": []})["keys"]
    first: dict[str, Any] | None = keys[0] if keys else None
    return first
