"""POST /seal in every format and at every level."""

import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile

import pytest

from signing.formats.asic import container
from signing.formats.cades.signed_data import SignedData
from signing.rules.seal_format import OFFERS, SealFormat
from tests.dss import Judge
from tests.sealing import ask, ask_for_all, check
from tests.signing_service import Visitor

LETTER = b"A letter.\n"
LETTER_AS_JSON = b'["A letter."]'
FILES = (("លិខិត.txt", LETTER, "text/plain"), ("annex/data.csv", b"1,2\n", "text/csv"))


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


@pytest.mark.parametrize("level", OFFERS[SealFormat.ASIC_S].levels)
def test_a_container_of_one_file(
    standing: Visitor, judge: Judge, root: Path, tmp_path: Path, level: str
) -> None:
    answer = ask_for_all(standing, FILES[0], format="asic-s", level=level)
    assert answer.headers["content-type"] == container.SIMPLE
    sealed = tmp_path / "letter.asics"
    sealed.write_bytes(answer.content)
    assert names(answer.content) == ["mimetype", "លិខិត.txt", "META-INF/signature.p7s"]
    check(judge, standing, level, root, sealed)


@pytest.mark.parametrize("level", OFFERS[SealFormat.ASIC_E].levels)
def test_a_container_of_several_files(
    standing: Visitor, judge: Judge, root: Path, tmp_path: Path, level: str
) -> None:
    answer = ask_for_all(standing, *FILES, level=level)
    assert answer.headers["content-type"] == container.EXTENDED
    sealed = tmp_path / "letters.asice"
    sealed.write_bytes(answer.content)
    signature, manifest = container.names(1)
    files = ["mimetype", "លិខិត.txt", "annex/data.csv", manifest, signature]
    assert names(answer.content) == files
    check(judge, standing, level, root, sealed)


@pytest.mark.parametrize("level", OFFERS[SealFormat.ASIC_E_XADES].levels)
def test_a_container_with_its_seal_in_xml(
    standing: Visitor, judge: Judge, root: Path, tmp_path: Path, level: str
) -> None:
    odd = ("a & b.txt", LETTER, "text/<odd>")
    answer = ask_for_all(standing, *FILES, odd, format="asic-e-xades", level=level)
    sealed = tmp_path / "letters.asice"
    sealed.write_bytes(answer.content)
    assert names(answer.content)[-2:] == ["META-INF/manifest.xml", "META-INF/signatures001.xml"]
    check(judge, standing, level, root, sealed)


def test_the_seal_in_xml_is_one_that_xmlsec_accepts(standing: Visitor, tmp_path: Path) -> None:
    letter = ("letter.txt", LETTER, "text/plain")
    content = ask_for_all(standing, letter, FILES[1], format="asic-e-xades").content
    with ZipFile(BytesIO(content)) as opened:
        opened.extractall(tmp_path)
    root = tmp_path / "root.pem"
    root.write_bytes(standing.http.get("/certificates/root.pem").content)
    done = subprocess.run(
        [
            *("xmlsec1", "--verify", "--trusted-pem", str(root), "--verification-time"),
            *("2026-04-14 02:00:00", "--enabled-reference-uris", "empty,same-doc,local,remote"),
            *("--id-attr:Id", "SignedProperties", "META-INF/signatures001.xml"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def names(content: bytes) -> list[str]:
    """What is in a container that begins with its type, stored, as EN 319 162-1 A.1 demands."""
    assert content[30:38] == b"mimetype"
    with ZipFile(BytesIO(content)) as opened:
        assert opened.testzip() is None
        assert {entry.compress_type for entry in opened.infolist()} == {ZIP_STORED}
        assert not any(entry.extra for entry in opened.infolist())
        return opened.namelist()


def test_a_container_with_another_file_in_it_fails(
    standing: Visitor, judge: Judge, root: Path, tmp_path: Path
) -> None:
    with ZipFile(BytesIO(ask_for_all(standing, *FILES).content)) as opened:
        parts = {name: opened.read(name) for name in opened.namelist()}
    parts["annex/data.csv"] = b"2,1\n"
    del parts["mimetype"]
    changed = tmp_path / "changed.asice"
    changed.write_bytes(container.write(container.EXTENDED, parts.items()))
    (found,) = judge.judge(root, standing.service.clock.now(), changed)
    assert found.sub_indication == "HASH_FAILURE", found


def test_several_files_get_the_same_container_again(visitor: Visitor) -> None:
    first = ask_for_all(visitor, *FILES, key="one").content
    assert ask_for_all(visitor, *FILES, key="one").content == first
    other = ask_for_all(visitor, FILES[0], ("annex/data.csv", b"1,3\n", "text/csv"), key="one")
    assert other.json()["code"] == "idempotency_key_reused"
    renamed = ask_for_all(visitor, FILES[0], ("data.csv", b"1,2\n", "text/csv"), key="one")
    assert renamed.json()["code"] == "idempotency_key_reused"


@pytest.mark.parametrize(
    ("files", "asked", "code"),
    [
        (FILES, {"format": "cades"}, "format_takes_one_file"),
        (FILES, {"format": "asic-s"}, "format_takes_one_file"),
        ((FILES[0], FILES[0]), {}, "file_name_repeated"),
        ((("../letter.txt", LETTER, "text/plain"),), {"format": "asic-s"}, "file_name_invalid"),
        ((FILES[0], ("empty.txt", b"", "text/plain")), {}, "document_missing"),
        (tuple((f"{n}.txt", LETTER, "text/plain") for n in range(21)), {}, "too_many_documents"),
        ((FILES[0],), {}, "format_not_named"),
    ],
)
def test_files_that_cannot_be_sealed_together_are_refused(
    visitor: Visitor, files: Any, asked: dict[str, str], code: str
) -> None:
    assert ask_for_all(visitor, *files, **asked).json()["code"] == code


def test_a_container_needs_its_file_s_name(visitor: Visitor) -> None:
    assert ask(visitor, LETTER, format="asic-s").json()["code"] == "file_name_invalid"


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
    json = wanted in {SealFormat.JADES, SealFormat.JADES_COMPACT}
    file = ("letter", LETTER_AS_JSON if json else plain, "application/octet-stream")
    first = ask_for_all(visitor, file, key="one", format=wanted)
    assert first.status_code == 200, first.text
    assert ask_for_all(visitor, file, key="one", format=wanted).content == first.content


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
