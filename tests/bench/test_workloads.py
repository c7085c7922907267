"""The load kit measures what clients do: each of its requests is answered as it says."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from bench.endpoints import Endpoints
from bench.load import Workload
from bench.provider import Seeded
from idp.app import create_app
from tra import assembly
from tra.settings import Settings

ISSUER = "http://127.0.0.1:8790"


@pytest.fixture
def endpoints(database_url: str) -> Endpoints:
    return Endpoints(Seeded.seed(Settings(issuer=ISSUER, idp_database_url=SecretStr(database_url))))


@pytest.fixture
def http(endpoints: Endpoints) -> Iterator[TestClient]:
    ctx = assembly.idp_context(endpoints.seeded.settings)
    with TestClient(create_app(ctx), ISSUER, follow_redirects=False) as client:
        yield client


def statuses(workload: Workload, http: TestClient) -> list[int]:
    """What the first two requests are answered."""
    answered = []
    for ask in list(workload.asks(2))[:2]:
        http.cookies.clear()
        answer = http.request(ask.method, ask.path, content=ask.body, headers=dict(ask.headers))
        assert workload.must_have in answer.text, f"{workload.name}: {answer.text}"
        answered.append(answer.status_code)
    return answered


def test_each_request_is_answered_as_its_workload_says(
    endpoints: Endpoints, http: TestClient
) -> None:
    for workload in endpoints.workloads():
        assert set(statuses(workload, http)) == {workload.status}, workload.name
