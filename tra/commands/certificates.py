"""`tra certificates`: what the signing service issued, and taking it back."""

from datetime import UTC, datetime

import click

import signing.app
from core.clock import SystemClock
from keys.revocation import Reason
from signing.store import certificates
from signing.store.certificates import as_text
from tra import services
from tra.settings import settings

_REASONS = {
    reason.name.lower().replace("_", "-"): reason
    for reason in Reason
    if reason is not Reason.CERTIFICATE_HOLD  # nothing is taken back for a while
}


@click.group(name="certificates")
def command() -> None:
    """The certificates that the signing service issued."""


@command.command("list")
def list_() -> None:
    """Every certificate: serial number, purpose, agency, last day, and whether it stands."""
    ledger = services.signing_ledger(settings())
    try:
        for issued in ledger.read_now(certificates.find_all):
            revoked = issued.revoked
            state = f"revoked: {revoked.reason.name.lower()}" if revoked else "stands"
            last_day = f"{issued.certificate.parsed.not_valid_after_utc:%Y-%m-%d}"
            fields = (as_text(issued.serial), issued.purpose, issued.owner or "-", last_day, state)
            click.echo("\t".join(fields))
    finally:
        ledger.close()


@command.command()
@click.argument("serial")
@click.option("--reason", type=click.Choice(sorted(_REASONS)), required=True)
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"]),
    help="UTC: when a compromise began. Left out, nothing that the key signed is believed.",
)
def revoke(serial: str, reason: str, since: datetime | None) -> None:
    """Revoke a certificate, for ever: OCSP, CRL and the check of documents know it at once."""
    chosen = settings()
    ledger = services.signing_ledger(chosen)
    try:
        revoked = signing.app.revoke_certificate(
            ledger,
            chosen.custody,
            services.operator_of(chosen),
            int(serial, 16),
            _REASONS[reason],
            SystemClock().now(),
            since=int(since.replace(tzinfo=UTC).timestamp()) if since else None,
        )
    except ValueError as error:
        raise click.ClickException(f"{serial} is no serial number in hex") from error
    finally:
        ledger.close()
    if revoked is None:
        raise click.ClickException(f"{serial} is not ours, or revoked already")
    click.echo(f"{serial}: revoked")
