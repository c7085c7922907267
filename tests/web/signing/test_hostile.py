"""Files that were made to hurt whoever opens them: each gets its verdict, and the service lives."""

import errno
import os
import signal
import socket
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from signing.formats import confinement
from signing.formats.confinement import confine
from signing.formats.readers import Readers
from signing.formats.reading import gather
from signing.web.verdicts import anchors
from tests.documents import page_objects, pdf, plain_pdf, stream
from tests.signing_service import READERS, Visitor


def _open() -> object:
    return Path(__file__).read_bytes()


def _socket() -> object:
    return socket.socket()


def _pair() -> object:
    return socket.socketpair()


def _program() -> object:
    return os.execv("/bin/true", ["true"])


def _child() -> object:
    return os.fork()


def _memory() -> object:
    return bytes(1 << 30)


@pytest.mark.parametrize("forbidden", [_open, _socket, _pair, _program, _child, _memory])
def test_a_confined_process_has_no_files_sockets_programs_children_or_endless_memory(
    forbidden: Callable[[], object],
) -> None:
    child = os.fork()
    if child == 0:
        status = 9
        try:
            confine()
            forbidden()
        except MemoryError:
            status = 0
        except OSError as error:
            status = 0 if error.errno in {errno.EPERM, errno.EMFILE} else 8
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


@pytest.mark.parametrize("ended", [True, False])
def test_a_confined_process_has_its_time_for_a_document_and_waits_for_the_next_without(
    monkeypatch: pytest.MonkeyPatch, ended: bool
) -> None:
    monkeypatch.setattr(confinement, "WALL_SECONDS", 1)
    child = os.fork()
    if child == 0:
        confined = confine()
        confined.begin(0)
        if ended:
            confined.end()
        time.sleep(1.2)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == (0 if ended else -signal.SIGALRM)


def test_a_large_document_has_more_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confinement, "MEMORY_BYTES", 64 << 20)
    for size, enough in ((0, False), (64 << 20, True)):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                confine().begin(size)
                bytes(128 << 20)
                status = 0
            finally:
                os._exit(status)
        _, status = os.waitpid(child, 0)
        assert (os.waitstatus_to_exitcode(status) == 0) == enough


def bomb() -> bytes:
    """A cross-reference stream of a gigabyte in a megabyte."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(1_024)) + packer.flush()
    entries = b"/Type /XRef /W [1 4 2] /Size 150000000 /Root 1 0 R /Filter /FlateDecode"
    body = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
    return (
        body
        + b"3 0 obj\n"
        + stream(packed, entries)
        + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(body)
    )


HOSTILE = {
    "a bomb": bomb(),
    "nested arrays": pdf(page_objects(o9=b"[" * 100_000 + b"]" * 100_000, catalogue=b"/X 9 0 R")),
    "nested dictionaries": pdf(page_objects(o9=b"<< /A " * 50_000, catalogue=b"/AcroForm 9 0 R")),
    "a cross-reference table before itself": plain_pdf().replace(
        b"/Root 1 0 R", b"/Prev 428 /Root 1 0 R"
    ),
    "fields that are their own children": pdf(
        page_objects(
            catalogue=b"/AcroForm << /Fields [7 0 R] >>",
            o7=b"<< /FT /Sig /T (a) /Kids [7 0 R] >>",
        )
    ),
    "pages that are their own parents": pdf(
        page_objects(o2=b"<< /Type /Pages /Kids [2 0 R] /Parent 2 0 R /Count 1 >>")
    ),
    "a reference to itself": pdf(page_objects(catalogue=b"/AcroForm 9 0 R", o9=b"9 0 R")),
    "a negative length": pdf(page_objects(o4=b"<< /Length -5 >>\nstream\nx\nendstream")),
    "a number without end": pdf(page_objects(catalogue=b"/X %s" % (b"9" * 200_000))),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.rule("attacks.bombs")
def test_a_file_made_to_hurt_its_reader_never_passes_and_the_next_is_read(
    standing: Visitor, sealed: bytes, name: str
) -> None:
    report = standing.verify(HOSTILE[name])
    assert report["indication"] == "INDETERMINATE"
    assert standing.verify(sealed)["verdict"] == "authentic"


def child_of(process: int) -> int:
    command = ["pgrep", "-P", str(process)]
    [child] = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return int(child)


def test_a_reader_that_is_killed_is_replaced_and_the_file_is_read_again(
    standing: Visitor, sealed: bytes
) -> None:
    standing.verify(sealed)
    os.kill(child_of(READERS.process_ids()[0]), 9)
    assert standing.verify(sealed)["verdict"] == "authentic"
    os.kill(READERS.process_ids()[0], 9)
    assert standing.verify(sealed)["verdict"] == "authentic"


def test_no_seal_waits_for_what_others_send_to_be_checked(standing: Visitor, sealed: bytes) -> None:
    standing.verify(sealed)
    [reader] = READERS.process_ids()
    with ThreadPoolExecutor(1) as others, stopped(reader):
        waiting = others.submit(standing.verify, sealed)
        assert standing.seal(sealed).status_code == 200
        assert not waiting.done()
    assert waiting.result()["verdict"] == "authentic"


@contextmanager
def stopped(process: int) -> Iterator[None]:
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def test_what_takes_all_the_time_that_there_is_is_not_tried_again(
    standing: Visitor, sealed: bytes
) -> None:
    standing.verify(sealed)
    [reader] = READERS.process_ids()
    os.kill(child_of(reader), signal.SIGXCPU)
    assert standing.verify(sealed)["verdict"] == "not_checked"
    assert READERS.process_ids() == [reader]
    assert standing.verify(sealed)["verdict"] == "authentic"


def test_a_reader_reads_what_the_service_itself_would_find(
    standing: Visitor, sealed: bytes
) -> None:
    trusted = anchors(standing.service.ctx)
    assert READERS.read(sealed, trusted).evidence == gather(sealed, trusted)


def test_a_child_reads_so_many_documents_and_no_more(standing: Visitor, sealed: bytes) -> None:
    trusted = anchors(standing.service.ctx)
    readers = Readers(1, documents_each=1)
    try:
        found = [readers.read(sealed, trusted) for _ in range(3)]
    finally:
        readers.close()
    assert len({reading.evidence.digest for reading in found}) == 1
    assert all(reading.peak_memory > 1_000_000 for reading in found)
    assert all(reading.evidence.unreadable is None for reading in found)


def test_a_reader_knows_no_secret_of_the_service(standing: Visitor, sealed: bytes) -> None:
    standing.verify(sealed)
    [reader] = READERS.process_ids()
    assert Path(f"/proc/{reader}/environ").read_bytes() == b""
    assert sys.executable.encode() in Path(f"/proc/{reader}/cmdline").read_bytes()
