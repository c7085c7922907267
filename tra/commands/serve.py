"""`tra serve`: run a service until it is told to stop."""

from collections.abc import Callable
from pathlib import Path

import click
import uvicorn
from starlette.types import ASGIApp

from core.serving import log_as_json
from tra import assembly
from tra.settings import settings

_GRACE_SECONDS = 10


def _listening(run: Callable[..., None]) -> Callable[..., None]:
    host = click.option("--host", default="127.0.0.1", show_default=True)
    port = click.option("--port", type=click.IntRange(1, 65535), required=True)
    return host(port(run))


@click.group(name="serve")
def command() -> None:
    """Run a service: SIGTERM and Ctrl-C let what is under way finish (10 seconds), then stop it."""


@command.command()
@_listening
def idp(host: str, port: int) -> None:
    """The OpenID provider."""
    assembly.establish_provider(settings())
    _run("tra.assembly:provider", host, port, settings().processes)


@command.command()
@_listening
def signing(host: str, port: int) -> None:
    """The signing and verification service."""
    assembly.establish_signing(settings())
    _run("tra.assembly:signatures", host, port, settings().processes)


@command.command()
@click.option("--config", type=click.Path(exists=True, path_type=Path), required=True)
@_listening
def demo(host: str, port: int, config: Path) -> None:
    """A demo government service (examples/service), with a file that `tra demo` wrote."""
    from tra import demo_service  # noqa: PLC0415  # its libraries are an extra

    log_as_json(settings().log_level)
    _run(demo_service.app(config), host, port, processes=1)


def _run(app: str | ASGIApp, host: str, port: int, processes: int) -> None:
    """`app` is an application, or the name of a function that makes one in each process."""
    uvicorn.run(
        app,
        factory=isinstance(app, str),
        host=host,
        port=port,
        workers=processes,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,  # tra.forwarded decides whom to believe
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
