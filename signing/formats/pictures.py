"""Two revisions of a PDF as pictures, with what differs marked."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

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

    @classmethod
    def read(cls, told: dict[str, Any], files: Sequence[bytes]) -> "Comparison":
        """What `draw` answered."""
        pairs = zip(told["shown"], files[::2], files[1::2], strict=True)
        shown = tuple(Pair(number, one or None, other or None) for number, one, other in pairs)
        return cls(told["signed"], told["now"], tuple(told["differing"]), shown)


def load() -> None:
    """Import what drawing needs: a confined process can open no file."""
    import pypdfium2  # noqa: F401, PLC0415  # 40 ms, which only drawing pays
    from PIL import Image, ImageChops, ImageDraw, WebPImagePlugin  # noqa: F401, PLC0415

    Image.init()


def draw(signed: bytes, now: bytes) -> tuple[dict[str, Any], Sequence[bytes]]:
    """The pages of both revisions compared, and pictures of the first that differ."""
    import pypdfium2  # noqa: PLC0415

    revisions = [pypdfium2.PdfDocument(document) for document in (signed, now)]
    for revision in revisions:
        revision.init_forms()
    counts = [len(revision) for revision in revisions]
    differing: list[int] = []
    shown: list[int] = []
    files: list[bytes] = []
    for number in range(min(max(counts), PAGES)):
        pair = [_draw(revision, number) for revision in revisions]
        missing = None in pair
        places = [] if missing else list(_places(*pair))
        if not places and not missing:
            continue
        differing.append(number + 1)
        if len(shown) < SHOWN:
            shown.append(number + 1)
            files += (_picture(drawn, places) for drawn in pair)
    told = {"signed": counts[0], "now": counts[1], "differing": differing, "shown": shown}
    return told, files


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
