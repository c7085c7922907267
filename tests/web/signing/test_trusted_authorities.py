"""A seal of ours is authentic to whoever trusts any of the authorities above it: its form is no
other where an authority is trusted by itself, as a trusted list names it."""

import pytest

from signing import policies
from signing.formats.detached import NOTHING, Detached
from signing.formats.reading import gather
from signing.formats.trust import Anchors
from signing.rules.report import Verdict
from signing.rules.seal_format import SealFormat
from signing.rules.validation import validate
from tests.sealing import BESIDE, LASTING, ask_for_all, document_for
from tests.signing_service import Visitor


@pytest.mark.parametrize("level", ["B-LT", "B-LTA"])
@pytest.mark.parametrize("wanted", LASTING)
def test_a_seal_passes_under_each_authority_above_it(
    standing: Visitor, wanted: SealFormat, level: str
) -> None:
    content, kind = document_for(wanted)
    answer = ask_for_all(standing, ("a", content, kind), format=wanted, level=level)
    assert answer.status_code == 200, answer.text
    beside = Detached.of(content) if wanted in BESIDE else NOTHING
    ours, at = standing.service.authorities, standing.service.clock.now()
    root, issuing = ours.root.certificate.der, ours.issuing.certificate.der
    for trusted in ((root,), (root, issuing), (issuing,)):
        evidence = gather(answer.content, Anchors(trusted), detached=beside)
        assert [one.profiled for one in evidence.signatures] == [True]
        assert validate(evidence, {}, at, policies.default()).verdict is Verdict.AUTHENTIC
