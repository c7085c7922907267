"""POST /augment for every format but PDF: CMS, JSON, XML, containers, ours and others'."""

from pathlib import Path
from typing import Any

import pytest

from signing.formats.cades.encodings import decode
from signing.rules.seal_format import OFFERS, SealFormat
from tests.dss import Judge
from tests.formats.test_augmentation_of_cms import message, pem
from tests.sealing import BESIDE, LASTING, LETTER, ask_for_all, check
from tests.signing_service import Visitor

FORMATS = [one for one in LASTING if one is not SealFormat.PADES]


def seal(visitor: Visitor, wanted: SealFormat, level: str) -> bytes:
    files = [("a & b.json", LETTER, "application/json"), ("c.txt", b"More.", "text/plain")]
    count = 2 if wanted in {SealFormat.ASIC_E, SealFormat.ASIC_E_XADES} else 1
    answer = ask_for_all(visitor, *files[:count], format=wanted, level=level)
    assert answer.status_code == 200, answer.text
    content: bytes = answer.content
    return content


def augment(visitor: Visitor, document: bytes, content: bytes | None, level: str) -> Any:
    headers = {"Authorization": f"Bearer {visitor.service.token()}"}
    files = [("document", ("d", document, "application/octet-stream"))]
    if content is not None:
        files.append(("content", ("c", content, "application/octet-stream")))
    return visitor.http.post("/augment", params={"level": level}, files=files, headers=headers)


def augmented(visitor: Visitor, document: bytes, content: bytes | None, level: str) -> bytes:
    answer = augment(visitor, document, content, level)
    assert answer.status_code == 200, answer.text
    made: bytes = answer.content
    return made


def verdict(visitor: Visitor, document: bytes, content: bytes | None) -> str:
    files = {"document": ("d", document), **({"content": ("c", content)} if content else {})}
    headers = {"Accept": "application/json"}
    report = visitor.http.post("/verify", files=files, headers=headers).json()
    said: str = report["verdict"]
    return said


@pytest.mark.parametrize("wanted", FORMATS)
@pytest.mark.parametrize(
    ("before", "after"), [("B-B", "B-LTA"), ("B-T", "B-LT"), ("B-LT", "B-LTA"), ("B-LTA", "B-LTA")]
)
def test_a_seal_reaches_its_level_and_dss_agrees(
    standing: Visitor,
    judge: Judge,
    root: Path,
    tmp_path: Path,
    wanted: SealFormat,
    before: str,
    after: str,
) -> None:
    beside = LETTER if wanted in BESIDE else None
    sealed = seal(standing, wanted, before)
    answer = augment(standing, sealed, beside, after)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == OFFERS[wanted].media_type
    made, letter = tmp_path / "made", tmp_path / "a & b.json"
    made.write_bytes(answer.content)
    letter.write_bytes(LETTER)
    check(judge, standing, after, root, made, *([letter] if beside else []))
    assert verdict(standing, answer.content, beside) == "authentic"


def test_a_compact_seal_becomes_one_with_a_place_for_proofs(
    standing: Visitor, judge: Judge, root: Path, tmp_path: Path
) -> None:
    answer = augment(standing, seal(standing, SealFormat.JADES_COMPACT, "B-B"), None, "B-LTA")
    assert answer.headers["content-type"] == OFFERS[SealFormat.JADES].media_type
    made = tmp_path / "made"
    made.write_bytes(answer.content)
    check(judge, standing, "B-LTA", root, made)
    assert verdict(standing, answer.content, None) == "authentic"


def test_a_seal_in_text_or_in_a_message_stays_there(standing: Visitor) -> None:
    sealed = seal(standing, SealFormat.CADES_ENVELOPING, "B-T")
    for dress, media_type in ((pem, "text/plain; charset=utf-8"), (message, "message/rfc822")):
        answer = augment(standing, dress(sealed), None, "B-LTA")
        assert answer.headers["content-type"] == media_type
        held = decode(answer.content)
        assert held is not None
        assert answer.content == dress(held.encoded)
        assert verdict(standing, answer.content, None) == "authentic"
