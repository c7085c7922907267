"""`tra audit`: whether the log is as it was written."""

from collections.abc import Callable, Sequence

import click
from cryptography.exceptions import InvalidSignature

from core import audit
from keys.ring import KeyRecord, Purpose
from keys.signer import load_public_key
from keys.signer import verify as verify_signature
from keys.store import find_all
from tra.ledgers import SERVICE, ServiceName, opened
from tra.settings import settings


@click.group(name="audit")
def command() -> None:
    """The audit log."""


@command.command()
@click.option("--service", type=SERVICE, help="One service alone.")
@click.option(
    "--head",
    "noted",
    metavar="NUMBER:DIGEST",
    help="A head that was noted before, of the --service: fails if the log no longer has it.",
)
def verify(service: str | None, noted: str | None) -> None:
    """Recount the log and name every row that was changed, removed or slipped in.

    Exit status 1 if there is one. Prints the newest head: note it elsewhere, and nobody can
    rewrite the whole log unnoticed.
    """
    if noted is not None and service is None:
        raise click.UsageError("--head needs --service")
    intact = True
    for name in [ServiceName(service)] if service else ServiceName:
        intact &= _verify(name, noted)
    if not intact:
        raise click.exceptions.Exit(1)


def _verify(name: ServiceName, noted: str | None) -> bool:
    with opened(name, settings()) as ledger:
        records = [one for one in ledger.read_now(find_all) if one.purpose is Purpose.AUDIT]
        verdict = ledger.read_now(audit.verify, _checker(records))
        newest = ledger.read_now(audit.find_head)
        kept = noted is None or _has(ledger.read_now(audit.find_head, _number(noted)), noted)
    click.echo(
        f"{name}: {verdict.rows} rows under {verdict.heads} heads, {verdict.unbound} not bound yet"
    )
    for finding in verdict.findings:
        where = f"row {finding.row}, " if finding.row is not None else ""
        click.echo(f"{name}: {finding.what}: {where}head {finding.head}")
    if not kept:
        click.echo(f"{name}: the log does not have the noted head {noted}")
    if newest is not None:
        click.echo(f"{name}: newest head {newest.number}:{newest.digest.hex()}")
    return verdict.intact and kept


def _checker(records: Sequence[KeyRecord]) -> Callable[[bytes, bytes], bool]:
    keys = [(load_public_key(record.public), record.algorithm) for record in records]

    def is_ours(digest: bytes, signature: bytes) -> bool:
        for public_key, algorithm in keys:
            try:
                verify_signature(public_key, algorithm, signature, digest)
            except InvalidSignature:
                continue
            return True
        return False

    return is_ours


def _number(noted: str) -> int:
    number, colon, _ = noted.partition(":")
    if not (number.isascii() and number.isdecimal() and colon):
        raise click.BadParameter(
            "is NUMBER:DIGEST, as `tra audit verify` prints it", param_hint="--head"
        )
    return int(number)


def _has(head: audit.Head | None, noted: str) -> bool:
    return head is not None and head.digest.hex() == noted.partition(":")[2]
