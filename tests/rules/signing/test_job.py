"""Jobs: what is taken in, and when one is done."""

import pytest

from core.errors import OVERLOADED, Refusal
from signing.rules import reasons
from signing.rules.job import (
    DOCUMENTS,
    JOB_BYTES,
    JOB_TOO_LARGE,
    DocumentState,
    JobState,
    Offered,
    Title,
    check_room,
    fingerprint,
    is_passing,
    key_of,
    state_of,
)
from signing.rules.report import Level
from signing.rules.seal_format import SealFormat, Wanted
from signing.rules.sealing import check_idempotency_key

WANTED = Wanted(SealFormat.PADES, Level.LT)


def offered(number: int = 1, size: int = 10, name: str = "a", key: str | None = None) -> Offered:
    return Offered(number, Title(name, "application/pdf"), key, size, bytes(32))


def test_a_job_has_room_for_so_many_documents() -> None:
    check_room([offered()] * (DOCUMENTS - 1), 10)
    with pytest.raises(Refusal) as refused:
        check_room([offered()] * DOCUMENTS, 10)
    assert refused.value.reason is JOB_TOO_LARGE


def test_a_job_has_room_for_so_many_bytes() -> None:
    check_room([offered(size=JOB_BYTES - 10)], 10)
    with pytest.raises(Refusal) as refused:
        check_room([offered(size=JOB_BYTES - 10)], 11)
    assert refused.value.reason is JOB_TOO_LARGE


def test_a_fingerprint_is_of_all_that_was_asked_for() -> None:
    first = fingerprint(WANTED, [offered()])
    assert first == fingerprint(WANTED, [offered()])
    others = [
        fingerprint(Wanted(SealFormat.PADES, Level.LTA), [offered()]),
        fingerprint(WANTED, [offered(name="b")]),
        fingerprint(WANTED, [offered(key="k")]),
        fingerprint(WANTED, [Offered(1, Title("a", "application/pdf"), None, 10, b"d" * 32)]),
        fingerprint(WANTED, [offered(), offered(2)]),
        fingerprint(WANTED, []),
    ]
    assert len({first, *others}) == 7


def test_a_job_is_done_when_each_document_is_sealed_or_refused() -> None:
    states = {state.value: state for state in DocumentState}
    told = {
        "sealed refused": JobState.DONE,
        "sealed": JobState.DONE,
        "waiting": JobState.WAITING,
        "waiting sealed": JobState.WORKING,
        "sealing": JobState.WORKING,
        "sealing refused": JobState.WORKING,
    }
    for words, state in told.items():
        assert state_of(states[word] for word in words.split()) is state, words


def test_no_client_can_send_the_key_of_a_document_without_one() -> None:
    assert key_of("job", 7, "own") == "own"
    with pytest.raises(Refusal):
        check_idempotency_key(key_of("job", 7, None))


def test_what_passes_is_tried_again() -> None:
    passing = (OVERLOADED, reasons.NOT_READY, reasons.SEAL_IN_PROGRESS)
    lasting = (reasons.PDF_XFA, reasons.AGENCY_WITHOUT_SEAL, reasons.SEAL_ANSWERED)
    assert all(is_passing(Refusal(reason)) for reason in passing)
    assert not any(is_passing(Refusal(reason)) for reason in lasting)
