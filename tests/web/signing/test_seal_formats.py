"""POST /seal in every format and at every level."""

from pathlib import Path
from typing import Any

import pytest

from signing.formats.cades.signed_data import SignedData
from signing.rules.report import Level
from signing.rules.seal_format import OFFERS, SealFormat
from tests.dss import Judge
from tests.signing_service import Visitor

LETTER = b"A letter.\n"
CHAIN_ONLY = frozenset({Level.B, Level.T})  # without revocation data, DSS asks for some


def ask(visitor: Visitor, content: bytes, key: str | None = None, **asked: str) -> Any:
    headers = {"Authorization": f"Bearer {visitor.service.token()}", "Content-Type": "text/plain"}
    if key is not None:
        headers["Idempotency-Key"] = key
    return visitor.http.post("/seal", params=asked, content=content, headers=headers)


@pytest.fixture(scope="module")
def root(standing: Visitor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("root") / "root.cer"
    file.write_bytes(standing.http.get("/certificates/root.cer").content)
    return file


def check(judge: Judge, visitor: Visitor, level: str, *files: Path) -> None:
    """DSS says that each signature is of this level and passes, as far as it has proofs."""
    for found in judge.judge(*files[:1], visitor.service.clock.now(), *files[1:]):
        assert found.level.endswith(f"-BASELINE-{level.removeprefix('B-')}"), found
        if level in CHAIN_ONLY:
            assert found.sub_indication == "CERTIFICATE_CHAIN_GENERAL_FAILURE", found
        else:
            assert (found.indication, found.told) == ("TOTAL_PASSED", ()), found


@pytest.mark.parametrize("level", OFFERS[SealFormat.CADES].levels)
def test_a_detached_cades_seal(
    standing: Visitor, judge: Judge, root: Path, tmp_path: Path, level: str
) -> None:
    answer = ask(standing, LETTER, format="cades", level=level)
    assert answer.headers["content-type"] == "application/pkcs7-signature"
    letter, seal = tmp_path / "letter.txt", tmp_path / "letter.txt.p7s"
    letter.write_bytes(LETTER)
    seal.write_bytes(answer.content)
    assert SignedData.parse(answer.content).content is None
    check(judge, standing, level, root, seal, letter)


@pytest.mark.parametrize("level", OFFERS[SealFormat.CADES_ENVELOPING].levels)
def test_an_enveloping_cades_seal(
    standing: Visitor, judge: Judge, root: Path, tmp_path: Path, level: str
) -> None:
    answer = ask(standing, LETTER, format="cades-enveloping", level=level)
    assert answer.headers["content-type"] == "application/pkcs7-mime"
    seal = tmp_path / "letter.txt.p7m"
    seal.write_bytes(answer.content)
    assert SignedData.parse(answer.content).content == LETTER
    check(judge, standing, level, root, seal)


@pytest.mark.parametrize("level", OFFERS[SealFormat.PADES].levels)
def test_a_pades_seal(
    standing: Visitor, judge: Judge, root: Path, tmp_path: Path, plain: bytes, level: str
) -> None:
    sealed = tmp_path / "sealed.pdf"
    sealed.write_bytes(ask(standing, plain, format="pades", level=level).content)
    check(judge, standing, level, root, sealed)


def test_a_changed_letter_fails(
    standing: Visitor, judge: Judge, root: Path, tmp_path: Path
) -> None:
    letter, seal = tmp_path / "letter.txt", tmp_path / "letter.txt.p7s"
    letter.write_bytes(LETTER.upper())
    seal.write_bytes(ask(standing, LETTER, format="cades").content)
    (found,) = judge.judge(root, standing.service.clock.now(), seal, letter)
    assert (found.indication, found.sub_indication) == ("TOTAL_FAILED", "HASH_FAILURE")


@pytest.mark.parametrize("wanted", OFFERS)
def test_a_retry_gets_the_same_bytes_though_no_document_is_kept(
    visitor: Visitor, plain: bytes, wanted: SealFormat
) -> None:
    first = ask(visitor, plain, "one", format=wanted)
    assert first.status_code == 200, first.text
    assert ask(visitor, plain, "one", format=wanted).content == first.content


def test_a_key_is_good_for_one_format_and_level(visitor: Visitor, plain: bytes) -> None:
    ask(visitor, plain, "one", format="cades")
    for other in ({"format": "pades"}, {"format": "cades", "level": "B-T"}):
        answer = ask(visitor, plain, "one", **other)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_what_is_not_offered_is_refused(visitor: Visitor) -> None:
    for asked, code in (
        ({}, "format_not_named"),
        ({"format": "pgp"}, "format_unknown"),
        ({"format": "cades", "level": "B-X"}, "level_not_offered"),
    ):
        assert ask(visitor, LETTER, **asked).json()["code"] == code
