"""Our validation reports on our seals rest on what those of EU DSS rest on: what was signed, by its
digest, and the path from the signer to the trust anchor."""

from pathlib import Path

import pytest
from lxml import etree

from signing.rules.seal_format import SealFormat
from tests.dss import Judge
from tests.sealing import BESIDE, LASTING, ask_for_all, document_for
from tests.signing_service import Visitor
from tests.validation_report import grounds, read


@pytest.mark.parametrize("wanted", LASTING)
def test_a_report_rests_on_what_that_of_dss_rests_on(
    standing: Visitor, judge: Judge, root: Path, tmp_path: Path, wanted: SealFormat
) -> None:
    sealed, beside, kept = (tmp_path / name for name in ("sealed", "letter.json", "report.xml"))
    content, kind = document_for(wanted)
    file = (beside.name, content, kind)
    sealed.write_bytes(ask_for_all(standing, file, format=wanted, level="B-LTA").content)
    beside.write_bytes(content)
    given = [beside] if wanted in BESIDE else []
    judge.judge(root, standing.service.clock.now(), sealed, *given, report=kept)
    sent = [("document", sealed.read_bytes()), *(("content", one.read_bytes()) for one in given)]
    told = standing.http.post("/verify", params={"report": "xml"}, files=sent).content
    [found] = grounds(read(told))
    assert [found] == grounds(etree.parse(kept).getroot())
    assert len(found.path) == 3
