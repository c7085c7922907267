"""Many documents in one job (POST /seals): what is taken in, and what becomes of each."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core.errors import Reason, Refusal, reason
from signing.rules import reasons
from signing.rules.access_token import Caller
from signing.rules.seal_format import Wanted

DOCUMENTS: Final = 100
"""Documents of one job, at most."""

JOB_BYTES: Final = 100_000_000
"""Of all the documents of one job."""

FORM_BYTES: Final = JOB_BYTES + 200_000
"""Of the form that brings them."""

HELD_BYTES: Final = 500_000_000
"""Of all the documents that are held for one agency: those that wait, and those not yet fetched."""

KEPT_SECONDS: Final = 86_400
"""How long a job is kept where its client does not end it before."""

UPLOAD_SECONDS: Final = 3_600
"""How long a job's documents may take to arrive."""

LEASE_SECONDS: Final = 180
"""How long one worker has a document to itself."""

CRASHES: Final = 3
"""Workers that may die of one document, before it is given up."""

RETRY_SECONDS: Final = 5
"""After how long a document that could not be sealed now is tried again."""


JOB_TOO_LARGE = reason(
    "job_too_large",
    "invalid_request",
    413,
    "A job has at most 100 documents and 100 MB. Send the rest in another one.",
    "RFC 9110 §15.5.14",
)
JOB_TYPE = reason(
    "content_type_not_form",
    "invalid_request",
    415,
    "Send the documents as multipart/form-data: the field `document`, once for each, and before it "
    "a field `key` where it has an idempotency key of its own.",
    "RFC 7578",
)
JOBS_HOLD_TOO_MUCH = reason(
    "jobs_hold_too_much",
    "temporarily_unavailable",
    429,
    "500 MB of your agency's documents are held already. Fetch what is sealed, and end those jobs "
    "with DELETE.",
    "RFC 6585 §4",
)
JOB_ENDED = reason(
    "job_ended",
    "conflict",
    409,
    "The job of this Idempotency-Key was ended, and its documents are gone. Use a fresh key.",
    "draft-ietf-httpapi-idempotency-key-header §2.6",
)
JOB_DOCUMENT_WAITING = reason(
    "job_document_waiting",
    "conflict",
    409,
    "This document is not sealed yet. Ask again after the seconds in Retry-After.",
    "RFC 9110 §15.5.10",
)
JOB_DOCUMENT_GIVEN_UP = reason(
    "job_document_given_up",
    "server_error",
    500,
    "Sealing this document failed several times on our side, which was logged. Report its job.",
    "RFC 9110 §15.6.1",
)


class DocumentState(StrEnum):
    """ARRIVED: its job is not accepted yet. REFUSED and SEALED are for good."""

    ARRIVED = "arrived"
    WAITING = "waiting"
    SEALING = "sealing"
    SEALED = "sealed"
    REFUSED = "refused"


class JobState(StrEnum):
    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Title:
    """A document's name and type, by its sender's word."""

    name: str
    media_type: str

    def dump(self) -> bytes:
        return json.dumps([self.name, self.media_type]).encode()


def parse_title(dumped: bytes) -> Title:
    """What `dump` wrote."""
    return Title(*json.loads(dumped))


@dataclass(frozen=True, slots=True)
class Offered:
    """A document as it came; the digest is SHA-256."""

    number: int
    title: Title
    key: str | None
    size: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class JobDocument:
    """What became of a document. `title` is encrypted; `code` says why it was refused."""

    number: int
    title: bytes
    size: int
    digest: bytes
    state: DocumentState
    seal_id: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class Job:
    """A job of a client. Times are NumericDates."""

    id: str
    wanted: Wanted
    created_at: int
    expires_at: int
    documents: tuple[JobDocument, ...]

    @property
    def state(self) -> JobState:
        return state_of(document.state for document in self.documents)


@dataclass(frozen=True, slots=True)
class Taken:
    """A document that one worker has to itself, until its lease ends. Title and content are
    encrypted."""

    job_id: str
    number: int
    attempt: int
    caller: Caller
    wanted: Wanted
    key: str
    title: bytes
    content: bytes


@dataclass(frozen=True, slots=True)
class Accepted:
    """The job, as it is now or as it was accepted before under the same key."""

    job_id: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """Refused, and what had arrived is forgotten."""

    reason: Reason


def check_room(offered: Sequence[Offered], size: int) -> None:
    """Whether a document of that size may follow those that were offered."""
    if len(offered) >= DOCUMENTS or sum(one.size for one in offered) + size > JOB_BYTES:
        raise Refusal(JOB_TOO_LARGE)


def fingerprint(wanted: Wanted, offered: Iterable[Offered]) -> bytes:
    """SHA-256 over all that was asked for: an idempotency key is good for that alone."""
    documents = [(one.title.dump().decode(), one.key, one.digest.hex()) for one in offered]
    return hashlib.sha256(json.dumps([str(wanted), documents]).encode()).digest()


def state_of(documents: Iterable[DocumentState]) -> JobState:
    """A job is done when each of its documents is sealed or refused."""
    states = set(documents)
    if states <= {DocumentState.SEALED, DocumentState.REFUSED}:
        return JobState.DONE
    return JobState.WAITING if states == {DocumentState.WAITING} else JobState.WORKING


def key_of(job_id: str, number: int, key: str | None) -> str:
    """The idempotency key of a document's seal. Where its sender gave none it is its place in the
    job, with spaces, which no sender's key has."""
    return key or f"job {job_id} {number}"


def context_of(job_id: str, number: int, part: str = "content") -> str:
    """What the encryption of a document, or of its title, is bound to: it opens in its own row."""
    return f"job {job_id} {number} {part}"


def is_passing(refusal: Refusal) -> bool:
    """Whether a document that is refused now may be sealed later."""
    return refusal.reason.status == 503 or refusal.reason is reasons.SEAL_IN_PROGRESS
