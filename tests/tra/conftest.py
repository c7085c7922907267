"""The `tra` command with databases and a master key of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from keys.sealing import new_master_key
from tra import assembly
from tra.cli import tra_command
from tra.settings import settings

Tra = Callable[..., Result]


@pytest.fixture
def tra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tra]:
    """Runs `tra …` on a provider's database in a folder of the test."""
    config = tmp_path / "tra.toml"
    config.write_text(
        f'idp_database_url = "sqlite:///{tmp_path}/idp.sqlite"\n'
        f'signing_database_url = "sqlite:///{tmp_path}/signing.sqlite"\n'
        f'master_keys = "{new_master_key()}"\n'
    )
    monkeypatch.setenv("TRA_CONFIG", str(config))
    settings.cache_clear()
    assembly.migrate_idp(settings())
    assembly.establish_provider(settings())

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(tra_command, arguments, catch_exceptions=False)

    yield run
    settings.cache_clear()
