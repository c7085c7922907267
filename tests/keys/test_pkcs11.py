"""Keys in a PKCS#11 token: all that we sign can be signed there, and a lost token comes back."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from keys.custody import Custody
from keys.pkcs11 import SESSIONS, Address, Token, TokenLost, TokenSigner, parse_address
from keys.ring import Purpose, Ring
from keys.sealing import SealBroken, Sealer
from keys.signer import Algorithm, SoftwareSigner, is_lower, load_public_key, verify
from tests.keys.softhsm import SoftHsm

NOW = 1_776_132_000
SEALER = Sealer([bytes(32)])


@pytest.fixture(scope="module")
def softhsm(tmp_path_factory: pytest.TempPathFactory) -> SoftHsm:
    return SoftHsm(tmp_path_factory.mktemp("softhsm"))


@pytest.fixture(scope="module")
def token(softhsm: SoftHsm) -> Token:
    softhsm.restart()  # another module may have had its own
    return Token(softhsm.address)


@pytest.fixture(scope="module")
def custody(token: Token) -> Custody:
    return Custody(SEALER, {Purpose.SEAL: token, Purpose.ISSUING: token})


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_key_in_a_token_signs_as_one_in_software_does(
    custody: Custody, algorithm: Algorithm
) -> None:
    record = custody.generate(Purpose.SEAL, algorithm, NOW, "moc")
    signer = Ring([record], custody).signer(record)
    assert isinstance(signer, TokenSigner)
    assert signer.public_key == load_public_key(record.public)
    for message in (b"", b"message", bytes(100_000)):
        verify(signer.public_key, algorithm, signer.sign(message), message)


def test_of_the_two_values_that_verify_the_lower_is_given(custody: Custody) -> None:
    record = custody.generate(Purpose.SEAL, Algorithm.ES256, NOW, "moc")
    for signer in (custody.open(record), SoftwareSigner.generate(Algorithm.ES256)):
        signatures = [signer.sign(bytes([number])) for number in range(32)]
        assert all(map(is_lower, signatures))


def test_keys_of_other_purposes_stay_in_software(custody: Custody) -> None:
    record = custody.generate(Purpose.OCSP, Algorithm.ES256, NOW)
    assert isinstance(custody.open(record), SoftwareSigner)


def test_a_key_is_found_in_its_token_by_another_process(custody: Custody, token: Token) -> None:
    record = custody.generate(Purpose.SEAL, Algorithm.ES256, NOW)
    elsewhere = Custody(SEALER, {Purpose.TIMESTAMP: Token(token.address)})
    verify(load_public_key(record.public), Algorithm.ES256, elsewhere.open(record).sign(b"m"), b"m")


def test_a_row_leads_to_no_other_key_than_its_own(custody: Custody) -> None:
    one, other = (custody.generate(Purpose.SEAL, Algorithm.ES256, NOW, "moc") for _ in range(2))
    with pytest.raises(SealBroken):
        custody.open(replace(one, sealed=other.sealed))


def test_a_key_of_a_token_that_is_not_configured_is_not_opened(custody: Custody) -> None:
    record = custody.generate(Purpose.SEAL, Algorithm.ES256, NOW)
    with pytest.raises(TokenLost, match="not configured"):
        Custody(SEALER).open(record)


def test_a_row_holds_no_key_but_where_it_is(custody: Custody) -> None:
    record = custody.generate(Purpose.SEAL, Algorithm.ES256, NOW)
    assert len(SEALER.open(record.sealed, record.context)) == len(b"pkcs11:") + 16 + len("tra")


def test_more_threads_than_sessions_sign_at_once(custody: Custody) -> None:
    record = custody.generate(Purpose.SEAL, Algorithm.ES256, NOW)
    signer, messages = custody.open(record), [bytes([n]) for n in range(100)]
    with ThreadPoolExecutor(3 * SESSIONS) as pool:
        signed = list(pool.map(signer.sign, messages))
    for message, signature in zip(messages, signed, strict=True):
        verify(signer.public_key, Algorithm.ES256, signature, message)


def test_a_token_that_was_started_anew_is_used_again(softhsm: SoftHsm, custody: Custody) -> None:
    record = custody.generate(Purpose.SEAL, Algorithm.ES256, NOW)
    signer = custody.open(record)
    signer.sign(b"before")
    softhsm.restart()
    with ThreadPoolExecutor(SESSIONS) as pool:
        signed = list(pool.map(signer.sign, [b"after"] * 20))
    for signature in signed:
        verify(signer.public_key, Algorithm.ES256, signature, b"after")


def test_without_its_token_nothing_is_signed_and_with_it_again(
    softhsm: SoftHsm, custody: Custody
) -> None:
    record = custody.generate(Purpose.SEAL, Algorithm.ES256, NOW)
    signer = custody.open(record)
    with softhsm.unplugged():
        for _ in range(2):
            with pytest.raises(TokenLost):
                signer.sign(b"m")
    verify(signer.public_key, Algorithm.ES256, signer.sign(b"m"), b"m")


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        (
            "pkcs11:token=tra?module-path=/usr/lib/p11.so&pin-source=file:/run/pin",
            Address("tra", Path("/usr/lib/p11.so"), Path("/run/pin")),
        ),
        (
            "pkcs11:token=Tra%20seals?pin-source=/run/pin&module-path=/p11.so",
            Address("Tra seals", Path("/p11.so"), Path("/run/pin")),
        ),
    ],
)
def test_an_address_says_token_module_and_where_the_pin_is(uri: str, address: Address) -> None:
    assert parse_address(uri) == address


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "pkcs11:",
        "pkcs11:token=tra",
        "file:token=tra?module-path=/p11.so&pin-source=/run/pin",
        "pkcs11:token=tra?module-path=/p11.so&pin-value=1234",
        "pkcs11:token=tra;serial=1?module-path=/p11.so&pin-source=/run/pin",
    ],
)
def test_an_address_that_lacks_one_or_holds_the_pin_is_refused(uri: str) -> None:
    with pytest.raises(ValueError, match="pkcs11:token=LABEL"):
        parse_address(uri)
