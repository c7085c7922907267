"""Who may register clients (RFC 7591 §3), and who may change which (RFC 7592 §3)."""

from sqlalchemy import Row, delete, insert, select, update

from clients.rules.client import SecurityProfile
from clients.rules.registration import Invitation
from clients.store.clients import Registered, find
from clients.store.tables import client_secrets, clients, initial_access_tokens
from core.audit import kind, record
from core.database import Transaction
from keys.handles import digest, same

INVITED = kind(
    "operator:invitation:make",
    "An initial access token was made, with which clients of an agency can be registered.",
    "agency_id",
    "least_profile",
    "uses",
)
CLIENT_REMOVED = kind("client:client:remove", "A client ended its registration.", "client_id")


def invite(
    transaction: Transaction,
    handle: str,
    invitation: Invitation,
    uses: int,
    expires_at: int,
    now: int,
    *,
    actor: str,
) -> None:
    """Store an initial access token."""
    row = {
        "digest": digest(handle),
        "agency_id": invitation.agency_id,
        "least_profile": invitation.least_profile,
        "created_at": now,
        "expires_at": expires_at,
        "uses_left": uses,
    }
    transaction.execute(insert(initial_access_tokens), row)
    record(
        transaction,
        INVITED,
        actor=actor,
        now=now,
        agency_id=invitation.agency_id,
        least_profile=invitation.least_profile,
        uses=uses,
    )


def find_invitation(transaction: Transaction, handle: str, now: int) -> Invitation | None:
    """What an initial access token that is still good stands for."""
    tokens = initial_access_tokens.c
    row = transaction.execute(
        select(initial_access_tokens).where(
            tokens.digest == digest(handle), tokens.uses_left > 0, tokens.expires_at > now
        )
    ).first()
    return _invitation(row)


def take_invitation(transaction: Transaction, handle: str, now: int) -> Invitation | None:
    """Use an initial access token, one time of those it has; None where it has none left."""
    tokens = initial_access_tokens.c
    row = transaction.execute(
        update(initial_access_tokens)
        .where(tokens.digest == digest(handle), tokens.uses_left > 0, tokens.expires_at > now)
        .values(uses_left=tokens.uses_left - 1)
        .returning(initial_access_tokens)
    ).first()
    return _invitation(row)


def give_token(transaction: Transaction, client_id: str, token: str) -> None:
    """Set the registration access token of a client."""
    transaction.execute(
        update(clients)
        .where(clients.c.client_id == client_id)
        .values(registration_token=digest(token))
    )


def exchange_token(transaction: Transaction, client_id: str, token: str, fresh: str) -> bool:
    """Use a registration access token up for its successor: False where it isn't the client's."""
    taken = transaction.execute(
        update(clients)
        .where(clients.c.client_id == client_id, clients.c.registration_token == digest(token))
        .values(registration_token=digest(fresh))
    )
    return taken.rowcount == 1


def find_by_token(transaction: Transaction, client_id: str, token: str) -> Registered | None:
    """The client, for the holder of its registration access token."""
    known = transaction.execute(
        select(clients.c.registration_token).where(clients.c.client_id == client_id)
    ).scalar_one_or_none()
    if known is None or not same(known, digest(token)):
        return None
    return find(transaction, client_id)


def registered_at(transaction: Transaction, client_id: str) -> int:
    """client_id_issued_at."""
    return int(
        transaction.execute(
            select(clients.c.created_at).where(clients.c.client_id == client_id)
        ).scalar_one()
    )


def remove(transaction: Transaction, client_id: str, token: str, now: int) -> bool:
    """End the registration: False where the token isn't the client's."""
    removed = transaction.execute(
        delete(clients).where(
            clients.c.client_id == client_id, clients.c.registration_token == digest(token)
        )
    )
    if removed.rowcount == 0:
        return False
    transaction.execute(delete(client_secrets).where(client_secrets.c.client_id == client_id))
    record(transaction, CLIENT_REMOVED, actor=client_id, now=now, client_id=client_id)
    return True


def forget_old(transaction: Transaction, now: int) -> None:
    """Sweep out initial access tokens that nobody can use any more."""
    tokens = initial_access_tokens.c
    transaction.execute(
        delete(initial_access_tokens).where((tokens.expires_at <= now) | (tokens.uses_left <= 0))
    )


def _invitation(row: Row[tuple[object, ...]] | None) -> Invitation | None:
    return Invitation(row.agency_id, SecurityProfile(row.least_profile)) if row else None
