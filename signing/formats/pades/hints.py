"""The hint stream of a linearised file, to which nothing refers (ISO 32000-2 Annex F).

Writers differ in how they fill its tables, and readers do without them. So it is not judged by what
the tables say: it has the entries of a hint stream and no others, and would draw nothing if a later
change made it the content of a page.
"""

import re
from collections.abc import Mapping
from typing import Final

from signing.formats.plain.lexer import NotPlain, Value
from signing.formats.plain.sections import natural, unpack

FIRST_BYTES: Final = 1024
"""Within these a linearised file says that it is one (F.3.2)."""

_BYTES: Final = 8_000_000
_OF_A_STREAM: Final = frozenset({b"/Length", b"/Filter", b"/DecodeParms"})
_TABLES: Final = frozenset(b"/S /T /O /A /E /V /I /C /L /R /B /P".split())
"""Where each table begins (Table F.2); /P is MuPDF's."""

_GAP: Final = rb"(?:[\0\t\n\f\r ]++|%[^\r\n]*+)"
_NUMBER: Final = rb"[-+.0-9]++"
_NAME: Final = rb"/[^\0\t\n\f\r ()<>\[\]{}/%]*+"
_ENDS: Final = rb"(?![^\0\t\n\f\r ()<>\[\]{}/%])"

DRAWS: Final = re.compile(
    # Every drawing begins a path, shows an object or a shading, or has an image within ...
    rb"%(number)b%(gap)b+%(number)b%(gap)b*(?:m|l|re)%(ends)b"
    rb"|%(name)b%(gap)b+(?:Do|sh|gs)%(ends)b"
    rb"|(?<![^\0\t\n\f\r ()<>\[\]{}])BI(?:%(gap)b|/)"
    # ... or sets a font (which /gs can do as well).
    rb"|%(name)b%(gap)b+%(number)b%(gap)b*Tf%(ends)b"
    % {b"number": _NUMBER, b"gap": _GAP, b"name": _NAME, b"ends": _ENDS}
)
"""Operators without which a content stream shows nothing (§8.5.2, §8.7 to §8.9, §9.3)."""


def are_hints(entries: Mapping[bytes, Value], encoded: bytes) -> bool:
    """Whether a stream can be one of hint tables; `encoded` is its content as the file has it."""
    try:
        for key in entries.keys() - _OF_A_STREAM:
            natural(entries[key])
        content = unpack(encoded, entries, _BYTES)
    except NotPlain:
        return False
    return entries.keys() <= _OF_A_STREAM | _TABLES and DRAWS.search(content) is None
