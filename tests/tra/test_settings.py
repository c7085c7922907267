"""What production refuses."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from keys.sealing import new_master_key
from tra.assembly import idp_context, migrate_idp
from tra.settings import Environment, Settings

PRODUCTION = {
    "environment": Environment.PRODUCTION,
    "issuer": "https://id.example.kh",
    "signing_url": "https://sign.example.kh",
    "master_keys": new_master_key(),
    "time_sources": ("kernel",),
}


def test_production_takes_https_and_a_master_key_of_its_own() -> None:
    assert not Settings(**PRODUCTION).development


@pytest.mark.rule("testing.hooks", "testing.loopback")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("development_hooks", True),
        ("issuer", "http://id.example.kh"),
        ("signing_url", "http://sign.example.kh"),
        ("time_sources", ()),
        ("time_sources", ("ntp.example.kh:99999",)),
    ],
)
def test_production_refuses_what_is_for_development(name: str, value: object) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings(**{**PRODUCTION, name: value})


@pytest.mark.parametrize("value", ["tra-0", "/nowhere/policy.toml", __file__])
def test_a_policy_is_one_of_ours_or_a_file_that_is_one(value: str) -> None:
    assert Settings(policy="tra-2-strict").policy == "tra-2-strict"
    with pytest.raises(ValidationError, match="policy"):
        Settings(policy=value)


@pytest.mark.rule("testing.hooks")
def test_hooks_reach_no_provider_but_one_in_development(tmp_path: Path) -> None:
    database = {"idp_database_url": f"sqlite:///{tmp_path / 'idp.sqlite'}"}
    hooks = Settings(**database, development_hooks=True)
    migrate_idp(hooks)
    forced = hooks.model_copy(update={"environment": Environment.PRODUCTION})
    for chosen, mounted in ((hooks, True), (Settings(**database), False), (forced, False)):
        context = idp_context(chosen)
        context.ledger.close()
        assert context.development_hooks is mounted
