"""`tra keys` and `tra audit`: what an operator sees and what it says about a log tampered with."""

import re
import sqlite3
from pathlib import Path

import pytest

from core import audit
from keys.ring import Purpose
from keys.sealing import parse_master_key
from keys.store import LiveRing
from tests.tra.conftest import Tra
from tra.ledgers import ServiceName, opened
from tra.settings import settings

KIND = audit.EventKind("test:thing:happen", "A thing happened in a test.", ("thing",))


@pytest.fixture
def database(tra: Tra, tmp_path: Path) -> Path:
    """A log of thirty events under three heads, and two events that no head binds yet."""
    with opened(ServiceName.IDP, settings()) as ledger:
        ring = LiveRing(ledger, settings().custody).now
        sign = ring.signer(ring.active(Purpose.AUDIT, None, 2_000_000_000)).sign
        for now in (1_900_000_000, 1_900_000_001, 1_900_000_002):
            for thing in range(10):
                ledger.write_now(audit.record, KIND, actor="operator", now=now, thing=thing)
            ledger.write_now(audit.bind, sign, now)
        for thing in range(2):
            ledger.write_now(audit.record, KIND, actor="operator", now=1_900_000_003, thing=thing)
    return tmp_path / "idp.sqlite"


def tamper(database: Path, statement: str) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute(statement)
    connection.close()


@pytest.mark.rule("testing.rotate")
def test_list_shows_every_key_of_the_provider(tra: Tra) -> None:
    listed = tra("keys", "list", "--service", "idp").output
    for purpose, algorithm in (("token", "ES256"), ("token", "RS256"), ("audit", "ES256")):
        assert re.search(rf"idp +{purpose} +– +{algorithm} +active", listed)


@pytest.mark.rule("testing.rotate")
def test_rotated_key_is_published_before_it_signs(tra: Tra) -> None:
    rotated = tra("keys", "rotate", "--service", "idp")
    assert rotated.exit_code == 0
    listed = tra("keys", "list", "--service", "idp").output
    assert len(re.findall(r"token .* next ", listed)) == 3
    assert len(re.findall(r"token .* active ", listed)) == 3
    assert "has a successor already" in tra("keys", "rotate").output


def test_key_that_is_known_to_others_is_replaced_at_once(tra: Tra) -> None:
    before = tra("keys", "list", "--service", "idp").output
    tra("keys", "rotate", "--at-once")
    after = tra("keys", "list", "--service", "idp").output
    kids = [set(re.findall(r"token .* active .* ([\w-]{43})\n", text)) for text in (before, after)]
    assert len(kids[1]) == 3
    assert not kids[0] & kids[1]
    assert not any(kid in after for kid in kids[0])


def test_master_key_is_a_master_key_and_another_each_time(tra: Tra) -> None:
    one, other = (tra("keys", "master").output.strip() for _ in range(2))
    assert parse_master_key(one) != parse_master_key(other)


def test_log_as_it_was_written_is_intact(tra: Tra, database: Path) -> None:
    verified = tra("audit", "verify", "--service", "idp")
    assert verified.exit_code == 0
    assert "30 rows under 3 heads, 2 not bound yet" in verified.output
    assert re.search(r"newest head 3:[0-9a-f]{64}\n", verified.output)


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("UPDATE audit_events SET actor = 'nobody' WHERE id = 15", "changed: row 15, head 2"),
        ("UPDATE audit_events SET at = at + 1 WHERE id = 7", "changed: row 7, head 1"),
        ("DELETE FROM audit_events WHERE id = 22", "missing: row 22, head 3"),
        (
            "INSERT INTO audit_events VALUES (99, 5, 'test:thing:happen', 'nobody', '{}', 2)",
            "inserted: row 99, head 2",
        ),
        ("UPDATE audit_heads SET at = at + 1 WHERE number = 2", "head: head 2"),
        ("UPDATE audit_heads SET signature = x'00' WHERE number = 3", "head: head 3"),
    ],
)
def test_log_tampered_with_says_where(
    tra: Tra, database: Path, statement: str, finding: str
) -> None:
    tamper(database, statement)
    verified = tra("audit", "verify", "--service", "idp")
    assert verified.exit_code == 1
    assert f"idp: {finding}\n" in verified.output


def test_log_cut_short_no_longer_has_the_head_that_was_noted(tra: Tra, database: Path) -> None:
    """Whoever removes the newest heads with their rows leaves a log that is intact by itself."""
    noted = tra("audit", "verify", "--service", "idp").output.split("newest head ")[1].strip()
    assert tra("audit", "verify", "--service", "idp", "--head", noted).exit_code == 0
    tamper(database, "DELETE FROM audit_events WHERE head = 3 OR head IS NULL")
    tamper(database, "DELETE FROM audit_heads WHERE number = 3")
    assert tra("audit", "verify", "--service", "idp").exit_code == 0
    verified = tra("audit", "verify", "--service", "idp", "--head", noted)
    assert verified.exit_code == 1
    assert "does not have the noted head" in verified.output


def test_head_is_noted_as_number_and_digest(tra: Tra) -> None:
    assert tra("audit", "verify", "--service", "idp", "--head", "3").exit_code == 2
    assert tra("audit", "verify", "--head", "3:00").exit_code == 2
