"""`python -m signing.formats.pdfium TASK`: what PDFium does for us, `compare` or `flatten`.

It is given hostile files, so it works in a process of its own that is confined before it sees
them, answers once, and ends.
"""

import struct
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

import orjson

from signing.formats import flattening, pictures
from signing.formats.confinement import WALL_SECONDS, confine

_COUNT: Final = struct.Struct("!B")
_LENGTH: Final = struct.Struct("!Q")

Answer = tuple[dict[str, Any], Sequence[bytes]]
"""What is told, and the files that go with it."""

TASKS: Final[dict[str, Callable[..., Answer]]] = {
    "compare": pictures.draw,
    "flatten": flattening.flattened,
}


class NoAnswer(Exception):
    """PDFium could not do it within what one file may take."""


def ask(task: str, *documents: bytes) -> Answer:
    """What PDFium answers about documents; raises NoAnswer."""
    command = (sys.executable, "-I", "-m", "signing.formats.pdfium", task)
    question = _packed(documents)
    try:
        answer = subprocess.run(  # noqa: S603  # our own module, no input in its command
            command,
            input=question,
            capture_output=True,
            env={},
            timeout=2 * WALL_SECONDS,
            check=True,
        ).stdout
        told, *files = _unpacked(answer)
        return orjson.loads(told), files
    except (subprocess.SubprocessError, struct.error, ValueError) as error:
        raise NoAnswer(task) from error


def main() -> None:
    """Answer one question, which comes by the standard input."""
    task = TASKS[sys.argv[1]]
    flattening.load()
    pictures.load()
    documents = _unpacked(sys.stdin.buffer.read())
    confine().begin(sum(map(len, documents)))
    told, files = task(*documents)
    sys.stdout.buffer.write(_packed((orjson.dumps(told), *files)))


def _packed(parts: Sequence[bytes]) -> bytes:
    lengths = (_LENGTH.pack(len(part)) for part in parts)
    return b"".join((_COUNT.pack(len(parts)), *lengths, *parts))


def _unpacked(packed: bytes) -> list[bytes]:
    (count,) = _COUNT.unpack_from(packed)
    lengths = [
        _LENGTH.unpack_from(packed, _COUNT.size + number * _LENGTH.size)[0]
        for number in range(count)
    ]
    parts, at = [], _COUNT.size + count * _LENGTH.size
    for length in lengths:
        parts.append(packed[at : at + length])
        at += length
    if at != len(packed):
        raise ValueError("not as long as it says")
    return parts


if __name__ == "__main__":
    main()
