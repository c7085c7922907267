"""The description of the API says what the service does."""

import json
import re

from openapi_spec_validator import validate
from pydantic import TypeAdapter

from signing.app import HOT, ROUTES
from signing.openapi import document
from signing.rules.report import SignatureReport
from tests.signing_service import Visitor

DESCRIBED = document("https://sign.example.kh", "0")


def _nameless(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path.replace("*", "{}"))


def test_it_is_openapi() -> None:
    validate(json.loads(json.dumps(DESCRIBED)))


def test_every_address_and_method_is_described_and_no_other() -> None:
    served = {(_nameless(path), method) for method, path, _ in ROUTES}
    served |= {(_nameless(path), method) for path, methods in HOT.items() for method in methods}
    described = {
        (_nameless(path), method.upper())
        for path, operations in DESCRIBED["paths"].items()
        for method in operations
        if method != "parameters"
    }
    assert described == served


def test_a_report_has_the_members_that_are_described(standing: Visitor, sealed: bytes) -> None:
    report = standing.verify(sealed)
    schemas = DESCRIBED["components"]["schemas"]
    assert set(report) == set(schemas["Verification"]["properties"])
    assert set(report["signatures"][0]) == set(schemas["SignatureReport"]["properties"])
    example = schemas["Verification"]["example"]
    assert set(example) == set(report)
    TypeAdapter(tuple[SignatureReport, ...]).validate_python(example["signatures"])
    [signature] = example["signatures"]
    assert set(signature) == set(report["signatures"][0])
    assert set(signature["time_stamps"][0]) == set(schemas["TimeStampReport"]["properties"])


def test_a_job_has_the_members_that_are_described(standing: Visitor, plain: bytes) -> None:
    answer = standing.http.post(
        "/seals",
        files=[("document", ("letter.pdf", plain, "application/pdf"))],
        headers={"Authorization": f"Bearer {standing.service.token()}"},
    )
    schemas = DESCRIBED["components"]["schemas"]
    assert set(answer.json()) == set(schemas["Job"]["properties"])
    assert set(answer.json()["documents"][0]) == set(schemas["JobDocument"]["properties"])
