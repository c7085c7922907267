"""Hostile files, read elsewhere: the service's side of `signing.formats.reader`.

A reader that crashes, runs out of time or out of memory is an answer ("could not be checked"),
never an error.
"""

import hashlib
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import orjson
from pydantic import TypeAdapter, ValidationError

from signing.formats.detached import NOTHING, Detached
from signing.formats.kinds import kind
from signing.formats.reader import ANSWER, EVIDENCE_BYTES, PIPE_BYTES, REQUEST
from signing.formats.trust import Anchors
from signing.rules.evidence import DocumentEvidence, Unreadable

_EVIDENCE: Final = TypeAdapter(DocumentEvidence)
_READER: Final = (sys.executable, "-I", "-m", "signing.formats.reader")

DOCUMENTS_EACH: Final = 64
"""Documents that one child reads before the next takes its place."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found in a file, and what it took: microseconds and bytes of memory."""

    evidence: DocumentEvidence
    microseconds: int
    peak_memory: int


class Readers:
    """Processes that read files, as many as are read at once. They start when they are first
    needed, or with `warm`, and end with this process."""

    def __init__(self, count: int = 2, documents_each: int = DOCUMENTS_EACH) -> None:
        self.count = count
        self._free: queue.LifoQueue[_Reader] = queue.LifoQueue()
        for _ in range(count):
            self._free.put(_Reader((*_READER, str(documents_each))))

    def warm(self) -> None:
        """Start the readers, without waiting for them."""
        readers = [self._free.get() for _ in range(self._free.qsize())]
        for reader in readers:
            reader.start()
            self._free.put(reader)

    def read(
        self,
        document: bytes,
        anchors: Anchors,
        detached: Detached = NOTHING,
        record: bytes | None = None,
    ) -> Reading:
        """Evidence; blocks until a reader is free and has answered. `detached` is what was signed,
        where that is not in the file; `record` an evidence record over the file."""
        question = orjson.dumps(
            {
                "roots": [root.hex() for root in anchors.roots],
                "others": [authority.hex() for authority in anchors.authorities],
                "crls": [crl.hex() for crl in anchors.crls],
                "ocsps": [answer.hex() for answer in anchors.ocsps],
                "stamping": [root.hex() for root in anchors.stamping],
                "recognised": [(root.hex(), spans) for root, spans in anchors.recognised],
                "detached": [(name, len(content)) for name, content in detached.files],
                "record": record.hex() if record is not None else None,
            }
        )
        beside = [content for _, content in detached.files]
        digest = cache(lambda: hashlib.sha256(document).hexdigest())
        reader = self._free.get()
        try:
            status, memory, took, found = reader.ask(question, document, beside, digest)
            if status not in {0, signal.SIGXCPU}:
                # A hostile file does it again to a fresh process; an accident does not. All the
                # time that there is was no accident.
                reader.stop()
                status, memory, took, found = reader.ask(question, document, beside, digest)
        finally:
            self._free.put(reader)
        return Reading(_evidence(document, digest(), status, found), took, memory)

    def process_ids(self) -> list[int]:
        """The processes that run and are free."""
        with self._free.mutex:
            free = [reader.process_id for reader in self._free.queue]
        return [process_id for process_id in free if process_id is not None]

    def close(self) -> None:
        """End the readers that are free."""
        for _ in range(self._free.qsize()):
            reader = self._free.get()
            reader.stop()
            self._free.put(reader)


class _Reader:
    """One process; started again where it is gone."""

    def __init__(self, command: tuple[str, ...]) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def start(self) -> "subprocess.Popen[bytes]":
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._process = subprocess.Popen(  # noqa: S603  # our own module, no input in it
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env={},  # no secret of the service's goes along
                    pipesize=PIPE_BYTES,
                )
            return self._process

    @property
    def process_id(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def ask(
        self,
        question: bytes,
        document: bytes,
        beside: Sequence[bytes],
        meanwhile: Callable[[], object],
    ) -> tuple[int, int, int, bytes]:
        """Status, peak memory, microseconds, evidence; where the process died, nothing.
        `meanwhile` is done while it reads."""
        process = self.start()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            head = REQUEST.pack(len(question), len(document), sum(map(len, beside)))
            process.stdin.writelines((head, question, document, *beside))
            process.stdin.flush()
            meanwhile()
            head = process.stdout.read(ANSWER.size)
            if len(head) == ANSWER.size:
                status, memory, took, length = ANSWER.unpack(head)
                return status, memory, took, process.stdout.read(length)
        except OSError:
            pass
        self.stop()
        return 1, 0, 0, b""

    def stop(self) -> None:
        with self._lock:
            if self._process is not None:
                with self._process as process:
                    process.kill()
                self._process = None


def _evidence(document: bytes, digest: str, status: int, found: bytes) -> DocumentEvidence:
    """What a child said, if it ended well and speaks sense. Size and digest are ours to say."""
    try:
        if status == 0 and len(found) <= EVIDENCE_BYTES:
            said = _EVIDENCE.validate_json(found)
            return replace(said, size=len(document), digest=digest)
    except ValidationError:
        pass
    return DocumentEvidence(
        len(document), digest, unreadable=Unreadable.NOT_CHECKED, format=kind(document)
    )
