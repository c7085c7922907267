"""Somebody else's signature stands in either of the values that ECDSA gives it: of ours alone, one
is another form (docs/decisions/seals.md). A time-stamp is over the value that it was made over."""

from signing.rules.report import SubIndication
from tests.attacks.cms import CONTENT, content_info, signature
from tests.attacks.pki import NOW, root
from tests.attacks.verdicts import NAMELESS, PASSED, Told, judge, told
from tests.twins import each_changed

ROOT = root()
SOMEBODY, CLOCK = ROOT.signer(), ROOT.time_authority()


def verdicts(document: bytes) -> list[Told]:
    """Of the document with each of its signatures in the other value."""
    return [told(judge(one.encoded, ROOT)) for one in each_changed(document)]


def test_a_signature_and_a_crl_pass_in_either_value_and_no_other_certificate() -> None:
    made = signature(SOMEBODY)
    made.with_revocation(crls=[ROOT.crl()])
    found = verdicts(content_info(made, content=CONTENT))
    assert sorted(map(str, found)) == sorted(map(str, [NAMELESS, PASSED, PASSED]))


def test_a_time_stamp_is_over_the_value_that_it_was_made_over() -> None:
    made = signature(SOMEBODY).stamped(CLOCK, NOW)
    made.with_revocation(crls=[ROOT.crl()])
    stamped = content_info(made, content=CONTENT)
    [twin] = [one for one in each_changed(stamped) if one.value == made.value]
    assert told(judge(stamped, ROOT)) == PASSED
    [found] = judge(twin.encoded, ROOT).signatures
    assert found.signed_at is None
    assert [one.sub_indication for one in found.time_stamps] == [SubIndication.NO_POE]
