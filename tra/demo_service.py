"""A demo service: what an agency would copy (examples/service), with a demo's configuration."""

import json
from pathlib import Path

from starlette.applications import Starlette

from examples.service.app import Config, create_app


def app(config: Path) -> Starlette:
    """The service as an ASGI application. `config` is a JSON file that `tra demo` wrote."""
    return create_app(Config(**json.loads(config.read_text(encoding="utf-8"))))
