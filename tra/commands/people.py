"""`tra people`: the people who can sign in."""

import csv
import io
from pathlib import Path

import click

from core.clock import SystemClock
from core.database import Ledger, Transaction
from core.errors import Refusal
from idp.rules.credentials import username_key
from idp.rules.people import COLUMNS, Person, parse
from idp.store import citizens, logout
from idp.store.citizens import PASSWORD, TOTP, Citizen, Credential
from keys.handles import new_id
from keys.passwords import fits, hash_password
from keys.sealing import Sealer
from tra import assembly
from tra.settings import settings


@click.group(name="people")
def command() -> None:
    """The people who can sign in."""


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(file: Path) -> None:
    """Add the people of a CSV file, or change those whose user name is known.

    All rows are checked before one is stored. The columns: username, password, totp_secret,
    level (1 to 3), status (active, suspended, deceased), and what the civil register says;
    docs/operations.md lists them. Whoever has another password or another second factor from now
    on, a lower level, or no right to sign in any more, is signed out everywhere.
    """
    people = _read(file)
    chosen = settings()
    ledger = assembly.idp_ledger(chosen)
    now = SystemClock().now()
    try:
        with click.progressbar(people, label="Importing", show_pos=True) as shown:
            for person in shown:
                password = _new_password(ledger, person)
                ledger.write_now(_save, person, password, chosen.sealer, now)
    finally:
        ledger.close()
    click.echo(f"{len(people)} people imported")


def _read(file: Path) -> list[Person]:
    try:
        return _people(file, file.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, csv.Error) as error:
        raise click.ClickException(f"{file} is not CSV in UTF-8: {error}") from error


def _people(file: Path, content: str) -> list[Person]:
    rows = csv.DictReader(io.StringIO(content))
    missing = {"username", "level", "given_name"} - set(rows.fieldnames or ())
    unknown = set(rows.fieldnames or ()) - set(COLUMNS)
    if missing or unknown:
        raise click.ClickException(
            f"{file}: columns missing: {sorted(missing)}, unknown: {sorted(unknown)}"
        )
    people, wrong = [], []
    first_lines: dict[str, int] = {}
    for row in rows:
        try:
            person = parse(row)
        except Refusal as refusal:
            wrong.append(f"line {rows.line_num}: {refusal.debug}")
            continue
        first = first_lines.setdefault(username_key(person.username), rows.line_num)
        if first != rows.line_num:
            wrong.append(f"line {rows.line_num}: username is that of line {first}")
        people.append(person)
    if wrong:
        raise click.ClickException(f"{file}: nothing was imported\n" + "\n".join(wrong))
    return people


def _new_password(ledger: Ledger, person: Person) -> bytes | None:
    """The hash of a password that is another than before; outside of any transaction, because it
    takes its time."""
    if person.password is None:
        return None
    known = ledger.read_now(_known, person.username).get(PASSWORD)
    if known is not None and fits(person.password, known.secret):
        return None
    return hash_password(person.password)


def _known(transaction: Transaction, username: str) -> dict[str, Credential]:
    citizen = citizens.find_by_username(transaction, username)
    return citizens.find_credentials(transaction, citizen.citizen_id) if citizen else {}


def _save(
    transaction: Transaction, person: Person, password: bytes | None, sealer: Sealer, now: int
) -> None:
    citizen = Citizen(
        new_id(), person.username, person.status, person.level, person.claims, person.register
    )
    before = citizens.find_by_username(transaction, person.username)
    known = _known(transaction, person.username)
    citizen_id = citizens.save(transaction, citizen, now, actor="operator")
    context = citizens.totp_context(citizen_id)
    totp = person.totp_secret.encode() if person.totp_secret is not None else None
    if totp is not None and TOTP in known and sealer.open(known[TOTP].secret, context) == totp:
        totp = None
    if password is not None:
        citizens.save_credential(transaction, citizen_id, Credential(PASSWORD, password), now)
    if totp is not None:
        sealed = Credential(TOTP, sealer.seal(totp, context))
        citizens.save_credential(transaction, citizen_id, sealed, now)
    if before is None:
        return
    if not (citizen.active and citizen.level >= before.level):
        logout.end_everything(transaction, citizen_id, f"person_{citizen.status}", now)
    elif password is not None or totp is not None:  # whoever had the old one may be signed in
        logout.end_everything(transaction, citizen_id, "credential_changed", now)
