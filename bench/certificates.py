"""`python -m bench.certificates`: the certificate authority with a million certificates.

Rows are put into the store by SQL, as issuing would have left them; what is measured then runs as
the service runs it. Milliseconds of this process's core, and of the clock on the wall.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cryptography import x509
from sqlalchemy import func, select, text

from bench.load import SERVER_CORE, pin
from core.clock import SystemClock
from core.database import Ledger, Transaction, migrate
from keys.custody import Custody
from keys.revocation import Reason
from keys.sealing import Sealer
from signing.app import add_agency, establish, revoke_certificates
from signing.store import MIGRATIONS, certificates, shards, tables
from signing.store.agencies import Agency
from signing.store.certificates import Issued, as_text
from signing.store.operator import Operator
from signing.store.revocation import RENEWED_AT_ONCE, renew_crls
from tests.postgres import Cluster

OPERATOR: Final = Operator("http://pki.example.com", "https://registry.example.com")
CUSTODY: Final = Custody(Sealer([bytes(32)]))
TIMES: Final = 50

_NUMBERS: Final = {
    "sqlite": "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers "
    "WHERE n + 1 < :count) SELECT n FROM numbers",
    "postgresql": "SELECT generate_series(0, :count - 1) AS n",
}
_HEX: Final = {
    "sqlite": "printf('%040x', n + 1)",
    "postgresql": "lpad(to_hex(n + 1), 40, '0')",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--certificates", type=int, default=1_000_000)
    parser.add_argument("--revoked", type=int, default=20_000)
    chosen = parser.parse_args()
    pin(0, SERVER_CORE)
    for name, url in _databases():
        print(f"{name}: {chosen.certificates:,} certificates, {chosen.revoked:,} revoked")
        migrate(url, MIGRATIONS)
        ledger = Ledger(url)
        try:
            _measure(ledger, chosen.certificates, chosen.revoked)
        finally:
            ledger.close()


@contextmanager
def _postgres() -> Iterator[str]:
    with Cluster(fsync=True) as cluster:
        yield cluster.new_database()


def _databases() -> Iterator[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        yield "SQLite", f"sqlite:///{Path(folder) / 'signing.sqlite'}"
    with _postgres() as url:
        yield "PostgreSQL", url


def _measure(ledger: Ledger, count: int, revoked: int) -> None:
    now = SystemClock().now()
    issuer = establish(ledger, CUSTODY, OPERATOR, now).issuing
    began = time.perf_counter()
    ledger.write_now(_fill, issuer, count, revoked, now)
    print(f"  rows written in {time.perf_counter() - began:.0f} s")
    taken: list[tuple[float, float]] = []
    done = RENEWED_AT_ONCE
    while done == RENEWED_AT_ONCE:
        with _timed(taken):
            done = ledger.write_now(renew_crls, CUSTODY, OPERATOR, now)
    _tell(f"{RENEWED_AT_ONCE} CRLs renewed", taken)
    sizes = ledger.read_now(_sizes, issuer)
    largest = ledger.read_now(_largest, issuer)
    entries = len(x509.load_der_x509_crl(largest))
    print(f"  {len(sizes)} CRLs: {min(sizes):,} to {max(sizes):,} bytes; {entries} entries at most")
    _time("one certificate revoked, with its CRL", lambda n: _revoke(ledger, 7 * n + 1, now))
    half = count // 2
    _time(
        "64 revoked together, of one shard", lambda n: _revoke_some(ledger, half + 64 * n, now), 10
    )
    _time("one certificate issued", lambda n: _issue(ledger, n, now))
    asked = [[(n * 7_919) % count + 1] for n in range(TIMES)]
    _time(
        "one status looked up for OCSP",
        lambda n: ledger.read_now(certificates.find_statuses, asked[n], [issuer.serial]),
    )
    sys.stdout.flush()


def _fill(transaction: Transaction, issuer: Issued, count: int, revoked: int, now: int) -> None:
    """Full shards, with the revoked ones spread over all of them."""
    dialect = transaction.dialect.name
    every = max(1, count // revoked)
    given = {
        "count": count,
        "issuer": as_text(issuer.serial),
        "capacity": shards.CAPACITY,
        "now": now,
        "ends": now + 2 * 365 * 86_400,
        "every": every,
        "der": bytes(64),
    }
    transaction.execute(
        text(
            "INSERT INTO certificates (serial, purpose, owner, generation, kid, issuer, shard, der,"
            f" issued_at, not_after, revoked_at, reason) SELECT {_HEX[dialect]}, 'seal',"
            f" 'a' || {_HEX[dialect]}, 1, '', :issuer, 1 + n / :capacity, :der, :now, :ends,"
            " CASE WHEN n % :every = 0 THEN CAST(:now AS BIGINT) END,"
            f" CASE WHEN n % :every = 0 THEN 4 END FROM ({_NUMBERS[dialect]}) AS counted"
        ),
        given,
    )
    transaction.execute(
        text(
            "INSERT INTO shards (issuer, shard, certificates, ends) SELECT issuer, shard, COUNT(*),"
            " MAX(not_after) FROM certificates WHERE issuer = :issuer AND shard > 0"
            " GROUP BY issuer, shard"
        ),
        given,
    )


def _sizes(transaction: Transaction, issuer: Issued) -> list[int]:
    length = func.length(tables.crls.c.der)
    asked = select(length).where(tables.crls.c.issuer == as_text(issuer.serial))
    return list(transaction.execute(asked).scalars())


def _largest(transaction: Transaction, issuer: Issued) -> bytes:
    asked = select(tables.crls.c.der).where(tables.crls.c.issuer == as_text(issuer.serial))
    ordered = asked.order_by(func.length(tables.crls.c.der).desc()).limit(1)
    return bytes(transaction.execute(ordered).scalar_one())


def _revoke(ledger: Ledger, serial: int, now: int) -> None:
    revoke_certificates(ledger, CUSTODY, OPERATOR, [serial + 1], Reason.SUPERSEDED, now)


def _revoke_some(ledger: Ledger, first: int, now: int) -> None:
    some = range(first + 2, first + 66)
    revoke_certificates(ledger, CUSTODY, OPERATOR, some, Reason.SUPERSEDED, now)


def _issue(ledger: Ledger, number: int, now: int) -> Issued:
    agency = Agency(f"n{number}", "ក្រសួង", "Ministry", f"GA:KH-n{number}")
    return add_agency(ledger, CUSTODY, OPERATOR, agency, now)


def _time(what: str, job: Callable[[int], object], times: int = TIMES) -> None:
    taken = []
    for number in range(times):
        with _timed(taken):
            job(number)
    _tell(what, taken)


@contextmanager
def _timed(taken: list[tuple[float, float]]) -> Iterator[None]:
    began = time.process_time(), time.perf_counter()
    yield
    taken.append((time.process_time() - began[0], time.perf_counter() - began[1]))


def _tell(what: str, taken: list[tuple[float, float]]) -> None:
    core, wall = (statistics.median(column) * 1000 for column in zip(*taken, strict=True))
    print(f"  {what:40} {core:7.2f} ms of a core, {wall:7.2f} ms (medians of {len(taken)})")


if __name__ == "__main__":
    main()
