"""A PDF that nobody signed, with document time-stamps over it (EN 319 142-1 §5.4.3): the first
proves when it existed, and each later one renews that."""

from collections.abc import Sequence
from dataclasses import replace

from pyhanko.sign.validation.status import SignatureCoverageLevel

from signing.formats.cades import reading as cades
from signing.formats.cms import WHATEVER
from signing.formats.digests import Covered, Digests
from signing.formats.pades import structure
from signing.formats.pades.archives import Archive
from signing.formats.pades.changes import changes
from signing.formats.pades.embedded import Embedded
from signing.formats.time_stamps import Stamp
from signing.formats.trust import Asked
from signing.rules.evidence import Fault, SignatureEvidence
from signing.rules.report import SignatureFormat


def read(digests: Digests, archives: Sequence[Archive], asked: Asked) -> SignatureEvidence:
    """The evidence of the first; what cannot be read is still a time-stamp. `asked.known`: what the
    document's store holds."""
    name = ""
    try:
        first, *later = sorted(archives, key=lambda one: one.end)
        if first.embedded is None:
            raise ValueError("a time-stamp that cannot be read")
        name = str(first.embedded.field_name)
        found = _first(digests, first.embedded, tuple(one.stamp for one in later), asked)
    except WHATEVER:
        found = SignatureEvidence("", (Fault.UNREADABLE,), is_time_stamp=True)
    return replace(found, name=name, format=SignatureFormat.PADES)


def _first(
    digests: Digests, embedded: Embedded, renewing: tuple[Stamp, ...], asked: Asked
) -> SignatureEvidence:
    token, _ = structure.encoded(embedded.pkcs7_content)
    covered = Covered(digests, [int(number) for number in embedded.byte_range])
    [found] = cades.signatures(token, covered, asked, renewing)
    if not found.is_time_stamp:
        raise ValueError("a signature that calls itself a time-stamp")
    ranges, contents = list(embedded.byte_range), embedded.pkcs7_content
    encrypted = embedded.reader.encrypted
    faults = structure.faults(digests.document, ranges, contents, encrypted=encrypted)
    changed = changes(digests.document, embedded)
    return replace(
        found,
        faults=(*faults, *found.faults),
        changes=changed,
        covers_whole_file=embedded.coverage is SignatureCoverageLevel.ENTIRE_FILE,
        revision=None if faults or found.faults else sum(list(map(int, embedded.byte_range))[2:]),
    )
