"""POST /verify of a signature and, beside it, what it was made over."""

from typing import Any

import pytest

from tests.attacks.test_beside import A, B, xml
from tests.signing_service import Visitor
from tests.validation_report import read
from tests.web.signing.test_xml_report import OURS

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


def asked(visitor: Visitor, *files: tuple[str, str, bytes], path: str = "/verify") -> Any:
    """Fields, each with the name of its file."""
    return visitor.http.post(path, files=[(field, (name, held)) for field, name, held in files])


def test_several_files_come_by_their_names(standing: Visitor) -> None:
    signature = ("document", "sig.xml", xml(A, B))
    report = asked(standing, signature, *(("content", *one) for one in (B, A))).json()
    assert [(part["name"], part["signed_by"]) for part in report["parts"]] == [
        ("b.txt", ["Signature1"]),
        ("a.txt", ["Signature1"]),
    ]
    report = asked(standing, signature, ("content", *A)).json()
    assert (report["verdict"], report["sub_indication"]) == (
        "content_missing",
        "SIGNED_DATA_NOT_FOUND",
    )
    assert report["signatures"][0]["missing"] == ["b.txt"]


def test_the_page_names_what_is_missing(standing: Visitor) -> None:
    signature = ("document", "sig.xml", xml(A, ("b\u202e.txt", B[1])))
    page = asked(standing, signature, ("content", *A), path="/?lang=en").text
    assert "What is missing</dt><dd>b\\u{202e}.txt<" in page


def test_an_empty_file_is_one_and_a_field_that_was_left_empty_is_none(standing: Visitor) -> None:
    signature = ("document", "sig.xml", xml(("a.txt", b"")))
    left = asked(standing, signature, ("content", "", b""))
    assert left.json()["verdict"] == "content_missing"
    assert asked(standing, signature, ("content", "a.txt", b"")).json()["verdict"] != (
        "content_missing"
    )


def test_more_files_than_a_form_may_bring_are_refused(standing: Visitor) -> None:
    many = [("content", f"{number}.txt", b"x") for number in range(21)]
    answer = asked(standing, ("document", "sig.xml", xml(A)), *many)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_documents")


def test_the_reports_name_what_is_missing(standing: Visitor) -> None:
    files = [("document", "sig.xml", xml(A, B)), ("content", *A)]
    report = read(asked(standing, *files, path="/verify?report=xml").content)
    assert report.findtext(f".//{OURS}Signature/{OURS}Missing") == "b.txt"
    assert asked(standing, *files, path="/verify?report=pdf").status_code == 200


def test_each_file_s_own_state_is_told(standing: Visitor) -> None:
    changed, added = (B[0], b"And by nobody."), ("c.txt", b"By the way.")
    files = [("content", *one) for one in (A, changed, added)]
    files.insert(0, ("document", "sig.xml", xml(A, B)))
    report = asked(standing, *files).json()
    assert report["verdict"] == "changed"
    assert [(one["name"], one["signed_by"], one["changed_since"]) for one in report["parts"]] == [
        ("a.txt", ["Signature1"], []),
        ("b.txt", [], ["Signature1"]),
        ("c.txt", [], []),
    ]
    page = asked(standing, *files, path="/?lang=en").text
    for told in ("a.txt: signed", "b.txt: not what was signed", "c.txt: signed by nobody"):
        assert f"<li>{told}</li>" in page
    made = read(asked(standing, *files, path="/verify?report=xml").content)
    assert made.findtext(f".//{OURS}Document/{OURS}NotWhatWasSigned") == "b.txt"
    assert made.findtext(f".//{OURS}Document/{OURS}SignedByNobody") == "c.txt"
