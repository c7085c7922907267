"""POST /verify of a signature and, beside it, what it was made over."""

from typing import Any

import pytest

from tests.signing_service import Visitor

LETTER = b"A letter.\n"
LEVELS = ("B-B", "B-T", "B-LT", "B-LTA")


def seal(visitor: Visitor, form: str, level: str = "B-LT") -> bytes:
    headers = {"Authorization": f"Bearer {visitor.service.token()}", "Content-Type": "text/plain"}
    asked = {"format": form, "level": level}
    answer = visitor.http.post("/seal", params=asked, content=LETTER, headers=headers)
    assert answer.status_code == 200, answer.text
    return bytes(answer.content)


def verify(visitor: Visitor, **files: bytes) -> dict[str, Any]:
    answer = visitor.http.post(
        "/verify", files={name: (name, content) for name, content in files.items()}
    )
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


@pytest.mark.parametrize("level", LEVELS)
def test_a_detached_seal_of_ours_is_authentic_with_its_document(
    standing: Visitor, level: str
) -> None:
    sealed = seal(standing, "cades", level)
    report = verify(standing, document=sealed, content=LETTER)
    assert (report["verdict"], report["format"]) == ("authentic", "cms")
    assert report["signatures"][0]["level"] == level
    assert verify(standing, document=sealed)["verdict"] == "content_missing"
    changed = verify(standing, document=sealed, content=LETTER.upper())
    assert (changed["verdict"], changed["sub_indication"]) == ("changed", "HASH_FAILURE")


@pytest.mark.parametrize("level", LEVELS)
def test_an_enveloping_seal_of_ours_is_authentic(standing: Visitor, level: str) -> None:
    report = verify(standing, document=seal(standing, "cades-enveloping", level))
    assert (report["verdict"], report["signatures"][0]["level"]) == ("authentic", level)


def test_an_archived_seal_outlives_its_certificates(visitor: Visitor) -> None:
    sealed = seal(visitor, "cades-enveloping", "B-LTA")
    visitor.service.clock.advance(86_400 * 365 * 2 + 86_400)
    assert verify(visitor, document=sealed)["verdict"] == "authentic"


def test_the_page_takes_both(standing: Visitor) -> None:
    files = {"document": ("a.p7s", seal(standing, "cades")), "content": ("a", LETTER)}
    answer = standing.http.post("/", files=files)
    assert answer.status_code == 200
    assert 'data-tone="right"' in answer.text
