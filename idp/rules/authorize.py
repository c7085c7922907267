"""The authorization request (OIDC Core 3.1.2.1, RFC 6749 §4.1.1) and its checks, in order."""

from dataclasses import dataclass
from typing import Final

from clients.rules.client import Client, ResponseMode
from clients.rules.profiles import PERSON_SCOPES, SCOPES
from core.errors import Refusal, reason
from idp.rules import authorization_details, claims, pkce, resources
from idp.rules.authorization_details import Detail
from idp.rules.claims import ClaimsRequest
from idp.rules.parameters import Parameters

RESPONSE_TYPE_MISSING = reason(
    "response_type_missing",
    "invalid_request",
    400,
    "Send response_type=code.",
    "OIDC Core 3.1.2.1",
)
RESPONSE_TYPE_UNSUPPORTED = reason(
    "response_type_unsupported",
    "unsupported_response_type",
    400,
    "Only response_type=code is offered.",
    "RFC 9700 §2.1.2",
)
RESPONSE_MODE_UNSUPPORTED = reason(
    "response_mode_unsupported",
    "invalid_request",
    400,
    "response_mode is none of those that this client is registered with; where none is sent it is "
    "query.",
    "OAuth 2.0 Multiple Response Types 2.1, JARM 2.3",
)
GRANT_NOT_REGISTERED = reason(
    "grant_not_registered",
    "unauthorized_client",
    400,
    "The client is not registered for this grant type.",
    "RFC 6749 §4.1.2.1, §5.2",
)
SCOPE_OPENID_MISSING = reason(
    "scope_openid_missing",
    "invalid_scope",
    400,
    "scope has to contain openid.",
    "OIDC Core 3.1.2.1",
)
SCOPE_NOT_REGISTERED = reason(
    "scope_not_registered",
    "invalid_scope",
    400,
    "The client asked for a scope that is not registered for it, or not of this grant type.",
    "RFC 6749 §3.3",
)
PROMPT_INVALID = reason(
    "prompt_invalid",
    "invalid_request",
    400,
    "prompt is none alone, or of login, consent, select_account.",
    "OIDC Core 3.1.2.1",
)
MAX_AGE_INVALID = reason(
    "max_age_invalid",
    "invalid_request",
    400,
    "max_age is a number of seconds, zero or more.",
    "OIDC Core 3.1.2.1",
)
REQUEST_OBJECT_REQUIRED = reason(
    "request_object_required",
    "invalid_request",
    400,
    "This client is registered to sign its requests: send a request object.",
    "RFC 9101 §10.5, FAPI 2.0 MS 5.3.1",
)
REQUEST_URI_UNSUPPORTED = reason(
    "request_uri_unsupported",
    "request_uri_not_supported",
    400,
    "request_uri is one that the pushed authorization request endpoint handed out; request "
    "objects at other addresses are not fetched.",
    "RFC 9126 §4, OIDC Core 3.1.2.6",
)
REQUEST_URI_REFUSED = reason(
    "request_uri_refused",
    "invalid_request_uri",
    400,
    "The request_uri is not known, was pushed by another client, has expired (90 seconds), or was "
    "answered before. Go back to the service and start again.",
    "RFC 9126 §4, RFC 9101 §7",
)
PUSHED_REQUEST_REQUIRED = reason(
    "pushed_request_required",
    "invalid_request",
    400,
    "This client is registered to push its requests: send them to the pushed authorization request "
    "endpoint first, and here its request_uri.",
    "RFC 9126 §6, FAPI 2.0 SP 5.3.2.2-2",
)
STATE_TOO_LONG = reason(
    "state_too_long",
    "invalid_request",
    400,
    "state and nonce have at most 2,048 characters.",
    "Tra: limits",
)

PROMPTS: Final = frozenset({"none", "login", "consent", "select_account"})
LONGEST_STATE: Final = 2_048


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A checked authorization request."""

    client_id: str
    scope: tuple[str, ...]
    state: str | None
    nonce: str | None
    code_challenge: str | None
    prompt: frozenset[str]
    max_age: int | None
    acr_values: tuple[str, ...]
    claims: ClaimsRequest
    claims_locales: tuple[str, ...]
    ui_locales: tuple[str, ...]
    login_hint: str | None
    id_token_hint: str | None
    resources: tuple[str, ...]
    dpop_jkt: str | None
    authorization_details: tuple[Detail, ...] = ()


def check(asked: Parameters, client: Client, issuer: str) -> AuthorizationRequest:
    """Raises Refusal, which goes to the client's redirect URI."""
    _check_response(asked, client)
    scope = check_scope(asked, client)
    state, nonce = asked.get("state"), asked.get("nonce")
    if len(state or "") > LONGEST_STATE or len(nonce or "") > LONGEST_STATE:
        raise Refusal(STATE_TOO_LONG)
    challenge = pkce.check_challenge(
        asked.get("code_challenge"),
        asked.get("code_challenge_method"),
        required=client.require_pkce,
    )
    return AuthorizationRequest(
        client_id=client.client_id,
        scope=scope,
        state=state,
        nonce=nonce,
        code_challenge=challenge,
        prompt=_check_prompt(asked),
        max_age=_check_max_age(asked),
        acr_values=_words(asked, "acr_values"),
        claims=claims.parse(asked.get("claims")),
        claims_locales=_words(asked, "claims_locales"),
        ui_locales=_words(asked, "ui_locales"),
        login_hint=asked.get("login_hint"),
        id_token_hint=asked.get("id_token_hint"),
        resources=resources.check(_words(asked, "resource"), client, issuer),
        dpop_jkt=asked.get("dpop_jkt"),
        authorization_details=authorization_details.parse(
            asked.get("authorization_details"), client
        ),
    )


def _check_response(asked: Parameters, client: Client) -> None:
    response_type = asked.get("response_type")
    if response_type is None:
        raise Refusal(RESPONSE_TYPE_MISSING)
    if response_type != "code":
        raise Refusal(RESPONSE_TYPE_UNSUPPORTED, response_type[:80])
    if "authorization_code" not in client.grant_types:
        raise Refusal(GRANT_NOT_REGISTERED, client.client_id)
    mode = asked.get("response_mode", ResponseMode.QUERY)
    if mode not in client.response_modes:
        raise Refusal(RESPONSE_MODE_UNSUPPORTED, mode[:80])


def check_scope(asked: Parameters, client: Client) -> tuple[str, ...]:
    """The scope of a request to a person; raises Refusal."""
    scope = tuple(dict.fromkeys(_words(asked, "scope")))
    if "openid" not in scope:
        raise Refusal(SCOPE_OPENID_MISSING)
    # Scope values that nobody here knows are ignored (OIDC Core 3.1.2.1); one that we know and
    # that is not the client's is not.
    known = tuple(word for word in scope if word in SCOPES)
    unregistered = [word for word in known if word not in client.scope & PERSON_SCOPES]
    if unregistered:
        raise Refusal(SCOPE_NOT_REGISTERED, " ".join(unregistered))
    return known


def _check_prompt(asked: Parameters) -> frozenset[str]:
    prompt = frozenset(_words(asked, "prompt"))
    if not prompt <= PROMPTS or ("none" in prompt and len(prompt) > 1):
        raise Refusal(PROMPT_INVALID, asked["prompt"][:80])
    return prompt


def _check_max_age(asked: Parameters) -> int | None:
    text = asked.get("max_age")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise Refusal(MAX_AGE_INVALID, text[:80])
    return int(text)


def _words(asked: Parameters, name: str) -> tuple[str, ...]:
    return tuple(asked.get(name, "").split())
