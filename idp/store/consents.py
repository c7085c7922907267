"""What people agreed to share, client by client."""

from sqlalchemy import bindparam, select, update

from core.audit import kind, record
from core.database import Transaction
from core.statements import Prepared
from idp.rules.interaction import Consent
from idp.store.tables import consents

CONSENT_GIVEN = kind(
    "citizen:consent:give",
    "A person agreed to share claims with a client.",
    "citizen_id",
    "client_id",
    "scope",
    "claims",
)

_LOCK = Prepared.upsert(
    lambda insert: (
        insert(consents)
        .on_conflict_do_update(
            index_elements=[consents.c.citizen_id, consents.c.client_id],
            set_={"scope": consents.c.scope},
        )
        .returning(consents)
    )
)
_FIND = Prepared(
    select(consents).where(
        consents.c.citizen_id == bindparam("citizen_id"),
        consents.c.client_id == bindparam("client_id"),
    )
)


def find(transaction: Transaction, citizen_id: str, client_id: str) -> Consent | None:
    row = _FIND.first(transaction, {"citizen_id": citizen_id, "client_id": client_id})
    return Consent(frozenset(row.scope.split()), frozenset(row.claims.split())) if row else None


def give(
    transaction: Transaction, citizen_id: str, client_id: str, consent: Consent, now: int
) -> None:
    """Add to what the person shares with the client."""
    # The row is locked from here on: what is given in another window meanwhile is not lost.
    whose = {"citizen_id": citizen_id, "client_id": client_id}
    nothing_yet = {**whose, "scope": "", "claims": "", "granted_at": now}
    before = _LOCK.first(transaction, nothing_yet)
    scope = " ".join(sorted({*before.scope.split(), *consent.scope}))
    claims = " ".join(sorted({*before.claims.split(), *consent.claims}))
    transaction.execute(
        update(consents)
        .where(consents.c.citizen_id == citizen_id, consents.c.client_id == client_id)
        .values(scope=scope, claims=claims, granted_at=now)
    )
    record(
        transaction,
        CONSENT_GIVEN,
        actor=citizen_id,
        now=now,
        citizen_id=citizen_id,
        client_id=client_id,
        scope=scope,
        claims=claims,
    )


def find_of_citizen(transaction: Transaction, citizen_id: str) -> dict[str, Consent]:
    """Everything that the person shares, by client."""
    rows = transaction.execute(select(consents).where(consents.c.citizen_id == citizen_id))
    return {
        row.client_id: Consent(frozenset(row.scope.split()), frozenset(row.claims.split()))
        for row in rows
    }
