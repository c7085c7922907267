"""What a seal can be asked to be: its format, and the baseline level of its proofs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core.errors import Refusal
from signing.rules import reasons
from signing.rules.report import Level


class SealFormat(StrEnum):
    """The signature format, and where the signature stands."""

    PADES = "pades"
    CADES = "cades"
    CADES_ENVELOPING = "cades-enveloping"
    JADES = "jades"
    JADES_COMPACT = "jades-compact"
    JADES_DETACHED = "jades-detached"
    ASIC_S = "asic-s"
    ASIC_E = "asic-e"
    ASIC_E_XADES = "asic-e-xades"


@dataclass(frozen=True, slots=True)
class Offer:
    """What is offered of a format: what it is, the type of its answer, the levels, the usual
    one."""

    what: str
    media_type: str
    levels: tuple[Level, ...]
    level: Level = Level.LT


_ALL: Final = (Level.B, Level.T, Level.LT, Level.LTA)

OFFERS: Final = {
    SealFormat.PADES: Offer("the PDF, sealed within", "application/pdf", _ALL),
    SealFormat.CADES: Offer("a CMS beside any file", "application/pkcs7-signature", _ALL),
    SealFormat.CADES_ENVELOPING: Offer(
        "a CMS with the file within", "application/pkcs7-mime", _ALL
    ),
    SealFormat.JADES: Offer(
        "a JWS (JSON) with the JSON document within", "application/jose+json", _ALL
    ),
    SealFormat.JADES_COMPACT: Offer(
        "a JWS in one line with the JSON document within", "application/jose", (Level.B,), Level.B
    ),
    SealFormat.JADES_DETACHED: Offer("a JWS (JSON) beside any file", "application/jose+json", _ALL),
    SealFormat.ASIC_S: Offer(
        "a container of one file and its CMS", "application/vnd.etsi.asic-s+zip", _ALL
    ),
    SealFormat.ASIC_E: Offer(
        "a container of many files and a CMS over all", "application/vnd.etsi.asic-e+zip", _ALL
    ),
    SealFormat.ASIC_E_XADES: Offer(
        "the same, the seal in XML", "application/vnd.etsi.asic-e+zip", _ALL
    ),
}

OF_DIGESTS: Final = frozenset({SealFormat.PADES, SealFormat.CADES})
"""What can be made without the document."""

_DIGEST: Final = re.compile(r"[0-9a-f]{64}\Z")

_BY_MEDIA_TYPE: Final = {
    "application/pdf": SealFormat.PADES,
    "application/json": SealFormat.JADES,
    "application/jose+json": SealFormat.JADES,
    "application/pkcs7-mime": SealFormat.CADES_ENVELOPING,
    "application/vnd.etsi.asic-e+zip": SealFormat.ASIC_E,
}
"""The format where none is asked for, by the document's type."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A format and a level that go together."""

    format: SealFormat
    level: Level

    @property
    def offer(self) -> Offer:
        return OFFERS[self.format]

    def __str__(self) -> str:
        return f"{self.format} {self.level}"


def reaches(level: Level | None, asked: Level) -> bool:
    """Whether a signature has all that a level asks for: each has what those before it have."""
    return level is not None and _ALL.index(level) >= _ALL.index(asked)


def check_wanted(
    asked_format: str | None, asked_level: str | None, media_types: Sequence[str]
) -> Wanted:
    """The format and level that are asked for; what is left out follows from the documents."""
    if asked_format is None:
        several = len(media_types) > 1
        wanted = SealFormat.ASIC_E if several else _BY_MEDIA_TYPE.get(media_types[0])
        if wanted is None:
            raise Refusal(reasons.FORMAT_NOT_NAMED, media_types[0])
        return _with_level(wanted, asked_level)
    return _with_level(_format(asked_format), asked_level)


@dataclass(frozen=True, slots=True)
class WantedDigest:
    """A seal for what has this SHA-256."""

    digest: bytes
    wanted: Wanted


def check_digest(asked: object) -> WantedDigest:
    """A digest that is to be sealed: `hash`, `digest` in hex, `format`, and `level` or none."""
    if not isinstance(asked, dict) or not all(isinstance(one, str) for one in asked.values()):
        raise Refusal(reasons.DIGEST_MALFORMED, "not an object of strings")
    if asked.get("hash") != "sha256":
        raise Refusal(reasons.HASH_NOT_SUPPORTED, str(asked.get("hash")))
    digest = str(asked.get("digest", ""))
    if not _DIGEST.match(digest):
        raise Refusal(reasons.DIGEST_MALFORMED, "not 64 hex digits")
    wanted = _with_level(_format(str(asked.get("format", SealFormat.CADES))), asked.get("level"))
    if wanted.format not in OF_DIGESTS:
        raise Refusal(reasons.FORMAT_NEEDS_DOCUMENT, wanted.format)
    if wanted.format is SealFormat.PADES and wanted.level is Level.LTA:
        raise Refusal(reasons.LEVEL_NOT_OFFERED, "B-LTA covers the whole PDF")
    return WantedDigest(bytes.fromhex(digest), wanted)


def _format(asked: str) -> SealFormat:
    if asked not in OFFERS:
        raise Refusal(reasons.FORMAT_UNKNOWN, asked[:40])
    return SealFormat(asked)


def _with_level(wanted: SealFormat, asked: str | None) -> Wanted:
    offer = OFFERS[wanted]
    if asked is None:
        return Wanted(wanted, offer.level)
    if asked not in offer.levels:
        raise Refusal(reasons.LEVEL_NOT_OFFERED, f"{asked[:20]} of {wanted}")
    return Wanted(wanted, Level(asked))
