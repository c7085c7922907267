"""The inspector contacts nobody, stores nothing, writes nothing down, and tells no secret again."""

import logging
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import MetaData, func, select
from starlette.testclient import TestClient

from clients.web.jwks import ClientKeys
from core.clock import FixedClock
from core.database import Transaction
from tests.neighbour import neighbour
from tests.provider import (
    ISSUER,
    Backend,
    Keypair,
    Provider,
    authorization_request,
    fresh_assertion,
)


def paste(op: Provider, text: str, lang: str = "en") -> Any:
    http = TestClient(op.app, ISSUER)
    return http.post(f"/inspector?lang={lang}", data={"pasted": text})


def test_a_form_is_shown_that_sends_by_post(op: Provider) -> None:
    """What is pasted never stands in a query."""
    page = TestClient(op.app, ISSUER).get("/inspector")
    assert page.status_code == 200
    assert '<form method="post" action="/inspector"' in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "Paste something" in paste(op, "  ").text


def test_a_right_request_and_a_wrong_one_are_told_apart(op: Provider) -> None:
    right = f"{ISSUER}/authorize?{urlencode(authorization_request('service-1'))}"
    assert "We found nothing wrong" in paste(op, right).text
    other = authorization_request("service-1", redirect_uri="https://other.example.kh/cb")
    page = paste(op, f"{ISSUER}/authorize?{urlencode(other)}")
    assert page.status_code == 200
    assert 'href="/errors#redirect_uri_mismatch"' in page.text
    assert "https://service-1.example.kh/callback" not in page.text, (
        "what is registered is not told"
    )


def test_both_languages_are_spoken(op: Provider) -> None:
    assert "យើងមិនដឹងថានេះជាអ្វីទេ" in paste(op, "x", "km").text
    assert "We cannot tell what this is" in paste(op, "x", "en").text


def test_a_living_token_is_checked_and_not_shown_again(op: Provider) -> None:
    tokens = Backend.of(op).redeem(op.browser().go_through()).json()
    for token in (tokens["access_token"], tokens["id_token"]):
        page = paste(op, token)
        assert "We found nothing wrong" in page.text
        assert token.rpartition(".")[2] not in page.text


def contents(transaction: Transaction) -> dict[str, int]:
    tables = MetaData()
    tables.reflect(transaction)
    return {
        name: transaction.execute(select(func.count()).select_from(table)).scalar_one()
        for name, table in tables.tables.items()
    }


def test_nothing_is_asked_stored_or_written_down(
    furnished: Path, tmp_path: Path, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "idp.sqlite"
    shutil.copyfile(furnished, path)
    key = Keypair()
    with neighbour(tmp_path) as beside:
        client_keys = ClientKeys(beside.outbound(), clock)
        op = Provider(f"sqlite:///{path}", clock, client_keys=client_keys)
        op.add_client(
            "far",
            token_endpoint_auth_method="private_key_jwt",
            jwks_uri=beside.publish("/jwks", key.jwks),
            redirect_uris=["https://far.example.kh/callback"],
        )
        before = op.ledger.read_now(contents)
        assertion = fresh_assertion(key, "far", op.now)
        with caplog.at_level(logging.DEBUG):
            for text in (
                assertion,
                f"secret-text{'x' * 17_000}",
                "secret-text",
                "client_id=secret",
            ):
                paste(op, text)
            for body in (b"secret-text=1&secret-text=2", b"secret-text=\xff", b"secret-text"):
                headers = {"Content-Type": "application/x-www-form-urlencoded"}
                TestClient(op.app, ISSUER).post("/inspector", content=body, headers=headers)
        assert "own server" in paste(op, assertion).text
        assert beside.asked == []
        assert op.ledger.read_now(contents) == before
        op.close()
    written = str([record.__dict__ for record in caplog.records if record.name.startswith("tra")])
    assert "secret" not in written
    assert assertion[:20] not in written


def test_an_assertion_that_was_inspected_can_be_used_still(op: Provider) -> None:
    key = Keypair()
    op.add_client(
        "machine",
        token_endpoint_auth_method="private_key_jwt",
        jwks=key.jwks,
        grant_types=["client_credentials"],
        scope="seal",
    )
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": fresh_assertion(key, "machine", op.now),
    }
    assert "We found nothing wrong" in paste(op, urlencode(form)).text
    assert TestClient(op.app, ISSUER).post("/token", data=form).status_code == 200


def test_what_is_too_long_is_refused_as_such(op: Provider) -> None:
    assert paste(op, "x" * 70_000).status_code == 413
