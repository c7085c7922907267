"""What a person grants, and its tokens: alike for a code, a device, and a CIBA request."""

from clients.rules.client import Client
from core.database import Transaction
from core.errors import Refusal
from idp.grants.exchange import Issue, TokenRequest
from idp.rules import authorization_details, claims, resources, tokens
from idp.rules.authorize import AuthorizationRequest
from idp.rules.interaction import ABSOLUTE_SECONDS, Session
from idp.rules.tokens import Grant
from idp.store import citizens, grants, refresh_tokens, sessions, subjects
from keys.handles import new_id


def grant(
    transaction: Transaction,
    request: AuthorizationRequest,
    client: Client,
    session: Session,
    claims: str,
    now: int,
) -> Grant:
    """What the person of that session grants, not saved yet. `claims` is the parameter as sent."""
    sessions.seen(transaction, session, now)
    return Grant(
        grant_id=new_id(),
        client_id=client.client_id,
        citizen_id=session.citizen_id,
        session_id=session.session_id,
        sub=subjects.sub(transaction, session.citizen_id, subjects.sector(client)),
        sid=sessions.sid(transaction, session.session_id, client.client_id, now),
        scope=request.scope,
        claims=claims,
        claims_locales=request.claims_locales,
        level=session.level,
        amr=session.amr,
        auth_time=session.auth_time,
        resources=request.resources,
        authorization_details=request.authorization_details,
        offline="offline_access" in request.scope,
    )


def issue_first(
    transaction: Transaction, asked: TokenRequest, grant: Grant, nonce: str | None, now: int
) -> Issue:
    """The first tokens of a grant. A public client's grant is bound to its key from here on."""
    if asked.binding is not None:
        grants.bind(transaction, grant.grant_id, asked.binding)
    refresh_token = None
    if "refresh_token" in asked.client.grant_types:
        refresh_token = asked.fresh.refresh_token
        expires_at = refresh_expiry(grant, now)
        refresh_tokens.save(transaction, refresh_token, grant, now, expires_at)
    return issue(transaction, asked, grant, grant.scope, refresh_token, nonce, now)


def issue(
    transaction: Transaction,
    asked: TokenRequest,
    grant: Grant,
    scope: tuple[str, ...],
    refresh_token: str | None,
    nonce: str | None,
    now: int,
) -> Issue:
    """An access token for that scope, and an ID token where openid was granted."""
    narrowed = resources.narrow(asked.resources, grant.resources)
    audience = narrowed or (asked.issuer, *asked.client.audience)
    details = authorization_details.narrow(
        asked.form.get("authorization_details"), grant.authorization_details, asked.client
    )
    access_token = tokens.access_token(
        grant,
        asked.issuer,
        audience,
        scope,
        asked.binding,
        asked.fresh.jti,
        now,
        details,
        may_act=asked.client.may_act,
    )
    citizen = citizens.find(transaction, grant.citizen_id)
    if citizen is None or not citizen.active:
        raise Refusal(tokens.PERSON_GONE, grant.grant_id)
    id_token = None
    if "openid" in scope:
        wanted = claims.for_id_token(claims.parse(grant.claims or None))
        id_token = tokens.id_token(
            grant,
            asked.issuer,
            nonce=nonce,
            claims=claims.release(citizen.claims, wanted, grant.claims_locales),
            now=now,
        )
    return Issue(
        access_token,
        scope,
        grant.grant_id,
        id_token,
        refresh_token,
        details,
    )


def refresh_expiry(grant: Grant, now: int) -> int:
    """With offline_access a refresh token lives as long as it is used; else as the session."""
    if grant.offline:
        return now + tokens.REFRESH_SECONDS
    return grant.auth_time + ABSOLUTE_SECONDS
