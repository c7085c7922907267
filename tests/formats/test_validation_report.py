"""What a report says of algorithms that could not be relied on (EN 319 102-1 table 6)."""

from typing import Any

import pytest
from lxml import etree

from signing import policies
from signing.formats.validation_report import Validator, write
from signing.formats.weak import uri
from signing.rules.algorithms import Algorithm
from signing.rules.register import Registered
from signing.rules.validation import Checked, validate
from tests.attacks import cms
from tests.attacks import test_cades_stamps as stamps
from tests.attacks.pki import AT, Holder, root
from tests.attacks.verdicts import evidence
from tests.validation_report import VR, read

ROOT = root()
SOMEBODY = ROOT.authority("Authority").signer()
OURS = "urn:x-tra:algorithm"
MORE = "http://www.w3.org/2001/04/xmldsig-more#"


def report(document: bytes, *issued: Holder, trusted: Holder = ROOT) -> Any:
    """The root of the report, which is as the schema demands."""
    found = evidence(document, trusted)
    known = {one.asn1.sha256.hex(): Registered() for one in issued}
    policy = policies.default()
    checked = Checked("a.p7m", found, validate(found, known, AT, policy))
    return read(etree.tostring(write(checked, Validator(policy, "urn:policy"))))


def told(root: Any) -> list[tuple[str, str, str | None]]:
    """Of each weak algorithm: what was made with it, its URI, and until when it was good."""
    return [
        (
            one.find(f"{VR}ValidationObjectId").get("VOReference"),
            one.findtext(f"{VR}Algorithm"),
            one.findtext(f"{VR}NotAfter"),
        )
        for one in root.iter(f"{VR}CryptoInformation")
    ]


def test_what_was_signed_with_sha_1_is_told_with_the_end_of_sha_1() -> None:
    found = report(cms.cades(SOMEBODY, by="sha1"), SOMEBODY)
    assert found.findtext(f".//{VR}SubIndication").endswith("CRYPTO_CONSTRAINTS_FAILURE_NO_POE")
    assert told(found) == [
        ("signature-1", f"{MORE}ecdsa-sha1", "2012-08-01T00:00:00Z"),
        ("signature-1", "http://www.w3.org/2000/09/xmldsig#sha1", "2012-08-01T00:00:00Z"),
    ]


def test_a_report_on_what_was_signed_well_names_no_algorithm() -> None:
    found = report(cms.cades(SOMEBODY), SOMEBODY)
    status = found.find(f".//{VR}SignatureValidationStatus")
    assert status.findtext(f"{VR}MainIndication").endswith(":total-passed")
    assert told(found) == []


@pytest.mark.parametrize(
    ("document", "named"),
    [
        (stamps.both(), "SigAndRefsTimeStamp"),
        (stamps.alone(), "RefsOnlyTimeStamp"),
        (stamps.signed(), "SignatureTimeStamp"),
    ],
)
def test_a_time_stamp_is_named_by_what_it_is_over(document: bytes, named: str) -> None:
    found = report(document, trusted=stamps.ROOT)
    kinds = {etree.QName(one).localname for one in found.find(f".//{VR}SignatureAttributes")}
    assert named in kinds


@pytest.mark.parametrize(
    ("algorithm", "named"),
    [
        (Algorithm("rsa", 1_024, None, "sha1"), "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
        (Algorithm("rsa", 1_024, None, "sha256"), f"{MORE}rsa-sha256"),
        (Algorithm("ec", 0, "secp192r1", "sha512"), f"{MORE}ecdsa-sha512"),
        (Algorithm("ml-dsa-65"), f"{OURS}:ml-dsa-65"),
        (Algorithm("rsa", 512, None, "mä 2"), f"{OURS}:rsa-512-m%C3%A4-2"),
        ("sha3-256", f"{OURS}:sha3-256"),
    ],
)
def test_an_algorithm_is_named_as_xml_signatures_do(algorithm: Algorithm | str, named: str) -> None:
    assert uri(algorithm) == named
