"""The audit log: what is written is bound, and what is touched afterwards is found and named."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from cryptography.exceptions import InvalidSignature
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from core import audit
from core.audit import Finding, Verdict, bind, kind, record
from core.database import Ledger, Transaction
from keys.signer import Algorithm, SoftwareSigner, verify

HAPPENED = kind("test:thing:happen", "Something happened.", "thing", "count")
KEY = SoftwareSigner.generate(Algorithm.ES256)
SLIPPED_IN = """
INSERT INTO audit_events (id, at, event, actor, details, head)
VALUES (99, 100, 'test:thing:happen', 'x', '{{}}', {head})
"""
OF_THE_FIRST = """
UPDATE audit_heads SET {what}=(SELECT {what} FROM audit_heads WHERE number=1) WHERE number=2
"""


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    ledger = Ledger(database_url, writers=3)
    ledger.write_now(audit.metadata.create_all)
    yield ledger
    ledger.close()


def happen(transaction: Transaction, *things: str) -> None:
    for thing in things:
        record(transaction, HAPPENED, actor="ក", now=100, thing=thing, count=None)


def ours(digest: bytes, signature: bytes) -> bool:
    try:
        verify(KEY.public_key, Algorithm.ES256, signature, digest)
    except InvalidSignature:
        return False
    return True


def filled(ledger: Ledger) -> None:
    """Three heads over rows 1-2, 3-4 and 5-6, and two rows that wait for theirs."""
    for first in ("a", "c", "e"):
        ledger.write_now(happen, first, chr(ord(first) + 1))
        assert ledger.write_now(bind, KEY.sign, 200) == 2
    ledger.write_now(happen, "g", "h")


def recount(ledger: Ledger) -> Verdict:
    return ledger.read_now(audit.verify, ours)


class Undone(Exception):
    """Takes back what a test did to the log."""


def after(ledger: Ledger, statement: str) -> list[Finding]:
    """What the recount finds once somebody with access to the database did that."""
    findings = []

    def tamper(transaction: Transaction) -> None:
        transaction.execute(text(statement))
        findings.extend(audit.verify(transaction, ours).findings)
        raise Undone

    with pytest.raises(Undone):
        ledger.write_now(tamper)
    return findings


def test_untouched_log_is_intact_and_counted(ledger: Ledger) -> None:
    filled(ledger)
    found = recount(ledger)
    assert found.intact
    assert (found.rows, found.heads, found.unbound) == (6, 3, 2)
    assert ledger.write_now(bind, KEY.sign, 300) == 2
    assert ledger.write_now(bind, KEY.sign, 300) == 0
    assert recount(ledger).rows == 8


def test_event_stands_if_and_only_if_its_transaction_does(ledger: Ledger) -> None:
    def happen_then_fail(transaction: Transaction) -> None:
        happen(transaction, "a")
        raise LookupError

    with pytest.raises(LookupError):
        ledger.write_now(happen_then_fail)
    assert recount(ledger).unbound == 0


def test_event_carries_what_its_kind_names_and_nothing_else(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="does not carry"):
        ledger.write_now(lambda tx: record(tx, HAPPENED, actor="x", now=1, password="p"))
    with pytest.raises(ValueError, match="taken"):
        kind("test:thing:happen", "Again.")
    with pytest.raises(ValueError, match="subject:object:action"):
        kind("test:thing", "No action.")


TOUCHED: list[tuple[str, list[Finding]]] = [
    ("UPDATE audit_events SET details='{}' WHERE id=3", [Finding("changed", 3, 2)]),
    ("UPDATE audit_events SET at=101 WHERE id=3", [Finding("changed", 3, 2)]),
    ("UPDATE audit_events SET actor='x' WHERE id=3", [Finding("changed", 3, 2)]),
    ("UPDATE audit_events SET event='a:b:c' WHERE id=6", [Finding("changed", 6, 3)]),
    ("DELETE FROM audit_events WHERE id=4", [Finding("missing", 4, 2)]),
    ("UPDATE audit_events SET head=NULL WHERE id=4", [Finding("missing", 4, 2)]),
    (
        "UPDATE audit_events SET id=40 WHERE id=4",
        [Finding("inserted", 40, 2), Finding("missing", 4, 2)],
    ),
    (
        "UPDATE audit_events SET head=3 WHERE id=4",
        [Finding("missing", 4, 2), Finding("inserted", 4, 3)],
    ),
    (SLIPPED_IN.format(head=2), [Finding("inserted", 99, 2)]),
    (SLIPPED_IN.format(head=77), [Finding("inserted", 99, None)]),
    ("UPDATE audit_heads SET at=201 WHERE number=2", [Finding("head", None, 2)]),
    (OF_THE_FIRST.format(what="signature"), [Finding("head", None, 2)]),
    (OF_THE_FIRST.format(what="digest"), [Finding("head", None, 2), Finding("head", None, 3)]),
    (
        "UPDATE audit_heads SET previous=digest WHERE number=3",
        [Finding("head", None, 3)],
    ),
    (
        "DELETE FROM audit_heads WHERE number=2",
        [
            Finding("head", None, 2),
            Finding("inserted", 3, None),
            Finding("inserted", 4, None),
        ],
    ),
    (
        "DELETE FROM audit_heads WHERE number=1",
        [
            Finding("head", None, 1),
            Finding("inserted", 1, None),
            Finding("inserted", 2, None),
        ],
    ),
    (
        "DELETE FROM audit_heads WHERE number=3",
        [Finding("inserted", 5, None), Finding("inserted", 6, None)],
    ),
    (
        "UPDATE audit_heads SET number=0 WHERE number=1",
        [
            Finding("head", None, 0),
            Finding("head", None, 1),
            Finding("inserted", 1, None),
            Finding("inserted", 2, None),
            Finding("missing", 1, 0),
            Finding("missing", 2, 0),
        ],
    ),
]


def test_row_or_head_that_was_touched_is_named(ledger: Ledger) -> None:
    filled(ledger)
    for statement, findings in TOUCHED:
        found = after(ledger, statement)
        assert sorted(map(repr, found)) == sorted(map(repr, findings)), statement


def test_head_whose_rows_were_cut_is_broken(ledger: Ledger) -> None:
    filled(ledger)
    for length in (0, 40, 50):
        cut = f"UPDATE audit_heads SET leaves=substr(leaves, 1, {length}) WHERE number=2"
        assert Finding("head", None, 2) in after(ledger, cut)


def test_head_signed_by_another_key_is_broken(ledger: Ledger) -> None:
    ledger.write_now(happen, "a")
    ledger.write_now(bind, SoftwareSigner.generate(Algorithm.ES256).sign, 200)
    assert recount(ledger).findings == [Finding("head", None, 1)]


def test_two_sealers_at_once_bind_every_row_once(ledger: Ledger, database_url: str) -> None:
    other = Ledger(database_url)
    ledger.write_now(happen, *map(str, range(200)))
    together = Barrier(2)

    def seal(through: Ledger) -> int:
        bound = 0
        for _ in range(20):
            together.wait()
            try:
                bound += through.write_now(bind, KEY.sign, 300)
            except IntegrityError:
                continue  # the other one was first
            through.write_now(happen, "more")
        return bound

    with ThreadPoolExecutor(2) as sealers:
        bound = sum(sealers.map(seal, (ledger, other)))
    bound += ledger.write_now(bind, KEY.sign, 400)
    other.close()
    found = recount(ledger)
    assert found.intact
    assert found.unbound == 0
    assert bound == found.rows


def test_recount_needs_no_right_to_write(ledger: Ledger) -> None:
    filled(ledger)
    with pytest.raises(DBAPIError):
        ledger.read_now(bind, KEY.sign, 300)
    assert recount(ledger).intact
