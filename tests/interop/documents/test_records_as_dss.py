"""Evidence records, read by EU DSS too: alone, over a signed file, in a CMS, in containers."""

from pathlib import Path

import pytest

from signing.formats.cades.signed_data import SignedData
from signing.formats.cms import EVIDENCE_RECORDS
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
from tests.dss import Judge

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
