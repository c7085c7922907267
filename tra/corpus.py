"""A folder of signed files, each given its verdict: one line a file, and a sum at the end."""

import queue
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from signing.formats.kinds import kind
from signing.formats.readers import Readers, Reading
from signing.formats.trust import Anchors
from signing.rules.policy import Policy
from signing.rules.report import Format, Indication, Report, SubIndication, Verdict
from signing.rules.validation import validate
from tra import beside

_TOLD: Final = 10
"""Files that took the most and are told of by name."""

_NAMED: Final = 50
"""Files without an answer that people are told of by name."""

_UNANSWERED: Final = frozenset({Verdict.UNREADABLE, Verdict.NOT_CHECKED, Verdict.TOO_LARGE})

_WAITING: Final = 4
"""Files that are read ahead for each job."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is told of one file. `milliseconds` and `peak_memory` (bytes) are its reader's;
    `detached`: the files that were taken for what it signs."""

    file: str
    format: Format
    verdict: Verdict
    indication: Indication
    sub_indication: SubIndication | None
    signatures: int
    milliseconds: float
    peak_memory: int
    error: str | None = None
    detached: tuple[str, ...] = ()


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
    """How many files of each format had which verdict and why, what the most took, and those that
    got no answer."""
    held = list(lines)
    taken = sorted(line.milliseconds for line in held) or [0]
    return {
        "files": len(held),
        "verdicts": _counted(line.verdict for line in held),
        "indications": _counted(line.indication for line in held),
        "sub_indications": _counted(filter(None, (line.sub_indication for line in held))),
        "formats": _counted(line.format for line in held),
        "table": list(_table(held)),
        "milliseconds": {
            "median": taken[len(taken) // 2],
            "of_99_in_100": taken[len(taken) * 99 // 100],
            "most": taken[-1],
        },
        "peak_memory": max((line.peak_memory for line in held), default=0),
        "slowest": _most(held, lambda line: line.milliseconds),
        "largest": _most(held, lambda line: line.peak_memory),
        "unanswered": [line.file for line in held if line.verdict in _UNANSWERED],
    }


def text(summed: dict[str, Any]) -> str:
    """A summary as a table; then what took the most, and what got no answer."""
    lines = ["", f"{summed['files']} files"]
    lines += [
        f"{row['files']:8} {row['format']:16} {row['verdict']:16} {row['sub_indication'] or ''}"
        for row in summed["table"]
    ]
    took = summed["milliseconds"]
    lines.append(
        f"{took['median']} ms each by the median, 99 of 100 in {took['of_99_in_100']} ms, all in "
        f"{took['most']} ms and {summed['peak_memory'] // 1_000_000} MB"
    )
    lines += [f"  slow: {one['file']}, {one['milliseconds']} ms" for one in summed["slowest"][:3]]
    lines += [
        f"  large: {one['file']}, {one['peak_memory'] // 1_000_000} MB"
        for one in summed["largest"][:3]
    ]
    unanswered = summed["unanswered"]
    lines += [f"  no answer: {name}" for name in unanswered[:_NAMED]]
    if len(unanswered) > _NAMED:
        lines.append(f"  and {len(unanswered) - _NAMED} more without an answer")
    return "\n".join(lines)


def _table(lines: Iterable[Line]) -> Iterator[dict[str, Any]]:
    """How often each format, verdict and sub-indication came together, by format."""
    counts = Counter((line.format, line.verdict, line.sub_indication) for line in lines)
    for (form, verdict, why), files in sorted(
        counts.items(), key=lambda one: (one[0][0], -one[1], one[0][1])
    ):
        yield {"format": form, "verdict": verdict, "sub_indication": why, "files": files}


def _counted(values: Iterable[StrEnum]) -> dict[str, int]:
    return dict(Counter(one.value for one in values).most_common())


def _most(lines: list[Line], by: Callable[[Line], float]) -> list[dict[str, Any]]:
    return [
        {
            "file": line.file,
            "milliseconds": line.milliseconds,
            "peak_memory": line.peak_memory,
        }
        for line in sorted(lines, key=by, reverse=True)[:_TOLD]
    ]


@dataclass(frozen=True, slots=True)
class _Look:
    """Checks one file, alone or with what is beside it."""

    path: Path
    document: bytes
    readers: Readers
    anchors: Anchors
    at: int
    policy: Policy

    def __call__(self, paths: beside.Paths = ()) -> tuple[Reading, Report]:
        """Raises _TooLarge, OSError."""
        content = beside.read(paths, self.path.parent, beside.MOST_BYTES + 1)
        over = beside.record(self.path)
        record = over.read_bytes() if over is not None else None
        held = sum(len(one) for _, one in content.files) + len(record or b"")
        if len(self.document) + held > beside.MOST_BYTES:
            raise _TooLarge
        reading = self.readers.read(self.document, self.anchors, content, record)
        return reading, validate(reading.evidence, {}, self.at, self.policy)


class _TooLarge(Exception):
    """More than is checked."""


def _line(
    readers: Readers, name: str, path: Path, anchors: Anchors, at: int, policy: Policy
) -> Line:
    document = b""
    paths: beside.Paths = ()
    try:
        [(_, document)] = beside.read([path], path.parent, beside.MOST_BYTES + 1).files
        look = _Look(path, document, readers, anchors, at, policy)
        reading, report = look()
        if report.verdict is Verdict.CONTENT_MISSING:
            found = beside.search(
                path, beside.missing(report), look, lambda one: one[1].verdict.value
            )
            if found is not None:
                paths, (reading, report) = found
    except _TooLarge:
        form = kind(document)
        known = Verdict.UNSUPPORTED if form is Format.OTHER else Verdict.TOO_LARGE
        return _unread(name, form, known)
    except OSError as error:
        return _unread(name, Format.OTHER, Verdict.UNREADABLE, error.strerror or str(error))
    return Line(
        name,
        report.format,
        report.verdict,
        report.indication,
        report.sub_indication,
        len(report.signatures),
        round(reading.microseconds / 1_000, 1),
        reading.peak_memory,
        detached=tuple(map(str, paths)),
    )


def _unread(name: str, form: Format, verdict: Verdict, error: str | None = None) -> Line:
    nothing = SubIndication.SIGNED_DATA_NOT_FOUND
    return Line(name, form, verdict, Indication.INDETERMINATE, nothing, 0, 0, 0, error)
