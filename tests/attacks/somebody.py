"""Somebody else's authority, and those whom it certified: our register knows that none of them was
revoked."""

from typing import Any

from tests.attacks.pki import root
from tests.attacks.verdicts import Told, judge, told

ROOT = root()
AUTHORITY = ROOT.authority("Authority")
SOMEBODY = AUTHORITY.signer()
ANOTHER = AUTHORITY.signer("Another")
CLOCK = AUTHORITY.time_authority()


def verdict(document: bytes, **how: Any) -> Told:
    return told(judge(document, ROOT, SOMEBODY, ANOTHER, CLOCK, **how))
