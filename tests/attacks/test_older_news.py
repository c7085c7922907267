"""Revocation data that is older than the signature that it is to vouch for: `tra-2` waits for
younger data, `tra-2-next-update` takes it until its nextUpdate (EN 319 102-1 §5.2.5.4)."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from signing import policies
from signing.formats.reading import gather
from signing.rules.report import Indication, SubIndication
from signing.rules.validation import validate
from tests.attacks.cms import content_info, signature
from tests.attacks.pki import AT, DAY, NOW, Holder, root
from tests.attacks.signed_pdf import signed_pdf
from tests.dss import Judge

ROOT = root()
AUTHORITY = ROOT.authority("Authority")
SOMEBODY = AUTHORITY.signer()
CLOCK = AUTHORITY.time_authority()
SIGNED = NOW - DAY
HOUR = timedelta(hours=1)


def lists(since: datetime, until: datetime, *revoked: Holder) -> list[bytes]:
    crl = AUTHORITY.crl(*revoked, since=since, until=until, at=SIGNED - 2 * HOUR)
    return [crl, ROOT.crl(since=since, until=until)]


LISTS = {
    "older": lists(SIGNED - HOUR, NOW + DAY),
    "younger": lists(SIGNED + HOUR, NOW + DAY),
    "stale": lists(SIGNED - DAY, SIGNED - HOUR),
    "revoking": lists(SIGNED - HOUR, NOW + DAY, SOMEBODY),
}


def signed(crls: list[bytes]) -> bytes:
    """A PDF with a time-stamped signature, and these CRLs in it."""

    def sign(covered: bytes) -> bytes:
        made = signature(SOMEBODY, covered, at=SIGNED).stamped(CLOCK, SIGNED)
        return content_info(made, content=None, revocation=crls)

    return signed_pdf(sign)


DOCUMENTS = {age: signed(crls) for age, crls in LISTS.items()}


def found(document: bytes, policy: str, at: int = AT) -> tuple[Indication, SubIndication | None]:
    evidence = gather(document, ROOT.anchors)
    report = validate(evidence, {}, at, policies.ours()[policy])
    return report.indication, report.sub_indication


Told = tuple[Indication, SubIndication | None]
PASSED = (Indication.TOTAL_PASSED, None)
REVOKED = (Indication.INDETERMINATE, SubIndication.REVOKED_NO_POE)
LATER = (Indication.INDETERMINATE, SubIndication.TRY_LATER)


@pytest.mark.parametrize(
    ("age", "usual", "until_next"),
    [
        ("older", LATER, PASSED),
        ("younger", PASSED, PASSED),
        ("stale", LATER, LATER),
        ("revoking", REVOKED, REVOKED),
    ],
)
def test_older_data_counts_until_its_next_update_where_the_policy_says_so(
    age: str, usual: Told, until_next: Told
) -> None:
    assert found(DOCUMENTS[age], "tra-2") == usual
    assert found(DOCUMENTS[age], "tra-2-next-update") == until_next


def test_it_counts_at_the_proven_time_whenever_one_asks() -> None:
    later = AT + 60 * 86_400
    assert found(DOCUMENTS["older"], "tra-2-next-update", later) == PASSED
    assert found(DOCUMENTS["older"], "tra-2", later) == LATER


def test_dss_takes_it_too(judge: Judge, tmp_path: Path) -> None:
    (tmp_path / "root.cer").write_bytes(ROOT.certificate)
    made = signature(SOMEBODY, at=SIGNED).stamped(CLOCK, SIGNED)
    document = content_info(made, revocation=LISTS["older"])
    (tmp_path / "signed.p7m").write_bytes(document)
    [theirs] = judge.judge(tmp_path / "root.cer", AT, tmp_path / "signed.p7m")
    assert theirs.indication == found(document, "tra-2-next-update")[0]
