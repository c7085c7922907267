"""A process that is killed at each of its steps: `python -m tests.kills ASKED SCENARIO...`.

It does a scenario in a child that kills itself (SIGKILL) at the first step, in another that does so
at the second, and so on until a child lives to the end. The service's steps are every statement
that changes the database, every commit (before it, and after), and every piece of work in the pool
for documents; a command's are every request and whatever it does to a file (before it). For each
child a line of JSON is printed: a `Run`.
"""

import asyncio
import gc
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, event
from starlette.testclient import TestClient

import tra.archive
import tra.folder
from core.clock import FixedClock
from core.database import Ledger, Transaction
from core.outbound import Outbound, OutboundPolicy
from signing.app import create_app
from signing.rules.job import LEASE_SECONDS
from signing.web import worker
from signing.web.context import Context
from tests.documents import page_objects, pdf, stream
from tests.signing_service import URL, context_of
from tra.agency import Agency
from tra.folder import Job

JOBS = 1_000
FOLDERS = 2_000
"""From here the letters of jobs and of folders are numbered."""

P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class Steps:
    """Where this process is, and where it ends."""

    out: int
    last: int
    taken: int = 0
    counting: bool = False

    def __call__(self, name: str) -> None:
        if not self.counting:
            return
        self.taken += 1
        if self.taken == self.last:
            self.say("killed", name)
            os.kill(os.getpid(), signal.SIGKILL)

    def say(self, asked: str, answer: str) -> None:
        """What is heard outside, whatever becomes of this process then."""
        os.write(self.out, json.dumps([asked, answer]).encode() + b"\n")


@dataclass
class Run:
    """A child: its number, from 1, the step that was its last (None: it lived), and what it had
    answered by then: of which question, and what."""

    scenario: str
    number: int
    step: str | None = None
    answered: list[list[str]] = field(default_factory=list)


Scenario = Callable[[Steps, int, Any], None]
"""`number` is the child's, from 1; `asked` is JSON from the test."""


class _Ledger(Ledger):
    steps: Steps

    async def write(
        self, fn: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        written = await super().write(fn, *args, **kwargs)
        self.steps(f"{fn.__name__} is committed")
        return written


class _Context(Context):
    async def apart(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        done = await super().apart(fn, *args, **kwargs)
        assert isinstance(self.ledger, _Ledger)
        self.ledger.steps(f"{fn.__name__} is done")
        return done


def _watch(steps: Steps) -> None:
    """A step after each statement that changes something, and before the commit of any."""

    def executed(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(("INSERT", "UPDATE", "DELETE")):
            connection.info["changed"] = True
            steps(" ".join(statement.split()[:3]))

    def committing(connection: Connection) -> None:
        if connection.info.pop("changed", False):
            steps("before the commit")

    event.listen(Engine, "after_cursor_execute", executed)
    event.listen(Engine, "commit", committing)


def _service(steps: Steps, asked: dict[str, str], later: int) -> _Context:
    """The service at so many seconds after the test's time."""
    _watch(steps)
    clock = FixedClock(datetime.fromisoformat(asked["now"]))
    clock.advance(later)
    ledger = _Ledger(asked["database_url"])
    ledger.steps = steps
    context = context_of(ledger, clock, asked["issuer"], kind=_Context)
    assert isinstance(context, _Context)
    return context


def letter(number: int) -> bytes:
    """A document of its own for each number."""
    text = b"BT /F1 24 Tf 72 770 Td (Certificate number %d) Tj ET" % number
    return pdf(page_objects(o4=stream(text)))


def seal(steps: Steps, number: int, asked: dict[str, str]) -> None:
    """POST /seal, of a document and under a key that are the child's own; answers the seal."""
    http = TestClient(create_app(_service(steps, asked, 0)), URL)
    headers = {"Authorization": f"Bearer {asked['token']}", "Content-Type": "application/pdf"}
    headers["Idempotency-Key"] = f"letter-{number}"
    steps.counting = True
    answer = http.post("/seal", content=letter(number), headers=headers)
    assert answer.status_code == 200, answer.text
    steps.say(f"letter-{number}", answer.content.hex())
    steps("answered")


def job(steps: Steps, number: int, asked: dict[str, str]) -> None:
    """POST /seals, and the worker that does what it took in; answers the job and its seals.

    Before that the child, whose time is after every lease of the one before, asks again for what
    that one was asked for, and does what it left.
    """
    context = _service(steps, asked, number * LEASE_SECONDS)
    http = TestClient(create_app(context), URL)
    headers = {"Authorization": f"Bearer {asked['token']}"}

    def accepted(of: int) -> str:
        files = {"document": ("a.pdf", letter(JOBS + of), "application/pdf")}
        key = {"Idempotency-Key": f"job-{of}"}
        answer = http.post("/seals?level=B-B", files=files, headers=headers | key)
        assert answer.status_code == 202, answer.text
        steps.say(f"job-{of}", answer.json()["id"])
        return str(answer.json()["id"])

    def done(of: int) -> None:
        job_id = accepted(of)
        asyncio.run(worker.work(context))
        answer = http.get(f"/seals/{job_id}/documents/1", headers=headers)
        assert answer.status_code == 200, answer.text
        steps.say(f"letter-{JOBS + of}", answer.content.hex())
        steps("answered")

    if number > 1:
        done(number - 1)
    steps.counting = True
    done(number)


class _Agency(Agency):
    steps: ClassVar[Steps]

    async def _post(self, path: str, body: bytes, media_type: str, key: str | None) -> bytes:
        self.steps(f"POST {path.partition('?')[0]}")
        answer = await super()._post(path, body, media_type, key)
        self.steps("answered")
        return answer


@asynccontextmanager
async def _client(steps: Steps, asked: dict[str, str]) -> AsyncIterator[Agency]:
    """An agency's program, whose steps are its requests and what it does to files."""

    def hook(name: str, arguments: tuple[Any, ...]) -> None:
        if name in {"os.mkdir", "os.rename"} or (name == "open" and arguments[2] & os.O_CREAT):
            steps(f"{name} {Path(os.fsdecode(arguments[0])).name}")

    sys.addaudithook(hook)
    _Agency.steps = steps
    asks = Outbound(OutboundPolicy(frozenset({asked["url"].removeprefix("http://")})))
    try:
        yield _Agency(asks, asked["url"], asked["token"])
    finally:
        await asks.close()


def folder(steps: Steps, number: int, asked: dict[str, str]) -> None:
    """`tra seal FOLDER OUT`, from a folder of two letters to another, both the child's own."""
    job = folder_job(Path(asked["folder"]), number)

    async def run() -> None:
        steps.counting = True
        async for line in tra.folder.seal(job, lambda: _client(steps, asked)):
            steps(f"{line.file} is {line.state}")

    asyncio.run(run())


def folder_job(below: Path, number: int) -> Job:
    """The folders of a child, with the letters in the first."""
    source = below / f"in-{number}"
    source.mkdir(exist_ok=True)
    for one in (1, 2):
        (source / f"{one}.pdf").write_bytes(letter(FOLDERS + 2 * number + one))
    return Job(source, below / f"out-{number}", "B-T", at_once=1)


def archive(steps: Steps, number: int, asked: dict[str, str]) -> None:
    """`tra archive renew`, of a document in the child's own folder."""
    file = Path(asked["folder"]) / f"renewed-{number}.pdf"
    file.write_bytes(Path(asked["signed"]).read_bytes())

    async def run() -> None:
        async with _client(steps, asked) as ours:
            steps.counting = True
            state, _ = await tra.archive.renew(ours, file, int(asked["day"]))
            steps(f"it is {state}")

    asyncio.run(run())


SCENARIOS: dict[str, Scenario] = {"seal": seal, "job": job, "folder": folder, "archive": archive}


def killed(asked: dict[str, str], *scenarios: str) -> list[Run]:
    """A child killed at each step of each scenario, and the one that lived, in a process apart."""
    command = [sys.executable, "-m", "tests.kills", json.dumps(asked), *scenarios]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [Run(**json.loads(line)) for line in done.stdout.splitlines()]


def _child(name: str, number: int, asked: Any) -> Run:
    """A process of its own, until it ends or is killed; raises RuntimeError where it fails."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            SCENARIOS[name](Steps(writing, number), number, asked)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    os.close(writing)
    run = Run(name, number)
    with os.fdopen(reading, "rb") as told:
        for line in told:
            question, answer = json.loads(line)
            if question == "killed":
                run.step = answer
            else:
                run.answered.append([question, answer])
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if ended != (-signal.SIGKILL if run.step else 0):
        raise RuntimeError(f"child {number} ended with {ended}")
    return run


def main(asked: str, *names: str) -> None:
    """Kill a child at every step, until one lives."""
    gc.freeze()  # so that memory stays shared, and a child is cheap
    for name in names:
        for number in count(1):
            run = _child(name, number, json.loads(asked))
            print(json.dumps(asdict(run)), flush=True)
            if run.step is None:
                break


if __name__ == "__main__":
    main(*sys.argv[1:])
