"""A signature in a PDF, once it is known where it stands: who read the document does not matter
from here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from asn1crypto import cms
from pyhanko.sign.validation.policy_decl import LocalKnowledge

from signing.formats.cades import proofs
from signing.formats.cms import Content, Opened, encapsulated, open_signer
from signing.formats.digests import Covered, Digests
from signing.formats.paths import Paths
from signing.formats.signature import of_cms, weigh
from signing.formats.time_stamps import Stamp
from signing.formats.trust import Asked
from signing.formats.validation_data import together
from signing.rules.evidence import SignatureEvidence

SHA1: Final = "/adbe.pkcs7.sha1"
DETACHED: Final = "/adbe.pkcs7.detached"


@dataclass(frozen=True)
class Document:
    """What the signatures of one file have in common."""

    digests: Digests
    asked: Asked
    knowledge: LocalKnowledge
    paths: Paths

    @property
    def document(self) -> bytes:
        return self.digests.document


@dataclass(frozen=True)
class Standing:
    """A signature's /ByteRange and /SubFilter (None: it has none), the CMS in it, and the document
    time-stamps over it."""

    ranges: Sequence[int]
    sub_filter: str | None
    signed: cms.SignedData
    archives: tuple[Stamp, ...] = ()


async def weighed(
    held: Document, standing: Standing, found: SignatureEvidence
) -> tuple[SignatureEvidence, Opened]:
    """`found`, and what there is to find of a signature by itself. Raises ValueError where it would
    depend on a /SubFilter that is not there."""
    signed, covered = standing.signed, Covered(held.digests, standing.ranges)
    [info] = signed["signer_infos"]
    within_it = proofs.knowledge(signed, info)
    knowledge = together(held.knowledge, within_it)
    paths = None if within_it.known_crls or within_it.known_ocsps else held.paths
    more = (*knowledge.known_certs, *held.asked.anchors.certificates)
    within = encapsulated(signed)
    opened = open_signer(signed, info, within or covered, more)
    of_document = within is None or _is_of(within, covered, _sub_filter(standing))
    found = replace(
        found,
        faults=(*found.faults, *opened.faults),
        digest_matches=opened.intact and of_document,
        signature_verifies=opened.valid,
    )
    found = await weigh(of_cms(opened, knowledge, standing.archives), found, held.asked, paths)
    # ISO 32000-2 §12.8.3.3 does not ask for a reference to the certificate.
    names = found.names_its_certificate or _sub_filter(standing) == DETACHED
    return replace(found, names_its_certificate=names), opened


def _sub_filter(standing: Standing) -> str:
    if standing.sub_filter is None:
        raise ValueError("a signature that does not say its form")
    return standing.sub_filter


def _is_of(within: Content, covered: Content, sub_filter: str) -> bool:
    """Whether a content that is within the CMS, where none has to be, is the document's: all of it,
    or its SHA-1 by adbe.pkcs7.sha1 (ISO 32000-1 §12.8.3.3.1)."""
    if sub_filter == SHA1:
        return within.whole() == covered.digest("sha1")
    return within.digest("sha256") == covered.digest("sha256")
