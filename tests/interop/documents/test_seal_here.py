"""`tra seal --local`: the PDF stays where it is, and ends as if it had been sent."""

import asyncio
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from core.clock import SystemClock
from core.outbound import Outbound, OutboundPolicy
from signing.formats.seal import File
from tests.documents import page_objects, pdf, plain_pdf
from tests.dss import Judge
from tests.interop.documents.conftest import LiveSigning
from tra.agency import Agency, Order
from tra.commands.seal import command
from tra.seal_here import seal_here


def seal(live: LiveSigning, document: bytes, level: str = "B-LT") -> bytes:
    async def run() -> bytes:
        asks = Outbound(OutboundPolicy(frozenset({live.url.removeprefix("http://")})))
        token = live.provider.token(SystemClock().now(), aud=live.url)
        order = Order((File("letter.pdf", "application/pdf", document),), None, level)
        try:
            return await seal_here(Agency(asks, live.url, token), order)
        finally:
            await asks.close()

    return asyncio.run(run())


def test_a_pdf_sealed_here_is_authentic_everywhere(
    live: LiveSigning, root: Path, judge: Judge, tmp_path: Path
) -> None:
    sealed = seal(live, plain_pdf())
    assert sealed.startswith(plain_pdf())
    report = live.verify(sealed)
    assert (report["verdict"], report["signatures"][0]["level"]) == ("authentic", "B-LT")
    file = tmp_path / "sealed.pdf"
    file.write_bytes(sealed)
    (found,) = judge.judge(root, SystemClock().now(), file)
    assert (found.level, found.indication) == ("PAdES-BASELINE-LT", "TOTAL_PASSED"), found


@pytest.mark.parametrize("level", ["B-B", "B-T"])
def test_a_level_without_proofs_can_be_asked_for(live: LiveSigning, level: str) -> None:
    report = live.verify(seal(live, plain_pdf(), level))
    assert (report["verdict"], report["signatures"][0]["level"]) == ("authentic", level)


def test_a_second_seal_is_put_beside_the_first_and_both_pass(live: LiveSigning) -> None:
    report = live.verify(seal(live, seal(live, plain_pdf())))
    assert [one["indication"] for one in report["signatures"]] == ["TOTAL_PASSED"] * 2


def test_no_seal_is_put_beside_one_that_does_not_pass(live: LiveSigning) -> None:
    changed = seal(live, plain_pdf()).replace(b"registration", b"resignation!")
    with pytest.raises(click.ClickException, match="does not pass"):
        seal(live, changed)


def test_what_can_be_prepared_against_the_reader_is_refused_here(live: LiveSigning) -> None:
    action = b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"
    with pytest.raises(click.ClickException, match="pdf_javascript"):
        seal(live, pdf(page_objects(action)))


def test_a_refusal_of_the_service_is_told(live: LiveSigning) -> None:
    with pytest.raises(click.ClickException, match="not offered at this level"):
        seal(live, plain_pdf(), "B-LTA")


def test_what_does_not_go_with_local_is_told() -> None:
    for others in (["--format", "cades"], ["--idempotency-key", "one"]):
        arguments = [__file__, "out", "--as", "moc", "--local", "--clients", __file__, *others]
        done = CliRunner().invoke(command, arguments)
        assert done.exit_code == 2
        assert "--local is for one PDF" in done.output
