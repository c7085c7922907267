"""`python -m signing.formats.reader N`: reads hostile files in children that are good for N each.

It is started once, loads all that reading needs, and then forks: a child is confined, and from
then on has nothing but two pipes: for documents, and for the evidence found in them. What it
leaves behind, whatever a file did to it, is a few bytes and an exit status.
"""

import encodings
import fcntl
import gc
import importlib
import json
import os
import pkgutil
import resource
import signal
import struct
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from typing import Final

import asn1crypto
import cryptography.hazmat
import orjson
import pyhanko.pdf_utils
import pyhanko.sign.validation
import pyhanko_certvalidator

from signing.formats.confinement import confine
from signing.formats.detached import Detached
from signing.formats.reading import gather
from signing.formats.trust import Anchors
from signing.rules.evidence import DocumentEvidence, Span

REQUEST: Final = struct.Struct("!IQQ")
"""Bytes of the question (JSON), of the document, of all that was signed elsewhere; all follow."""

ANSWER: Final = struct.Struct("!iQQI")
"""The child's status (waitpid), peak memory in bytes, microseconds, bytes of evidence (JSON)."""

_FOUND: Final = struct.Struct("!QI")

_FAILED: Final = 1
_LATE_IMPORT: Final = 3

PIPE_BYTES: Final = 1024 * 1024
"""What a pipe holds: fewer turns for documents that are large."""

_ASKED: Final = 0

EVIDENCE_BYTES: Final = 4 * 1024 * 1024

_LOADED: Final = (
    asn1crypto,
    cryptography.hazmat,
    encodings,
    pyhanko.pdf_utils,
    pyhanko.sign.validation,
    pyhanko_certvalidator,
)
"""What is loaded whole, because its parts are imported where they are used."""


def main() -> None:
    """Answer questions until nobody asks any more. Argument: documents for each child."""
    each = int(sys.argv[1])
    _load()
    answers = sys.stdout.buffer
    child = _Child()
    while len(head := _read_whole(REQUEST.size)) == REQUEST.size:
        question_bytes, *bodies = REQUEST.unpack(head)
        request = head + _read_whole(question_bytes)
        answer, alive = _answer(child, request, sum(bodies))
        answers.write(answer)
        answers.flush()
        if alive and child.documents < each:
            continue
        if alive:
            child.end()
        child = _Child()  # while nobody waits


def _read_whole(count: int) -> bytes:
    """So many bytes of what we are asked; fewer where nobody asks any more."""
    parts = []
    while count and (part := os.read(_ASKED, count)):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _pass_on(to: int, count: int) -> None:
    """So many bytes of what we are asked, from pipe to pipe without a look at them."""
    try:
        while count and (moved := os.splice(_ASKED, to, count)):
            count -= moved
    except BrokenPipeError:  # the child died of what it has read already
        while count and (part := os.read(_ASKED, min(count, PIPE_BYTES))):
            count -= len(part)


def _load() -> None:
    """A confined child can open no file, so no module is left for later."""
    for package in _LOADED:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.", _skip):
            with suppress(ImportError):  # of other systems, or of extras that we don't have
                importlib.import_module(module.name)
    gc.collect()
    gc.freeze()  # children share these pages as long as nobody touches them


def _skip(_name: str) -> None:
    """A package that can't be imported is not walked."""


class _NoMore:
    """Ends a child that asks for a module: it can't be had, and must not look like a finding."""

    def find_spec(self, *_asked: object) -> None:
        os._exit(_LATE_IMPORT)


class _Child:
    """A confined process that reads documents, one after the other."""

    def __init__(self) -> None:
        inward, answers = os.pipe()
        questions, outward = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(inward)
            os.close(outward)
            _read(questions, answers)
        fcntl.fcntl(outward, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        os.close(questions)
        os.close(answers)
        self._questions = open(outward, "wb")  # noqa: PTH123, SIM115  # a descriptor
        self._answers = open(inward, "rb")  # noqa: PTH123, SIM115
        self.documents = 0

    def ask(self, request: bytes, rest: int) -> tuple[int, bytes]:
        """Peak memory and evidence; raises EOFError where the child died of it. `rest`: how many
        bytes follow the request."""
        self.documents += 1
        with suppress(BrokenPipeError):
            self._questions.write(request)
            self._questions.flush()
        _pass_on(self._questions.fileno(), rest)
        head = self._answers.read(_FOUND.size)
        if len(head) < _FOUND.size:
            raise EOFError
        memory, length = _FOUND.unpack(head)
        evidence = self._answers.read(min(length, EVIDENCE_BYTES))
        if len(evidence) < length:
            raise EOFError
        return memory, evidence

    def end(self) -> tuple[int, int]:
        """Its status and peak memory."""
        with suppress(BrokenPipeError):
            self._questions.close()
        self._answers.close()
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        _, status, usage = os.wait4(self.pid, 0)
        return status, usage.ru_maxrss * 1024


def _answer(child: _Child, request: bytes, rest: int) -> tuple[bytes, bool]:
    """What the service is told, and whether the child may go on."""
    began = time.monotonic()
    status, evidence = 0, b""
    try:
        memory, evidence = child.ask(request, rest)
    except EOFError:
        status, memory = child.end()
    took = int((time.monotonic() - began) * 1_000_000)
    head = ANSWER.pack(status or int(not evidence), memory, took, len(evidence))
    return head + evidence, bool(evidence)


def _read(questions: int, answers: int) -> None:
    """A child's whole life."""
    try:
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        os.dup2(0, 1)
        asked = open(questions, "rb")  # noqa: SIM115
        confined = confine()
        sys.meta_path.insert(0, _NoMore())
        while head := asked.read(REQUEST.size):
            question_bytes, document_bytes, beside_bytes = REQUEST.unpack(head)
            confined.begin(document_bytes + beside_bytes)
            question = orjson.loads(asked.read(question_bytes))
            document = asked.read(document_bytes)
            beside = [(name, asked.read(size)) for name, size in question["detached"]]
            anchors = Anchors(
                tuple(map(bytes.fromhex, question["roots"])),
                tuple(map(bytes.fromhex, question["others"])),
                tuple(map(bytes.fromhex, question["crls"])),
                tuple(map(bytes.fromhex, question["stamping"])),
                tuple(map(bytes.fromhex, question["ocsps"])),
                tuple(
                    (bytes.fromhex(root), tuple(Span(**span) for span in spans))
                    for root, spans in question["recognised"]
                ),
            )
            found = gather(
                document,
                anchors,
                Detached(tuple(beside)),
                bytes.fromhex(question["record"]) if question["record"] is not None else None,
            )
            evidence = _encoded(found)
            confined.end()
            _write(answers, evidence)
    finally:
        os._exit(_FAILED)


def _encoded(found: DocumentEvidence) -> bytes:
    """As JSON; half of a surrogate pair, which a name in a file may have, is no character."""
    try:
        return orjson.dumps(found)
    except TypeError:
        text = json.dumps(asdict(found), ensure_ascii=False)
        return text.encode("utf-8", "replace")


def _write(answers: int, evidence: bytes) -> None:
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    left = _FOUND.pack(memory, len(evidence)) + evidence
    while left:
        left = left[os.write(answers, left) :]


if __name__ == "__main__":
    main()
