"""`tra archive renew`: what is due is stamped again in its place, and nothing else is touched.
`tra augment`: a file is raised to a level."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from core.clock import SystemClock
from core.outbound import Outbound, OutboundPolicy
from signing.formats.ers import reading
from signing.formats.pades import augmentation
from tests.documents import plain_pdf
from tests.formats.test_augmentation_of_cms import pem
from tests.interop.documents.conftest import LiveSigning
from tra import archive, recording
from tra.agency import Agency
from tra.commands.archive import command as archives
from tra.commands.augment import command

DAY = 86_400


@asynccontextmanager
async def agency(live: LiveSigning) -> AsyncIterator[Agency]:
    asks = Outbound(OutboundPolicy(frozenset({live.url.removeprefix("http://")})))
    try:
        yield Agency(asks, live.url, live.provider.token(SystemClock().now(), aud=live.url))
    finally:
        await asks.close()


def renew(live: LiveSigning, folder: Path, day: int) -> dict[str, str]:
    """What became of each file of a folder."""

    async def run() -> dict[str, str]:
        renewals = archive.Renewals()
        async with agency(live) as ours:
            await archive.check_authority(ours, day)
            files = list(archive.files_below(folder))
            found = [(one.name, await archive.renew(ours, one, day, renewals)) for one in files]
            return {name: state for name, (state, _) in found}

    return asyncio.run(run())


def augment(live: LiveSigning, file: Path, level: str, out: Path | None = None) -> None:
    """What `tra augment` does with a file."""

    async def run() -> None:
        async with agency(live) as ours:
            await archive.augment(ours, file, level, out=out)

    asyncio.run(run())


@pytest.fixture
def stock(live: LiveSigning, tmp_path: Path) -> Path:
    """Signed without a time-stamp, for long, as usual (which is not for long), not at all, changed,
    and no PDF; other formats."""
    bare = live.sealed(plain_pdf(), level="B-B")
    contents = {
        "bare.pdf": bare,
        "lasting.pdf": live.sealed(plain_pdf(), level="B-LTA"),
        "plain.pdf": plain_pdf(),
        "changed.pdf": bare.replace(b"registration", b"resignation!"),
        "broken.pdf": b"no PDF",
        "letter.txt": b"A letter.",
        "letter.txt.p7s": live.seal(b"A letter.", format="cades", level="B-B").content,
        "letter.p7m": live.seal(b"A letter.", format="cades-enveloping", level="B-B").content,
        "usual.pdf": live.sealed(plain_pdf()),
        "compact.jws": live.seal(b"[1]", format="jades-compact", level="B-B").content,
        "letter.pem": pem(live.seal(b"A letter.", format="cades-enveloping").content),
        "key.pem": b"-----BEGIN PUBLIC KEY-----\n",
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
        "compact.jws": "renewed",
        "lasting.pdf": "good",
        "letter.p7m": "renewed",
        "letter.pem": "renewed",
        "letter.txt.p7s": "renewed",
        "plain.pdf": "not_signed",
        "usual.pdf": "renewed",
    }
    after = {file.name: file.read_bytes() for file in stock.iterdir()}
    renewed = after["bare.pdf"]
    assert renewed.startswith(before["bare.pdf"])
    assert live.verify(renewed)["verdict"] == "authentic"
    until = augmentation.protection(renewed).until
    assert until is not None
    assert until > day
    changed = {name for name, state in states.items() if state == "renewed"}
    assert {name for name in before if after[name] != before[name]} == changed
    assert live.verify(after["letter.p7m"])["signatures"][0]["level"] == "B-LTA"
    assert "renewed" not in renew(live, stock, day).values()
    assert (stock / "bare.pdf").read_bytes() == renewed


def test_nothing_is_begun_that_would_have_to_be_done_again(live: LiveSigning, stock: Path) -> None:
    before = {file.name: file.read_bytes() for file in stock.iterdir()}
    with pytest.raises(click.ClickException, match="own certificate ends"):
        renew(live, stock, SystemClock().now() + 10 * 365 * DAY)
    assert {file.name: file.read_bytes() for file in stock.iterdir()} == before


def test_a_file_is_raised_to_a_level_in_its_place_or_elsewhere(
    live: LiveSigning, stock: Path
) -> None:
    before, out = (stock / "letter.p7m").read_bytes(), stock / "raised.p7m"
    augment(live, stock / "letter.p7m", "B-LT", out)
    assert (stock / "letter.p7m").read_bytes() == before
    assert live.verify(out.read_bytes())["signatures"][0]["level"] == "B-LT"
    augment(live, stock / "letter.p7m", "B-LTA")
    letter = (stock / "letter.p7m").read_bytes()
    assert live.verify(letter)["signatures"][0]["level"] == "B-LTA"


@pytest.mark.parametrize("name", ["changed.pdf", "plain.pdf", "letter.txt"])
def test_what_does_not_pass_is_left_as_it_is(live: LiveSigning, stock: Path, name: str) -> None:
    before = (stock / name).read_bytes()
    with pytest.raises(click.ClickException, match="all pass now"):
        augment(live, stock / name, "B-LTA")
    assert (stock / name).read_bytes() == before


@pytest.fixture
def recorded(live: LiveSigning, tmp_path: Path) -> Path:
    """A stock whose files have records of one time-stamp beside them."""
    files = {
        "a.pdf": live.sealed(plain_pdf()),
        "b/c.txt": b"A letter.",
        "d.csv": b"1,2\n",
        "e": b"",
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    (tmp_path / ".hidden").write_bytes(b"")
    assert record(live, tmp_path) == ["a.pdf", "c.txt", "d.csv", "e"]
    return tmp_path


def record(live: LiveSigning, folder: Path) -> list[str]:
    """The names of the files that got a record."""

    async def run() -> list[str]:
        async with agency(live) as ours:
            files = recording.stock(folder).files
            return [one.name async for one in recording.record(ours, files)] if files else []

    return asyncio.run(run())


def test_a_stock_of_whatever_files_is_proven_and_renewed_by_one_time_stamp(
    live: LiveSigning, recorded: Path
) -> None:
    held = {one.name: one.read_bytes() for one in recorded.rglob("*.ers")}
    assert len(held) == 4
    assert len({newest(one) for one in held.values()}) == 1
    assert record(live, recorded) == []
    (recorded / "later.txt").write_bytes(b"Later.")
    assert record(live, recorded) == ["later.txt"]
    states = renew(live, recorded, SystemClock().now() + 365 * DAY)
    assert states == {
        "a.pdf": "recorded",
        **dict.fromkeys(("a.pdf.ers", "c.txt.ers", "d.csv.ers", "e.ers", "later.txt.ers"), "good"),
    }
    first, *others = held.values()
    renewals = archive.Renewals()
    renewals.add(first, augmented(live, recorded / "a.pdf.ers"))
    again = [renewals.of(one) for one in (first, *others)]
    assert None not in again
    assert len({newest(one) for one in again if one}) == 1
    assert renewals.of((recorded / "later.txt.ers").read_bytes()) is None


def augmented(live: LiveSigning, file: Path) -> bytes:
    augment(live, file, "B-LTA")
    return file.read_bytes()


def test_what_a_record_is_over_is_left_as_it_is(live: LiveSigning, recorded: Path) -> None:
    with pytest.raises(click.ClickException, match="evidence record"):
        augment(live, recorded / "a.pdf", "B-LTA")
    (recorded / "a.pdf").write_bytes(live.sealed(plain_pdf()))  # so that its record is another's
    augment(live, recorded / "a.pdf", "B-LTA")


def test_a_record_that_does_not_fit_is_told_and_kept(live: LiveSigning, recorded: Path) -> None:
    """It is the proof of what the file was."""
    (recorded / "d.csv").write_bytes(b"1,3\n")
    (recorded / "f.txt").write_bytes(b"A file.")
    (recorded / "f.txt.ers").write_bytes(b"Something else.")
    (recorded / "g.txt").write_bytes(b"Another.")
    (recorded / "g.txt.ers").write_bytes(b"")
    before = (recorded / "d.csv.ers").read_bytes()
    found = recording.stock(recorded)
    assert [one.name for one in found.odd] == ["d.csv", "f.txt"]
    assert record(live, recorded) == ["g.txt"]
    assert (recorded / "d.csv.ers").read_bytes() == before
    assert (recorded / "f.txt.ers").read_bytes() == b"Something else."
    assert not list(recorded.glob(".*.new"))


def test_the_command_tells_of_it_and_asks_nobody_where_nothing_is_new(tmp_path: Path) -> None:
    asked = ["record", str(tmp_path), "--as", "moc", "--clients", __file__]
    done = CliRunner().invoke(archives, asked)
    assert (done.exit_code, done.output) == (0, '{"summary":{"recorded":0,"refused":0}}\n')
    (tmp_path / "f.txt").write_bytes(b"A file.")
    (tmp_path / "f.txt.ers").write_bytes(b"Something else.")
    done = CliRunner().invoke(archives, asked)
    assert done.exit_code == 1
    assert '"refused"' in done.output
    assert "f.txt" in done.output


def newest(record: bytes) -> bytes:
    return reading.parse(record).newest.encoded


def test_what_goes_with_one_file_is_told() -> None:
    asked = [__file__, __file__, "--as", "moc", "--clients", __file__, "--out", "x"]
    done = CliRunner().invoke(command, asked)
    assert done.exit_code == 2
    assert "go with one FILE" in done.output
