"""`tra ca`: an issuing authority under a root that is elsewhere, in our safe or a nation's."""

from pathlib import Path

import click
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

import signing.app
from core.clock import SystemClock
from keys.certificates import Certificate
from keys.enrolment import EnrolmentRefused
from keys.ring import Purpose
from signing.store.authority import NoAuthority
from tra import assembly
from tra.ledgers import ServiceName, opened
from tra.settings import LINED, settings

_ISSUED = [purpose.value for purpose in LINED]
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(name="ca")
def command() -> None:
    """The issuing authority, where its root is elsewhere (own_root = false)."""


@command.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--issues",
    type=click.Choice(_ISSUED),
    default=Purpose.SEAL.value,
    show_default=True,
    help="What the authority will issue; others come from the same one, unless `issuing_lines` "
    "gives them one of their own.",
)
def request(file: Path, issues: str) -> None:
    """Make a key for an issuing authority, or for its successor, and write the request for its
    certificate to FILE (PKCS#10, PEM). The key stays where its custody is."""
    chosen = settings()
    with opened(ServiceName.SIGNING, chosen) as ledger:
        encoded = signing.app.request_certificate(
            ledger,
            chosen.custody,
            assembly.operator_of(chosen),
            Purpose(issues),
            SystemClock().now(),
        )
    file.write_bytes(x509.load_der_x509_csr(encoded).public_bytes(Encoding.PEM))
    click.echo(f"{file}: to the root's operator")


@command.command()
@click.option("--root", type=_FILE, required=True, help="The root's certificate.")
@click.option("--certificate", type=_FILE, required=True, help="What the root's operator gave.")
@click.option("--crl", type=_FILE, required=True, help="The root's newest CRL.")
def install(root: Path, certificate: Path, crl: Path) -> None:
    """Begin to issue under the certificate that was asked for. Chain, profile, key and CRL are
    checked first; files are PEM or DER."""
    chosen = settings()
    try:
        with opened(ServiceName.SIGNING, chosen) as ledger:
            installed = signing.app.install_certificate(
                ledger,
                chosen.custody,
                assembly.operator_of(chosen),
                _certificate(root),
                _certificate(certificate),
                _crl(crl),
                SystemClock().now(),
            )
    except (EnrolmentRefused, NoAuthority) as refused:
        raise click.ClickException(f"Nothing was installed: {refused}.") from refused
    click.echo(f"issuing  {installed.certificate.fingerprint}")


@command.command("install-crl")
@click.argument("file", type=_FILE)
def install_crl(file: Path) -> None:
    """Publish a newer CRL of the root."""
    try:
        with opened(ServiceName.SIGNING, settings()) as ledger:
            number = signing.app.install_crl(ledger, _crl(file), SystemClock().now())
    except EnrolmentRefused as refused:
        raise click.ClickException(f"Nothing was installed: {refused}.") from refused
    click.echo(f"CRL {number} of the root is published")


def _certificate(file: Path) -> Certificate:
    content = file.read_bytes()
    try:
        if b"-----BEGIN" in content:
            content = x509.load_pem_x509_certificate(content).public_bytes(Encoding.DER)
        return Certificate.load(content)
    except ValueError as error:
        raise click.ClickException(f"{file} is no certificate") from error


def _crl(file: Path) -> bytes:
    content = file.read_bytes()
    if b"-----BEGIN" not in content:
        return content
    try:
        return x509.load_pem_x509_crl(content).public_bytes(Encoding.DER)
    except ValueError as error:
        raise click.ClickException(f"{file} is no CRL") from error
