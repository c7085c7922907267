"""Sessions, grants and what is written down of them, on both databases."""

from dataclasses import replace

import alembic.autogenerate
import pytest
from alembic.migration import MigrationContext
from sqlalchemy import select

from clients.store import tables as client_tables
from core import audit
from core.database import Ledger, Transaction, at_head, migrate
from idp.rules.interaction import Consent, Session
from idp.store import MIGRATIONS, citizens, consents, grants, sessions, tables
from idp.store.citizens import Citizen
from keys import store as key_store
from tests.rules.samples import grant

NOW = 1_800_000_000
SOKHA = Citizen("sokha", "Sokha", "active", 2, {"name#km": "សុខា"}, {"id_card_number": "010482913"})
SESSION = Session("s1", "sokha", NOW, 2, ("pwd", "otp", "mfa"), NOW, NOW)
GRANT = grant(
    scope=("openid", "profile"),
    claims='{"userinfo": {"email": null}}',
    claims_locales=("km",),
)


def save(ledger: Ledger, citizen: Citizen) -> str:
    return ledger.write_now(lambda tx: citizens.save(tx, citizen, NOW, actor="test"))


def revoke(ledger: Ledger, grant_id: str) -> None:
    ledger.write_now(lambda tx: grants.revoke(tx, grant_id, "test", NOW, actor="service"))


def recorded(ledger: Ledger) -> list[str]:
    """The events, in their order."""
    wanted = select(audit.events.c.event).order_by(audit.events.c.id)
    return ledger.read_now(lambda tx: list(tx.execute(wanted).scalars()))


@pytest.fixture
def signed_in(ledger: Ledger) -> Ledger:
    """Sokha has a session, known to her browser by `handle`."""
    save(ledger, SOKHA)
    ledger.write_now(sessions.start, "handle", SESSION, NOW)
    return ledger


def test_migrations_make_exactly_the_tables_that_the_stores_speak_of(ledger: Ledger) -> None:
    wanted = [tables.metadata, client_tables.metadata, key_store.metadata, audit.metadata]

    def differences(transaction: Transaction) -> list[object]:
        context = MigrationContext.configure(transaction)
        return list(alembic.autogenerate.compare_metadata(context, wanted))  # type: ignore[arg-type]

    assert ledger.read_now(differences) == []


def test_migration_leads_to_the_newest_schema_and_is_done_once(database_url: str) -> None:
    migrate(database_url, MIGRATIONS, revision="0001")
    ledger = Ledger(database_url)
    assert not ledger.read_now(at_head, MIGRATIONS)
    for _ in range(2):
        migrate(database_url, MIGRATIONS)
        assert ledger.read_now(at_head, MIGRATIONS)
    ledger.close()


def test_person_keeps_their_id_whatever_else_changes(ledger: Ledger) -> None:
    assert save(ledger, SOKHA) == "sokha"
    assert save(ledger, replace(SOKHA, citizen_id="fresh", username="SOKHA", level=3)) == "sokha"
    found = ledger.read_now(citizens.find_by_username, "sokha")
    assert found == replace(SOKHA, username="SOKHA", level=3)
    assert ledger.read_now(citizens.find, "sokha") == found
    assert ledger.read_now(citizens.find, "fresh") is None


def test_session_is_found_by_its_handle_alone(signed_in: Ledger) -> None:
    assert signed_in.read_now(sessions.find, "handle") == SESSION
    for handle in ("another", "", "s1", None):
        assert signed_in.read_now(sessions.find, handle) is None


def test_renewed_session_is_the_same_one_under_another_handle(signed_in: Ledger) -> None:
    sid = signed_in.write_now(sessions.sid, "s1", "service", NOW)
    fresh = replace(SESSION, auth_time=NOW + 60, created_at=NOW + 60, last_seen_at=NOW + 60)
    signed_in.write_now(sessions.renew, "fresh", fresh, NOW + 60)
    assert signed_in.read_now(sessions.find, "handle") is None
    assert signed_in.read_now(sessions.find, "fresh") == fresh
    assert signed_in.write_now(sessions.sid, "s1", "service", NOW + 60) == sid


def test_session_that_ended_is_not_found_and_not_renewed(signed_in: Ledger) -> None:
    for _ in range(2):
        signed_in.write_now(sessions.end, "s1", NOW)
    signed_in.write_now(sessions.renew, "fresh", SESSION, NOW)
    for handle in ("handle", "fresh"):
        assert signed_in.read_now(sessions.find, handle) is None
    assert recorded(signed_in).count("citizen:session:end") == 1


@pytest.mark.parametrize("status", ["suspended", "deceased"])
def test_session_of_somebody_who_may_not_sign_in_is_not_found(
    signed_in: Ledger, status: str
) -> None:
    save(signed_in, replace(SOKHA, status=status))
    assert signed_in.read_now(sessions.find, "handle") is None


def test_session_is_seen_once_a_minute_and_never_earlier(signed_in: Ledger) -> None:
    for now, seen in ((NOW + 59, NOW), (NOW + 60, NOW + 60)):
        signed_in.write_now(sessions.seen, SESSION, now)
        found = signed_in.read_now(sessions.find, "handle")
        assert found is not None
        assert found.last_seen_at == seen


def test_grant_is_found_as_it_was_saved_until_it_is_revoked(ledger: Ledger) -> None:
    ledger.write_now(grants.save, GRANT, NOW)
    assert ledger.read_now(grants.find_live, "g1") == GRANT
    for _ in range(2):
        revoke(ledger, "g1")
    assert ledger.read_now(grants.find_live, "g1") is None
    assert recorded(ledger) == ["client:grant:revoke"]


def test_revoked_grant_cannot_be_redeemed(ledger: Ledger) -> None:
    ledger.write_now(grants.save_code, GRANT, "code", "https://x.example/cb", None, None, NOW)
    revoke(ledger, "g1")
    taken = ledger.write_now(grants.take_code, "code", "service", NOW)
    assert taken is not None
    assert taken.grant_revoked


def test_what_was_granted_in_a_session_ends_with_it(ledger: Ledger) -> None:
    for grant_id, session_id in (("g1", "s1"), ("g2", "s1"), ("g3", "s2")):
        grant = replace(GRANT, grant_id=grant_id, session_id=session_id)
        ledger.write_now(grants.save, grant, NOW)
    ledger.write_now(lambda tx: grants.revoke_of_session(tx, "s1", NOW, actor="sokha"))
    live = [ledger.read_now(grants.find_live, grant_id) is not None for grant_id in ("g1", "g2")]
    assert live == [False, False]
    assert ledger.read_now(grants.find_live, "g3") is not None


def test_old_codes_are_swept_and_a_days_worth_is_kept(ledger: Ledger) -> None:
    ledger.write_now(grants.save_code, GRANT, "code", "https://x.example/cb", None, None, NOW)
    assert ledger.write_now(grants.take_code, "code", "service", NOW) is not None
    ledger.write_now(grants.forget_old, NOW + 86_400)
    assert ledger.read_now(grants.find_replayed, "code", "service") == "g1"
    ledger.write_now(grants.forget_old, NOW + 90_000)
    assert ledger.read_now(grants.find_replayed, "code", "service") is None


def test_change_and_its_record_stand_or_fall_together(ledger: Ledger) -> None:
    def sign_in_then_fail(transaction: Transaction) -> None:
        citizens.save(transaction, SOKHA, NOW, actor="test")
        sessions.start(transaction, "handle", SESSION, NOW)
        consents.give(
            transaction, "sokha", "service", Consent(frozenset({"openid"}), frozenset()), NOW
        )
        grants.save_code(transaction, GRANT, "code", "https://x.example/cb", None, None, NOW)
        raise LookupError

    with pytest.raises(LookupError):
        ledger.write_now(sign_in_then_fail)
    assert recorded(ledger) == []
    assert ledger.read_now(sessions.find, "handle") is None
    assert ledger.read_now(grants.find_live, "g1") is None


def test_every_change_is_recorded_by_identifiers_without_personal_data(ledger: Ledger) -> None:
    save(ledger, SOKHA)
    ledger.write_now(sessions.start, "handle", SESSION, NOW)
    given = Consent(frozenset({"openid"}), frozenset({"name"}))
    ledger.write_now(consents.give, "sokha", "service", given, NOW)
    ledger.write_now(grants.save_code, GRANT, "the-code", "https://x.example/cb", None, "n", NOW)
    revoke(ledger, "g1")
    ledger.write_now(sessions.end, "s1", NOW)
    assert recorded(ledger) == [
        "operator:citizen:save",
        "citizen:session:start",
        "citizen:consent:give",
        "client:code:issue",
        "client:grant:revoke",
        "citizen:session:end",
    ]
    rows = ledger.read_now(lambda tx: str(tx.execute(select(audit.events)).all()))
    for secret in ("សុខា", "010482913", "handle", "the-code", "Sokha"):
        assert secret not in rows
