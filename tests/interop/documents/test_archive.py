"""`tra archive renew`: what is due is stamped again in its place, and nothing else is touched."""

import asyncio
from pathlib import Path

import click
import pytest

from core.clock import SystemClock
from core.outbound import Outbound, OutboundPolicy
from signing.formats.pades import augmentation
from tests.documents import plain_pdf
from tests.interop.documents.conftest import LiveSigning
from tra import archive
from tra.agency import Agency

DAY = 86_400


def renew(live: LiveSigning, folder: Path, day: int) -> dict[str, str]:
    """What became of each file of a folder."""
    files = sorted(folder.iterdir())

    async def run() -> dict[str, str]:
        asks = Outbound(OutboundPolicy(frozenset({live.url.removeprefix("http://")})))
        ours = Agency(asks, live.url, live.provider.token(SystemClock().now(), aud=live.url))
        try:
            await archive.check_authority(ours, day)
            return {file.name: (await archive.renew(ours, file, day))[0] for file in files}
        finally:
            await asks.close()

    return asyncio.run(run())


@pytest.fixture
def stock(live: LiveSigning, tmp_path: Path) -> Path:
    """Signed without a time-stamp, for long, not at all, changed, and no PDF."""
    bare = live.sealed(plain_pdf(), level="B-B")
    contents = {
        "bare.pdf": bare,
        "lasting.pdf": live.sealed(plain_pdf(), level="B-LTA"),
        "plain.pdf": plain_pdf(),
        "changed.pdf": bare.replace(b"registration", b"resignation!"),
        "broken.pdf": b"no PDF",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def test_what_is_due_is_renewed_once_and_the_rest_is_left_alone(
    live: LiveSigning, stock: Path
) -> None:
    before = {file.name: file.read_bytes() for file in stock.iterdir()}
    day = SystemClock().now() + 365 * DAY
    states = renew(live, stock, day)
    assert states == {
        "bare.pdf": "renewed",
        "broken.pdf": "unreadable",
        "changed.pdf": "refused",
        "lasting.pdf": "good",
        "plain.pdf": "not_signed",
    }
    after = {file.name: file.read_bytes() for file in stock.iterdir()}
    renewed = after["bare.pdf"]
    assert renewed.startswith(before["bare.pdf"])
    assert live.verify(renewed)["verdict"] == "authentic"
    until = augmentation.protection(renewed).until
    assert until is not None
    assert until > day
    assert {**after, "bare.pdf": b""} == {**before, "bare.pdf": b""}
    assert renew(live, stock, day)["bare.pdf"] == "good"
    assert (stock / "bare.pdf").read_bytes() == renewed


def test_nothing_is_begun_that_would_have_to_be_done_again(live: LiveSigning, stock: Path) -> None:
    before = {file.name: file.read_bytes() for file in stock.iterdir()}
    with pytest.raises(click.ClickException, match="own certificate ends"):
        renew(live, stock, SystemClock().now() + 10 * 365 * DAY)
    assert {file.name: file.read_bytes() for file in stock.iterdir()} == before
