"""A validation policy is data: read strictly, published as it is (EN 319 102-1 §5.1.4)."""

import hashlib
import tomllib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing import policies
from signing.rules.algorithms import NEVER, NO_END, Algorithm, Flaw
from signing.rules.policy import PolicyInvalid, parse

TEXT = policies.default().text
SUITES = policies.default().suites
STRICT = policies.ours()["tra-2-strict"].suites


def day(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def test_the_digest_is_that_of_the_text() -> None:
    for policy in policies.ours().values():
        assert policy.digest == hashlib.sha256(policy.text.encode()).hexdigest()


def test_every_policy_of_ours_is_named_as_its_file() -> None:
    assert set(policies.ours()) == {"tra-2", "tra-2-strict", "tra-2-next-update"}


def test_every_policy_of_ours_has_a_title_in_both_languages() -> None:
    assert all(set(policy.title) == {"km", "en"} for policy in policies.ours().values())


@pytest.mark.parametrize(
    ("algorithm", "until"),
    [
        (Algorithm("rsa", 4_096, None, "md5"), "2004-08-01"),
        (Algorithm("rsa", 4_096, None, "sha1"), "2012-08-01"),
        (Algorithm("ec", 256, "secp256r1", "sha1"), "2012-08-01"),
        (Algorithm("rsa", 4_096, None, "sha224"), "2026-01-01"),
        (Algorithm("rsa", 1_024, None, "sha256"), "2019-10-01"),
        (Algorithm("rsa", 1_536, None, "sha256"), "2019-10-01"),
        (Algorithm("rsa", 1_024, None, "sha1"), "2012-08-01"),
        (Algorithm("rsa", 2_047, None, "sha256"), "2026-01-01"),
        (Algorithm("rsa", 2_048, None, "sha256"), "2031-01-01"),
        (Algorithm("dsa", 1_024, None, "sha1"), "2012-08-01"),
        (Algorithm("dsa", 1_024, None, "sha256"), "2015-12-01"),
        (Algorithm("ec", 192, "secp192r1", "sha256"), "2012-08-01"),
        (Algorithm("ec", 224, "secp224r1", "sha256"), "2021-10-01"),
    ],
    ids=str,
)
def test_what_is_no_longer_reliable_has_its_day(algorithm: Algorithm, until: str) -> None:
    assert SUITES.until(algorithm) == day(until)


@pytest.mark.parametrize(
    "algorithm",
    [
        Algorithm("rsa", 3_072, None, "sha256"),
        Algorithm("rsa", 4_096, None, "sha3_512"),
        Algorithm("ec", 256, "secp256r1", "sha256"),
        Algorithm("ec", 512, "brainpoolp512r1", "sha512"),
        Algorithm("ed25519"),
        Algorithm("ed448"),
        Algorithm("ml-dsa-65"),
    ],
    ids=str,
)
def test_what_is_recommended_has_no_end(algorithm: Algorithm) -> None:
    assert SUITES.until(algorithm) == NO_END


@pytest.mark.parametrize(
    "algorithm",
    [
        Algorithm("rsa", 512, None, "sha256"),
        Algorithm("rsa", 3_072, None, "md2"),
        Algorithm("ec", 256, "secp256k1", "sha256"),
        Algorithm("ec", 256, "specified", "sha256"),
        Algorithm("gost", 256, None, "sha256"),
        Algorithm("rsa", 3_072, None, "sha256", Flaw.ROCA),
        Algorithm("rsa", 3_072, None, "sha256", Flaw.EXPONENT),
    ],
    ids=str,
)
def test_what_no_policy_names_was_never_reliable(algorithm: Algorithm) -> None:
    assert SUITES.until(algorithm) == NEVER


def test_the_strict_policy_keeps_to_the_standard_s_day_for_rsa_below_3000_bits() -> None:
    assert STRICT.until(Algorithm("rsa", 2_048, None, "sha256")) == day("2026-01-01")
    assert STRICT.until(Algorithm("rsa", 3_000, None, "sha256")) == NO_END


def test_together_they_are_reliable_as_long_as_the_weakest() -> None:
    strong, weak = Algorithm("ed25519"), Algorithm("rsa", 1_024, None, "sha256")
    assert SUITES.all_until((strong, weak)) == SUITES.until(weak)
    assert SUITES.all_until((strong,), ("sha1",)) == SUITES.hash_until("sha1")
    assert SUITES.all_until(()) == NO_END


@given(bits=st.integers(0, 20_000), more=st.integers(0, 10_000))
def test_a_longer_key_is_never_worse(bits: int, more: int) -> None:
    for kind in ("rsa", "dsa"):
        shorter, longer = (Algorithm(kind, size, None, "sha256") for size in (bits, bits + more))
        assert SUITES.until(shorter) <= SUITES.until(longer)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "tra-2"', 'name = "Tra 2"'),
        ('name = "tra-2"', 'name = "../tra"'),
        ('name = "tra-2"', 'name = "tra-2"\nversion = 3'),
        ('name = "tra-2"', ""),
        ("sha1 = 2012-08-01", 'sha1 = "2012-08-01"'),
        ("sha1 = 2012-08-01", "sha1 = 2012-08-01T00:00:00Z"),
        ("required = false", "required = 0"),
        ("required = false", "requierd = false"),
        ("grace_seconds = 0", "grace_seconds = -1"),
        ("grace_seconds = 0", "grace_seconds = true"),
        ("policies = []", "policies = [1]"),
        ("bits = 786", 'bits = "786"'),
        ("bits = 786", "bits = 786\nsize = 3"),
        ("[hashes]", "[hash]"),
        ("[[keys]]", "[[keys"),
        ("[time_stamps]", "[[time_stamps]]"),
        ("en =", "fr ="),
    ],
    ids=lambda text: text[:30],
)
def test_a_text_that_is_no_policy_is_refused(old: str, new: str) -> None:
    assert old in TEXT
    with pytest.raises(PolicyInvalid):
        parse(TEXT.replace(old, new))


@given(st.text(max_size=60))
def test_any_text_is_a_policy_or_is_refused(text: str) -> None:
    with pytest.raises(PolicyInvalid):
        parse(text)


def test_a_policy_may_leave_its_constraints_to_the_usual_ones() -> None:
    said = tomllib.loads(TEXT)
    assert {"time_stamps", "revocation", "signatures", "certificates"} < set(said)
    start, end = TEXT.index("[signatures]"), TEXT.index("# Until which day")
    short = parse(TEXT[:start] + TEXT[end:])
    assert short.time_stamps == policies.default().time_stamps
    assert short.revocation == policies.default().revocation
