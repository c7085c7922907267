"""GET /policies/{name}: what a report was given by can be fetched, and its digest recounted."""

import hashlib
from collections.abc import Iterator

import pytest

from core.clock import FixedClock
from signing import policies
from tests.attacks.pki import NOW
from tests.attacks.test_older_news import DOCUMENTS, ROOT
from tests.signing_service import Visitor, signing_service
from tests.validation_report import VR, read

OLDER = DOCUMENTS["older"]


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """A service that trusts somebody else's root, too."""
    url = f"sqlite:///{tmp_path_factory.mktemp('signing') / 'signing.sqlite'}"
    with signing_service(url, FixedClock(NOW), trusted=lambda: ROOT.anchors) as someone:
        yield someone


def test_the_policy_that_a_report_names_is_published(standing: Visitor, sealed: bytes) -> None:
    report = standing.verify(sealed)
    answer = standing.http.get(f"/policies/{report['policy']}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/toml")
    assert hashlib.sha256(answer.content).hexdigest() == report["policy_digest"]


@pytest.mark.parametrize("name", ["tra-1", "..%2Ftra-2", "tra-2.toml", "%00"])
def test_a_policy_that_there_is_not_is_a_404(standing: Visitor, name: str) -> None:
    assert standing.http.get(f"/policies/{name}").status_code == 404


def test_every_policy_is_listed_with_what_it_is_in_both_languages(standing: Visitor) -> None:
    first, *others = standing.http.get("/policies").json()["policies"]
    assert (first["name"], first["used"]) == ("tra-2", True)
    assert [(one["name"], one["used"]) for one in others] == [
        ("tra-2-next-update", False),
        ("tra-2-strict", False),
    ]
    for one in (first, *others):
        assert one["url"].endswith(f"/policies/{one['name']}")
        text = standing.http.get(f"/policies/{one['name']}").content
        assert hashlib.sha256(text).hexdigest() == one["digest"]
        assert set(one["title"]) == {"km", "en"}


def test_a_verdict_is_by_the_policy_that_is_asked_for(trusting: Visitor) -> None:
    for name, verdict in ((None, "indeterminate"), ("tra-2-next-update", "authentic")):
        report = trusting.http.post("/verify", params=_by(name), content=OLDER).json()
        assert (report["verdict"], report["policy"]) == (verdict, name or "tra-2")
        digest = hashlib.sha256(policies.ours()[report["policy"]].text.encode()).hexdigest()
        assert report["policy_digest"] == digest


def test_a_report_for_others_names_that_policy(trusting: Visitor) -> None:
    asked = {"report": "xml", **_by("tra-2-next-update")}
    root = read(trusting.http.post("/verify", params=asked, content=OLDER).content)
    assert root.findtext(f".//{VR}PolicyName") == "tra-2-next-update"
    assert root.findtext(f".//{VR}FormalPolicyURI").endswith("/policies/tra-2-next-update")


@pytest.mark.parametrize("name", ["", "tra-0", "../tra-2", "x" * 10_000, "tra-2\x00"])
def test_a_policy_that_there_is_not_is_refused(standing: Visitor, name: str) -> None:
    answer = standing.http.post("/verify", params=_by(name), content=b"x")
    assert (answer.status_code, answer.json()["code"]) == (400, "policy_unknown")


def _by(name: str | None) -> dict[str, str]:
    return {} if name is None else {"policy": name}
