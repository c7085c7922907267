"""What a validation says (ETSI EN 319 102-1 §5.1.3), and the one word that people are told."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Indication(StrEnum):
    """EN 319 102-1 table 5."""

    TOTAL_PASSED = "TOTAL_PASSED"
    TOTAL_FAILED = "TOTAL_FAILED"
    INDETERMINATE = "INDETERMINATE"


class SubIndication(StrEnum):
    """EN 319 102-1 table 6, by their standard names."""

    FORMAT_FAILURE = "FORMAT_FAILURE"
    HASH_FAILURE = "HASH_FAILURE"
    SIG_CRYPTO_FAILURE = "SIG_CRYPTO_FAILURE"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"
    NOT_YET_VALID = "NOT_YET_VALID"
    SIG_CONSTRAINTS_FAILURE = "SIG_CONSTRAINTS_FAILURE"
    CHAIN_CONSTRAINTS_FAILURE = "CHAIN_CONSTRAINTS_FAILURE"
    CERTIFICATE_CHAIN_GENERAL_FAILURE = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
    CRYPTO_CONSTRAINTS_FAILURE = "CRYPTO_CONSTRAINTS_FAILURE"
    POLICY_PROCESSING_ERROR = "POLICY_PROCESSING_ERROR"
    SIGNATURE_POLICY_NOT_AVAILABLE = "SIGNATURE_POLICY_NOT_AVAILABLE"
    TIMESTAMP_ORDER_FAILURE = "TIMESTAMP_ORDER_FAILURE"
    NO_SIGNING_CERTIFICATE_FOUND = "NO_SIGNING_CERTIFICATE_FOUND"
    NO_CERTIFICATE_CHAIN_FOUND = "NO_CERTIFICATE_CHAIN_FOUND"
    NO_CERTIFICATE_CHAIN_FOUND_NO_POE = "NO_CERTIFICATE_CHAIN_FOUND_NO_POE"
    REVOKED_NO_POE = "REVOKED_NO_POE"
    REVOKED_CA_NO_POE = "REVOKED_CA_NO_POE"
    OUT_OF_BOUNDS_NO_POE = "OUT_OF_BOUNDS_NO_POE"
    REVOCATION_OUT_OF_BOUNDS_NO_POE = "REVOCATION_OUT_OF_BOUNDS_NO_POE"
    OUT_OF_BOUNDS_NOT_REVOKED = "OUT_OF_BOUNDS_NOT_REVOKED"
    CRYPTO_CONSTRAINTS_FAILURE_NO_POE = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
    NO_POE = "NO_POE"
    TRY_LATER = "TRY_LATER"
    SIGNED_DATA_NOT_FOUND = "SIGNED_DATA_NOT_FOUND"
    GENERIC = "GENERIC"


class Format(StrEnum):
    """Kinds of files: what may hold PAdES, CAdES, XAdES, JAdES; containers, and office
    documents (ECMA-376); a time-stamp alone."""

    PDF = "pdf"
    CMS = "cms"
    XML = "xml"
    JSON = "json"
    ASIC_S = "asic_s"
    ASIC_E = "asic_e"
    OOXML = "ooxml"
    ZIP = "zip"
    TIME_STAMP = "time_stamp"
    EVIDENCE_RECORD = "evidence_record"
    OTHER = "other"


class Tone(StrEnum):
    """How a verdict is to be taken; no colour and no frame stands for two of them."""

    RIGHT = "right"
    WRONG = "wrong"
    DOUBT = "doubt"
    PLAIN = "plain"  # nothing was found out


class Verdict(StrEnum):
    """The word that comes first, by the key of its sentence in pages/locales."""

    AUTHENTIC = "authentic"
    CHANGED = "changed"
    COVERED = "covered"
    PARTLY_SIGNED = "partly_signed"
    TIME_STAMPED = "time_stamped"  # there is proof of when, and none of whose it is
    REVOKED = "revoked"
    UNRECOGNISED = "unrecognised"
    EXPIRED = "expired"
    NOT_VALID = "not_valid"
    INDETERMINATE = "indeterminate"
    NOT_SIGNED = "not_signed"
    CONTENT_MISSING = "content_missing"
    UNSUPPORTED = "unsupported"
    ENCRYPTED = "encrypted"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    NOT_CHECKED = "not_checked"

    @property
    def confirms(self) -> bool:
        """Whose name a certificate carries, and when it signed, are worth what the verdict is."""
        return self in _CONFIRMING

    @property
    def tone(self) -> Tone:
        return _TONES.get(self, Tone.PLAIN)


_CONFIRMING: Final = frozenset(
    {
        *(Verdict.AUTHENTIC, Verdict.PARTLY_SIGNED, Verdict.REVOKED),
        *(Verdict.EXPIRED, Verdict.NOT_VALID, Verdict.TIME_STAMPED),
    }
)

_TONES: Final = {
    Verdict.AUTHENTIC: Tone.RIGHT,
    **dict.fromkeys((Verdict.CHANGED, Verdict.REVOKED, Verdict.NOT_VALID), Tone.WRONG),
    **dict.fromkeys((Verdict.COVERED, Verdict.PARTLY_SIGNED, Verdict.UNRECOGNISED), Tone.DOUBT),
    **dict.fromkeys((Verdict.EXPIRED, Verdict.INDETERMINATE), Tone.DOUBT),
}


class Step(StrEnum):
    """The steps of `signing.rules.validation`, in their order."""

    SIGNATURE_TIME = "signature_time"
    FORMAT = "format"
    DOCUMENT_DIGEST = "document_digest"
    SIGNATURE_VALUE = "signature_value"
    CHAIN = "chain"
    REVOCATION = "revocation"
    KEY_USAGE = "key_usage"
    TIME_STAMP = "time_stamp"
    SIGNED_ATTRIBUTES = "signed_attributes"
    ALGORITHMS = "algorithms"


class Note(StrEnum):
    """What does not change the answer and should still be told."""

    REVOKED_LATER = "revoked_later"
    TIME_NOT_PROVEN = "time_not_proven"
    COVERED = "covered"
    FOLLOWED_BY_SIGNATURES = "followed_by_signatures"
    FORM_FILLED_IN = "form_filled_in"
    STRUCTURE_REPAIRED = "structure_repaired"
    SIGNED_BY_ANOTHER = "signed_by_another"


class SignatureFormat(StrEnum):
    """What a signature is one of."""

    PADES = "PAdES"
    CADES = "CAdES"
    XADES = "XAdES"
    JADES = "JAdES"


class StampKind(StrEnum):
    """What a time-stamp was made over (EN 319 102-1 §4.2.4)."""

    CONTENT = "content"  # before the signature
    SIGNATURE = "signature"
    VALIDATION_DATA = "validation_data"  # references to what proves it, with it or alone
    ARCHIVE = "archive"  # the signature and what proves it


class Level(StrEnum):
    """Baseline levels (EN 319 142-1 §6)."""

    B = "B-B"
    T = "B-T"
    LT = "B-LT"
    LTA = "B-LTA"


@dataclass(frozen=True, slots=True)
class Party:
    """Who a certificate names. `serial` is in hex, `fingerprint` SHA-256 in hex; times are
    NumericDates. For our agencies `organization` is Khmer and `common_name` Latin."""

    common_name: str
    organization: str | None
    organization_identifier: str | None
    country: str | None
    issuer: str
    serial: str
    fingerprint: str
    not_before: int
    not_after: int


class PartState(StrEnum):
    """What there is to say of a part, by the key of its words in pages/locales."""

    SIGNED = "signed"
    CHANGED = "changed"
    SIGNED_BY_NOBODY = "signed_by_nobody"


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a container, or a part of a document, and the names of the signatures over it as
    it is. `changed_since`: of those over other content in its place, alone or with more that they
    sign in one piece. `digest` is SHA-256 in hex; a part of a document has none."""

    name: str
    size: int
    digest: str | None
    signed_by: tuple[str, ...]
    changed_since: tuple[str, ...] = ()

    @property
    def state(self) -> PartState:
        if self.changed_since:
            return PartState.CHANGED
        return PartState.SIGNED if self.signed_by else PartState.SIGNED_BY_NOBODY


@dataclass(frozen=True, slots=True)
class TimeStampReport:
    """What was found of a time-stamp of a signature."""

    kind: StampKind
    at: int
    authority: Party | None
    indication: Indication
    sub_indication: SubIndication | None


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """What was found of one signature. `step` is where a signature that did not pass stopped;
    `signed_at` is proven by a time-stamp, `claimed_at` is the signer's own word. The first
    `revision` bytes of the file are the document as it was signed, where it can be told. `missing`:
    what was signed and is not here, by the names that the signature has for it."""

    name: str
    indication: Indication
    sub_indication: SubIndication | None
    step: Step | None
    signer: Party | None
    level: Level | None
    signed_at: int | None
    claimed_at: int | None
    time_stamped_by: Party | None
    revoked_at: int | None
    covers_whole_file: bool
    revision: int | None = None
    notes: tuple[Note, ...] = ()
    format: SignatureFormat = SignatureFormat.PADES
    time_stamps: tuple[TimeStampReport, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The answer to "is this document authentic?". `digest` is SHA-256 in hex; `size` and
    `unsigned_bytes` (after the end of the PDF, outside any signature) count bytes. `parts`: what
    a container holds; what came beside a signature, where that is several files; of other files,
    what no signature covers. `policy` is published under /policies/; `policy_digest` is SHA-256 of
    its text."""

    verdict: Verdict
    indication: Indication
    sub_indication: SubIndication | None
    signatures: tuple[SignatureReport, ...]
    size: int
    digest: str
    unsigned_bytes: int
    checked_at: int
    policy: str
    policy_digest: str
    format: Format
    parts: tuple[Part, ...] = ()
