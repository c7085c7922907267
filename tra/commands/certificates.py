"""`tra certificates`: what the signing service issued, and taking it back."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
import orjson
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

import signing.app
from core.clock import SystemClock
from core.database import Ledger
from keys.enrolment import EnrolmentRefused
from keys.persons import Person
from keys.profiles import PROFILES
from keys.revocation import Reason
from keys.ring import Purpose
from keys.signer import LintFailed
from signing.store import certificates
from signing.store.authority import NoAuthority
from signing.store.certificates import Issued, State, Wanted, as_text
from signing.store.revocation import KeyElsewhere, ShortTerm
from tra import assembly
from tra.ledgers import ServiceName, opened
from tra.settings import settings

_REASONS = {
    reason.name.lower().replace("_", "-"): reason
    for reason in Reason
    if reason is not Reason.CERTIFICATE_HOLD  # nothing is taken back for a while
}

_PAGE: Final = 1_000


@click.group(name="certificates")
def command() -> None:
    """The certificates that the signing service issued."""


@command.command("list")
@click.option("--purpose", type=click.Choice([one.value for one in PROFILES]))
@click.option("--owner", help="An agency's id, or a person's identifier.")
@click.option("--subject", help="A part of the holder's name, as `show` has it.")
@click.option("--state", type=click.Choice([one.value for one in State]))
@click.option("--serial", default="", help="What the serial number begins with, in hex.")
@click.option("--after", help="The serial number after which a list before this one stopped.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@click.option("--json", "as_lines", is_flag=True, help="One JSON object a line.")
def list_(
    purpose: str | None,
    owner: str | None,
    subject: str | None,
    state: str | None,
    serial: str,
    after: str | None,
    limit: int,
    *,
    as_lines: bool,
) -> None:
    """Certificates, oldest first; with --state stands or ended by their last day: serial number,
    purpose, owner, last day, and whether it stands.

    Where there may be more, how to go on is told last: with --json as {"after": SERIAL}.
    """
    wanted = certificates.Wanted(
        SystemClock().now(),
        Purpose(purpose) if purpose else None,
        owner,
        State(state) if state else None,
        serial.lower(),
    )
    last = None if after is None else _number(after)
    with opened(ServiceName.SIGNING, settings()) as ledger:
        listed = 0
        for issued in _pages(ledger, wanted, limit if subject is None else _PAGE, last):
            if subject is None or subject.casefold() in _name(issued).casefold():
                click.echo(_line(issued, wanted.now, as_lines=as_lines))
                listed += 1
            if listed == limit:
                told = as_text(issued.serial)
                more = orjson.dumps({"after": told}).decode() if as_lines else None
                click.echo(more or f"There may be more: --after {told}", err=not as_lines)
                break


def _pages(ledger: Ledger, wanted: Wanted, size: int, after: int | None) -> Iterator[Issued]:
    """All of them: of a million, no more than a page is in memory."""
    while page := ledger.read_now(certificates.find_page, wanted, min(size, _PAGE), after):
        yield from page
        after = page[-1].serial


def _name(issued: Issued) -> str:
    return issued.certificate.parsed.subject.rfc4514_string()


def _line(issued: Issued, now: int, *, as_lines: bool) -> str:
    revoked, state = issued.revoked, issued.state(now)
    serial = as_text(issued.serial)
    if as_lines:
        return orjson.dumps(
            {
                "serial": serial,
                "purpose": issued.purpose,
                "owner": issued.owner,
                "subject": _name(issued),
                "not_before": issued.certificate.not_before,
                "not_after": issued.certificate.not_after,
                "state": state,
                "reason": revoked.reason.name.lower() if revoked else None,
                "revoked_at": revoked.at if revoked else None,
            }
        ).decode()
    last_day = f"{issued.certificate.parsed.not_valid_after_utc:%Y-%m-%d}"
    told = f"{state}: {revoked.reason.name.lower()}" if revoked else state
    return "\t".join((serial, issued.purpose, issued.owner or "-", last_day, told))


@command.command()
@click.argument("request", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--identifier", required=True, help="As `IDCKH-…` (EN 319 412-1 §5.1.3).")
@click.option("--surname", required=True, help="As registered, in Khmer.")
@click.option("--given-name", required=True, help="As registered, in Khmer.")
@click.option("--common-name", required=True, help="The whole name in Latin.")
@click.option("--short-term", is_flag=True, help="For half a day: it is never revoked.")
def issue(
    request: Path,
    identifier: str,
    surname: str,
    given_name: str,
    common_name: str,
    *,
    short_term: bool,
) -> None:
    """Issue a person's certificate for signatures, for the key that signed REQUEST (PKCS#10), and
    print it (PEM). The name is what the options say, whatever the request says. An agency's seal
    is made by `tra agencies add`, and its successor in time."""
    chosen = settings()
    operator = assembly.operator_of(chosen)
    person = Person(common_name, surname, given_name, identifier, operator.registry)
    asked = request.read_bytes()
    try:
        if b"-----BEGIN" in asked:
            asked = x509.load_pem_x509_csr(asked).public_bytes(Encoding.DER)
        with opened(ServiceName.SIGNING, chosen) as ledger:
            now = SystemClock().now()
            issued = signing.app.give_signature(
                ledger, chosen.custody, operator, person, asked, now, short_term=short_term
            )
    except (ValueError, EnrolmentRefused, NoAuthority, LintFailed) as error:
        raise click.ClickException(f"Nothing was issued: {error}.") from error
    click.echo(issued.certificate.pem.decode(), nl=False)


@command.command()
@click.argument("serial")
def show(serial: str) -> None:
    """One certificate: what it says, whether it stands, and itself (PEM)."""
    with opened(ServiceName.SIGNING, settings()) as ledger:
        issued = ledger.read_now(certificates.find, _number(serial))
    if issued is None:
        raise click.ClickException(f"{serial} is not ours")
    parsed, revoked = issued.certificate.parsed, issued.revoked
    state = str(issued.state(SystemClock().now()))
    if revoked is not None:
        since = datetime.fromtimestamp(revoked.at, UTC)
        state = f"revoked: {revoked.reason.name.lower()}, since {since:%Y-%m-%d %H:%M:%S} UTC"
    for name, value in (
        ("serial", as_text(issued.serial)),
        ("purpose", f"{issued.purpose} {issued.owner}".strip()),
        ("subject", parsed.subject.rfc4514_string()),
        ("issuer", parsed.issuer.rfc4514_string()),
        ("from", f"{parsed.not_valid_before_utc:%Y-%m-%d %H:%M:%S} UTC"),
        ("until", f"{parsed.not_valid_after_utc:%Y-%m-%d %H:%M:%S} UTC"),
        ("sha256", issued.certificate.fingerprint),
        ("key", issued.kid),
        ("state", state),
    ):
        click.echo(f"{name:<8} {value}")
    click.echo(issued.certificate.pem.decode(), nl=False)


@command.command()
@click.argument("serials", nargs=-1, required=True, metavar="SERIAL...")
@click.option("--reason", type=click.Choice(sorted(_REASONS)), required=True)
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"]),
    help="UTC: when a compromise began. Left out, nothing that the key signed is believed.",
)
def revoke(serials: tuple[str, ...], reason: str, since: datetime | None) -> None:
    """Revoke certificates, for ever: OCSP, CRLs and the check of documents know it at once. One of
    half a day is never revoked.

    Exit status: 0 all of them were revoked now, 1 some were not."""
    chosen = settings()
    numbers = {serial: _number(serial) for serial in serials}
    try:
        with opened(ServiceName.SIGNING, chosen) as ledger:
            revoked = signing.app.revoke_certificates(
                ledger,
                chosen.custody,
                assembly.operator_of(chosen),
                numbers.values(),
                _REASONS[reason],
                SystemClock().now(),
                since=int(since.replace(tzinfo=UTC).timestamp()) if since else None,
            )
    except ShortTerm as error:
        told = ", ".join(
            f"{as_text(serial)} (ends {datetime.fromtimestamp(ends, UTC):%Y-%m-%d %H:%M} UTC)"
            for serial, ends in sorted(error.ends.items())
        )
        raise click.ClickException(
            "Nothing was revoked. Nobody revokes a certificate of half a day: it says so itself, "
            f"no OCSP answer and no CRL tells of it, and it ends soon: {told}. See to it that its "
            "key makes no more signatures, and revoke the others without it."
        ) from error
    except KeyElsewhere as error:
        raise click.ClickException(
            "Nothing was revoked: the root that issued one of them is elsewhere. Its operator "
            "revokes it (`tra ceremony crl --revoke`), then `tra ca install-crl`."
        ) from error
    for serial, number in numbers.items():
        done = number in revoked
        click.echo(f"{serial}: {'revoked' if done else 'not ours, or revoked already'}")
    sys.exit(0 if len(revoked) == len(set(numbers.values())) else 1)


def _number(serial: str) -> int:
    try:
        return int(serial, 16)
    except ValueError as error:
        raise click.ClickException(f"{serial} is no serial number in hex") from error
