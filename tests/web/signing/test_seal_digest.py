"""POST /seal/digest: the file stays with its agency."""

import base64
import hashlib
from typing import Any

import pytest
from asn1crypto import cms
from sqlalchemy import select

from core.audit import events
from signing.formats.cades.loose import parse_part
from signing.formats.digests import Hashed
from signing.formats.pades import intake
from signing.formats.pades import sealing as pades
from signing.store import tables
from tests.signing_service import Visitor

LETTER = b"A letter that nobody else reads.\n"


def ask(visitor: Visitor, key: str | None = None, **told: str) -> Any:
    headers = {"Authorization": f"Bearer {visitor.service.token()}"}
    if key is not None:
        headers["Idempotency-Key"] = key
    said = {"hash": "sha256", "digest": hashlib.sha256(LETTER).hexdigest(), **told}
    return visitor.http.post("/seal/digest", json=said, headers=headers)


def test_a_digest_comes_back_as_a_cms_over_it(visitor: Visitor) -> None:
    answer = ask(visitor)
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-seal-id"]
    said = answer.json()
    assert said["validation_data"] is None  # a CMS carries its own
    signed = cms.ContentInfo.load(base64.b64decode(said["cms"]))["content"]
    [signer] = signed["signer_infos"]
    found = {one["type"].native: one["values"] for one in signer["signed_attrs"]}
    assert found["message_digest"][0].native == hashlib.sha256(LETTER).digest()
    assert int(found["signing_time"][0].native.timestamp()) == visitor.service.clock.now()
    assert len(signed["crls"]) == 3  # two OCSP answers, the root's CRL
    assert not signed["encap_content_info"]["content"]


def test_a_pdf_is_sealed_without_leaving_its_agency(visitor: Visitor, plain: bytes) -> None:
    accepted = intake.check(plain)
    now = visitor.service.clock.utc()
    prepared = pades.prepare(Hashed(plain), accepted, now)
    answer = ask(visitor, digest=prepared.digest.hex(), format="pades")
    made = parse_part(answer.content)
    assert made.data is not None
    signed = prepared.embed(made.signature)
    sealed = plain + pades.add_validation_data(Hashed(plain), accepted, signed, made.data)
    report = visitor.verify(sealed)
    assert report["verdict"] == "authentic"
    assert report["signatures"][0]["level"] == "B-LT"


def test_a_retry_with_the_same_key_gets_the_same_cms(visitor: Visitor) -> None:
    first, second = ask(visitor, "one"), ask(visitor, "one")
    assert first.content == second.content
    assert first.headers["x-seal-id"] == second.headers["x-seal-id"]
    rows = visitor.service.ledger.read_now(
        lambda transaction: transaction.execute(select(tables.seals)).all()
    )
    assert [(row.state, row.asked, row.document_digest) for row in rows] == [
        ("signed", "cades B-LT", hashlib.sha256(LETTER).digest())
    ]


@pytest.mark.parametrize(
    "told", [{"digest": "ab" * 32}, {"level": "B-T"}, {"format": "pades"}], ids=str
)
def test_a_key_is_good_for_one_digest_in_one_format_at_one_level(
    visitor: Visitor, told: dict[str, str]
) -> None:
    ask(visitor, "one")
    other = ask(visitor, "one", **told)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_a_sealed_digest_is_in_the_audit_log(visitor: Visitor) -> None:
    ask(visitor)
    last = visitor.service.ledger.read_now(
        lambda transaction: transaction.execute(select(events).order_by(events.c.id)).all()[-1]
    )
    assert last.event == "agency:document:seal"
    assert hashlib.sha256(LETTER).hexdigest() in last.details


def test_only_json_of_a_bearer_is_taken(visitor: Visitor) -> None:
    assert visitor.http.post("/seal/digest", json={}).status_code == 401
    headers = {"Authorization": f"Bearer {visitor.service.token()}"}
    wrong = visitor.http.post("/seal/digest", content=b"{", headers=headers)
    assert (wrong.status_code, wrong.json()["code"]) == (415, "content_type_not_json")
    headers["Content-Type"] = "application/json"
    wrong = visitor.http.post("/seal/digest", content=b"{", headers=headers)
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_request")
    assert ask(visitor, hash="sha1").json()["code"] == "hash_not_supported"
