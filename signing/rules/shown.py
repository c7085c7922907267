"""Texts that somebody else wrote (names in certificates, of files), as a reader may be shown them.

What cannot be seen, or turns the order of what can, is spelled out: `\\u{202e}`. Such a character
could make one name look like another (UAX #9, UTS #39 §5), and XML 1.0 has no way to write some.
"""

import unicodedata
from typing import Final

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_WITHIN_KHMER: Final = frozenset("\u200b\u200c\u200d")  # between words, and in clusters
_MANY_MARKS: Final = 8
"""Marks on one letter: a Khmer cluster has fewer, and a pile of them covers the lines around."""


def shown(text: str, most: int = 0) -> str:
    """The text, at most `most` characters of it (0: all), with an ellipsis where more were."""
    cut = text if not most or len(text) <= most else text[: most - 1]
    spelled: list[str] = []
    marks, before = 0, ""
    for character in cut:
        kind = unicodedata.category(character)
        marks = marks + 1 if kind in {"Mn", "Mc", "Me"} else 0
        hidden = kind in _UNSEEN and not (character in _WITHIN_KHMER and _is_khmer(before))
        spelled.append(_spelled(character) if hidden or marks > _MANY_MARKS else character)
        before = character
    return "".join(spelled) + ("…" if cut != text else "")


def _is_khmer(character: str) -> bool:
    return "\u1780" <= character <= "\u17dd"


def _spelled(character: str) -> str:
    return f"\\u{{{ord(character):x}}}"
