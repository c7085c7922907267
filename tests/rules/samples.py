"""What the tests of the provider's rules speak of: clients, requests, sessions."""

from typing import Any, Final

from clients.rules.client import Client
from clients.rules.metadata import parse
from idp.rules import authorize
from idp.rules.authorize import AuthorizationRequest
from idp.rules.interaction import Session
from idp.rules.tokens import Grant

NOW: Final = 1_800_000_000
ISSUER: Final = "https://id.example.kh"
CHALLENGE: Final = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
"""RFC 7636 App. B."""


def client(**metadata: Any) -> Client:
    """A plain OpenID Connect client; None leaves a member out."""
    usual = {
        "security_profile": "oidc",
        "redirect_uris": ["https://service.example.kh/callback"],
        "scope": "openid profile email phone address",
    }
    chosen = {name: value for name, value in {**usual, **metadata}.items() if value is not None}
    return parse(chosen, client_id="service", agency_id="moc")


def parameters(**changed: str | None) -> dict[str, str]:
    """The parameters of a usual authorization request; None leaves one out."""
    usual: dict[str, str | None] = {
        "client_id": "service",
        "redirect_uri": "https://service.example.kh/callback",
        "response_type": "code",
        "scope": "openid profile",
        "state": "the-state",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in {**usual, **changed}.items() if value is not None}


def request(**changed: str | None) -> AuthorizationRequest:
    """A checked authorization request of a plain client."""
    return check(parameters(**changed), client())


def check(asked: dict[str, str], sender: Client) -> AuthorizationRequest:
    """The checks of the authorization endpoint."""
    return authorize.check(asked, sender, ISSUER)


def grant(**changed: Any) -> Grant:
    """What Sokha granted a service in a session, just signed in."""
    usual = {
        "grant_id": "g1",
        "client_id": "service",
        "citizen_id": "sokha",
        "session_id": "s1",
        "sub": "5ub",
        "sid": "51d",
        "scope": ("openid",),
        "claims": "",
        "claims_locales": (),
        "level": 2,
        "amr": ("pwd", "otp", "mfa"),
        "auth_time": NOW,
    }
    return Grant(**{**usual, **changed})


def session(**changed: Any) -> Session:
    """Sokha, signed in a minute ago with password and code."""
    usual = {
        "session_id": "s1",
        "citizen_id": "sokha",
        "auth_time": NOW - 60,
        "level": 2,
        "amr": ("pwd", "otp", "mfa"),
        "created_at": NOW - 60,
        "last_seen_at": NOW - 60,
    }
    return Session(**{**usual, **changed})
