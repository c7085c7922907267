"""What stands between an authorization request and its code: sign-in, step-up, consent."""

from dataclasses import dataclass
from typing import Final

from clients.rules.client import Client
from core.errors import Reason, reason
from idp.rules.assurance import level_of
from idp.rules.authorize import AuthorizationRequest
from idp.rules.claims import asked_for

LOGIN_REQUIRED = reason(
    "login_required",
    "login_required",
    400,
    "prompt=none was asked and nobody is signed in here, or not recently or surely enough.",
    "OIDC Core 3.1.2.6",
)
CONSENT_REQUIRED = reason(
    "consent_required",
    "consent_required",
    400,
    "prompt=none was asked and the person has not agreed to share these claims yet.",
    "OIDC Core 3.1.2.6",
)
LEVEL_NOT_REACHED = reason(
    "level_not_reached",
    "unmet_authentication_requirements",
    400,
    "The person cannot reach the level of assurance that the request or the client demands.",
    "OIDC Core 5.5.1.1, OpenID Connect Core Error Code unmet_authentication_requirements",
)
ACCESS_DENIED = reason(
    "access_denied",
    "access_denied",
    400,
    "The person said no.",
    "RFC 6749 §4.1.2.1",
)

IDLE_SECONDS: Final = 3_600
ABSOLUTE_SECONDS: Final = 12 * 3_600
"""Limits of a session (NIST SP 800-63B-4 §2.2.3 allows 1 hour and 24 hours at AAL2)."""


@dataclass(frozen=True, slots=True)
class Session:
    """A person signed in on one browser."""

    session_id: str
    citizen_id: str
    auth_time: int
    level: int
    amr: tuple[str, ...]
    created_at: int
    last_seen_at: int

    def lives(self, now: int) -> bool:
        """Whether neither limit has passed."""
        return now < self.last_seen_at + IDLE_SECONDS and now < self.created_at + ABSOLUTE_SECONDS


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person agreed to share with a client."""

    scope: frozenset[str]
    claims: frozenset[str]

    def covers(self, request: AuthorizationRequest) -> bool:
        asked = asked_for(request.scope, request.claims)
        shared = self.claims | {name for name in asked if name.partition("#")[0] in self.claims}
        return set(request.scope) <= self.scope and asked <= shared


@dataclass(frozen=True, slots=True)
class Progress:
    """What the person has done already for this very request."""

    signed_in: bool = False
    consented: bool = False


@dataclass(frozen=True, slots=True)
class Login:
    """Ask for credentials."""


@dataclass(frozen=True, slots=True)
class AskConsent:
    """Ask what may be shared."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer with an error."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Proceed:
    """Issue a code for this session."""

    session: Session


Step = Login | AskConsent | Refuse | Proceed


def next_step(
    request: AuthorizationRequest,
    client: Client,
    session: Session | None,
    hinted_citizen: str | None,
    consent: Consent | None,
    progress: Progress,
    now: int,
) -> Step:
    """OIDC Core 3.1.2.3 and 3.1.2.4, as ordered checks. `hinted_citizen` is whom the
    id_token_hint, or the demanded sub, speaks of ('' where that is nobody we know)."""
    silent = "none" in request.prompt
    if session is None or not session.lives(now):
        return Refuse(LOGIN_REQUIRED) if silent else Login()
    if not progress.signed_in and _too_old(request, session, now):
        return Refuse(LOGIN_REQUIRED) if silent else Login()
    if hinted_citizen is not None and hinted_citizen != session.citizen_id:
        return Refuse(LOGIN_REQUIRED) if silent or progress.signed_in else Login()
    if session.level < required_level(request, client):
        return Refuse(LEVEL_NOT_REACHED) if silent or progress.signed_in else Login()
    if _wants_consent(request, progress) or consent is None or not consent.covers(request):
        return Refuse(CONSENT_REQUIRED) if silent else AskConsent()
    return Proceed(session)


def _wants_consent(request: AuthorizationRequest, progress: Progress) -> bool:
    """What was agreed to before covers claims alone: details are agreed to each time."""
    asks = "consent" in request.prompt or bool(request.authorization_details)
    return asks and not progress.consented


def required_level(request: AuthorizationRequest, client: Client) -> int:
    """The client's floor, or the lowest of the essential acr values where that is higher; an
    essential acr that we don't know can't be reached (OIDC Core 5.5.1.1)."""
    essential = request.claims.essential_acr()
    if not essential:
        return client.default_acr
    known = [level for level in map(level_of, essential) if level is not None]
    return max(client.default_acr, min(known, default=99))


def _too_old(request: AuthorizationRequest, session: Session, now: int) -> bool:
    if request.prompt & {"login", "select_account"} or request.max_age == 0:
        return True
    return request.max_age is not None and now - session.auth_time > request.max_age
