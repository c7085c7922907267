"""What a format reader finds out about a document. Facts only: validation weighs them."""

from dataclasses import dataclass
from enum import StrEnum

from signing.rules.algorithms import Algorithm
from signing.rules.report import (
    Format,
    Level,
    Part,
    Party,
    SignatureFormat,
    SubIndication,
)


class Changes(StrEnum):
    """What later revisions did to the document that a signature covers."""

    NONE = "none"
    VALIDATION_DATA = "validation_data"  # certificates, revocation, time-stamps
    SIGNATURES = "signatures"
    FORM_FILLING = "form_filling"
    FORBIDDEN = "forbidden"


class Fault(StrEnum):
    """A signature whose encoding is not what its format demands (for a PDF, ISO 32000-2 §12.8 and
    EN 319 142-1)."""

    UNREADABLE = "unreadable"
    BYTE_RANGE = "byte_range"  # not one gap, exactly /Contents, to the end of its revision
    CONTENTS = "contents"  # something besides zeros after the CMS
    SIGNER_INFOS = "signer_infos"  # not exactly one
    PREFIX = "prefix"  # bytes before %PDF-
    SUFFIX = "suffix"  # bytes after the last %%EOF
    ENCODING = "encoding"  # a seal of ours that we would have written otherwise
    UNSIGNED = "unsigned"  # beside a seal of ours, what no signature and no proof accounts for
    TIME_STAMP = "time_stamp"  # a document time-stamp does not fit the document
    STRUCTURE = "structure"  # what must be there is not, or is there twice
    REFERENCE = "reference"  # it refers to what it must not, or in a way that it must not
    CONTAINER = "container"  # the container around it is not as EN 319 162-1 demands


@dataclass(frozen=True, slots=True)
class Revocation:
    """When a certificate was revoked (NumericDate)."""

    at: int


@dataclass(frozen=True, slots=True)
class CertificateEvidence:
    """A certificate of a chain, and how the one above it signed it."""

    party: Party
    algorithm: Algorithm


@dataclass(frozen=True, slots=True)
class TimeStampEvidence:
    """The time-stamp over a signature; `problem` is None where it passed. `hashes` are those of its
    imprint and of its message; `policy` is the authority's (OID)."""

    at: int
    authority: Party | None
    problem: SubIndication | None
    policy: str | None = None
    algorithm: Algorithm | None = None
    hashes: tuple[str, ...] = ()
    chain: tuple[CertificateEvidence, ...] = ()


@dataclass(frozen=True, slots=True)
class SignatureEvidence:
    """One signature. `path` and `revocation` are what EN 319 102-1 §5.2.6 finds of the signer's
    chain, without and with its revocation; None is a pass. `archived`: past validation (§5.6)
    passed by the document's own time-stamps. `profiled`: under our seal policy, so its form is
    known to the last byte. `covered`: a later signature's picture hides what this one signed.
    `content_found`: what was signed is there to be compared. `revision`: what was signed is the
    first so many bytes of the file. `chain`: the signer's certificate first, the one that a root
    issued last. `hashes`: of what was signed. `commitments`: what the signer said to commit to
    (OIDs)."""

    name: str
    faults: tuple[Fault, ...] = ()
    content_found: bool = True
    digest_matches: bool = False
    signature_verifies: bool = False
    changes: Changes = Changes.NONE
    covers_whole_file: bool = False
    signer: Party | None = None
    claimed_at: int | None = None
    time_stamp: TimeStampEvidence | None = None
    path: SubIndication | None = None
    revocation: SubIndication | None = None
    revoked: Revocation | None = None
    authority_revoked: Revocation | None = None
    names_its_certificate: bool = False
    archived: bool = False
    profiled: bool = False
    covered: bool = False
    level: Level | None = None
    revision: int | None = None
    format: SignatureFormat = SignatureFormat.PADES
    algorithm: Algorithm | None = None
    hashes: tuple[str, ...] = ()
    chain: tuple[CertificateEvidence, ...] = ()
    key_usage: tuple[str, ...] | None = None
    commitments: tuple[str, ...] = ()


class Unreadable(StrEnum):
    """Why a file as a whole could not be looked into."""

    UNSUPPORTED = "unsupported"
    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    NOT_CHECKED = "not_checked"  # reading it ended in a crash, or took too much


@dataclass(frozen=True, slots=True)
class DocumentEvidence:
    """A file. `repaired`: only the lenient reader could read it. `parts`: what a container holds;
    of other files, what no signature covers."""

    size: int
    digest: str
    signatures: tuple[SignatureEvidence, ...] = ()
    unreadable: Unreadable | None = None
    repaired: bool = False
    unsigned_bytes: int = 0
    format: Format = Format.OTHER
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Registered:
    """What our own register says of a certificate that we issued."""

    revoked: Revocation | None = None
