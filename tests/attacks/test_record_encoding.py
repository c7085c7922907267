"""Evidence records that say the same in another way (RFC 4998 §3.1, §4.2): none passes."""

from keys import der
from signing.rules.report import SubIndication, Verdict
from tests.attacks import cms, records
from tests.attacks.pki import AT, DAY, NOW
from tests.attacks.records import Record, written
from tests.attacks.test_asic_archives import FIRST, news
from tests.attacks.test_records import LETTER, OF_LETTER, judge


def of_lists(*lists: list[bytes]) -> bytes:
    token = cms.token(FIRST, LETTER, NOW, revocation=news(NOW, NOW + 9 * DAY))
    return Record((LETTER,), [[written([*lists], token)]], ["sha256"]).dump()


def test_what_is_no_hash_by_its_length_is_in_no_tree() -> None:
    """Between others it would leave what is hashed as it is."""
    own = records.digest(LETTER)
    assert judge(LETTER, AT + 86_400, record=of_lists([own])).verdict is Verdict.TIME_STAMPED
    for more in (b"", own[:31], own + b"\x00"):
        made = of_lists([own, more])
        assert judge(LETTER, AT + 86_400, record=made).verdict is not Verdict.TIME_STAMPED


def test_a_record_is_in_der_and_names_its_hash_functions() -> None:
    version, algorithms, sequence = der.parts(OF_LETTER)
    assert der.sequence(version, algorithms, sequence) == OF_LETTER
    [of_tree, of_another] = der.parts(algorithms)
    long = b"\x30\x84" + (len(sequence) - 4).to_bytes(4) + sequence[4:]
    with_parameters = der.sequence(*der.parts(of_tree), der.integer(1))
    for odd in (
        der.sequence(version, algorithms, long),
        der.sequence(version, der.sequence(of_tree), sequence),
        der.sequence(version, der.sequence(with_parameters, of_another), sequence),
        der.sequence(version, algorithms, der.set_of(), sequence),
    ):
        assert judge(LETTER, record=odd).sub_indication is SubIndication.FORMAT_FAILURE
    informed = der.sequence(version, algorithms, der.explicit(0), sequence)
    assert judge(LETTER, record=informed).verdict is Verdict.TIME_STAMPED
