"""SIGKILL at every step of `tra seal FOLDER OUT` and `tra archive renew`: the next run goes on."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from core.clock import SystemClock
from core.database import Ledger, Transaction
from core.outbound import Outbound, OutboundPolicy
from signing.formats.pades import augmentation
from signing.store import tables
from tests.documents import plain_pdf
from tests.interop.documents.conftest import LiveSigning
from tests.kills import Run, folder_job, killed
from tra import archive, folder
from tra.agency import Agency

DAY = 86_400


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
def left(live: LiveSigning, tmp_path_factory: pytest.TempPathFactory) -> Left:
    below = tmp_path_factory.mktemp("killed")
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


@asynccontextmanager
async def agency(live: LiveSigning) -> AsyncIterator[Agency]:
    asks = Outbound(OutboundPolicy(frozenset({live.url.removeprefix("http://")})))
    try:
        yield Agency(asks, live.url, live.provider.token(SystemClock().now(), aud=live.url))
    finally:
        await asks.close()


def test_a_folder_is_sealed_by_the_next_run_and_nothing_twice(
    live: LiveSigning, left: Left
) -> None:
    runs = left.of("folder")
    steps = [
        *("POST /seal", "answered", "os.mkdir out-3", "open .1.pdf.new", "os.rename .1.pdf.new"),
        *("1.pdf is sealed", "POST /seal", "answered", "os.mkdir out-9", "open .2.pdf.new"),
        *("os.rename .2.pdf.new", "2.pdf is sealed"),
    ]
    assert [run.step for run in runs] == [*steps, None]

    async def go_on(number: int) -> list[str]:
        job = folder_job(left.below, number)
        return [line.state async for line in folder.seal(job, lambda: agency(live))]

    sealed = []
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
            sealed.append((content, after[file.name]))
    assert live.verify(sealed[0][1])["verdict"] == "authentic"
    assert made(live, {document for document, _ in sealed}) == {
        hashlib.sha256(answer).digest() for _, answer in sealed
    }


def made(live: LiveSigning, documents: set[bytes]) -> set[bytes]:
    """The digests of the seals on documents, each of which has one."""
    digests = {hashlib.sha256(document).digest() for document in documents}

    def look(transaction: Transaction) -> list[tuple[bytes, bytes]]:
        rows = transaction.execute(select(tables.seals)).all()
        return [(bytes(row.document_digest), bytes(row.sealed_digest)) for row in rows]

    ledger = Ledger(live.database_url)
    try:
        found = [row for row in ledger.read_now(look) if row[0] in digests]
    finally:
        ledger.close()
    assert len(found) == len(digests)
    return {answer for _, answer in found}


def test_an_archive_is_renewed_by_the_next_run_and_nothing_twice(
    live: LiveSigning, left: Left
) -> None:
    runs = left.of("archive")
    steps = ["POST /augment", "answered", "open .renewed-3.pdf.new", "os.rename .renewed-4.pdf.new"]
    assert [run.step for run in runs] == [*steps, "it is renewed", None]

    async def go_on(file: Path) -> str:
        async with agency(live) as ours:
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
    assert live.verify(after)["verdict"] == "authentic"
    assert [file.name for file in left.below.glob(".*")] == []
