"""Evidence records, read by EU DSS too: alone, over a signed file, in a CMS, in containers."""

from collections.abc import Callable
from pathlib import Path

import pytest

from signing.formats.augmentation import open_document
from signing.formats.cades.signed_data import SignedData
from signing.formats.cms import EVIDENCE_RECORDS
from signing.formats.detached import Detached
from tests.attacks.pki import AT
from tests.attacks.test_asic import EXTENDED, SIMPLE, A, B, packed
from tests.attacks.test_asic_archives import ROOT, sealed
from tests.attacks.test_records import (
    DEED,
    IN_XML,
    LETTER,
    OF_DEED,
    OF_LETTER,
    RECORD,
    YEARS,
    in_xml,
    record,
    recorded,
    within,
)
from tests.attacks.test_records import judge as judged
from tests.dss import Judge, Judged
from tests.formats import test_augmentation_of_records as again

PLAIN = SignedData.parse(DEED).dump()
FILES = {
    "root.cer": ROOT.certificate,
    "letter.txt": LETTER,
    "letter.ers": OF_LETTER,
    "deed.p7m": DEED,
    "deed.ers": OF_DEED,
    "letter.xml": IN_XML,
    "deed.xml": in_xml(DEED).dump(),
    "within.p7m": within(PLAIN, EVIDENCE_RECORDS[0], PLAIN),
    "signed.asice": packed(recorded(sealed())),
    "files.asice": packed(recorded([("mimetype", EXTENDED), A, B])),
    "one.asics": packed([("mimetype", SIMPLE), A, (RECORD, record(A[1]).dump())]),
}
BESIDE = {
    "letter.ers": {"detached": LETTER},
    "letter.xml": {"detached": LETTER},
    "deed.p7m": {"record": OF_DEED},
    "deed.p7m ": {"record": FILES["deed.xml"]},
}
DAYS = (1, 7, 100, (YEARS - AT) // 86_400)
"""Within each certificate's time, and past all but the last one's."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("records")
    for name, content in FILES.items():
        (made / name).write_bytes(content)
    return made


@pytest.mark.parametrize("days", DAYS)
def test_dss_gives_each_the_verdict_that_we_do(folder: Path, judge: Judge, days: int) -> None:
    at, root = AT + days * 86_400, folder / "root.cer"
    told = {
        "letter.ers": judge.judge(root, at, folder / "letter.ers", folder / "letter.txt"),
        "letter.xml": judge.judge(root, at, folder / "letter.xml", folder / "letter.txt"),
        "deed.p7m": judge.judge(root, at, folder / "deed.p7m", record=folder / "deed.ers"),
        "deed.p7m ": judge.judge(root, at, folder / "deed.p7m", record=folder / "deed.xml"),
    }
    names = ("within.p7m", "signed.asice", "files.asice", "one.asics")
    told |= {name: judge.judge(root, at, folder / name) for name in names}
    for name, [found] in told.items():
        ours = judged(FILES[name.strip()], at, **BESIDE.get(name, {}))
        assert ours.indication == "TOTAL_PASSED", name
        assert found.indication in {"TOTAL_PASSED", "PASSED"}, found
        assert not [one for one in found.told if one.startswith("evidence record")], found


def test_neither_takes_a_record_over_something_else(folder: Path, judge: Judge) -> None:
    [found] = judge.judge(folder / "root.cer", AT, folder / "letter.ers", folder / "deed.p7m")
    assert found.indication == "INDETERMINATE"
    assert judged(OF_LETTER, AT, detached=DEED).indication != "TOTAL_PASSED"
    [found] = judge.judge(
        folder / "root.cer", YEARS, folder / "deed.p7m", record=folder / "letter.ers"
    )
    assert found.indication == "INDETERMINATE"
    assert judged(DEED, YEARS, record=OF_LETTER).indication != "TOTAL_PASSED"


@pytest.mark.parametrize("name", again.ALONE_CASES)
def test_what_we_renewed_dss_passes_decades_later(judge: Judge, tmp_path: Path, name: str) -> None:
    record, over = again.ALONE_CASES[name]
    made = again.renewed(open_document(record)).dump()
    [found] = told(judge, tmp_path, made, over)
    assert found.indication == "PASSED", found
    assert not [one for one in found.told if one.startswith("evidence record")], found


@pytest.mark.parametrize("write", [again.first, again.in_xml])
@pytest.mark.parametrize("objects", [(LETTER,), (LETTER, DEED)], ids=["one", "two"])
def test_dss_finds_a_new_tree_whole(
    judge: Judge, tmp_path: Path, write: Callable[..., bytes], objects: tuple[bytes, ...]
) -> None:
    beside = Detached(tuple((str(at), one) for at, one in enumerate(objects)))
    made = again.renewed(open_document(write(*objects, by="sha224"), beside)).dump()
    [found] = told(judge, tmp_path, made, *objects)
    assert found.indication == "PASSED", found


@pytest.mark.parametrize("name", again.IN_CMS)
def test_a_record_within_that_we_renewed_dss_passes(
    judge: Judge, tmp_path: Path, name: str
) -> None:
    document, content = again.IN_CMS[name]
    made = again.renewed(open_document(document, Detached.of(content))).dump()
    [found] = told(judge, tmp_path, made, *([content] if content else []))
    assert found.indication == "TOTAL_PASSED", found


@pytest.mark.parametrize("name", again.CONTAINERS)
def test_so_it_does_in_containers(judge: Judge, tmp_path: Path, name: str) -> None:
    document, _ = again.CONTAINERS[name]
    [found] = told(judge, tmp_path, again.renewed(open_document(document)).dump())
    assert found.indication in {"TOTAL_PASSED", "PASSED"}, found


def test_every_record_of_a_stock_passes_by_dss(judge: Judge, tmp_path: Path) -> None:
    for content, made_once in zip(again.STOCK, again.stock(len(again.STOCK)), strict=True):
        made = again.renewed(open_document(made_once)).dump()
        [found] = told(judge, tmp_path, made, content)
        assert found.indication == "PASSED", found


def told(judge: Judge, folder: Path, made: bytes, *over: bytes, at: int = YEARS) -> list[Judged]:
    (folder / "root.cer").write_bytes(ROOT.certificate)
    (folder / "made").write_bytes(made)
    beside = [folder / f"content{number}" for number in range(len(over))]
    for file, content in zip(beside, over, strict=True):
        file.write_bytes(content)
    return judge.judge(folder / "root.cer", at, folder / "made", *beside)
