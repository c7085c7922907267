"""kill -9 in the middle of many seals: no answered seal is lost, and none is issued twice.

tests/web/signing/test_kills.py kills at each step of one."""

import hashlib
import signal
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import Connection, func, select, update

from core.audit import events
from core.database import Ledger
from signing.store import tables
from tests.documents import page_objects, pdf, stream
from tests.interop.documents.conftest import LiveSigning
from tests.processes import running
from tests.signing_service import ProviderOnLoopback

SEALS = 60
KILLED_AFTER = 20
OF_DIGESTS = range(0, SEALS, 3)
"""Of these the service is sent a digest alone."""


@pytest.fixture
def service(
    tmp_path: Path, database_url: str, provider_on_loopback: ProviderOnLoopback
) -> LiveSigning:
    prepared = LiveSigning(tmp_path, database_url, provider_on_loopback)
    prepared.prepare()
    return prepared


def letter(number: int) -> bytes:
    """A document of its own for each seal."""
    text = b"BT /F1 24 Tf 72 770 Td (Certificate number %d) Tj ET" % number
    return pdf(page_objects(o4=stream(text)))


class Agency:
    """Asks for all seals at once, each under a key of its own; remembers what was answered."""

    def __init__(self, service: LiveSigning) -> None:
        self.service = service
        self.answered: dict[int, bytes] = {}
        self.enough = threading.Event()

    def ask(self, number: int) -> None:
        """Seal one document, unless the service is gone or says that an attempt is under way."""
        try:
            ask = self.service.seal_digest if number in OF_DIGESTS else self.service.seal
            answer = ask(letter(number), key=f"letter-{number}")
        except httpx2.TransportError:
            return
        if answer.status_code == 200:
            before = self.answered.setdefault(number, answer.content)
            assert before == answer.content  # the same key never gets another seal
            if len(self.answered) >= KILLED_AFTER:
                self.enough.set()
        else:
            assert answer.json()["code"] == "seal_in_progress", answer.text

    def ask_for_all(self) -> None:
        with ThreadPoolExecutor(4) as pool:
            for asked in as_completed([pool.submit(self.ask, number) for number in range(SEALS)]):
                asked.result()


@contextmanager
def to_be_killed(service: LiveSigning) -> Iterator["subprocess.Popen[bytes]"]:
    """The service, until it is killed without a word of warning."""
    with (service.folder / "killed.log").open("wb") as log:
        process = subprocess.Popen(service.command, env=service.environment, stdout=log, stderr=log)
    try:
        _wait(service)
        yield process
    finally:
        process.kill()
        process.wait()


def _wait(service: LiveSigning) -> None:
    for _ in range(600):
        try:
            if httpx2.get(f"{service.url}/readyz").status_code == 200:
                return
        except httpx2.TransportError:
            threading.Event().wait(0.05)
    raise TimeoutError((service.folder / "killed.log").read_text())


def test_kill_9_in_the_middle_of_many_seals(service: LiveSigning) -> None:
    agency = Agency(service)
    with to_be_killed(service) as process:
        asking = threading.Thread(target=agency.ask_for_all)
        asking.start()
        assert agency.enough.wait(120)
        process.send_signal(signal.SIGKILL)
        process.wait()
        asking.join()
    before = dict(agency.answered)
    assert KILLED_AFTER <= len(before) < SEALS

    with running(
        "revived", service.command, f"{service.url}/readyz", service.folder, service.environment
    ):
        ledger = Ledger(service.database_url)
        try:
            ledger.write_now(_end_every_lease)
            agency.ask_for_all()
            assert len(agency.answered) == SEALS
            assert {number: agency.answered[number] for number in before} == before
            kept = ledger.read_now(_sealed_digests)
            assert ledger.read_now(_recorded) == SEALS
        finally:
            ledger.close()
        of_pdfs = [number for number in range(SEALS) if number not in OF_DIGESTS]
        newest = next(number for number in of_pdfs if number not in before)
        oldest = next(number for number in of_pdfs if number in before)
        for number in (newest, oldest):
            assert service.verify(agency.answered[number])["verdict"] == "authentic"
    answered = {hashlib.sha256(sealed).digest() for sealed in agency.answered.values()}
    assert kept == answered
    assert len(kept) == SEALS


def _end_every_lease(transaction: Connection) -> None:
    """A minute passes."""
    transaction.execute(
        update(tables.seals).where(tables.seals.c.state == "signing").values(lease_until=0)
    )


def _sealed_digests(transaction: Connection) -> set[bytes]:
    rows = transaction.execute(select(tables.seals.c.state, tables.seals.c.sealed_digest)).all()
    assert {row.state for row in rows} == {"signed"}
    assert len(rows) == SEALS
    return {bytes(row.sealed_digest) for row in rows}


def _recorded(transaction: Connection) -> int:
    sealed = events.c.event == "agency:document:seal"
    return transaction.execute(select(func.count()).where(sealed)).scalar_one()
