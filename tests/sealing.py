"""Seals in every format, as agencies ask for them, and what EU DSS says of each."""

from pathlib import Path
from typing import Any

from signing.rules.report import Level
from signing.rules.seal_format import OFFERS, SealFormat
from tests.documents import plain_pdf
from tests.dss import Judge
from tests.signing_service import Visitor

BESIDE = frozenset({SealFormat.CADES, SealFormat.JADES_DETACHED})
"""What does not hold what it signs."""

LASTING = tuple(one for one, offer in OFFERS.items() if Level.LTA in offer.levels)
LETTER = b'["A letter."]'

CHAIN_ONLY = frozenset({Level.B, Level.T})  # without revocation data, DSS asks for some


def ask(
    visitor: Visitor,
    content: bytes,
    key: str | None = None,
    kind: str = "text/plain",
    **asked: str,
) -> Any:
    """One file, as the body."""
    headers = {"Authorization": f"Bearer {visitor.service.token()}", "Content-Type": kind}
    if key is not None:
        headers["Idempotency-Key"] = key
    return visitor.http.post("/seal", params=asked, content=content, headers=headers)


def ask_for_all(
    visitor: Visitor, *files: tuple[str, bytes, str], key: str | None = None, **asked: str
) -> Any:
    """Several files, as a form sends them."""
    headers = {"Authorization": f"Bearer {visitor.service.token()}"}
    if key is not None:
        headers["Idempotency-Key"] = key
    sent = [("document", file) for file in files]
    return visitor.http.post("/seal", params=asked, files=sent, headers=headers)


def document_for(wanted: SealFormat) -> tuple[bytes, str]:
    """What a format can seal, and its media type."""
    if wanted is SealFormat.PADES:
        return plain_pdf(), "application/pdf"
    return LETTER, "application/json"


def check(judge: Judge, visitor: Visitor, level: str, *files: Path) -> None:
    """DSS says that each signature is of this level and passes, as far as it has proofs."""
    for found in judge.judge(*files[:1], visitor.service.clock.now(), *files[1:]):
        assert found.level.endswith(f"-BASELINE-{level.removeprefix('B-')}"), found
        if level in CHAIN_ONLY:
            assert found.sub_indication == "CERTIFICATE_CHAIN_GENERAL_FAILURE", found
        else:
            assert (found.indication, found.told) == ("TOTAL_PASSED", ()), found
