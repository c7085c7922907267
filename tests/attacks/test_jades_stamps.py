"""The time-stamps of JAdES signatures, what each was made over, and what each proves (TS 119 182-1
§5.2.6, §5.3.6, §A.1.5)."""

import base64
import hashlib
import json
from typing import Any

import pytest

from signing.rules.report import Indication, Report, StampKind, Verdict
from tests.attacks import cms
from tests.attacks.ending import CLOCK, CRLS, ENDED, ROOT, SIGNED, SOMEBODY, YEARS
from tests.attacks.jades import PAYLOAD, Made, b64, b64url, header
from tests.attacks.pki import AT, NOW
from tests.attacks.verdicts import judge


def referring(by: str = "sha256") -> Made:
    """A signature of yesterday with its time-stamp, its proofs and references to them."""
    names = {"sha256": "S256", "sha1": "sha-1"}

    def named(one: bytes) -> dict[str, str]:
        return {"digAlg": names[by], "digVal": b64(hashlib.new(by, one).digest())}

    made = Made(SOMEBODY).sign().stamped(CLOCK, SIGNED).with_proofs((ENDED.certificate,), CRLS)
    made = made.with_component(xRefs=[named(one.certificate) for one in (ENDED, SOMEBODY)])
    return made.with_component(rRefs={"crlRefs": [named(one) for one in CRLS]})


def stamped(made: Made, name: str, kinds: tuple[str, ...], before: str = "") -> Made:
    held = [one for one in made.etsi_u if next(iter(opened(one))) in kinds]
    token = cms.token(CLOCK, (before + "".join(held)).encode(), NOW)
    return made.with_component(**{name: {"tstTokens": [{"val": b64(token)}]}})


def opened(component: str) -> dict[str, Any]:
    padded = component + "=" * (-len(component) % 4)
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(padded))
    return found


def both(by: str = "sha256") -> Made:
    made = referring(by)
    return stamped(made, "sigRTst", ("sigTst", "xRefs", "rRefs"), b64url(made.value) + ".")


def alone() -> Made:
    return stamped(referring(), "rfsTst", ("xRefs", "rRefs"))


MAKERS = {
    "signature and references": both,
    "references": alone,
    "archive": lambda: (
        Made(SOMEBODY)
        .sign()
        .stamped(CLOCK, SIGNED)
        .with_proofs((ENDED.certificate,), CRLS)
        .archived(CLOCK)
    ),
    "archive of all": lambda: both().archived(CLOCK),
}


def in_clear() -> Made:
    """An archive time-stamp over components in clear, each by its value (as EU DSS takes them)."""
    made = MAKERS["archive"]()
    components = [opened(one) for one in made.etsi_u[:-1]]
    components[0]["sigTst"]["said"] = ["\u2014 \x7f \u1780/", 7]
    values = [json.dumps(value, ensure_ascii=False) for one in components for value in one.values()]
    texts = "".join(values).replace(" ", "").replace("\u2014\x7f", "\\u2014 \\u007F ")
    before = ".".join(b64url(one) for one in (PAYLOAD, made.protected, made.value))
    token = cms.token(CLOCK, f"{before}.{texts}".encode(), NOW)
    made.etsi_u = [*components, {"arcTst": {"tstTokens": [{"val": b64(token)}]}}]
    return made


OVER = {
    "references": {"xRefs", "rRefs"},
    "signature and references": {"sigTst", "xRefs", "rRefs"},
}
"""What each is over; archive time-stamps are over everything."""


def report(made: Made, at: int = AT) -> Report:
    return judge(made.flattened, ROOT, CLOCK, at=at)


def last(made: Made) -> tuple[StampKind, Indication]:
    stamp = report(made).signatures[0].time_stamps[-1]
    return stamp.kind, stamp.indication


@pytest.mark.parametrize("name", MAKERS)
def test_a_time_stamp_is_over_what_its_component_says(name: str) -> None:
    kind = StampKind.ARCHIVE if "archive" in name else StampKind.VALIDATION_DATA
    made = MAKERS[name]()
    assert last(made) == (kind, Indication.TOTAL_PASSED)
    assert report(made).verdict is Verdict.AUTHENTIC


@pytest.mark.parametrize("name", MAKERS)
def test_a_signature_outlives_its_certificate_by_what_was_proven(name: str) -> None:
    made = MAKERS[name]()
    assert report(made, YEARS).verdict is Verdict.AUTHENTIC
    made.etsi_u = [
        one for one in made.etsi_u if "Vals" in str(opened(one)) or "sigTst" in opened(one)
    ]
    assert report(made, YEARS).verdict is not Verdict.AUTHENTIC


@pytest.mark.parametrize("name", MAKERS)
def test_no_component_that_it_is_over_can_be_another(name: str) -> None:
    """However it is written: a space more is another component."""
    for number, one in enumerate(MAKERS[name]().etsi_u[:-1]):
        [kind] = opened(one)
        made = MAKERS[name]()
        made.etsi_u[number] = b64url(json.dumps(opened(made.etsi_u[number])).encode())
        within = kind in OVER.get(name, {kind})
        assert (last(made)[1] is Indication.TOTAL_PASSED) is not within, kind


def test_references_by_a_broken_function_prove_nothing() -> None:
    assert last(both("sha1"))[1] is Indication.TOTAL_PASSED
    assert report(both("sha1"), YEARS).verdict is not Verdict.AUTHENTIC


def test_references_alone_prove_nothing_of_the_signature() -> None:
    made = alone()
    made.etsi_u = [one for one in made.etsi_u if "sigTst" not in opened(one)]
    found = report(made).signatures[0]
    assert [one.indication for one in found.time_stamps] == [Indication.TOTAL_PASSED]
    assert found.signed_at is None


@pytest.mark.parametrize("over", [PAYLOAD, b"another"])
def test_what_was_stamped_before_it_was_signed_was_signed_later(over: bytes) -> None:
    token = b64(cms.token(CLOCK, b64url(over).encode(), SIGNED))
    said = header(SOMEBODY, adoTst={"tstTokens": [{"val": token}]})
    [stamp] = report(Made(SOMEBODY, header=said).sign()).signatures[0].time_stamps
    passed = stamp.indication is Indication.TOTAL_PASSED
    assert (stamp.kind, passed) == (StampKind.CONTENT, over == PAYLOAD)


def test_components_in_clear_are_stamped_by_their_values() -> None:
    made = in_clear()
    assert last(made) == (StampKind.ARCHIVE, Indication.TOTAL_PASSED)
    assert report(made, YEARS).verdict is Verdict.AUTHENTIC
    made.etsi_u[1]["xVals"].append({})
    assert last(made)[1] is not Indication.TOTAL_PASSED


def test_a_time_stamp_over_components_of_both_kinds_is_told_and_proves_nothing() -> None:
    made = MAKERS["archive of all"]()
    made.etsi_u[0] = opened(made.etsi_u[0])
    assert last(made) == (StampKind.ARCHIVE, Indication.INDETERMINATE)
    assert report(made, YEARS).verdict is not Verdict.AUTHENTIC


def test_a_time_stamp_over_the_one_before_alone_is_not_over_all() -> None:
    """TS 119 182-1 v1.1.1 §5.3.6.3.2, timeStamped: EU DSS doesn't read it either."""
    made = MAKERS["archive"]()
    token = cms.token(CLOCK, made.etsi_u[-1].encode(), NOW)
    container = {"timeStamped": "previousArcTst", "tstTokens": [{"val": b64(token)}]}
    assert last(made.with_component(arcTst=container))[1] is not Indication.TOTAL_PASSED
    assert report(made).verdict is Verdict.AUTHENTIC
