"""XPath expressions that are known here choose what EU DSS finds by evaluating them. It has no
function here(), so those that leave out their own signature alone are known only here."""

from pathlib import Path

import pytest

from tests.attacks.pki import AT
from tests.attacks.test_xml_transforms import KNOWN, OF_ALL, ROOT
from tests.dss import Judge


@pytest.mark.parametrize("name", OF_ALL)
def test_dss_finds_the_same_signed(judge: Judge, tmp_path: Path, name: str) -> None:
    root, file = tmp_path / "root.cer", tmp_path / "signed.xml"
    root.write_bytes(ROOT.certificate)
    for document, expected in (
        (KNOWN[name], "TOTAL_PASSED"),
        (KNOWN[name].replace(b"Some", b"Any"), "TOTAL_FAILED"),
    ):
        file.write_bytes(document)
        [found] = judge.judge(root, AT, file)
        assert found.indication == expected
