"""POST /seals: many documents, one job; what its client sees of it, and what nobody else does."""

import hashlib
import time
from typing import Any

import pytest
from sqlalchemy import select

from core.database import Transaction
from signing.formats.pades.intake import DOCUMENT_BYTES
from signing.rules.access_token import Caller
from signing.rules.job import (
    DOCUMENTS,
    KEPT_SECONDS,
    LEASE_SECONDS,
    Offered,
    Taken,
    Title,
    context_of,
)
from signing.rules.report import Level
from signing.rules.seal_format import SealFormat, Wanted
from signing.store import jobs, tables
from tests.documents import page_objects, pdf, stream
from tests.signing_service import OTHER_AGENCY, Visitor

Fields = list[tuple[str, tuple[str | None, bytes, str]]]


JOB = "5045ezb3908bfqa7am2xnr19vc"


def letter(number: int) -> bytes:
    text = b"BT /F1 24 Tf 72 770 Td (Certificate number %d) Tj ET" % number
    return pdf(page_objects(o4=stream(text)))


def field(content: bytes, name: str = "letter.pdf") -> tuple[str, tuple[str, bytes, str]]:
    return ("document", (name, content, "application/pdf"))


class Client:
    """A client of the job endpoints."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor

    def headers(self, **claims: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.visitor.service.token(**claims)}"}

    def send(self, *fields: Any, key: str | None = None, asked: str = "", **claims: Any) -> Any:
        headers = self.headers(**claims)
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.visitor.http.post(f"/seals{asked}", files=fields, headers=headers)

    def accepted(self, *fields: Any, key: str | None = None, asked: str = "") -> dict[str, Any]:
        answer = self.send(*fields, key=key, asked=asked)
        assert answer.status_code == 202, answer.text
        job: dict[str, Any] = answer.json()
        return job

    def job(self, job_id: str, **claims: Any) -> Any:
        return self.visitor.http.get(f"/seals/{job_id}", headers=self.headers(**claims))

    def document(self, job_id: str, number: int, **claims: Any) -> Any:
        url = f"/seals/{job_id}/documents/{number}"
        return self.visitor.http.get(url, headers=self.headers(**claims))

    def end(self, job_id: str, **claims: Any) -> int:
        answer = self.visitor.http.delete(f"/seals/{job_id}", headers=self.headers(**claims))
        return int(answer.status_code)

    def done(self, job_id: str) -> dict[str, Any]:
        """The job when every document is sealed or refused."""
        for _ in range(1_200):
            answer = self.job(job_id)
            assert answer.status_code == 200, answer.text
            job: dict[str, Any] = answer.json()
            if job["state"] == "done":
                return job
            time.sleep(0.05)
        raise TimeoutError(job)


@pytest.fixture
def client(visitor: Visitor) -> Client:
    return Client(visitor)


@pytest.fixture(scope="module")
def shared(standing: Visitor) -> Client:
    return Client(standing)


def test_each_document_is_sealed_or_says_why_not(shared: Client) -> None:
    script = pdf(page_objects(b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"))
    job = shared.accepted(field(letter(1), "មួយ.pdf"), field(script), field(letter(3)))
    assert job["documents"][0]["name"] == "មួយ.pdf"
    assert job["documents"][0]["digest"] == hashlib.sha256(letter(1)).hexdigest()
    job = shared.done(job["id"])
    assert job["counts"] == {"waiting": 0, "sealing": 0, "sealed": 2, "refused": 1}
    assert [one["state"] for one in job["documents"]] == ["sealed", "refused", "sealed"]
    for number in (1, 3):
        answer = shared.document(job["id"], number)
        assert answer.headers["x-seal-id"] == job["documents"][number - 1]["seal_id"]
        assert answer.content.startswith(letter(number))
        assert shared.visitor.verify(answer.content)["verdict"] == "authentic"
    refused = shared.document(job["id"], 2)
    assert (refused.status_code, refused.json()["code"]) == (422, "pdf_javascript")
    assert job["documents"][1]["code"] == "pdf_javascript"


def test_a_job_has_the_format_and_level_that_were_asked_for(shared: Client) -> None:
    job = shared.accepted(field(letter(1)), asked="?level=B-LTA")
    shared.done(job["id"])
    sealed = shared.document(job["id"], 1).content
    assert shared.visitor.verify(sealed)["signatures"][0]["level"] == "B-LTA"
    job = shared.accepted(field(b"any file"), asked="?format=cades")
    shared.done(job["id"])
    answer = shared.document(job["id"], 1)
    assert answer.headers["content-type"] == "application/pkcs7-signature"
    job = shared.accepted(field(b"any file", "notice.txt"), asked="?format=asic-s")
    shared.done(job["id"])
    assert b"notice.txt" in shared.document(job["id"], 1).content


def test_the_same_request_again_is_the_same_job(shared: Client) -> None:
    first = shared.accepted(field(letter(1)), field(letter(2)), key="again")
    again = shared.accepted(field(letter(1)), field(letter(2)), key="again")
    assert again["id"] == first["id"]
    other = shared.send(field(letter(1)), field(letter(3)), key="again")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_a_document_s_own_key_is_that_of_its_seal(shared: Client) -> None:
    before = shared.visitor.seal(letter(1), key="own")
    key = ("key", (None, b"own", "text/plain"))
    job = shared.accepted(key, field(letter(1)), field(letter(2)))
    job = shared.done(job["id"])
    assert job["documents"][0]["seal_id"] == before.headers["x-seal-id"]
    assert shared.document(job["id"], 1).content == before.content
    job = shared.accepted(key, field(letter(2)))
    job = shared.done(job["id"])
    assert job["documents"][0]["code"] == "idempotency_key_reused"


def test_a_job_is_its_client_s_alone(shared: Client) -> None:
    job = shared.accepted(field(letter(1)))
    shared.done(job["id"])
    for stranger in ({"client_id": "other"}, {"agency": OTHER_AGENCY.agency_id}):
        assert shared.job(job["id"], **stranger).status_code == 404
        assert shared.document(job["id"], 1, **stranger).status_code == 404
        assert shared.end(job["id"], **stranger) == 404
    assert shared.visitor.http.get(f"/seals/{job['id']}").status_code == 401


def test_an_unknown_document_is_not_found(shared: Client) -> None:
    job = shared.accepted(field(letter(1)))
    assert shared.document(job["id"], 2).status_code == 404
    assert shared.document(job["id"], 0).status_code == 404
    assert shared.document(job["id"], 10**30).status_code == 404
    assert shared.document(JOB, 1).status_code == 404
    assert shared.document("nothing", 1).status_code == 404


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ([], 415, "content_type_not_form"),
        ([("other", (None, b"x", "text/plain"))], 400, "document_missing"),
        ([field(b"")], 400, "document_missing"),
        ([("key", (None, b"two words", "text/plain"))], 400, "idempotency_key_invalid"),
        ([field(b"x")] * (DOCUMENTS + 1), 413, "job_too_large"),
        ([field(b"x"), field(bytes(DOCUMENT_BYTES + 1))], 413, "document_too_large"),
    ],
)
def test_what_is_refused_leaves_nothing(
    client: Client, fields: Fields, status: int, code: str
) -> None:
    answer = client.send(*fields)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert rows(client) == []


def rows(client: Client) -> list[Any]:
    ledger = client.visitor.service.ledger
    return ledger.read_now(
        lambda transaction: list(transaction.execute(select(tables.job_documents)))
    )


def test_a_level_that_is_not_offered_is_refused(shared: Client) -> None:
    answer = shared.send(field(letter(1)), asked="?level=B-X")
    assert (answer.status_code, answer.json()["code"]) == (400, "level_not_offered")


def test_a_broken_form_is_refused(client: Client) -> None:
    headers = {
        **client.headers(),
        "Content-Type": "multipart/form-data; boundary=b",
    }
    body = b'--b\r\nContent-Disposition: form-data; name="document"\r\n\r\n%PDF-'
    answer = client.visitor.http.post("/seals", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_body")
    assert rows(client) == []


def test_documents_and_their_names_are_stored_encrypted(client: Client) -> None:
    job = client.accepted(field(letter(1), "Chan Sokha.pdf"))
    first = rows(client)
    client.done(job["id"])
    for row in (*first, *rows(client)):
        kept = b"".join(value for value in row if isinstance(value, bytes))
        assert b"Certificate number" not in kept
        assert b"Sokha" not in kept


def test_the_end_of_a_job_is_the_end_of_its_documents(client: Client) -> None:
    job = client.accepted(field(letter(1)), key="once")
    client.done(job["id"])
    assert client.end(job["id"]) == 204
    assert rows(client) == []
    assert client.job(job["id"]).status_code == 404
    assert client.end(job["id"]) == 404
    again = client.send(field(letter(1)), key="once")
    assert (again.status_code, again.json()["code"]) == (409, "job_ended")


def test_after_a_day_a_job_is_forgotten(client: Client) -> None:
    service = client.visitor.service
    job = client.accepted(field(letter(1)))
    client.done(job["id"])
    service.clock.advance(KEPT_SECONDS)
    service.ledger.write_now(jobs.forget_old, service.clock.now())
    assert client.job(job["id"]).status_code == 404
    assert rows(client) == []


def test_what_a_dead_process_had_is_sealed_by_the_next(client: Client) -> None:
    service = client.visitor.service
    title = Title("letter.pdf", "application/pdf")
    sealer, now = service.ctx.sealer, service.clock.now()
    offered = Offered(1, title, None, len(letter(1)), hashlib.sha256(letter(1)).digest())
    head = sealer.seal(title.dump(), context_of(JOB, 1, "title"))
    content = sealer.seal(letter(1), context_of(JOB, 1))

    def crash(transaction: Transaction) -> Taken | None:
        """Another process takes a job in, begins, and is no more."""
        caller, wanted = Caller("moc-documents", "moc"), Wanted(SealFormat.PADES, Level.LT)
        jobs.put(transaction, JOB, offered, head, content, now)
        jobs.accept(transaction, JOB, caller, None, wanted, (offered,), now)
        return jobs.take(transaction, now)

    assert service.ledger.write_now(crash) is not None
    waiting = client.document(JOB, 1)
    assert (waiting.status_code, waiting.json()["code"]) == (409, "job_document_waiting")
    service.clock.advance(LEASE_SECONDS)
    client.done(JOB)
    assert client.document(JOB, 1).content.startswith(letter(1))


def test_a_job_of_an_agency_without_a_seal_is_refused_document_by_document(
    client: Client,
) -> None:
    answer = client.send(field(letter(1)), agency="unknown")
    assert answer.status_code == 202
    job_id = answer.json()["id"]
    for _ in range(1_200):
        job = client.job(job_id, agency="unknown").json()
        if job["state"] == "done":
            break
        time.sleep(0.05)
    assert job["documents"][0]["code"] == "agency_without_seal"
