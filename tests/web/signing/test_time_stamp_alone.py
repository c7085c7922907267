"""A time-stamp of ours in a file by itself (RFC 3161): it is made to last as a seal is, in the
answer that it came in, and what was added to it has one form."""

import hashlib

import pytest

from keys import der
from tests.signing_service import Visitor
from tests.web.signing.test_augment import YEAR, years_pass
from tests.web.signing.test_augment_formats import augmented, verdict

LETTER = b"A letter."


def answered(visitor: Visitor) -> bytes:
    imprint = der.sequence(
        der.digest_algorithm("sha256"), der.octet_string(hashlib.sha256(LETTER).digest())
    )
    asked = der.sequence(der.integer(1), imprint, b"\x01\x01\xff")
    kind = {"Content-Type": "application/timestamp-query"}
    answer: bytes = visitor.http.post("/tsa", content=asked, headers=kind).content
    return answer


@pytest.mark.parametrize("within", [True, False], ids=["as answered", "the token"])
def test_it_is_renewed_again_and_again(visitor: Visitor, within: bool) -> None:
    answer = answered(visitor)
    first = answer if within else der.parts(answer)[1]
    lasting = augmented(visitor, first, LETTER, "B-LTA")
    if within:
        assert der.parts(lasting)[0] == der.parts(answer)[0]
    years_pass(visitor, 4 * YEAR)
    renewed = augmented(visitor, lasting, LETTER, "B-LTA")
    years_pass(visitor, 3 * YEAR)
    assert verdict(visitor, first, LETTER) != "time_stamped"
    assert verdict(visitor, lasting, LETTER) != "time_stamped"
    assert verdict(visitor, renewed, LETTER) == "time_stamped"
    assert verdict(visitor, renewed, b"Another.") == "changed"


def test_no_byte_of_what_was_added_may_change(standing: Visitor) -> None:
    first = answered(standing)
    lasting = augmented(standing, first, LETTER, "B-LTA")
    assert verdict(standing, lasting, LETTER) == "time_stamped"
    for place in range(len(lasting) - 1, len(first) // 2, -97):
        changed = bytearray(lasting)
        changed[place] ^= 1
        assert verdict(standing, bytes(changed), LETTER) != "time_stamped", place
