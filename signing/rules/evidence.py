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
    StampKind,
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
    TIME_STAMP = "time_stamp"  # in a seal of ours, or standing alone, and over something else
    STRUCTURE = "structure"  # what must be there is not, or is there twice
    REFERENCE = "reference"  # it refers to what it must not, or in a way that it must not
    CONTAINER = "container"  # the container around it is not as EN 319 162-1 demands


@dataclass(frozen=True, slots=True)
class Revocation:
    """When a certificate was revoked (NumericDate), and why, by RFC 5280 §5.3.1's names
    (`key_compromise`)."""

    at: int
    reason: str | None = None

    @property
    def on_hold(self) -> bool:
        """It may be taken back."""
        return self.reason == "certificate_hold"


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest in hex, by a hash function. `name`: of what, where the signature gives it one."""

    hashed_by: str
    value: str
    name: str = ""


class Source(StrEnum):
    """Who tells of a certificate's revocation."""

    CRL = "crl"
    OCSP = "ocsp"
    REGISTER = "register"  # our own


@dataclass(frozen=True, slots=True)
class StatusEvidence:
    """What a CRL or an OCSP answer says of one certificate. `id`: its SHA-256 in hex. `signer`: who
    made it, where that is not the certificate's own issuer. `reaches_back_to`: certificates that
    expired since then are told of, too. What our own register says has no algorithm."""

    id: str
    this_update: int
    next_update: int | None = None
    revoked: Revocation | None = None
    algorithm: Algorithm | None = None
    signer: "CertificateEvidence | None" = None
    reaches_back_to: int | None = None
    source: Source = Source.CRL


@dataclass(frozen=True, slots=True)
class CertificateEvidence:
    """A certificate, how its issuer signed it, and what is said of it. `exempt`: nobody says
    anything, by its own word (RFC 6960 §4.2.2.2.1, RFC 9608, EN 319 412-1 §5.2)."""

    party: Party
    algorithm: Algorithm
    statuses: tuple[StatusEvidence, ...] = ()
    exempt: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A time `since` a moment, until before another (NumericDate); None: it has not ended."""

    since: int
    until: int | None = None

    def holds(self, moment: int) -> bool:
        return self.since <= moment and (self.until is None or moment < self.until)


@dataclass(frozen=True, slots=True)
class ChainEvidence:
    """A path to a pinned root: the signer's certificate first, last the one that the root issued.
    `problem`: what RFC 5280 §6.1 finds in it, time and revocation left out. `recognised`: when a
    trusted list recognises the root; None: it is trusted at any time. A root that signs by itself
    is its own path."""

    certificates: tuple[CertificateEvidence, ...]
    problem: SubIndication | None = None
    recognised: tuple[Span, ...] | None = None
    root: Party | None = None

    def is_recognised(self, moment: int) -> bool:
        return self.recognised is None or any(one.holds(moment) for one in self.recognised)

    def was_recognised(self, moment: int) -> bool:
        """Whether it was before that moment."""
        return self.recognised is None or any(one.since < moment for one in self.recognised)


@dataclass(frozen=True, slots=True)
class TimeStampEvidence:
    """A time-stamp. `fault`: why it is none, or not over what it has to be over. `hashes` are those
    of its imprint and of its message; `policy` is the authority's (OID); `accuracy` counts seconds.
    `covers`: the ids of what it was made over: signatures, time-stamps, revocation data, and
    certificates by their fingerprints."""

    id: str
    kind: StampKind
    at: int
    authority: Party | None
    fault: SubIndication | None = None
    policy: str | None = None
    accuracy: int = 0
    algorithm: Algorithm | None = None
    hashes: tuple[str, ...] = ()
    chains: tuple[ChainEvidence, ...] = ()
    may_stamp: bool = True
    covers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignatureEvidence:
    """One signature. `profiled`: under our seal policy, so its form is known to the last byte.
    `covered`: a later signature's picture hides what this one signed. `content_found`: what was
    signed is there to be compared. `revision`: what was signed is the first so many bytes of the
    file. `names_another`: what was signed names another certificate than the signer's. `id` is the
    SHA-256 of `value`, the signature's own; both in hex. `is_time_stamp`: a time-stamp by itself,
    among whose `time_stamps` it is. `hashes`: of what was signed. `representation`: of what the
    value is over (DTBSR); `objects`: of each thing that was signed.
    `commitments`: what the signer said to commit to (OIDs). `computable`: False where its
    algorithms are unknown here, so that nobody can tell whether it fits. `files`: those that came
    beside it and that it is over; `changed`: of these, what is not as it was signed; `missing`:
    what it is over and did not come, by its own names. `unbounded`: that is several files, and
    nobody signed where one ends. `dated_elsewhere`: when it was made stands in a document that is
    not here. `signed_by_another`: it is among what another signature of the file signed, so that it
    can't grow, and lasts by that one."""

    name: str
    faults: tuple[Fault, ...] = ()
    content_found: bool = True
    digest_matches: bool = False
    signature_verifies: bool = False
    computable: bool = True
    changes: Changes = Changes.NONE
    covers_whole_file: bool = False
    signer: Party | None = None
    claimed_at: int | None = None
    names_its_certificate: bool = False
    names_another: bool = False
    is_time_stamp: bool = False
    profiled: bool = False
    covered: bool = False
    level: Level | None = None
    revision: int | None = None
    format: SignatureFormat = SignatureFormat.PADES
    id: str = ""
    value: str = ""
    algorithm: Algorithm | None = None
    hashes: tuple[str, ...] = ()
    representation: Digest | None = None
    objects: tuple[Digest, ...] = ()
    chains: tuple[ChainEvidence, ...] = ()
    key_usage: tuple[str, ...] | None = None
    commitments: tuple[str, ...] = ()
    time_stamps: tuple[TimeStampEvidence, ...] = ()
    files: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unbounded: bool = False
    dated_elsewhere: bool = False
    signed_by_another: bool = False


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
