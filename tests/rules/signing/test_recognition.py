"""Trust that a trusted list gives, and takes back: by what it said of a service when a key was used
(EN 319 102-1 §5.2.6.4, TS 119 615)."""

from dataclasses import replace

import pytest

from signing.rules.evidence import ChainEvidence, SignatureEvidence, Span, TimeStampEvidence
from signing.rules.report import Indication, Step, SubIndication, Verdict
from signing.rules.trusted_list import (
    STAMPING_TYPES,
    TRUSTED_TYPES,
    Period,
    ServiceStatus,
    ServiceType,
    recognised,
)
from tests.rules.signing.signatures import (
    BARE,
    DAY,
    GOOD,
    NOW,
    PASSED,
    SIGNED,
    STAMP,
    YEAR,
    archive,
    found_wrong,
    judged,
    proofs_of,
    stamped,
    told,
)

STATUS = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/"
GRANTED, WITHDRAWN = f"{STATUS}granted", f"{STATUS}withdrawn"
BEFORE = SIGNED - YEAR
EIDAS = 1_467_331_200
NO_POE = (SubIndication.NO_CERTIFICATE_CHAIN_FOUND_NO_POE, Step.CHAIN)
UNKNOWN = (SubIndication.NO_CERTIFICATE_CHAIN_FOUND, Step.CHAIN)


def listed(chains: tuple[ChainEvidence, ...], *spans: Span) -> tuple[ChainEvidence, ...]:
    return tuple(replace(chain, recognised=spans) for chain in chains)


def under(found: SignatureEvidence, *spans: Span) -> SignatureEvidence:
    return replace(found, chains=listed(found.chains, *spans))


def by_clock(stamp: TimeStampEvidence, *spans: Span) -> TimeStampEvidence:
    return replace(stamp, chains=listed(stamp.chains, *spans))


@pytest.mark.rule("attacks.withdrawn")
def test_what_was_signed_while_its_service_was_recognised_stays_so() -> None:
    assert told(judged(under(GOOD, Span(BEFORE, SIGNED + 1)))) == PASSED


@pytest.mark.parametrize("end", [SIGNED - DAY, SIGNED])
@pytest.mark.rule("attacks.withdrawn")
def test_what_is_only_proven_after_a_withdrawal_is_not_recognised(end: int) -> None:
    report = judged(under(GOOD, Span(BEFORE, end)))
    assert (report.verdict, report.indication) == (Verdict.UNRECOGNISED, Indication.INDETERMINATE)
    assert found_wrong(report) == NO_POE


@pytest.mark.rule("attacks.withdrawn")
def test_what_nothing_proves_is_judged_by_the_status_of_today() -> None:
    assert told(judged(under(BARE, Span(BEFORE)))) == PASSED
    assert told(judged(under(BARE, Span(BEFORE, NOW + 1)))) == PASSED
    assert found_wrong(judged(under(BARE, Span(BEFORE, NOW)))) == NO_POE


@pytest.mark.rule("attacks.withdrawn")
def test_a_service_that_began_later_vouches_for_nothing_older() -> None:
    assert found_wrong(judged(under(GOOD, Span(SIGNED + 1)))) == UNKNOWN
    assert told(judged(under(GOOD, Span(SIGNED)))) == PASSED


def test_a_service_that_was_withdrawn_for_a_while_is_not_for_that_while() -> None:
    again = Span(SIGNED + 60)
    assert told(judged(under(GOOD, Span(BEFORE, SIGNED + 1), again))) == PASSED
    assert found_wrong(judged(under(GOOD, Span(BEFORE, SIGNED), again))) == NO_POE


def test_another_path_whose_root_is_recognised_is_as_good() -> None:
    withdrawn, standing = under(GOOD, Span(BEFORE, SIGNED)), under(GOOD, Span(BEFORE))
    assert told(judged(replace(GOOD, chains=withdrawn.chains + standing.chains))) == PASSED


@pytest.mark.rule("attacks.withdrawn")
def test_a_time_stamp_counts_by_the_status_of_its_authority_when_it_was_made() -> None:
    while_it_was = by_clock(STAMP, Span(BEFORE, SIGNED + 1))
    assert told(judged(stamped(GOOD, while_it_was))) == PASSED
    for wrong in (Span(BEFORE, SIGNED), Span(SIGNED + 1)):
        [found] = judged(stamped(GOOD, by_clock(STAMP, wrong))).signatures
        assert found.time_stamps[0].sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
        assert found.indication is not Indication.TOTAL_PASSED


@pytest.mark.parametrize(
    ("end", "verdict"), [(SIGNED + 1, Verdict.AUTHENTIC), (SIGNED, Verdict.UNRECOGNISED)]
)
def test_it_is_so_still_when_certificates_have_ended(end: int, verdict: Verdict) -> None:
    span = Span(BEFORE, end)
    first = archive("first", SIGNED + DAY)
    second = archive("second", SIGNED + 4 * YEAR, *proofs_of("first"))
    found = stamped(under(GOOD, span), by_clock(STAMP, Span(BEFORE, SIGNED + 1)), first, second)
    assert judged(found, at=SIGNED + 8 * YEAR).verdict is verdict


def told_of(*statuses: tuple[str, int], kind: str = ServiceType.CA_QUALIFIED) -> tuple[Span, ...]:
    """The newest first, as a list says them."""
    return recognised(((kind, Period(*one)) for one in statuses), TRUSTED_TYPES)


def test_a_status_lasts_until_the_next_one() -> None:
    assert told_of((GRANTED, 100)) == (Span(100),)
    assert told_of((WITHDRAWN, 200), (GRANTED, 100)) == (Span(100, 200),)
    assert set(told_of((GRANTED, 300), (WITHDRAWN, 200), (GRANTED, 100))) == {
        Span(100, 200),
        Span(300),
    }
    assert told_of((WITHDRAWN, 100)) == ()
    assert told_of((WITHDRAWN, 100), (GRANTED, 100)) == ()
    assert told_of((ServiceStatus.DEPRECATED, 2), (ServiceStatus.RECOGNISED, 1)) == (Span(1, 2),)


@pytest.mark.parametrize(
    "name", ["undersupervision", "supervisionincessation", "accredited", "setbynationallaw"]
)
def test_the_older_words_count_for_the_time_before_eidas(name: str) -> None:
    assert told_of((f"{STATUS}{name}", 100)) == (Span(100, EIDAS),)
    assert told_of((WITHDRAWN, 200), (f"{STATUS}{name}", 100)) == (Span(100, 200),)
    assert told_of((f"{STATUS}{name}", EIDAS)) == ()


def test_a_service_vouches_as_what_it_was_at_the_time() -> None:
    told = (
        (ServiceType.TIME_STAMPS, Period(GRANTED, 200)),
        (ServiceType.CA, Period(GRANTED, 100)),
    )
    assert recognised(told, TRUSTED_TYPES) == (Span(100, 200),)
    assert recognised(told, STAMPING_TYPES) == (Span(200),)


@pytest.mark.parametrize("kind", ["TSA", "TSA/QTST", "TSA/TSS-QC", "TSA/TSS-AdESQCandQES"])
def test_whatever_a_list_calls_a_time_stamp_service_it_vouches_for_time_stamps(kind: str) -> None:
    told = [(f"http://uri.etsi.org/TrstSvc/Svctype/{kind}", Period(GRANTED, 100))]
    assert recognised(told, STAMPING_TYPES) == (Span(100),)
    assert recognised(told, TRUSTED_TYPES) == ()
