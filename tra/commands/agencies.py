"""`tra agencies`: the institutions that have clients and seals."""

import click

from clients.rules import agency as rules
from clients.rules.agency import Agency
from clients.store import agencies
from core.clock import SystemClock
from core.errors import Refusal
from keys.signer import LintFailed
from signing.store.authority import NoAuthority
from tra import assembly
from tra.settings import settings


@click.group(name="agencies")
def command() -> None:
    """The institutions that have clients and seals."""


@command.command()
@click.option("--id", "agency_id", required=True, help="Short and for ever: moc, nssf.")
@click.option("--name-km", required=True, help="The name in Khmer, as on official documents.")
@click.option("--name-en", required=True, help="The name in Latin script.")
def add(agency_id: str, name_km: str, name_en: str) -> None:
    """Add an agency and issue its e-seal certificate; or change its names."""
    chosen, now = settings(), SystemClock().now()
    try:
        agency = rules.check(Agency(agency_id, name_km, name_en))
    except Refusal as refusal:
        raise click.ClickException(refusal.reason.hint) from refusal
    ledger = assembly.idp_ledger(chosen)
    try:
        ledger.write_now(agencies.save, agency, now, actor="operator")
    finally:
        ledger.close()
    try:
        certificate = assembly.give_seal(chosen, agency, now)
    except NoAuthority as missing:
        raise click.ClickException(f"No issuing authority yet: {missing}.") from missing
    except LintFailed as found:
        raise click.ClickException(f"No certificate, for the linter finds:\n{found}") from found
    click.echo(f"{agency_id}: e-seal certificate {certificate.serial:x}")


@command.command("list")
def list_() -> None:
    """Every agency with its names."""
    ledger = assembly.idp_ledger(settings())
    try:
        for agency in ledger.read_now(agencies.find_all):
            click.echo(f"{agency.agency_id}\t{agency.name_en}\t{agency.name_km}")
    finally:
        ledger.close()
