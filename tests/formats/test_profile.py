"""What a seal of ours is made of: the certificates that lead to a root, whoever runs that."""

from cryptography.hazmat.primitives.asymmetric import ec

from signing.formats import profile
from tests.attacks.pki import curve, root

NATION = root(key=curve(ec.SECP384R1))
AUTHORITY = NATION.issue("Ours", by="sha384")
SEAL = AUTHORITY.signer()
ROOTS = [NATION.certificate]


def test_a_root_may_sign_as_it_likes() -> None:
    assert profile.paths_stand([SEAL.certificate], SEAL.chain, ROOTS)


def test_no_certificate_is_missing_or_there_besides_or_twice() -> None:
    own = [SEAL.certificate]
    another = AUTHORITY.signer("Another").certificate
    assert not profile.paths_stand(own, [*SEAL.chain, another], ROOTS)
    assert not profile.paths_stand(own, [*SEAL.chain, NATION.certificate], ROOTS)
    assert not profile.paths_stand(own, [*SEAL.chain, SEAL.certificate], ROOTS)
