"""What stands beside the signatures of a document: other revisions, other signatures' pictures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader

from keys.profiles import TIMESTAMP_POLICY
from signing.formats.pades import covering, profile, structure
from signing.formats.pades.embedded import Embedded
from signing.formats.profile import is_ours
from signing.formats.trust import Anchors, leads_to_root
from signing.rules.evidence import Fault, SignatureEvidence
from signing.rules.report import StampKind


def weigh(
    found: Sequence[SignatureEvidence],
    fields: Sequence[Any],
    reader: PdfFileReader,
    document: bytes,
    anchors: Anchors,
) -> Iterator[SignatureEvidence]:
    """Signatures, and what stands beside them: a fault where they are seals of ours and nobody
    vouches for the rest (see `profile`), pictures of later ones that hide what they signed."""
    profiled = any(one.profiled for one in found)
    if not profiled and len(fields) == 1:
        yield from found
        return
    readable = {name: _read(reader, name, field) for name, _, field in fields}
    embedded = {name: one for name, one in readable.items() if one is not None}
    if len(fields) > 1:
        found = list(_with_pictures(found, embedded))
    if not profiled:
        yield from found
        return
    signatures = embedded.values()
    last = max(signatures, key=_covered)
    encoded = [one.pkcs7_content[: structure.der_length(one.pkcs7_content)] for one in signatures]
    stands = (
        reader.strict
        and profile.rest_stands(document, reader, _covered(last), encoded, anchors)
        and all(
            profile.signature_stands(document, one, anchors.roots)
            for one in signatures
            if one.sig_object_type == "/DocTimeStamp" and _is_our_stamp(one, anchors)
        )
    )
    by_others = last.sig_object_type == "/Sig" and not is_ours(last.signer_cert)
    for one in found:
        wrong = one.profiled and not stands and not by_others
        yield with_fault(one, Fault.UNSIGNED) if wrong else one


def _with_pictures(
    found: Sequence[SignatureEvidence], embedded: Mapping[str, Embedded]
) -> Iterator[SignatureEvidence]:
    """Certified signatures need no look: they say what may follow (ISO 32000-2 §12.8.2.2)."""
    for one in found:
        intact = not one.faults and one.digest_matches and one.name in embedded
        bare = intact and embedded[one.name].docmdp_level is None
        hidden = bare and covering.covered(embedded[one.name], embedded.values())
        yield replace(one, covered=hidden)


def _read(reader: PdfFileReader, name: str, field: Any) -> Embedded | None:
    """A signature or time-stamp that names its signer; any other covers nothing."""
    try:
        found = Embedded(reader, field, name)
        named = found.signer_cert is not None
    except (Exception, RecursionError, MemoryError):  # a finding of its own, whatever it is
        return None
    return found if named else None


def _is_our_stamp(embedded: Embedded, anchors: Anchors) -> bool:
    """Whether a document time-stamp is by our authority: its encoding is then known."""
    signer = embedded.signer_cert
    return is_ours(signer, TIMESTAMP_POLICY) and leads_to_root(
        signer, embedded.other_embedded_certs, anchors
    )


def _covered(embedded: Embedded) -> int:
    """Where what a signature covers ends."""
    return int(embedded.byte_range[2]) + int(embedded.byte_range[3])


def with_stamps(found: SignatureEvidence) -> SignatureEvidence:
    """One of ours, or a time-stamp alone, does not stand where a time-stamp over it is over
    something else. Of others that is no fault: it proves nothing, and is told (EN 319 102-1 §5.5.4
    step 3 b)."""
    bound = found.profiled or found.is_time_stamp
    fails = any(one.fault and one.kind is StampKind.ARCHIVE for one in found.time_stamps)
    return with_fault(found, Fault.TIME_STAMP) if bound and fails else found


def with_fault(found: SignatureEvidence, fault: Fault) -> SignatureEvidence:
    return replace(found, faults=(*found.faults, fault))
