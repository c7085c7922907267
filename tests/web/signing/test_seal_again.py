"""A seal beside others, in each format: all of them still pass."""

from pathlib import Path
from typing import Any

import pytest

from tests.dss import Judge
from tests.node import script
from tests.sealing import ask, ask_for_all
from tests.signing_service import Visitor

FILES = (("letter.txt", b"A letter.\n", "text/plain"), ("data.csv", b"1,2\n", "text/csv"))
DOCUMENT = b'{"name": "Dara"}'
KINDS = {
    "jades": "application/jose+json",
    "cades-enveloping": "application/pkcs7-mime",
    "asic-e": "application/vnd.etsi.asic-e+zip",
}


def once(visitor: Visitor, wanted: str) -> bytes:
    if wanted == "asic-e":
        return bytes(ask_for_all(visitor, *FILES).content)
    return bytes(ask(visitor, DOCUMENT, format=wanted).content)


def again(visitor: Visitor, wanted: str, sealed: bytes, **asked: str) -> Any:
    return ask(visitor, sealed, kind=KINDS[wanted], **asked)


@pytest.mark.parametrize("wanted", KINDS)
@pytest.mark.rule("attacks.second")
def test_every_seal_passes_with_us_and_with_dss(
    standing: Visitor, judge: Judge, root: Path, tmp_path: Path, wanted: str
) -> None:
    twice = again(standing, wanted, once(standing, wanted))
    assert twice.headers["content-type"] == KINDS[wanted]
    thrice = again(standing, wanted, twice.content, level="B-LTA").content
    report = standing.verify(thrice)
    assert report["verdict"] == "authentic"
    assert [one["indication"] for one in report["signatures"]] == ["TOTAL_PASSED"] * 3
    file = tmp_path / "thrice"
    file.write_bytes(thrice)
    found = judge.judge(root, standing.service.clock.now(), file)
    assert [(one.indication, one.told) for one in found] == [("TOTAL_PASSED", ())] * 3
    levels = sorted(one.level.rpartition("-")[2] for one in found)
    assert levels == ["LT", "LT", "LTA"]


@pytest.mark.parametrize("wanted", KINDS)
def test_no_seal_is_put_beside_one_that_does_not_pass(standing: Visitor, wanted: str) -> None:
    sealed = once(standing, wanted)
    broken = sealed.replace(b"Dara", b"Dora").replace(b"A letter", b"B letter")
    broken = broken.replace(b'"payload":"eyJ', b'"payload":"eyI')
    assert broken != sealed
    answer = again(standing, wanted, broken)
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_document")


@pytest.mark.parametrize("wanted", KINDS)
def test_what_says_to_be_sealed_and_is_not_is_refused(standing: Visitor, wanted: str) -> None:
    answer = again(standing, wanted, b"0\x00PK{}")
    assert (answer.status_code, answer.json()["code"]) == (422, "signature_invalid")


@pytest.mark.parametrize("wanted", KINDS)
def test_a_retry_gets_the_same_bytes(visitor: Visitor, wanted: str) -> None:
    sealed = once(visitor, wanted)
    first = again(visitor, wanted, sealed, key="one")
    assert first.status_code == 200, first.text
    assert again(visitor, wanted, sealed, key="one").content == first.content


def test_panva_s_jose_verifies_a_jws_with_two_signatures(standing: Visitor) -> None:
    twice = again(standing, "jades", once(standing, "jades"))
    with script("jws.js") as node:
        assert node.ask(jws=twice.text)["payload"] == DOCUMENT.decode()
