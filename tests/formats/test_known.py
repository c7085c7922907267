"""What was found out before changes nothing of what is found: it is only found sooner."""

import asyncio
from random import Random
from threading import Thread

import pytest
from pyhanko_certvalidator.authority import CertTrustAnchor
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.registry import CertificateRegistry, SimpleTrustManager

from signing.formats import answers, statuses
from signing.formats.known import Known
from signing.formats.statuses import Statuses, Trusted
from signing.formats.validation_data import known
from signing.rules.evidence import StatusEvidence
from tests.attacks.pki import DAY, NOW, Holder, root

ROOT, STRANGER = root(), root("Stranger")
NAMESAKE = root()
SIGNER, OTHER = ROOT.signer(), ROOT.signer("Other")
RESPONDER, SECOND = ROOT.responder(), ROOT.responder(no_check=False)
BELOW = ROOT.authority("Below")
MUTATIONS = 120

ANSWERS = {
    "good": ROOT.ocsp(SIGNER, RESPONDER),
    "good, by another": ROOT.ocsp(SIGNER, SECOND),
    "revoked": ROOT.ocsp(SIGNER, RESPONDER, revoked_at=NOW - DAY),
    "without an end": ROOT.ocsp(SIGNER, RESPONDER, until=None),
    "about another": ROOT.ocsp(OTHER, RESPONDER),
    "about the responder": ROOT.ocsp(RESPONDER, RESPONDER),
    "by the issuer": ROOT.ocsp(SIGNER),
    "by no responder": ROOT.ocsp(SIGNER, OTHER),
    "by the signer": ROOT.ocsp(SIGNER, SIGNER),
    "by a stranger's responder": ROOT.ocsp(SIGNER, STRANGER.responder()),
    "by a namesake's responder": ROOT.ocsp(SIGNER, NAMESAKE.responder()),
    "by a responder of one below": ROOT.ocsp(SIGNER, BELOW.responder()),
    "about a namesake's": NAMESAKE.ocsp(SIGNER, RESPONDER),
}
LISTS = {
    "good": ROOT.crl(),
    "revoked": ROOT.crl(SIGNER),
    "by a namesake": NAMESAKE.crl(),
    "by a stranger": STRANGER.crl(),
    "by one below": BELOW.crl(),
}


@pytest.fixture(autouse=True)
def knowing_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    _forget(monkeypatch)


def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_RESPONDERS", Known(1_024))
    monkeypatch.setattr(statuses, "_LISTED", Known(1_024))


def told(
    of: Holder,
    crls: tuple[bytes, ...] = (),
    ocsps: tuple[bytes, ...] = (),
    held: tuple[Holder, ...] = (RESPONDER, NAMESAKE),
) -> tuple[StatusEvidence, ...]:
    trusted = Trusted(
        SimpleTrustManager.build(trust_roots=[ROOT.asn1]),
        CertificateRegistry.build([one.asn1 for one in (ROOT, *held)]),
    )
    path = ValidationPath(CertTrustAnchor(ROOT.asn1), [], of.asn1)
    found = Statuses(trusted, known(crls=crls, ocsps=ocsps))
    return asyncio.run(found.of(path, ROOT.asn1.public_key))


def _learn_everything() -> None:
    for holder in (SIGNER, OTHER, RESPONDER):
        for answer in ANSWERS.values():
            told(holder, ocsps=(answer,))
        for crl in LISTS.values():
            told(holder, crls=(crl,))


@pytest.mark.parametrize("holder", [SIGNER, OTHER, RESPONDER], ids=["signer", "other", "responder"])
def test_who_knows_finds_what_who_does_not_finds(
    holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = {}
    asked = [((), (one,)) for one in ANSWERS.values()] + [((one,), ()) for one in LISTS.values()]
    for crls, ocsps in asked:
        _forget(monkeypatch)
        fresh[crls, ocsps] = told(holder, crls, ocsps)
    assert any(fresh.values())
    _learn_everything()
    for crls, ocsps in asked:
        assert told(holder, crls, ocsps) == fresh[crls, ocsps]


def test_an_answer_that_was_changed_is_told_no_better_by_who_knows_its_responder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dice, good = Random(2026), ANSWERS["good"]
    changed = []
    for _ in range(MUTATIONS):
        at, bit = dice.randrange(len(good)), 1 << dice.randrange(8)
        changed.append(good[:at] + bytes((good[at] ^ bit,)) + good[at + 1 :])
    fresh = [told(SIGNER, ocsps=(one,)) for one in changed]
    _learn_everything()
    assert told(SIGNER, ocsps=(good,))
    assert [told(SIGNER, ocsps=(one,)) for one in changed] == fresh


def test_who_is_at_hand_counts_for_what_a_crl_says() -> None:
    """The namesake's CRL is another's where the namesake is known, and nobody's elsewhere."""
    crl = LISTS["good"]
    first = told(SIGNER, (crl,))
    assert first
    assert told(SIGNER, (crl,), held=()) == first
    assert told(SIGNER, (LISTS["by a namesake"],), held=()) == ()
    assert told(SIGNER, (LISTS["by a namesake"],)) == ()


def test_so_many_are_kept_those_asked_for_last() -> None:
    held = Known[int, str](2)
    held.keep(1, "one")
    held.keep(2, "two")
    assert held.find(1) == "one"
    held.keep(3, "three")
    assert [held.find(number) for number in (1, 2, 3)] == ["one", None, "three"]


def test_several_threads_may_ask() -> None:
    held = Known[int, int](8)

    def ask() -> None:
        for number in range(5_000):
            held.keep(number % 16, number % 16)
            assert held.find(number % 5) in (None, number % 5)

    threads = [Thread(target=ask) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(held.find(number) is not None for number in range(16)) == 8
