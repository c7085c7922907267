"""The verdict on a file, where one root is trusted."""

from signing import policies
from signing.formats.detached import Detached
from signing.formats.reading import gather
from signing.rules.evidence import DocumentEvidence
from signing.rules.register import Registered
from signing.rules.report import Indication, Report, Step, SubIndication, Verdict
from signing.rules.validation import validate
from tests.attacks.pki import AT, Holder

Told = tuple[Verdict, Indication, SubIndication | None]


def evidence(
    document: bytes, root: Holder, detached: Detached | bytes | None = None
) -> DocumentEvidence:
    beside = detached if isinstance(detached, Detached) else Detached.of(detached)
    return gather(document, root.anchors, detached=beside)


def judge(
    document: bytes,
    root: Holder,
    *issued: Holder,
    at: int = AT,
    detached: Detached | bytes | None = None,
) -> Report:
    """`issued`: those of whom our own register knows that they were not revoked."""
    register = {one.asn1.sha256.hex(): Registered() for one in issued}
    return validate(evidence(document, root, detached), register, at, policies.default())


def told(report: Report) -> Told:
    return report.verdict, report.indication, report.sub_indication


def steps(report: Report) -> list[tuple[SubIndication | None, Step | None]]:
    return [(one.sub_indication, one.step) for one in report.signatures]


PASSED: Told = (Verdict.AUTHENTIC, Indication.TOTAL_PASSED, None)
STAMPED: Told = (Verdict.TIME_STAMPED, Indication.TOTAL_PASSED, None)
UNRECOGNISED: Told = (
    Verdict.UNRECOGNISED,
    Indication.INDETERMINATE,
    SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
)
CHANGED: Told = (Verdict.CHANGED, Indication.TOTAL_FAILED, SubIndication.HASH_FAILURE)
FORGED: Told = (Verdict.CHANGED, Indication.TOTAL_FAILED, SubIndication.SIG_CRYPTO_FAILURE)
MALFORMED: Told = (Verdict.CHANGED, Indication.TOTAL_FAILED, SubIndication.FORMAT_FAILURE)
NAMELESS: Told = (
    Verdict.UNRECOGNISED,
    Indication.INDETERMINATE,
    SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
)
MISSING: Told = (
    Verdict.CONTENT_MISSING,
    Indication.INDETERMINATE,
    SubIndication.SIGNED_DATA_NOT_FOUND,
)
