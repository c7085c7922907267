"""`tra openapi`: the descriptions of both services' APIs."""

import importlib.metadata
from pathlib import Path
from typing import Any

import click
import orjson
import yaml

import idp.openapi
import signing.openapi
from tra.documents import ROOT, publish

EXAMPLE_ISSUER = "https://id.example.kh"
EXAMPLE_SIGNING = "https://sign.example.kh"


@click.command(name="openapi")
@click.option("--check", is_flag=True, help="Write nothing; fail where one is out of date.")
def command(check: bool) -> None:
    """Write openapi/idp.yaml and openapi/signing.yaml."""
    publish(_descriptions(), check=check)


def _descriptions() -> dict[Path, str]:
    version = importlib.metadata.version("tra")
    described = {
        "idp": idp.openapi.document(EXAMPLE_ISSUER, version),
        "signing": signing.openapi.document(EXAMPLE_SIGNING, version),
    }
    return {
        ROOT / "openapi" / f"{name}.yaml": yaml.safe_dump(
            _written_out(document), sort_keys=False, allow_unicode=True, width=100
        )
        for name, document in described.items()
    }


def _written_out(document: dict[str, Any]) -> Any:
    """Each part for itself: no part of YAML refers to another."""
    return orjson.loads(orjson.dumps(document))
