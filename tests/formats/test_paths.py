"""Paths lead to the roots that are trusted for what was done: an anchor of a trusted list's
time-stamp service vouches for time-stamps, and for nobody's signature."""

import asyncio
from dataclasses import replace

import pytest
from pyhanko.sign.validation.policy_decl import LocalKnowledge

from signing import policies
from signing.formats.detached import Detached
from signing.formats.paths import Paths
from signing.formats.reading import gather
from signing.formats.trust import Anchors
from signing.rules.evidence import Span
from signing.rules.report import SubIndication, Verdict
from signing.rules.validation import validate
from tests.attacks.cms import CONTENT, content_info, signature, token
from tests.attacks.pki import AT, Holder, root
from tests.attacks.verdicts import PASSED, STAMPED, Told, told

SIGNERS, STAMPERS = root("Signers"), root("Stampers")
SOMEBODY, CLOCK = SIGNERS.signer(), STAMPERS.time_authority()
IMPOSTOR = STAMPERS.signer()
SEPARATE = Anchors((SIGNERS.certificate,), stamping=(STAMPERS.certificate,))


def verdict(holder: Holder, clock: Holder, anchors: Anchors) -> Told:
    made = signature(holder).stamped(clock)
    made.with_revocation(crls=[SIGNERS.crl(), STAMPERS.crl()])
    evidence = gather(content_info(made, content=CONTENT), anchors)
    return told(validate(evidence, {}, AT, policies.default()))


def test_a_signer_and_a_clock_are_each_vouched_for_by_the_root_that_may() -> None:
    assert verdict(SOMEBODY, CLOCK, SEPARATE) == PASSED


def test_a_root_for_time_stamps_vouches_for_no_signer() -> None:
    found = verdict(IMPOSTOR, CLOCK, SEPARATE)
    assert found[2] is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    both = Anchors((SIGNERS.certificate, STAMPERS.certificate))
    assert verdict(IMPOSTOR, CLOCK, both) == PASSED


def test_a_clock_that_is_trusted_itself_may_not_sign_documents() -> None:
    of_clock = Anchors((SIGNERS.certificate,), stamping=(CLOCK.certificate,))
    assert verdict(SOMEBODY, CLOCK, of_clock) == PASSED
    found = verdict(CLOCK, CLOCK, of_clock)
    assert found[2] is SubIndication.NO_CERTIFICATE_CHAIN_FOUND


def test_a_root_for_signers_vouches_for_time_stamps_too() -> None:
    """An authority that a list calls CA/PKC or CA/QC may have issued to either."""
    assert verdict(SOMEBODY, SIGNERS.time_authority(), SEPARATE) == PASSED


def test_a_time_stamp_by_itself_passes_under_a_root_for_time_stamps() -> None:
    made = token(CLOCK, CONTENT, revocation=[STAMPERS.crl()])
    evidence = gather(made, SEPARATE, detached=Detached.of(CONTENT))
    assert told(validate(evidence, {}, AT, policies.default())) == STAMPED


@pytest.mark.parametrize(("holder", "found"), [(SOMEBODY, 1), (IMPOSTOR, 0), (CLOCK, 0)])
def test_what_is_learnt_later_serves_both(holder: Holder, found: int) -> None:
    paths = Paths(SEPARATE, (), LocalKnowledge())
    below = STAMPERS.authority("Below")
    late = below.time_authority()
    assert asyncio.run(paths.of_stamps.chains(late.asn1)) == ()
    paths.add([below.asn1])
    [chain] = asyncio.run(paths.of_stamps.chains(late.asn1))
    assert len(chain.certificates) == 2
    assert asyncio.run(paths.chains(late.asn1)) == ()
    assert len(asyncio.run(paths.chains(holder.asn1))) == found


@pytest.mark.parametrize("first", [True, False])
def test_a_certificate_with_the_issuer_and_number_of_another_hides_none(*, first: bool) -> None:
    real, like = (each.authority("Authority", serial=7) for each in (SIGNERS, root("Signers")))
    held = [like.asn1, real.asn1, like.asn1] if first else [real.asn1, like.asn1]
    paths = Paths(SEPARATE, held, LocalKnowledge())
    [found] = asyncio.run(paths.chains(real.signer().asn1))
    assert found.problem is None
    assert asyncio.run(paths.chains(like.signer().asn1)) == ()
    assert len(list(paths.of_stamps._trusted.certificates)) == 4


def test_what_a_list_says_hides_no_root_that_is_trusted_at_any_time() -> None:
    """A nation's list may name who is under a root of ours, and since when."""
    ours, theirs = root("Ours"), root("Theirs")
    below = ours.authority("Below")
    clock, signer = below.time_authority(), below.signer()
    listed = (below.certificate, theirs.certificate)
    spans = tuple((one, (Span(AT + 60),)) for one in (*listed, clock.certificate))
    anchors = Anchors((ours.certificate, *listed), stamping=(clock.certificate,), recognised=spans)
    made = signature(signer).stamped(clock)
    made.with_revocation(crls=[below.crl(), ours.crl()])
    document = content_info(made, content=CONTENT)
    for trusted, expected in (
        (anchors, Verdict.AUTHENTIC),
        (replace(anchors, roots=listed), Verdict.UNRECOGNISED),
    ):
        evidence = gather(document, trusted)
        assert validate(evidence, {}, AT, policies.default()).verdict is expected
    late = below.authority("Late").signer()
    paths = Paths(anchors, (), LocalKnowledge())
    paths.add([late.issuer.asn1, below.asn1])
    found = asyncio.run(paths.chains(late.asn1))
    assert [chain.recognised for chain in found] == [None, (Span(AT + 60),)]
