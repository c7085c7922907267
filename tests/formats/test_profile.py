"""What a seal of ours is made of: the certificates that lead to a root, whoever runs that."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from keys.signer import is_lower
from signing.formats import profile
from tests.attacks.pki import Holder, curve, root

NATION = root(key=curve(ec.SECP384R1))
AUTHORITY = NATION.issue("Ours", by="sha384")
ROOTS = [NATION.certificate]


def issued(*, lower: bool = True) -> Holder:
    """As our authority signs: with the lower of two values, or with the other."""
    made = iter(AUTHORITY.signer, None)
    return next(one for one in made if is_lower(one.parsed.signature) is lower)


SEAL = issued()


def test_a_root_may_sign_as_it_likes() -> None:
    assert profile.paths_stand([SEAL.certificate], SEAL.chain, ROOTS)


def test_no_certificate_is_missing_or_there_besides_or_twice() -> None:
    own = [SEAL.certificate]
    another = issued().certificate
    assert not profile.paths_stand(own, [*SEAL.chain, another], ROOTS)
    assert not profile.paths_stand(own, [*SEAL.chain, NATION.certificate], ROOTS)
    assert not profile.paths_stand(own, [*SEAL.chain, SEAL.certificate], ROOTS)


def test_what_our_authority_signed_has_the_lower_value() -> None:
    odd = issued(lower=False)
    with pytest.raises(ValueError, match="another value"):
        profile.paths_stand([odd.certificate], odd.chain, ROOTS)
