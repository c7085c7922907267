"""The running provider answers as openapi/idp.yaml says, to requests of every kind."""

import re
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
import requests
from schemathesis import Case

from core.clock import FixedClock
from core.serving import BODY_BYTES
from idp.openapi import document
from tests.callers import Clients, Maker, Valid
from tests.conftest import NEW_YEAR
from tests.described import SEED, check, read, send, serving
from tests.postgres import Cluster
from tests.provider import ISSUER, Provider
from tests.visits import People

SCHEMA = read(document(ISSUER, "0"))
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}
WITH_PATHS = [label for label in OPERATIONS if "{" in label]
WITH_BODIES = [label for label, operation in OPERATIONS.items() if operation.body]


@pytest.fixture(scope="module")
def op(postgres: Cluster) -> Iterator[Provider]:
    """On PostgreSQL, which refuses more than SQLite does."""
    clock = FixedClock(NEW_YEAR)
    options: dict[str, Any] = {"throttle_loopback": False, "development_hooks": True}
    running = Provider(postgres.new_database(), clock, **options)
    running.add_agency()
    yield running
    running.close()


@pytest.fixture(scope="module")
def makers(op: Provider) -> dict[str, Maker]:
    clients = Clients(op)
    return {**clients.makers(), **People(clients).makers()}


@pytest.fixture(scope="module")
def url(op: Provider) -> Iterator[str]:
    with serving(op.app) as address:
        yield address


@pytest.fixture(scope="module")
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.mark.rule("input.answers", "token.no-store")
@SCHEMA.parametrize()
def test_every_answer_is_described(
    case: Case, url: str, http: requests.Session, makers: dict[str, Maker]
) -> None:
    check(case, url, http, makers.get(case.operation.label))


@pytest.mark.parametrize("operation", WITH_PATHS)
def test_an_address_with_a_nul_is_answered_as_described(
    operation: str, url: str, http: requests.Session, makers: dict[str, Maker]
) -> None:
    """It can be no text of PostgreSQL's."""
    valid = makers[operation](Random(SEED)) if operation in makers else Valid()
    valid.path = dict.fromkeys(re.findall(r"{(\w+)}", operation), "\x00")
    send(OPERATIONS[operation], valid, url, http)


@pytest.mark.parametrize("operation", WITH_BODIES)
def test_a_body_that_is_too_large_is_answered_as_described(
    operation: str, url: str, http: requests.Session, makers: dict[str, Maker]
) -> None:
    valid = makers[operation](Random(SEED))
    valid.body["more"] = "x" * BODY_BYTES
    assert send(OPERATIONS[operation], valid, url, http).status_code == 413
