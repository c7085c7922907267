"""POST /seal?level=…: what each level has, and that nothing of it can be changed."""

import pytest

from tests.documents import page_objects, pdf
from tests.signing_service import OTHER_AGENCY, Visitor


@pytest.fixture(scope="module")
def lasting(standing: Visitor, plain: bytes) -> bytes:
    """A document that was sealed for the long term."""
    return standing.sealed(plain, level="B-LTA")


@pytest.mark.parametrize("level", ["B-B", "B-T", "B-LT", "B-LTA"])
def test_a_seal_has_the_level_that_was_asked_for(
    standing: Visitor, plain: bytes, level: str
) -> None:
    report = standing.verify(standing.sealed(plain, level=level))
    assert report["verdict"] == "authentic"
    (signature,) = report["signatures"]
    assert signature["level"] == level
    assert (signature["signed_at"] is None) == (level == "B-B")


def test_a_key_is_good_for_one_level(standing: Visitor, plain: bytes) -> None:
    assert standing.seal(plain, key="level", level="B-T").status_code == 200
    answer = standing.seal(plain, key="level", level="B-LTA")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_the_document_time_stamp_covers_all_that_stands_before_it(
    lasting: bytes, plain: bytes
) -> None:
    assert lasting.startswith(plain)
    *_, stamp = lasting.split(b"/Type /DocTimeStamp")
    byte_range = stamp[stamp.index(b"/ByteRange [") :].partition(b"]")[0]
    first, _, after, rest = map(int, byte_range.removeprefix(b"/ByteRange [").split())
    assert (first, after + rest) == (0, len(lasting))


@pytest.mark.parametrize("certified", [False, True], ids=["own", "after another's"])
@pytest.mark.parametrize(
    ("catalogue", "page", "more"),
    [
        (b"", b"", {}),
        (b"/AcroForm << /Fields [] /DA (/Helv 0 Tf) >>", b"/Annots []", {}),
        (
            b"/AcroForm 6 0 R",
            b"/Annots 7 0 R",
            {"o6": b"<< /Fields 8 0 R >>", "o7": b"[]", "o8": b"[]"},
        ),
    ],
    ids=["none", "direct", "by reference"],
)
def test_it_finds_its_place_whatever_form_the_document_has(
    standing: Visitor,
    catalogue: bytes,
    page: bytes,
    more: dict[str, bytes],
    *,
    certified: bool,
) -> None:
    document = pdf(page_objects(catalogue, page, **more))
    if certified:
        standing.service.give_seal(OTHER_AGENCY)
        document = standing.sealed(document, level="B-LTA", agency=OTHER_AGENCY.agency_id)
    report = standing.verify(standing.sealed(document, level="B-LTA"))
    assert report["verdict"] == "authentic"
    assert {one["level"] for one in report["signatures"]} == {"B-LTA"}


@pytest.mark.parametrize("level", ["B-B", "B-T", "B-LT", "B-LTA"])
def test_a_seal_may_follow_an_archived_one(standing: Visitor, lasting: bytes, level: str) -> None:
    report = standing.verify(standing.sealed(lasting, level=level))
    assert [one["indication"] for one in report["signatures"]] == ["TOTAL_PASSED"] * 2
    assert report["signatures"][0]["level"] == "B-LTA"
    # The store is the document's: what it holds vouches for every signature with a time-stamp.
    expected = "B-LT" if level == "B-T" else level
    assert report["signatures"][1]["level"] == expected


def _changes(document: bytes) -> dict[str, bytes]:
    """What could be done to the bytes that no digest covers, or in the place of the stamp."""
    start = document.rindex(b"/Contents <") + len(b"/Contents <")
    end = document.index(b">", start)
    token = document[start:end].rstrip(b"0")
    letter = next(at for at in range(start, end) if document[at : at + 1] == b"a")
    middle = start + len(token) // 2
    return {
        "another case": document[:letter] + b"A" + document[letter + 1 :],
        "not zeros behind": document[: end - 1] + b"1" + document[end:],
        "a digit": document[:middle] + (b"0" if document[middle : middle + 1] != b"0" else b"1")
        + document[middle + 1 :],
        "nothing": document[:start] + b"0" * (end - start) + document[end:],
        "junk after": document + b"\n% more\n",
    }  # fmt: skip


@pytest.mark.parametrize(
    "change", ["another case", "not zeros behind", "a digit", "nothing", "junk after"]
)
def test_no_byte_of_the_time_stamp_can_be_another(
    standing: Visitor, lasting: bytes, change: str
) -> None:
    changed = _changes(lasting)[change]
    assert changed != lasting
    assert standing.verify(changed)["verdict"] == "changed"


def test_cutting_the_time_stamp_off_gives_what_was_before_it(
    standing: Visitor, lasting: bytes
) -> None:
    before = lasting[: lasting.rindex(b"%%EOF", 0, -10) + len(b"%%EOF\n")]
    report = standing.verify(before)
    assert (report["verdict"], report["signatures"][0]["level"]) == ("authentic", "B-LT")
