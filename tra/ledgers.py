"""The databases of both services, as commands open them."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Final

import click

from core.database import Ledger
from tra.settings import Settings


class ServiceName(StrEnum):
    """The services that have a database."""

    IDP = "idp"
    SIGNING = "signing"


SERVICE: Final = click.Choice([name.value for name in ServiceName])
"""The kind of a --service option."""


@contextmanager
def opened(service: ServiceName, chosen: Settings) -> Iterator[Ledger]:
    """The database of a service, until the end of the block."""
    urls = {
        ServiceName.IDP: chosen.idp_database_url,
        ServiceName.SIGNING: chosen.signing_database_url,
    }
    ledger = Ledger(urls[service].get_secret_value(), writers=1, readers=1)
    try:
        yield ledger
    finally:
        ledger.close()
