"""What holds for every signature, whatever is known of it: less evidence never passes more, later
events don't reach back, and nothing that was hurt passes."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from signing import policies
from signing.rules.algorithms import Algorithm
from signing.rules.evidence import (
    CertificateEvidence,
    ChainEvidence,
    Changes,
    Fault,
    Revocation,
    SignatureEvidence,
    StatusEvidence,
    TimeStampEvidence,
)
from signing.rules.policy import RevocationConstraints, TimeStampConstraints
from signing.rules.report import Indication, Note, StampKind, SubIndication
from tests.rules.signing.signatures import (
    AUTHORITY,
    CLOCK,
    DAY,
    GOOD,
    P256,
    POLICY,
    RESPONDER,
    SHA1,
    SIGNED,
    SIGNER,
    STAMP,
    YEAR,
    archive,
    judged,
    news,
    party,
    proofs_of,
)

LENIENT = replace(POLICY, time_stamps=TimeStampConstraints(must_pass=False))
"""By a policy for which a time-stamp has to pass, one that was taken away can't be missed."""

TIMES = st.sampled_from(
    [SIGNED + offset for offset in (-YEAR, -DAY, -1, 0, 1, 60, DAY, YEAR, 3 * YEAR, 6 * YEAR)]
)
ALGORITHMS = st.sampled_from([P256, P256, P256, SHA1, Algorithm("rsa", 512, None, "sha256")])
FAILING = {
    SubIndication.FORMAT_FAILURE,
    SubIndication.HASH_FAILURE,
    SubIndication.SIG_CRYPTO_FAILURE,
    SubIndication.REVOKED,
    SubIndication.EXPIRED,
    SubIndication.NOT_YET_VALID,
}


@st.composite
def statuses(draw: Any, signers: bool = True) -> StatusEvidence:
    this_update = draw(TIMES)
    signer = None
    if signers and draw(st.booleans()):
        signer = replace(
            RESPONDER,
            party=party("responder", not_after=draw(TIMES)),
            algorithm=draw(ALGORITHMS),
            exempt=draw(st.booleans()),
        )
    return news(
        draw(st.sampled_from(["ocsp", "ocsp of clock", "crl", "another"])),
        this_update=this_update,
        next_update=draw(st.none() | TIMES),
        revoked=draw(
            st.none() | st.builds(Revocation, TIMES, st.sampled_from([None, "superseded"]))
        ),
        algorithm=draw(ALGORITHMS),
        signer=signer,
        reaches_back_to=draw(st.none() | TIMES),
    )


@st.composite
def certificates(draw: Any, usual: CertificateEvidence) -> CertificateEvidence:
    """The usual one, or with something else about it."""
    name = usual.party.common_name
    return replace(
        usual,
        party=draw(
            st.just(usual.party)
            | st.builds(lambda a, b: party(name, not_before=a, not_after=b), TIMES, TIMES)
        ),
        algorithm=draw(ALGORITHMS),
        statuses=tuple(draw(st.lists(st.sampled_from(usual.statuses) | statuses(), max_size=3))),
        exempt=draw(st.sampled_from([False, False, True])),
    )


@st.composite
def chains(draw: Any, usual: CertificateEvidence) -> ChainEvidence:
    return ChainEvidence((draw(certificates(usual)), draw(certificates(AUTHORITY))))


@st.composite
def stamps(draw: Any) -> tuple[TimeStampEvidence, ...]:
    """In the order that they say, each archive time-stamp over all that came before."""
    found = [replace(STAMP, chains=(draw(chains(CLOCK)),))] if draw(st.booleans()) else []
    covered: list[str] = []
    for number in range(draw(st.integers(0, 2))):
        name = f"archive {number}"
        at = draw(TIMES.filter(lambda at: at >= SIGNED))
        usual = archive(name, at, *covered)
        if draw(st.booleans()):
            usual = replace(usual, chains=(draw(chains(CLOCK)),))
        found.append(replace(usual, algorithm=draw(ALGORITHMS)))
        covered += proofs_of(name)
    ordered = sorted(found, key=lambda stamp: stamp.at)
    return tuple(found if ordered == found else found[:1])


@st.composite
def signatures(draw: Any) -> SignatureEvidence:
    chain = draw(chains(SIGNER))
    return replace(
        GOOD,
        signer=chain.certificates[0].party,
        chains=(chain,),
        algorithm=draw(ALGORITHMS),
        time_stamps=draw(stamps()),
    )


def passes(found: SignatureEvidence, at: int, policy: Any = LENIENT) -> bool:
    return judged(found, at=at, policy=policy).indication is Indication.TOTAL_PASSED


@given(signatures(), TIMES)
def test_every_answer_has_one_reason_and_failure_is_what_the_standard_calls_so(
    found: SignatureEvidence, at: int
) -> None:
    [report] = judged(found, at=at).signatures
    assert (report.indication is Indication.TOTAL_PASSED) is (report.sub_indication is None)
    assert (report.indication is Indication.TOTAL_FAILED) is (report.sub_indication in FAILING)
    assert (report.step is None) is (report.sub_indication is None)


@given(signatures(), TIMES, st.data())
def test_without_something_that_vouched_nothing_passes_that_did_not(
    found: SignatureEvidence, at: int, data: st.DataObject
) -> None:
    less = data.draw(st.sampled_from(LESS))(found, data)
    assert passes(found, at) or not passes(less, at)


def _fewer_news(found: SignatureEvidence, data: st.DataObject) -> SignatureEvidence:
    """Of good news only: news of a revocation speak against it."""

    def keep(one: CertificateEvidence) -> CertificateEvidence:
        kept = [s for s in one.statuses if s.revoked or data.draw(st.booleans())]
        return replace(one, statuses=tuple(kept), exempt=one.exempt and data.draw(st.booleans()))

    def all_of(chain: ChainEvidence) -> ChainEvidence:
        return ChainEvidence(tuple(keep(one) for one in chain.certificates))

    return replace(
        found,
        chains=tuple(map(all_of, found.chains)),
        time_stamps=tuple(
            replace(stamp, chains=tuple(map(all_of, stamp.chains))) for stamp in found.time_stamps
        ),
    )


def _fewer_time_stamps(found: SignatureEvidence, data: st.DataObject) -> SignatureEvidence:
    kept = [stamp for stamp in found.time_stamps if data.draw(st.booleans())]
    return replace(found, time_stamps=tuple(kept))


def _less_covered(found: SignatureEvidence, data: st.DataObject) -> SignatureEvidence:
    return replace(
        found,
        time_stamps=tuple(
            replace(stamp, covers=tuple(name for name in stamp.covers if data.draw(st.booleans())))
            for stamp in found.time_stamps
        ),
    )


def _no_chain(found: SignatureEvidence, data: st.DataObject) -> SignatureEvidence:
    if data.draw(st.booleans()):
        return replace(found, chains=())
    bare = (replace(stamp, chains=()) for stamp in found.time_stamps)
    return replace(found, time_stamps=tuple(bare))


LESS: list[Callable[[SignatureEvidence, st.DataObject], SignatureEvidence]] = [
    _fewer_news,
    _fewer_time_stamps,
    _less_covered,
    _no_chain,
]


@given(signatures(), TIMES, st.integers(1, 10 * YEAR))
def test_a_revocation_after_the_proven_time_takes_no_pass_away(
    found: SignatureEvidence, at: int, later: int
) -> None:
    [report] = judged(found, at=at, policy=LENIENT).signatures
    if report.indication is not Indication.TOTAL_PASSED or report.signed_at is None:
        return
    after = news("later", this_update=at, revoked=Revocation(report.signed_at + later))
    own, above = found.chains[0].certificates
    own = replace(own, statuses=(*own.statuses, after))
    [again] = judged(
        replace(found, chains=(ChainEvidence((own, above)),)), at=at, policy=LENIENT
    ).signatures
    assert again.indication is Indication.TOTAL_PASSED
    assert Note.REVOKED_LATER in again.notes


@given(signatures(), TIMES, TIMES)
def test_nothing_passes_that_was_revoked_before_any_proof(
    found: SignatureEvidence, at: int, when: int
) -> None:
    [report] = judged(found, at=at, policy=LENIENT).signatures
    proven = report.signed_at if report.signed_at is not None else at
    own, above = found.chains[0].certificates
    before = news("earlier", this_update=when, revoked=Revocation(min(when, proven)))
    own = replace(own, statuses=(*own.statuses, before))
    assert not passes(replace(found, chains=(ChainEvidence((own, above)),)), at)


@given(
    signatures(),
    TIMES,
    st.sampled_from(
        [
            *({"faults": (fault,)} for fault in Fault),
            {"digest_matches": False},
            {"signature_verifies": False},
            {"changes": Changes.FORBIDDEN},
        ]
    ),
)
def test_what_was_hurt_has_failed_whatever_else_is_known(
    found: SignatureEvidence, at: int, hurt: dict[str, Any]
) -> None:
    assert judged(replace(found, **hurt), at=at).indication is Indication.TOTAL_FAILED


@given(signatures(), TIMES, st.integers(0, YEAR))
def test_a_stricter_policy_passes_no_more(found: SignatureEvidence, at: int, grace: int) -> None:
    strict = policies.ours()["tra-2-strict"]
    for stricter in (
        replace(LENIENT, suites=strict.suites),
        replace(LENIENT, revocation=RevocationConstraints(grace_seconds=grace)),
        replace(LENIENT, time_stamps=POLICY.time_stamps),
        replace(LENIENT, time_stamps=replace(LENIENT.time_stamps, required=True)),
    ):
        assert passes(found, at) or not passes(found, at, stricter)


@given(signatures(), TIMES)
def test_a_time_is_only_told_as_proven_by_a_time_stamp_that_passed(
    found: SignatureEvidence, at: int
) -> None:
    [report] = judged(found, at=at).signatures
    passed = [
        stamp.at
        for stamp in report.time_stamps
        if stamp.indication is Indication.TOTAL_PASSED and stamp.kind is not StampKind.CONTENT
    ]
    assert report.signed_at == (min(*passed, at, at) if passed else None)
