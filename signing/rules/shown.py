"""Texts that somebody else wrote (names in certificates, of files), as a reader may be shown them.

What cannot be seen, turns the order of what can, or is a letter that looks like another is spelled
out: `\\u{202e}`. Such a character could make one name look like another (UAX #9, UTS #39 §5), and
XML 1.0 has no way to write some.
"""

import re
import unicodedata
from collections.abc import Container
from typing import Final

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_WITHIN_KHMER: Final = frozenset("\u200b\u200c\u200d")  # between words, and in clusters
_WORD: Final = re.compile(r"\w+")
_LIKE_LATIN: Final = frozenset(
    {"ARMENIAN", "CHEROKEE", "COPTIC", "CYRILLIC", "FULLWIDTH", "GREEK", "LISU", "MATHEMATICAL"}
)
"""How the names of letters begin that pass for Latin ones."""

_MANY_MARKS: Final = 8
"""Marks on one letter: a Khmer cluster has fewer, and a pile of them covers the lines around."""


def shown(text: str, most: int = 0, known: Container[str] | None = None) -> str:
    """The text as `most` characters at most (0: however many), with an ellipsis where there were
    more. `known`: those that can be drawn; others are spelled out, too."""
    spelled: list[str] = []
    length, marks, before = 0, 0, ""
    text = text[: most + 1] if most else text
    alike = _alike(text)
    for place, character in enumerate(text):
        kind = unicodedata.category(character)
        marks = marks + 1 if kind in {"Mn", "Mc", "Me"} else 0
        hidden = kind in _UNSEEN and not (character in _WITHIN_KHMER and _is_khmer(before))
        strange = known is not None and character not in known
        plain = not hidden and not strange and place not in alike and marks <= _MANY_MARKS
        spelled.append(character if plain else f"\\u{{{ord(character):x}}}")
        length += len(spelled[-1])
        if most and length > most:
            break
        before = character
    else:
        return "".join(spelled)
    while length > most - 1:
        length -= len(spelled.pop())
    return "".join(spelled) + "…"


def _alike(text: str) -> frozenset[int]:
    """Where letters of another script stand in a word of Latin ones (UTS #39 §5.1)."""
    found: set[int] = set()
    for word in _WORD.finditer(text):
        if word[0].isascii():
            continue
        scripts = [unicodedata.name(one, "").partition(" ")[0] for one in word[0]]
        if "LATIN" in scripts:
            found.update(n for n, one in enumerate(scripts, word.start()) if one in _LIKE_LATIN)
    return frozenset(found)


def _is_khmer(character: str) -> bool:
    return "\u1780" <= character <= "\u17dd"
