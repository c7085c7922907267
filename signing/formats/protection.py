"""What the time-stamps of a signed document promise: until when it can be proven."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from asn1crypto import cms, core

from signing.formats import time_stamps
from signing.formats.cms import is_identified


@dataclass(frozen=True, slots=True)
class Protection:
    """What the newest archive time-stamp of a document promises: until when its authority's
    certificate is good (NumericDate). One over a signature alone promises nothing: what proves the
    signer ends before. `signed`: there is a signature at all."""

    signed: bool
    stamped_at: int | None = None
    until: int | None = None


def of(signatures: Iterable[Iterable[cms.SignedData]]) -> Protection:
    """By the archive time-stamps of each signature: a document lasts as long as the one that ends
    first."""
    return soonest(map(_by, signatures))


def soonest(found: Iterable[Protection]) -> Protection:
    """What ends first, of what has to last together; what has no time-stamp has ended."""
    each = list(found)
    return min(each, key=lambda one: one.until or 0, default=Protection(signed=False))


def _by(stamps: Iterable[cms.SignedData]) -> Protection:
    newest = max(map(_stamp, stamps), default=None)
    if newest is None:
        return Protection(signed=True)
    return Protection(signed=True, stamped_at=newest[0], until=newest[1])


def certificates(signed: cms.SignedData) -> Iterator[bytes]:
    """Those that a SignedData carries, DER."""
    held = signed["certificates"]
    for choice in () if isinstance(held, core.Void) else held:
        if choice.name == "certificate":
            yield choice.chosen.dump()


def _stamp(token: cms.SignedData) -> tuple[int, int]:
    """When a time-stamp was made, and until when its signer's certificate is good; raises
    ValueError."""
    at = stamped_at(token)
    by = token["signer_infos"][0]["sid"]
    ends = [
        int(choice.chosen.not_valid_after.timestamp())
        for choice in token["certificates"]
        if choice.name == "certificate" and is_identified(choice.chosen, by)
    ]
    return at, max(ends, default=0)


def stamped_at(token: cms.SignedData) -> int:
    """When a time-stamp says it was made (NumericDate); raises ValueError where it says nothing."""
    info = time_stamps.said(token)
    if info is None:
        raise ValueError("not a time-stamp")
    return int(info["gen_time"].native.timestamp())
