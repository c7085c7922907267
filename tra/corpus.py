"""A folder of signed files, each given its verdict: one line a file, and a sum at the end."""

import queue
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from signing.formats.kinds import kind
from signing.formats.pades.intake import DOCUMENT_BYTES
from signing.formats.readers import Readers
from signing.formats.trust import Anchors
from signing.rules.policy import Policy
from signing.rules.report import Format, Indication, SubIndication, Verdict
from signing.rules.validation import validate

_SIGNATURES: Final = frozenset(
    {".p7s", ".p7m", ".sig", ".pkcs7", ".tst", ".tsr", ".xml", ".json", ".jws", ".jose"}
)
"""How the name of a signature ends that has the name of what it signs before that."""

_WAITING: Final = 4
"""Files that are read ahead for each job."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is told of one file. `milliseconds` and `peak_memory` (bytes) are its reader's."""

    file: str
    format: Format
    verdict: Verdict
    indication: Indication
    sub_indication: SubIndication | None
    signatures: int
    milliseconds: float
    peak_memory: int
    error: str | None = None


def check(
    files: Iterable[tuple[str, Path]],
    anchors: Anchors,
    at: int,
    policy: Policy,
    jobs: int,
) -> Iterator[Line]:
    """A line for each file (name, path), in their order."""
    readers = Readers(jobs, documents_each=1)  # so that the memory told is one file's
    waiting: queue.SimpleQueue[Future[Line]] = queue.SimpleQueue()
    try:
        with ThreadPoolExecutor(jobs) as pool:
            for name, path in files:
                waiting.put(pool.submit(_line, readers, name, path, anchors, at, policy))
                if waiting.qsize() >= jobs * _WAITING:
                    yield waiting.get().result()
            while not waiting.empty():
                yield waiting.get().result()
    finally:
        readers.close()


def files_below(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every file of a folder and of those in it, by name, links left out."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield str(path.relative_to(folder)), path


def summary(lines: Iterable[Line]) -> dict[str, Any]:
    """How many files had which verdict and which sub-indication, and the most that one took."""
    held = list(lines)
    taken = sorted(line.milliseconds for line in held)
    return {
        "files": len(held),
        "verdicts": dict(Counter(line.verdict.value for line in held).most_common()),
        "indications": dict(Counter(line.indication.value for line in held).most_common()),
        "sub_indications": dict(
            Counter(
                line.sub_indication.value for line in held if line.sub_indication is not None
            ).most_common()
        ),
        "formats": dict(Counter(line.format.value for line in held).most_common()),
        "milliseconds": {
            "median": taken[len(taken) // 2] if taken else 0,
            "most": taken[-1] if taken else 0,
        },
        "peak_memory": max((line.peak_memory for line in held), default=0),
    }


def _line(
    readers: Readers, name: str, path: Path, anchors: Anchors, at: int, policy: Policy
) -> Line:
    try:
        signed = _signed(path)
        document, content = _content(path), _content(signed) if signed else None
    except OSError as error:
        return _unread(name, Format.OTHER, Verdict.UNREADABLE, error.strerror or str(error))
    if len(document) + len(content or b"") > DOCUMENT_BYTES:
        return _unread(name, kind(document), Verdict.TOO_LARGE)
    reading = readers.read(document, anchors, content)
    report = validate(reading.evidence, {}, at, policy)
    return Line(
        name,
        report.format,
        report.verdict,
        report.indication,
        report.sub_indication,
        len(report.signatures),
        round(reading.microseconds / 1_000, 1),
        reading.peak_memory,
    )


def _signed(path: Path) -> Path | None:
    """The file that a signature beside it may be over: `a.txt` for `a.txt.p7s`."""
    signed = path.with_suffix("")
    found = path.suffix.lower() in _SIGNATURES and signed.is_file() and not signed.is_symlink()
    return signed if found else None


def _content(path: Path) -> bytes:
    """As much of a file as is checked, and a byte more."""
    with path.open("rb") as file:
        return file.read(DOCUMENT_BYTES + 1)


def _unread(name: str, form: Format, verdict: Verdict, error: str | None = None) -> Line:
    nothing = SubIndication.SIGNED_DATA_NOT_FOUND
    return Line(name, form, verdict, Indication.INDETERMINATE, nothing, 0, 0, 0, error)
