"""GET /policies/{name}: what a report was given by can be fetched, and its digest recounted."""

import hashlib

import pytest

from tests.signing_service import Visitor


def test_the_policy_that_a_report_names_is_published(standing: Visitor, sealed: bytes) -> None:
    report = standing.verify(sealed)
    answer = standing.http.get(f"/policies/{report['policy']}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/toml")
    assert hashlib.sha256(answer.content).hexdigest() == report["policy_digest"]


@pytest.mark.parametrize("name", ["tra-1", "..%2Ftra-2", "tra-2.toml", "%00"])
def test_a_policy_that_there_is_not_is_a_404(standing: Visitor, name: str) -> None:
    assert standing.http.get(f"/policies/{name}").status_code == 404
