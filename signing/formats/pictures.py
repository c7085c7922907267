"""`python -m signing.formats.pictures`: two revisions of a PDF as pictures, differences marked.

PDFium draws. It is given hostile files, so it draws in a process of its own that is confined
before it sees them, answers once, and ends.
"""

import struct
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

import orjson

from signing.formats.confinement import WALL_SECONDS, confine, renew_time

_TWO_LENGTHS: Final = struct.Struct("!QQ")
_HEAD: Final = struct.Struct("!I")
_DRAWER: Final = (sys.executable, "-I", "-m", "signing.formats.pictures")

PAGES: Final = 200
"""Pages of each revision that are looked at."""

SHOWN: Final = 2
"""Differing pages that are answered as pictures: a page of ours weighs less than 100 kB."""

_WIDTH: Final = 440
_HEIGHTS: Final = (40, 1_200)
_QUALITY: Final = 30
_VISIBLE: Final = 48  # of 255: less is how the same line is drawn twice
_APART: Final = 10  # rows without a difference that separate two places
_RED: Final = (196, 24, 32)

_Box = tuple[int, int, int, int]
"""Left, top, right, bottom, in pixels."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One page (from 1) as it was signed and as it is: WebP, None where there is no such page."""

    number: int
    signed: bytes | None
    now: bytes | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many pages each revision has, which of them differ, and the first of those."""

    pages_signed: int
    pages_now: int
    differing: tuple[int, ...]
    shown: tuple[Pair, ...]


class NotDrawn(Exception):
    """The pages could not be drawn within what one file may take."""


def compare(signed: bytes, now: bytes) -> Comparison:
    """Draw and compare the pages; raises NotDrawn."""
    question = _TWO_LENGTHS.pack(len(signed), len(now)) + signed + now
    try:
        drawn = subprocess.run(  # noqa: S603  # our own module, no input in its command
            _DRAWER,
            input=question,
            capture_output=True,
            env={},
            timeout=2 * WALL_SECONDS,
            check=True,
        ).stdout
        (length,) = _HEAD.unpack_from(drawn)
        head = orjson.loads(drawn[_HEAD.size : _HEAD.size + length])
        pictures = BytesIO(drawn[_HEAD.size + length :])
        shown = tuple(
            Pair(number, pictures.read(before) or None, pictures.read(after) or None)
            for number, before, after in head["shown"]
        )
        differing = tuple(int(number) for number in head["differing"])
        return Comparison(int(head["signed"]), int(head["now"]), differing, shown)
    except (subprocess.SubprocessError, struct.error, ValueError, KeyError, TypeError) as error:
        raise NotDrawn from error


def main() -> None:
    """Answer one question: both revisions by the standard input."""
    import pypdfium2  # noqa: PLC0415  # 40 ms, which only the drawing process pays
    from PIL import Image, ImageChops, ImageDraw, WebPImagePlugin  # noqa: F401, PLC0415

    Image.init()
    lengths = _TWO_LENGTHS.unpack(sys.stdin.buffer.read(_TWO_LENGTHS.size))
    documents = [sys.stdin.buffer.read(length) for length in lengths]
    confine()
    renew_time()
    signed, now = (pypdfium2.PdfDocument(document) for document in documents)
    differing: list[int] = []
    shown: list[tuple[int, bytes, bytes]] = []
    for number in range(min(max(len(signed), len(now)), PAGES)):
        pair = [_draw(revision, number) for revision in (signed, now)]
        missing = None in pair
        places = [] if missing else list(_places(*pair))
        if not places and not missing:
            continue
        differing.append(number + 1)
        if len(shown) < SHOWN:
            before, after = (_picture(drawn, places) for drawn in pair)
            shown.append((number + 1, before, after))
    head = orjson.dumps(
        {
            "signed": len(signed),
            "now": len(now),
            "differing": differing,
            "shown": [(number, len(one), len(other)) for number, one, other in shown],
        }
    )
    answer = _HEAD.pack(len(head)) + head + b"".join(one + other for _, one, other in shown)
    sys.stdout.buffer.write(answer)


def _draw(document: Any, number: int) -> Any:
    """A page as a picture of a fixed width; None where there is no such page."""
    if number >= len(document):
        return None
    page = document[number]
    width, height = page.get_size()
    scale = _WIDTH / max(width, 1)
    lowest, highest = _HEIGHTS
    if not lowest <= height * scale <= highest:
        scale = min(scale, highest / max(height, 1))
    return page.render(scale=scale).to_pil().convert("RGB")


def _places(signed: Any, now: Any) -> Iterator[_Box]:
    """The boxes, from top to bottom, in which two pictures of a page differ."""
    from PIL import ImageChops  # noqa: PLC0415

    if signed.size != now.size:
        yield (0, 0, *now.size)
        return
    differs = ImageChops.difference(signed, now).convert("L").point(lambda v: 255 * (v > _VISIBLE))
    width, height = differs.size
    rows = [y for y in range(height) if differs.crop((0, y, width, y + 1)).getbbox()]
    while rows:
        top = bottom = rows.pop(0)
        while rows and rows[0] - bottom <= _APART:
            bottom = rows.pop(0)
        box = differs.crop((0, top, width, bottom + 1)).getbbox()
        assert box is not None, "one of its rows has a difference"
        yield box[0], top, box[2], bottom + 1


def _picture(drawn: Any, places: Iterable[_Box]) -> bytes:
    """WebP, with a frame around each place; empty where there is no picture."""
    from PIL import ImageDraw  # noqa: PLC0415

    if drawn is None:
        return b""
    for left, top, right, bottom in places:
        frame = (max(left - 4, 0), max(top - 4, 0), right + 3, bottom + 3)
        ImageDraw.Draw(drawn).rectangle(frame, outline=_RED, width=2)
    written = BytesIO()
    drawn.save(written, "WEBP", quality=_QUALITY)
    return written.getvalue()


if __name__ == "__main__":
    main()
