"""Initial access tokens, registration tokens and secrets of clients, on both databases."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from clients.rules.agency import Agency
from clients.rules.client import Secret, SecurityProfile
from clients.rules.registration import Invitation
from clients.store import agencies, clients, registration
from core.database import Ledger, migrate
from idp.store import MIGRATIONS
from keys.handles import digest
from tests.rules.samples import client

NOW = 1_800_000_000
THREADS = 50
INVITATION = Invitation("moc", SecurityProfile.FAPI2)


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    migrate(database_url, MIGRATIONS)
    opened = Ledger(database_url)
    opened.write_now(agencies.save, Agency("moc", "ក", "M"), NOW, actor="test")
    yield opened
    opened.close()


def secrets(ledger: Ledger) -> dict[bytes, int | None]:
    found = ledger.read_now(clients.find, "service")
    assert found is not None
    return {secret.digest: secret.expires_at for secret in found.client.secrets}


def test_an_initial_access_token_is_taken_once_for_each_of_its_uses(ledger: Ledger) -> None:
    ledger.write_now(registration.invite, "t", INVITATION, 3, NOW + 60, NOW, actor="test")
    with ThreadPoolExecutor(THREADS) as pool:
        taken = list(
            pool.map(
                lambda _: ledger.write_now(registration.take_invitation, "t", NOW), range(THREADS)
            )
        )
    assert taken.count(INVITATION) == 3
    assert taken.count(None) == THREADS - 3


def test_an_initial_access_token_ends_with_its_time(ledger: Ledger) -> None:
    ledger.write_now(registration.invite, "t", INVITATION, 3, NOW + 60, NOW, actor="test")
    assert ledger.read_now(registration.find_invitation, "t", NOW + 59) == INVITATION
    assert ledger.read_now(registration.find_invitation, "t", NOW + 60) is None
    assert ledger.write_now(registration.take_invitation, "t", NOW + 60) is None
    ledger.write_now(registration.forget_old, NOW + 60)
    assert ledger.read_now(registration.find_invitation, "t", NOW) is None


def test_a_registration_token_is_exchanged_once(ledger: Ledger) -> None:
    ledger.write_now(clients.save, client(), NOW, actor="test")
    ledger.write_now(registration.give_token, "service", "first")

    def exchange(number: int) -> bool:
        return ledger.write_now(registration.exchange_token, "service", "first", f"next {number}")

    with ThreadPoolExecutor(THREADS) as pool:
        exchanged = list(pool.map(exchange, range(THREADS)))
    assert exchanged.count(True) == 1
    good = f"next {exchanged.index(True)}"
    assert ledger.read_now(registration.find_by_token, "service", good) is not None
    assert ledger.read_now(registration.find_by_token, "service", "first") is None


def test_an_imported_client_has_no_registration_token(ledger: Ledger) -> None:
    ledger.write_now(clients.save, client(), NOW, actor="test")
    assert ledger.read_now(registration.find_by_token, "service", "") is None
    assert not ledger.write_now(registration.remove, "service", "", NOW)


def test_two_secrets_live_side_by_side_until_the_old_one_ends(ledger: Ledger) -> None:
    old, new = Secret(digest("old")), Secret(digest("new"))
    ledger.write_now(clients.save, replace(client(), secrets=(old,)), NOW, actor="test")
    ledger.write_now(clients.rotate_secret, "service", new, NOW + 60, NOW, actor="test")
    assert secrets(ledger) == {old.digest: NOW + 60, new.digest: None}
    newest = Secret(digest("newest"))
    ledger.write_now(clients.rotate_secret, "service", newest, NOW + 90, NOW + 61, actor="test")
    assert secrets(ledger) == {new.digest: NOW + 90, newest.digest: None}


def test_a_secret_that_ends_sooner_is_not_prolonged(ledger: Ledger) -> None:
    ending = Secret(digest("old"), NOW + 10)
    ledger.write_now(clients.save, replace(client(), secrets=(ending,)), NOW, actor="test")
    fresh = Secret(digest("new"))
    ledger.write_now(clients.rotate_secret, "service", fresh, NOW + 60, NOW, actor="test")
    assert secrets(ledger)[ending.digest] == NOW + 10


def test_a_saved_client_has_its_own_secrets_and_no_others(ledger: Ledger) -> None:
    one, two = Secret(digest("one")), Secret(digest("two"))
    ledger.write_now(clients.save, replace(client(), secrets=(one, two)), NOW, actor="test")
    ledger.write_now(clients.save, replace(client(), secrets=(two,)), NOW, actor="test")
    assert secrets(ledger) == {two.digest: None}
    ledger.write_now(clients.save, client(), NOW, actor="test")
    assert secrets(ledger) == {}
