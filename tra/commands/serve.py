"""`tra serve`: run a service until it is told to stop."""

from collections.abc import Callable

import click
import uvicorn

from tra import services
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
    services.establish_provider(settings())
    _run("tra.services:provider", host, port)


@command.command()
@_listening
def signing(host: str, port: int) -> None:
    """The signing and verification service."""
    services.establish_signing(settings())
    _run("tra.services:signing", host, port)


def _run(factory: str, host: str, port: int) -> None:
    uvicorn.run(
        factory,
        factory=True,
        host=host,
        port=port,
        workers=settings().processes,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=True,  # from a proxy on this host alone
        forwarded_allow_ips="127.0.0.1",
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
