"""`tra seal DIR OUTDIR`: every PDF of a folder, stopped and begun again, sealed once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.outbound import Outbound, OutboundPolicy
from tests.documents import page_objects, pdf, plain_pdf
from tests.interop.documents.conftest import LiveSigning
from tra import folder
from tra.agency import Agency
from tra.folder import Job, Line

SCRIPT = page_objects(catalogue=b"/OpenAction << /S /JavaScript /JS (1) >>")


def seal(live: LiveSigning, job: Job, most: int | None = None) -> list[Line]:
    """The lines of a run, which is stopped after `most` of them."""

    @asynccontextmanager
    async def let_in() -> AsyncIterator[Agency]:
        asks = Outbound(OutboundPolicy(frozenset({live.url.removeprefix("http://")})))
        try:
            token = live.provider.token(SystemClock().now(), aud=live.url)
            yield Agency(asks, live.url, token)
        finally:
            await asks.close()

    async def run() -> list[Line]:
        lines: list[Line] = []
        async for line in folder.seal(job, let_in):
            lines.append(line)
            if len(lines) == most:
                break
        return lines

    return asyncio.run(run())


@pytest.fixture
def job(tmp_path: Path) -> Job:
    source = tmp_path / "in"
    (source / "more").mkdir(parents=True)
    for number in range(5):
        content = plain_pdf().replace(b"registration", b"registratio%d" % number)
        (source / f"{number}.pdf").write_bytes(content)
    (source / "more" / "DEEP.PDF").write_bytes(plain_pdf())
    (source / "script.pdf").write_bytes(pdf(SCRIPT))
    (source / "note.txt").write_text("no PDF", encoding="utf-8")
    return Job(source, tmp_path / "out", "B-LT")


def test_a_folder_is_sealed_and_what_is_refused_is_told_by_its_code(
    live: LiveSigning, job: Job
) -> None:
    lines = {line.file: line for line in seal(live, job)}
    assert lines.pop("script.pdf").code == "pdf_javascript"
    assert {line.state for line in lines.values()} == {"sealed"}
    assert sorted(lines) == ["0.pdf", "1.pdf", "2.pdf", "3.pdf", "4.pdf", "more/DEEP.PDF"]
    for name in lines:
        assert live.verify((job.target / name).read_bytes())["verdict"] == "authentic"
    assert not (job.target / "script.pdf").exists()


def test_a_run_that_was_stopped_goes_on_and_seals_nothing_twice(
    live: LiveSigning, job: Job
) -> None:
    seal(live, job, most=2)
    first = {file: file.read_bytes() for file in job.target.rglob("*.pdf")}
    assert len(first) >= 2
    again = [line for line in seal(live, job) if line.state != "refused"]
    assert sum(line.state == "already" for line in again) >= 2
    assert {file: file.read_bytes() for file in first} == first
    assert len([one for one in job.target.rglob("*") if one.is_file()]) == 6
    assert {line.state for line in seal(live, job)} == {"already", "refused"}


def test_a_lost_answer_is_fetched_again_and_is_the_same_seal(live: LiveSigning, job: Job) -> None:
    seal(live, job)
    before = (job.target / "0.pdf").read_bytes()
    (job.target / "0.pdf").unlink()
    seal(live, job)
    assert (job.target / "0.pdf").read_bytes() == before
