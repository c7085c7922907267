"""SIGKILL at every step of a seal and of a job: nothing answered is lost, nothing sealed twice."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from core.audit import events
from core.clock import FixedClock
from core.database import Transaction
from signing.rules import job
from signing.rules.sealing import LEASE_SECONDS
from signing.store import jobs, seals, tables
from tests import kills
from tests.conftest import NEW_YEAR
from tests.kills import JOBS, Run, letter
from tests.postgres import Cluster
from tests.signing_service import URL, ProviderOnLoopback, SigningService, Visitor

DAY = 86_400

STEPS_OF_A_SEAL = {
    "INSERT INTO seals",
    "before the commit",
    "reserve is committed",
    "sign is done",
    "add_validation_data is done",
    "evidence is done",
    "UPDATE seals SET",
    "complete is committed",
    "answered",
}
STEPS_OF_A_JOB = (STEPS_OF_A_SEAL - {"add_validation_data is done"}) | {
    "INSERT INTO job_documents",
    "put is committed",
    "INSERT INTO jobs",
    "accept is committed",
    "UPDATE job_documents SET",
    "take is committed",
    "seal is committed",
}


@dataclass
class Killed:
    """What is left: a service that lives, and the processes that were killed before it."""

    visitor: Visitor
    clock: FixedClock
    runs: list[Run]

    def of(self, scenario: str) -> list[Run]:
        return [run for run in self.runs if run.scenario == scenario]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def killed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgres: Cluster
) -> Iterator[Killed]:
    database_url = f"sqlite:///{tmp_path_factory.mktemp('kills') / 'signing.sqlite'}"
    if request.param == "postgresql":
        database_url = postgres.new_database()
    provider = ProviderOnLoopback()
    try:
        clock = FixedClock(NEW_YEAR)
        service = SigningService(database_url, clock, provider)
        asked = {
            "database_url": database_url,
            "issuer": provider.issuer,
            "token": service.token(exp=clock.now() + DAY),
            "now": NEW_YEAR.isoformat(),
        }
        runs = kills.killed(asked, "seal", "job")
        # Nobody enters the application: its own worker does nothing here.
        yield Killed(Visitor(service, TestClient(service.app, URL)), clock, runs)
        service.ledger.close()
    finally:
        provider.close()


def check_sealed_once(killed: Killed, answers: dict[bytes, bytes]) -> None:
    """Of each document there is one seal, the answered one, and one record that it was made."""
    wanted = {
        hashlib.sha256(document).hexdigest(): hashlib.sha256(answer).hexdigest()
        for document, answer in answers.items()
    }

    def look(transaction: Transaction) -> None:
        made = [
            (bytes(row.document_digest).hex(), bytes(row.sealed_digest or b"").hex())
            for row in transaction.execute(select(tables.seals))
        ]
        assert sorted(one for one in made if one[0] in wanted) == sorted(wanted.items())
        recorded = transaction.execute(
            select(events.c.details).where(events.c.event == seals.SEALED.name)
        ).scalars()
        documents = [json.loads(details)["document"] for details in recorded]
        assert sorted(one for one in documents if one in wanted) == sorted(wanted)

    killed.visitor.service.ledger.read_now(look)


def test_a_killed_process_s_seal_is_answered_again_or_made_by_the_next(killed: Killed) -> None:
    runs, visitor = killed.of("seal"), killed.visitor
    assert {run.step for run in runs} > STEPS_OF_A_SEAL
    for run in runs:  # what was answered is there at once, and what was not may have been made
        answer = visitor.seal(letter(run.number), key=f"letter-{run.number}")
        if run.answered or answer.status_code == 200:
            assert run.answered in ([], [[f"letter-{run.number}", answer.content.hex()]])
        else:
            assert answer.json()["code"] == "seal_in_progress", run
    killed.clock.advance(LEASE_SECONDS)
    answers: dict[bytes, bytes] = {}
    for run in runs:
        answer = visitor.seal(letter(run.number), key=f"letter-{run.number}")
        assert answer.status_code == 200, (run, answer.text)
        assert answer.content.startswith(letter(run.number))
        assert run.answered in ([], [[f"letter-{run.number}", answer.content.hex()]])
        answers[letter(run.number)] = answer.content
    check_sealed_once(killed, answers)
    assert visitor.verify(answers[letter(len(runs) - 1)])["verdict"] == "authentic"


def test_a_killed_process_s_job_is_the_same_job_to_the_next_which_does_it(killed: Killed) -> None:
    runs = killed.of("job")
    assert {run.step for run in runs} > STEPS_OF_A_JOB
    answered: dict[str, set[str]] = defaultdict(set)
    for run in runs:
        for question, answer in run.answered:
            answered[question].add(answer)
    assert len(answered) == 2 * len(runs)  # of each a job and a sealed document
    assert {question for question, given in answered.items() if len(given) != 1} == set()
    check_sealed_once(
        killed,
        {
            letter(JOBS + run.number): bytes.fromhex(*answered[f"letter-{JOBS + run.number}"])
            for run in runs
        },
    )


def test_what_a_killed_process_took_in_for_no_job_is_forgotten(killed: Killed) -> None:
    runs, service = killed.of("job"), killed.visitor.service
    later = service.clock.now() + len(runs) * job.LEASE_SECONDS + job.UPLOAD_SECONDS
    service.ledger.write_now(jobs.forget_old, later)

    def kept(transaction: Transaction) -> list[str]:
        return list(transaction.execute(select(tables.job_documents.c.state)).scalars())

    assert service.ledger.read_now(kept) == ["sealed"] * len(runs)
