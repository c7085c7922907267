"""Sealing, handles, passwords, and the ring whose keys change with time alone."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import FixedClock
from core.database import Ledger, migrate
from idp.store import MIGRATIONS
from keys import handles, passwords
from keys import store as keys_store
from keys.custody import Custody
from keys.ring import KeyRecord, NoActiveKey, Purpose, Ring, State
from keys.rotation import RotationPolicy, due, succeed
from keys.sealing import SealBroken, Sealer, new_master_key, parse_master_key
from keys.signer import Algorithm, SoftwareSigner, verify

OLD, NEW = bytes(32), bytes([1] * 32)
CUSTODY = Custody(Sealer([OLD]))
POLICY = RotationPolicy(publish_before=600, keep_after=3_600, lifetime=86_400)


@given(st.binary(), st.text(st.characters(codec="utf-8")))
def test_sealed_value_opens_in_its_context_alone(secret: bytes, context: str) -> None:
    sealed = Sealer([OLD]).seal(secret, context)
    assert Sealer([OLD]).open(sealed, context) == secret
    with pytest.raises(SealBroken):
        Sealer([OLD]).open(sealed, context + "x")


@given(st.integers(0, 500), st.integers(1, 255))
def test_sealed_value_changed_in_any_byte_does_not_open(at: int, change: int) -> None:
    sealed = bytearray(Sealer([OLD]).seal(b"a secret of some length", "totp sokha"))
    sealed[at % len(sealed)] ^= change
    with pytest.raises(SealBroken):
        Sealer([OLD]).open(bytes(sealed), "totp sokha")


@pytest.mark.parametrize("cut", [0, 1, 56, 57, 72])
def test_sealed_value_cut_short_does_not_open(cut: int) -> None:
    with pytest.raises(SealBroken):
        Sealer([OLD]).open(Sealer([OLD]).seal(b"secret", "c")[:cut], "c")


def test_equal_secrets_are_sealed_unequally() -> None:
    sealer = Sealer([OLD])
    assert sealer.seal(b"secret", "c") != sealer.seal(b"secret", "c")


def test_master_key_is_rotated_by_putting_the_new_one_first() -> None:
    sealed = Sealer([OLD]).seal(b"secret", "c")
    assert Sealer([NEW, OLD]).open(sealed, "c") == b"secret"
    resealed = Sealer([NEW, OLD]).seal(b"secret", "c")
    assert Sealer([NEW]).open(resealed, "c") == b"secret"
    for sealer, value in ((Sealer([NEW]), sealed), (Sealer([OLD]), resealed)):
        with pytest.raises(SealBroken):
            sealer.open(value, "c")


def test_master_key_is_32_bytes_of_strict_base64url() -> None:
    key = new_master_key()
    assert parse_master_key(key) == parse_master_key(f" {key}=\n")
    for wrong in ("", "short", key + "AA", key[:-1] + "!", "!" + key, key[:20] + " " + key[20:]):
        with pytest.raises(ValueError, match="master key"):
            parse_master_key(wrong)
    for keys in ([], [b"short"]):
        with pytest.raises(ValueError, match="master key"):
            Sealer(keys)


@pytest.mark.rule("token.handles-hashed")
def test_handles_are_256_bits_and_kept_as_their_digests() -> None:
    made = {handles.new_handle() for _ in range(1_000)}
    assert len(made) == 1_000
    assert {len(handle) for handle in made} == {43}
    assert {len(handles.digest(handle)) for handle in made} == {32}
    assert {len(handles.new_id()) for _ in range(100)} == {26}


def test_certificate_serials_are_positive_and_20_octets_at_most() -> None:
    assert all(0 < handles.new_serial().bit_length() <= 159 for _ in range(1_000))


def test_password_fits_in_whichever_form_the_keyboard_writes_it() -> None:
    known = passwords.hash_password("ម្លប់ café")
    assert known.startswith(b"$argon2id$")
    assert passwords.fits("ម្លប់ cafe\u0301", known)
    assert not passwords.fits("ម្លប់ cafe", known)
    assert not passwords.fits("", known)


def test_nobodys_password_is_weighed_and_never_fits() -> None:
    for guess in ("", "nobody has this password"):
        assert not passwords.fits(guess, None)


def key(kid: str = "k1", **changed: object) -> KeyRecord:
    record = KeyRecord(kid, Purpose.TOKEN, "", Algorithm.ES256, b"", b"", 0, 1_000)
    return replace(record, **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (999, State.NEXT),
        (1_000, State.ACTIVE),
        (1_999, State.ACTIVE),
        (2_000, State.RETIRED),
        (2_999, State.RETIRED),
        (3_000, State.GONE),
    ],
)
def test_state_of_a_key_is_a_function_of_time(now: int, state: State) -> None:
    assert key(retired_from=2_000, gone_from=3_000).state(now) is state


def test_ring_signs_with_the_newest_active_key_and_publishes_all_but_the_gone() -> None:
    old = key("old", retired_from=2_000, gone_from=3_000)
    ring = Ring([key("new", active_from=2_000), old], CUSTODY)
    signing = {
        now: ring.active(Purpose.TOKEN, Algorithm.ES256, now).kid for now in (1_500, 1_999, 2_000)
    }
    assert signing == {1_500: "old", 1_999: "old", 2_000: "new"}
    assert [len(ring.published(Purpose.TOKEN, now)) for now in (0, 2_500, 3_000)] == [2, 2, 1]


@pytest.mark.parametrize(
    ("purpose", "algorithm", "owner", "now"),
    [
        (Purpose.AUDIT, Algorithm.ES256, "", 1_500),
        (Purpose.TOKEN, Algorithm.RS256, "", 1_500),
        (Purpose.TOKEN, Algorithm.ES256, "moc", 1_500),
        (Purpose.TOKEN, Algorithm.ES256, "", 500),
    ],
)
def test_key_is_refused_for_any_other_purpose(
    purpose: Purpose, algorithm: Algorithm, owner: str, now: int
) -> None:
    with pytest.raises(NoActiveKey):
        Ring([key()], CUSTODY).active(purpose, algorithm, now, owner)


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(0, 10_000))
@settings(max_examples=200)
def test_successor_is_published_before_its_use_and_its_elder_kept_after(
    now: int, before: int, after: int
) -> None:
    policy = RotationPolicy(before, after)
    ended, begun = succeed(key("old", active_from=0), key("new", active_from=now), policy, now)
    assert begun.state(now + before) is State.ACTIVE
    assert before == 0 or begun.state(now + before - 1) is State.NEXT
    for at in (now, now + before, now + before + after):
        signing = [record for record in (ended, begun) if record.state(at) is State.ACTIVE]
        assert len(signing) == 1
    assert ended.state(now + before + after) is State.GONE


@pytest.mark.parametrize(
    ("now", "successor", "expected"),
    [
        (1_000 + 86_400 - 601, None, False),
        (1_000 + 86_400 - 600, None, True),
        (1_000 + 86_400, key("next", active_from=90_000), False),
        (200_000, key("next", active_from=90_000), True),
    ],
)
def test_successor_is_due_in_time_and_once(
    now: int, successor: KeyRecord | None, expected: bool
) -> None:
    assert due(key(), successor, POLICY, now) is expected
    assert not due(key(), None, RotationPolicy(600, 3_600), now)


def test_stored_key_signs_after_a_restart_and_its_rotation_is_seen(
    database_url: str, clock: FixedClock
) -> None:
    migrate(database_url, MIGRATIONS)
    ledger, custody, now = Ledger(database_url), CUSTODY, clock.now()
    for _ in range(2):
        keys_store.establish(ledger, Purpose.TOKEN, Algorithm.ES256, custody, now)
    (old,) = ledger.read_now(keys_store.find_all)
    assert old.kid == old.kid.strip()
    assert b"PRIVATE" not in old.sealed
    ring = keys_store.LiveRing(ledger, custody)
    signature = ring.now.signer(old).sign(b"message")
    verify(keys_store.load_public_key(old.public), Algorithm.ES256, signature, b"message")
    new = custody.generate(Purpose.TOKEN, Algorithm.ES256, now)
    ledger.write_now(keys_store.rotate, old, new, POLICY, now)
    again = keys_store.LiveRing(ledger, custody)
    for at, signing, published in ((0, old, 2), (600, new, 2), (4_200, new, 1)):
        found = again.token_signer(Purpose.TOKEN, Algorithm.ES256, now + at)
        assert found.kid == signing.kid
        assert len(again.verification_keys(Purpose.TOKEN, now + at)) == published
    ledger.close()


def test_sealed_private_key_does_not_open_as_another_keys() -> None:
    record = CUSTODY.generate(Purpose.TOKEN, Algorithm.ES256, 0)
    for stolen in (replace(record, owner="moc"), replace(record, purpose=Purpose.ROOT)):
        with pytest.raises(SealBroken):
            Ring([stolen], CUSTODY).signer(stolen)
    assert isinstance(Ring([record], CUSTODY).signer(record), SoftwareSigner)
