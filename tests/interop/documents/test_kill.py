"""kill -9 of the service in the middle of many seals, and of commands at each of their steps: no
answered seal is lost, none is issued twice, and the next run goes on.

tests/web/signing/test_kills.py kills the service at each step of one."""

import asyncio
import hashlib
import json
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import select, update

from core.audit import events
from core.clock import SystemClock
from core.database import Ledger, Transaction
from core.outbound import Outbound, OutboundPolicy
from signing.formats.pades import augmentation
from signing.store import seals, tables
from tests.documents import plain_pdf
from tests.interop.documents.conftest import LiveSigning
from tests.kills import Run, folder_job, killed, letter
from tests.postgres import Cluster
from tests.signing_service import ProviderOnLoopback
from tra import archive, folder
from tra.agency import Agency

DAY = 86_400

SEALS = 60
KILLED_AFTER = 20
OF_DIGESTS = range(0, SEALS, 3)
"""Of these the service is sent a digest alone."""


class Asking:
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


@dataclass
class Revived:
    """A service that lives again, and what the one that was killed had answered."""

    live: LiveSigning
    asking: Asking
    before: dict[int, bytes]

    @asynccontextmanager
    async def agency(self) -> AsyncIterator[Agency]:
        asks = Outbound(OutboundPolicy(frozenset({self.live.url.removeprefix("http://")})))
        token = self.live.provider.token(SystemClock().now(), aud=self.live.url)
        try:
            yield Agency(asks, self.live.url, token)
        finally:
            await asks.close()

    def check_sealed_once(self, answers: dict[bytes, bytes]) -> None:
        """Of each document there is one seal, the answered one, and one record of it."""
        wanted = {
            hashlib.sha256(document).hexdigest(): hashlib.sha256(answer).hexdigest()
            for document, answer in answers.items()
        }
        with closing(Ledger(self.live.database_url)) as ledger:
            made, recorded = ledger.read_now(_made), ledger.read_now(_recorded)
        assert sorted(one for one in made if one[0] in wanted) == sorted(wanted.items())
        assert sorted(one for one in recorded if one in wanted) == sorted(wanted)


def _made(transaction: Transaction) -> list[tuple[str, str]]:
    """The digests of each document and of what it became."""
    rows = transaction.execute(select(tables.seals)).all()
    return [(bytes(row.document_digest).hex(), bytes(row.sealed_digest).hex()) for row in rows]


def _recorded(transaction: Transaction) -> list[str]:
    sealed = select(events.c.details).where(events.c.event == seals.SEALED.name)
    return [json.loads(details)["document"] for details in transaction.execute(sealed).scalars()]


def _end_every_lease(transaction: Transaction) -> None:
    """A minute passes."""
    transaction.execute(
        update(tables.seals).where(tables.seals.c.state == "signing").values(lease_until=0)
    )


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


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def revived(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    postgres: Cluster,
    provider_on_loopback: ProviderOnLoopback,
) -> Iterator[Revived]:
    """A service on each database that was killed in the middle of many seals, and started again."""
    below = tmp_path_factory.mktemp("killed")
    database_url = f"sqlite:///{below / 'signing.sqlite'}"
    if request.param == "postgresql":
        database_url = postgres.new_database()
    service = LiveSigning(below, database_url, provider_on_loopback)
    service.prepare()
    asking = Asking(service)
    with to_be_killed(service) as process:
        thread = threading.Thread(target=asking.ask_for_all)
        thread.start()
        assert asking.enough.wait(120)
        process.send_signal(signal.SIGKILL)
        process.wait()
        thread.join()
    with service.serving():
        yield Revived(service, asking, dict(asking.answered))


def test_kill_9_in_the_middle_of_many_seals(revived: Revived) -> None:
    asking, before = revived.asking, revived.before
    assert KILLED_AFTER <= len(before) < SEALS
    with closing(Ledger(revived.live.database_url)) as ledger:
        ledger.write_now(_end_every_lease)
    asking.ask_for_all()
    assert len(asking.answered) == SEALS
    assert {number: asking.answered[number] for number in before} == before
    revived.check_sealed_once({letter(of): answer for of, answer in asking.answered.items()})
    of_pdfs = [number for number in range(SEALS) if number not in OF_DIGESTS]
    newest = next(number for number in of_pdfs if number not in before)
    oldest = next(number for number in of_pdfs if number in before)
    for number in (newest, oldest):
        assert revived.live.verify(asking.answered[number])["verdict"] == "authentic"


@dataclass
class Left:
    """What killed commands left behind."""

    below: Path
    signed: bytes
    day: int
    runs: list[Run]

    def of(self, scenario: str) -> list[Run]:
        return [run for run in self.runs if run.scenario == scenario]


@pytest.fixture(scope="module")
def left(revived: Revived, tmp_path_factory: pytest.TempPathFactory) -> Left:
    live, below = revived.live, tmp_path_factory.mktemp("left")
    signed, day = live.sealed(plain_pdf(), level="B-B"), SystemClock().now() + 365 * DAY
    (below / "signed.pdf").write_bytes(signed)
    asked = {
        "url": live.url,
        "token": live.provider.token(SystemClock().now(), aud=live.url),
        "folder": str(below),
        "signed": str(below / "signed.pdf"),
        "day": str(day),
    }
    return Left(below, signed, day, killed(asked, "folder", "archive"))


def test_a_folder_is_sealed_by_the_next_run_and_nothing_twice(revived: Revived, left: Left) -> None:
    runs = left.of("folder")
    steps = [
        *("POST /seal", "answered", "os.mkdir out-3", "open .1.pdf.new", "os.rename .1.pdf.new"),
        *("1.pdf is sealed", "POST /seal", "answered", "os.mkdir out-9", "open .2.pdf.new"),
        *("os.rename .2.pdf.new", "2.pdf is sealed"),
    ]
    assert [run.step for run in runs] == [*steps, None]

    async def go_on(number: int) -> list[str]:
        job = folder_job(left.below, number)
        return [line.state async for line in folder.seal(job, revived.agency)]

    sealed = {}
    for run in runs:
        job = folder_job(left.below, run.number)
        before = {file.name: file.read_bytes() for file in job.target.glob("*.pdf")}
        states = Counter(asyncio.run(go_on(run.number)))
        assert states == Counter(already=len(before), sealed=2 - len(before))
        after = {file.name: file.read_bytes() for file in job.target.iterdir()}
        assert before.items() <= after.items()
        assert sorted(after) == ["1.pdf", "2.pdf"]  # and nothing half written beside them
        for file in job.files:
            content = file.read_bytes()
            assert after[file.name].startswith(content)
            sealed[content] = after[file.name]
    assert revived.live.verify(next(iter(sealed.values())))["verdict"] == "authentic"
    revived.check_sealed_once(sealed)


def test_an_archive_is_renewed_by_the_next_run_and_nothing_twice(
    revived: Revived, left: Left
) -> None:
    runs = left.of("archive")
    steps = ["POST /augment", "answered", "open .renewed-3.pdf.new", "os.rename .renewed-4.pdf.new"]
    assert [run.step for run in runs] == [*steps, "it is renewed", None]

    async def go_on(file: Path) -> str:
        async with revived.agency() as ours:
            state, why = await archive.renew(ours, file, left.day)
            assert why is None
            return state

    for run in runs:
        file = left.below / f"renewed-{run.number}.pdf"
        before = file.read_bytes()
        assert asyncio.run(go_on(file)) == ("renewed" if before == left.signed else "good")
        after = file.read_bytes()
        assert after.startswith(left.signed)
        assert before in (left.signed, after)
        until = augmentation.protection(after).until
        assert until is not None
        assert until > left.day
    assert revived.live.verify(after)["verdict"] == "authentic"
    assert [file.name for file in left.below.glob(".*")] == []
