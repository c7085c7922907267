"""One sheet of A4 with Khmer and Latin text in lines of our own making.

fpdf2 breaks lines at spaces and, where there are none, at any character; Khmer has no spaces
between words, and a cluster that is taken apart is misspelled. HarfBuzz shapes what is on a line.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

from fpdf import FPDF
from fpdf.fonts import TTFFont

_FONTS: Final = Path(__file__).parent / "fonts"
_FILES: Final = {"km": "NotoSansKhmer-Regular.ttf", "en": "NotoSans-Regular.ttf"}
_COENG: Final = "\u17d2"  # joins the next letter to the one before (Unicode §16.4)
_ZERO_WIDTH_SPACE: Final = "\u200b"
_MEASURED: Final = 10.0
"""The size (points) at which text is measured."""

WIDTH: Final = 210.0
HEIGHT: Final = 297.0

Run = tuple[str, str]
"""A typeface, and what is set in it."""

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Type:
    """How text is set: its size in points, and the height of a line in millimetres."""

    size: float
    line: float
    colour: Colour = (0, 0, 0)

    def scaled(self, by: float) -> "Type":
        return Type(self.size * by, self.line * by, self.colour)


class Sheet:
    """A page to write on; all lengths are millimetres from the top left corner."""

    def __init__(self, title: str, made_at: int) -> None:
        self._pdf = FPDF(unit="mm", format="A4")
        self._pdf.set_auto_page_break(False)
        self._pdf.set_title(title)
        self._pdf.set_lang("km")
        self._pdf.set_producer("Tra")
        self._pdf.set_creation_date(datetime.fromtimestamp(made_at, UTC))
        for name, file in _FILES.items():
            self._pdf.add_font(name, fname=_FONTS / file)
        self._pdf.set_text_shaping(True)
        self._pdf.add_page()
        self._pdf.c_margin = 0
        self._widths: dict[str, float] = {}

    def output(self) -> bytes:
        """The PDF."""
        return bytes(self._pdf.output())

    def lines(self, text: str, kind: Type, width: float) -> list[str]:
        """The text in lines that are no wider: broken at spaces, else between clusters."""
        made = [""]
        for word in _words(text):
            fits = self._width(word.rstrip(), kind) <= width
            for piece in [word] if fits else clusters(word):
                longer = made[-1] + piece  # with what two of its letters are closer, or less so
                if made[-1] and self._width(longer.rstrip(), kind) > width:
                    made.append(piece)
                else:
                    made[-1] = longer
        return [line.rstrip() for line in made if line.strip()] or [""]

    def write(self, x: float, y: float, lines: Sequence[str], kind: Type) -> float:
        """Set lines from a corner; returns where they end."""
        self._pdf.set_text_color(*kind.colour)
        for line in lines:
            at = x
            for typeface, text in _runs(line):
                self._pdf.set_font(typeface, size=kind.size)
                width = self._pdf.get_string_width(text)
                self._pdf.set_xy(at, y)
                self._pdf.cell(width, kind.line, text)
                at += width
            y += kind.line
        return y

    def box(self, x: float, y: float, w: float, h: float, colour: Colour, style: str) -> None:
        """A frame: `solid`, `thick` or `dashed`, so that it tells without its colour, too."""
        self._pdf.set_draw_color(*colour)
        self._pdf.set_line_width(1.2 if style == "thick" else 0.6)
        self._pdf.set_dash_pattern(*((2, 1.5) if style == "dashed" else (0, 0)))
        self._pdf.rect(x, y, w, h)
        self._pdf.set_dash_pattern()

    def rule(self, x: float, y: float, w: float) -> None:
        """A thin line."""
        self._pdf.set_draw_color(170, 170, 170)
        self._pdf.set_line_width(0.2)
        self._pdf.line(x, y, x + w, y)

    def _width(self, text: str, kind: Type) -> float:
        """Widths grow with the size; each piece is shaped once."""
        if text not in self._widths:
            total = 0.0
            for typeface, run in _runs(text):
                self._pdf.set_font(typeface, size=_MEASURED)
                total += self._pdf.get_string_width(run)
            self._widths[text] = total / _MEASURED
        return self._widths[text] * kind.size


def clusters(word: str) -> list[str]:
    """The smallest pieces that a line may end after: a letter with all that hangs on it."""
    made: list[str] = []
    for character in word:
        hangs = unicodedata.category(character) in {"Mn", "Mc", "Me", "Cf"}
        if made and (hangs or made[-1].endswith(_COENG)):
            made[-1] += character
        else:
            made.append(character)
    return made


def drawable() -> frozenset[str]:
    """The characters that there are typefaces for here."""
    return _known("km") | _known("en")


def _words(text: str) -> Iterator[str]:
    """What may stand on a line by itself, with the space after it."""
    for part in text.replace(_ZERO_WIDTH_SPACE, f"{_ZERO_WIDTH_SPACE}\n").splitlines():
        held = part.split(" ")
        yield from (f"{one} " for one in held[:-1])
        yield held[-1]


def _runs(line: str) -> list[Run]:
    """The line by typefaces; spaces go with what stands before."""
    made: list[Run] = []
    for character in line:
        typeface = "km" if character in _known("km") and not character.isascii() else "en"
        if made and (character == " " or made[-1][0] == typeface):
            made[-1] = (made[-1][0], made[-1][1] + character)
        else:
            made.append((typeface, character))
    return made


@cache
def _known(typeface: str) -> frozenset[str]:
    pdf = FPDF()
    pdf.add_font(typeface, fname=_FONTS / _FILES[typeface])
    font = pdf.fonts[typeface]
    assert isinstance(font, TTFFont)
    return frozenset(map(chr, font.cmap))
