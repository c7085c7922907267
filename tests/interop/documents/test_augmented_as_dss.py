"""Signatures of others in every encoding, made to last: EU DSS finds them at B-LTA, and each
time-stamp that was there as intact as it was."""

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from signing.formats.augmentation import open_document
from signing.formats.cades.encodings import decode
from tests.attacks import test_encrypted as encrypted
from tests.attacks.pki import AT, Holder
from tests.attacks.test_cades_stamps import MADE as OLD
from tests.attacks.test_cades_stamps import ROOT as OF_OLD
from tests.dss import Judge, Judged
from tests.formats import test_augmentation_of_cms as of_cms
from tests.formats import test_augmentation_of_nested as nested
from tests.formats import test_augmentation_of_versions as versions
from tests.formats import test_augmentation_of_xades_records as in_xades
from tests.formats.test_augmentation import FOREIGN, ROOT, lasting
from tests.formats.test_augmentation_of_counters import CASES

DAY = 86_400
BESIDE = {"clear-signed": of_cms.CONTENT}


def told(
    judge: Judge, folder: Path, document: bytes, *beside: bytes, root: Holder = ROOT, at: int = AT
) -> list[Judged]:
    """DSS reads neither text nor messages around a CMS, nor XML in UTF-16, nor office documents: it
    gets the CMS within, the same characters in UTF-8, and the part that is the signature."""
    trusted, file = folder / "root.cer", folder / "made"
    trusted.write_bytes(root.certificate)
    held = decode(document)
    wide = document.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = document.decode("utf-16").encode() if wide else document
    if document.startswith(b"PK"):
        text = ZipFile(BytesIO(document)).read("_xmlsignatures/sig1.xml")
    file.write_bytes(held.encoded if held is not None else text)
    files = [folder / f"content{number}" for number in range(len(beside))]
    for name, content in zip(files, beside, strict=True):
        name.write_bytes(content)
    return judge.judge(trusted, at, file, *files)


@pytest.mark.parametrize("name", [*FOREIGN, *of_cms.FORMS])
def test_what_is_made_to_last_dss_finds_at_b_lta(judge: Judge, tmp_path: Path, name: str) -> None:
    beside = [BESIDE[name]] if name in BESIDE else []
    made = lasting(open_document((FOREIGN | of_cms.FORMS)[name]))
    for found in told(judge, tmp_path, made, *beside):
        assert (found.level.split("-")[-1], found.indication) == ("LTA", "TOTAL_PASSED")
        assert not [one for one in found.told if "structure" in one or "time-stamp" in one]


@pytest.mark.parametrize("name", [one for one in OLD if one.startswith("archive")])
def test_beside_older_archive_time_stamps_dss_finds_all_of_them(
    judge: Judge, tmp_path: Path, name: str
) -> None:
    clock = of_cms.AUTHORITY_OF_OLD.time_authority("Another clock")
    made = of_cms.grown(OLD[name], clock)
    [found] = told(judge, tmp_path, made, root=OF_OLD, at=AT + 4 * DAY)
    assert found.indication == "TOTAL_PASSED"
    assert not [one for one in found.told if "time-stamp" in one]


@pytest.mark.parametrize("name", CASES)
def test_signatures_over_signatures_pass_as_before(judge: Judge, tmp_path: Path, name: str) -> None:
    found = told(judge, tmp_path, lasting(open_document(CASES[name].document)))
    assert [one.indication for one in found] == ["TOTAL_PASSED"] * 2
    levels = [CASES[name].level_of_counter, "B-LTA"]
    assert sorted(f"B-{one.level.split('-')[-1]}" for one in found) == sorted(levels)
    assert not [one for each in found for one in each.told if "time-stamp" in one]


@pytest.mark.parametrize("way", encrypted.ALL_WAYS)
def test_an_encrypted_document_too(judge: Judge, tmp_path: Path, way: str) -> None:
    made = lasting(open_document(encrypted.signed(encrypted.locked(tmp_path, way))))
    [found] = told(judge, tmp_path, made)
    assert (found.level.split("-")[-1], found.indication) == ("LTA", "TOTAL_PASSED")
    assert not [one for one in found.told if "time-stamp" in one]


@pytest.mark.parametrize("name", nested.MADE)
def test_a_signature_that_another_signs_passes_as_before(
    judge: Judge, tmp_path: Path, name: str
) -> None:
    """Years later DSS asks for a time-stamp over the inner one itself, which a CMS in a container
    has by a manifest; in XML it finds only what the outer one proves for itself."""
    (tmp_path / "root.cer").write_bytes(nested.ROOT.certificate)
    (tmp_path / "made").write_bytes(nested.lasting(name))
    for at in (AT + DAY, nested.YEARS):
        found = judge.judge(tmp_path / "root.cer", at, tmp_path / "made")
        outer = [one for one in found if one.level.endswith("LTA")]
        assert [one.indication for one in outer] == ["TOTAL_PASSED"]
        if at != nested.YEARS or name == "in_container":
            assert {one.indication for one in found} == {"TOTAL_PASSED"}
        assert not [one for each in found for one in each.told if "time-stamp" in one]


@pytest.mark.parametrize("name", versions.MADE)
def test_older_versions_of_xades_dss_finds_at_b_lta_years_later(
    judge: Judge, tmp_path: Path, name: str
) -> None:
    (tmp_path / "root.cer").write_bytes(nested.ROOT.certificate)
    (tmp_path / "made").write_bytes(versions.lasting(name))
    for at in (AT, nested.YEARS):
        [found] = judge.judge(tmp_path / "root.cer", at, tmp_path / "made")
        assert (found.level.split("-")[-1], found.indication) == ("LTA", "TOTAL_PASSED")
        assert not [one for one in found.told if "structure" in one or "time-stamp" in one]


@pytest.mark.parametrize("name", in_xades.MADE)
def test_dss_passes_signatures_whose_records_we_renewed(
    judge: Judge, tmp_path: Path, name: str
) -> None:
    (tmp_path / "root.cer").write_bytes(nested.ROOT.certificate)
    (tmp_path / "made").write_bytes(in_xades.lasting(name))
    for at in (AT, nested.YEARS):
        [found] = judge.judge(tmp_path / "root.cer", at, tmp_path / "made")
        assert found.indication == "TOTAL_PASSED", found
        assert not [one for one in found.told if "evidence record" in one], found
