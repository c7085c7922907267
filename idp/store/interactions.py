"""Authorization requests on their way: parked while the person signs in and decides."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import delete, insert, select, update

from core.database import Transaction
from idp.rules.interaction import Progress, Session
from idp.store.tables import interactions
from keys.handles import digest

INTERACTION_SECONDS: Final = 1_800
"""How long a person may take (WCAG 2.2.1: no shorter than 15 minutes)."""

OWN_PAGES: Final = ""
"""The client_id of an interaction that leads to a page of our own."""

PASSWORD_SECONDS: Final = 600
"""How long a right password waits for its one-time code."""


class Flow(StrEnum):
    """What a parked request leads to, once the person has signed in and agreed."""

    CODE = "code"  # an authorization code
    DEVICE = "device"  # the approval of a device (RFC 8628)
    PAGE = "page"  # a page of our own, which `asked` names


@dataclass(frozen=True, slots=True)
class Interaction:
    """A parked request, and what the person has done for it."""

    interaction_id: str
    flow: Flow
    client_id: str
    asked: Mapping[str, str]
    citizen_id: str | None
    password_at: int | None
    session_id: str | None
    consented: bool
    denied: bool
    error: str | None
    username: str | None

    @property
    def back(self) -> str:
        """The path that a page of ours leads back to."""
        door = "device" if self.flow is Flow.DEVICE else "authorize"
        return f"/{door}/{self.interaction_id}"

    def progress(self, session: Session | None) -> Progress:
        """What was done for this request counts only for the session that did it."""
        if session is None or self.session_id not in {None, session.session_id}:
            return Progress()
        return Progress(signed_in=self.session_id is not None, consented=self.consented)


def park(
    transaction: Transaction,
    interaction_id: str,
    browser: str,
    client_id: str,
    asked: Mapping[str, str],
    now: int,
    flow: Flow = Flow.CODE,
) -> None:
    """Keep the request for the browser that sent it."""
    transaction.execute(
        insert(interactions),
        {
            "interaction_id": interaction_id,
            "browser": digest(browser),
            "client_id": client_id,
            "asked": json.dumps(dict(asked)),
            "created_at": now,
            "expires_at": now + INTERACTION_SECONDS,
            "username": asked.get("login_hint"),
            "flow": flow,
        },
    )


def find(
    transaction: Transaction, interaction_id: str, browser: str | None, now: int
) -> Interaction | None:
    """The parked request, if this browser sent it (RFC 9700 §4.7) and it is not over."""
    if browser is None or not interaction_id.isalnum():
        return None
    row = transaction.execute(
        select(interactions).where(
            interactions.c.interaction_id == interaction_id,
            interactions.c.browser == digest(browser),
            interactions.c.expires_at > now,
            interactions.c.done_at.is_(None),
        )
    ).first()
    if row is None:
        return None
    return Interaction(
        row.interaction_id,
        Flow(row.flow),
        row.client_id,
        json.loads(row.asked),
        row.citizen_id,
        row.password_at,
        row.session_id,
        row.consented_at is not None,
        row.denied_at is not None,
        row.error,
        row.username,
    )


def note(transaction: Transaction, interaction_id: str, /, **done: Any) -> None:
    """Write down what the person did: column names as keywords."""
    transaction.execute(
        update(interactions)
        .where(interactions.c.interaction_id == interaction_id, interactions.c.done_at.is_(None))
        .values(**done)
    )


def finish(transaction: Transaction, interaction_id: str, now: int) -> bool:
    """End it with its one answer: False where it was answered before."""
    finished = transaction.execute(
        update(interactions)
        .where(interactions.c.interaction_id == interaction_id, interactions.c.done_at.is_(None))
        .values(done_at=now)
    )
    return finished.rowcount == 1


def forget_old(transaction: Transaction, now: int) -> None:
    """Sweep out what nobody can come back to."""
    transaction.execute(delete(interactions).where(interactions.c.expires_at < now))
