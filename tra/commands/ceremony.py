"""`tra ceremony`: the root in a safe, on a machine without a network.

A folder is the safe's content: the root's certificate and CRL, its key sealed under what the
custodians share, and `record.txt`, which is printed and signed by all who are there.
"""

import json
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path

import click
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from core.clock import SystemClock
from keys import ceremony
from keys.ceremony import Safe
from keys.certificates import Certificate, Locations, Subject
from keys.enrolment import EnrolmentRefused
from keys.revocation import Reason, Revoked
from keys.ring import KeyRecord, Purpose
from keys.shares import Share, SharesWrong, parse
from keys.signer import Algorithm, LintFailed, Signer

_FOLDER = click.Path(file_okay=False, path_type=Path)
_SHARES = click.option(
    "--share",
    "share_files",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="A custodian's share in a file; left out, shares are typed in.",
)


@click.group(name="ceremony")
def command() -> None:
    """Make and use the root that is kept in a safe. Every step goes into record.txt."""


@command.command()
@click.argument("folder", type=_FOLDER)
@click.option("--custodians", type=int, required=True, help="Who get a share each.")
@click.option("--threshold", type=int, required=True, help="How many of them open the safe.")
@click.option("--name", default="Tra Root CA", show_default=True)
@click.option("--organization", required=True, help="Who operates the root.")
@click.option("--organization-identifier", required=True, help="As `GA:KH-tra` or `NTRKH-…`.")
@click.option("--rehearsal", is_flag=True, help="The root's name says that it is none.")
def begin(
    folder: Path,
    custodians: int,
    threshold: int,
    name: str,
    organization: str,
    organization_identifier: str,
    *,
    rehearsal: bool,
) -> None:
    """Make a root in a new FOLDER, and a file share-N.txt for each custodian to take away."""
    now = SystemClock().now()
    called = f"{name} (rehearsal)" if rehearsal else name
    subject = Subject(called, organization, organization_identifier)
    try:
        safe, shares = ceremony.make_root(subject, threshold, custodians, now)
        safe, crl = ceremony.sign_crl(safe, safe.open(shares), now)
    except (ValueError, LintFailed) as error:
        raise click.ClickException(f"Nothing was made: {error}.") from error
    folder.mkdir(parents=True)
    record = _Record(folder)
    record.step(f"A root was made: {called}; {threshold} of {custodians} custodians open it.")
    record.file("root.cer", safe.root.der)
    record.file("root.crl", crl)
    for share in shares:
        record.file(f"share-{share.number}.txt", f"{share}\n".encode(), secret=True)
    _close(record, safe)


@command.command()
@click.argument("folder", type=_FOLDER)
@click.argument("request", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("certificate", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--pki-url", required=True, help="Where the service publishes, plain http.")
@_SHARES
def sign(
    folder: Path, request: Path, certificate: Path, pki_url: str, share_files: tuple[Path, ...]
) -> None:
    """Sign the REQUEST of an issuing authority (`tra ca request`) into CERTIFICATE."""
    safe, now = _safe(folder), SystemClock().now()
    serial = f"{safe.root.serial:040x}"
    locations = Locations(
        f"{pki_url}/certificates/{serial}.cer", f"{pki_url}/crl/{serial}-0.crl", None
    )
    asked = request.read_bytes()
    signer = _open(safe, share_files)
    try:
        if b"-----BEGIN" in asked:
            asked = x509.load_pem_x509_csr(asked).public_bytes(Encoding.DER)
        issued = ceremony.sign_request(safe, signer, asked, locations, now)
    except (ValueError, EnrolmentRefused, LintFailed) as error:
        raise click.ClickException(f"Nothing was signed: {error}.") from error
    certificate.write_bytes(issued.pem)
    record = _Record(folder)
    record.step(f"The root signed {issued.parsed.subject.rfc4514_string()}.")
    record.seen(request)
    record.file(f"issued-{issued.serial:040x}.cer", issued.der)
    _close(record, safe)


@command.command()
@click.argument("folder", type=_FOLDER)
@click.option("--revoke", "serial", help="An issuing authority's serial number, in hex.")
@_SHARES
def crl(folder: Path, serial: str | None, share_files: tuple[Path, ...]) -> None:
    """Sign the root's next CRL, for `tra ca install-crl`; with --revoke for ever."""
    safe, now = _safe(folder), SystemClock().now()
    signer = _open(safe, share_files)
    record = _Record(folder)
    if serial is not None:
        safe = ceremony.revoke(safe, int(serial, 16), Reason.CA_COMPROMISE, now)
        record.step(f"The authority {serial} was revoked.")
    safe, encoded = ceremony.sign_crl(safe, signer, now)
    record.step(f"CRL {safe.crl_number} of the root was signed.")
    record.file("root.crl", encoded)
    _close(record, safe)


@dataclass
class _Record:
    """What is printed at the end: each step, and the SHA-256 of each file. The last line of a
    session is over all lines before it, of earlier sessions too."""

    folder: Path

    def step(self, what: str) -> None:
        self._write(f"\n{SystemClock().utc():%Y-%m-%d %H:%M:%S} UTC  {what}")

    def file(self, name: str, content: bytes, *, secret: bool = False) -> None:
        path = self.folder / name
        path.touch(0o600 if secret else 0o644)
        path.write_bytes(content)
        self.seen(path)

    def seen(self, path: Path) -> None:
        self._write(f"    {sha256(path.read_bytes()).hexdigest()}  {path.name}")

    def close(self) -> None:
        digest = sha256((self.folder / "record.txt").read_bytes()).hexdigest()
        self._write(f"    {digest}  this record, to here")

    def _write(self, line: str) -> None:
        with (self.folder / "record.txt").open("a", encoding="utf-8") as record:
            record.write(f"{line}\n")
        click.echo(line)


def _open(safe: Safe, share_files: tuple[Path, ...]) -> Signer:
    try:
        shares: list[Share] = [parse(file.read_text(encoding="utf-8")) for file in share_files]
        while not shares or len(shares) < shares[0].threshold:
            shares.append(parse(click.prompt(f"Share {len(shares) + 1}", hide_input=True)))
        return safe.open(shares)
    except SharesWrong as error:
        raise click.ClickException(f"The safe stays shut: {error}.") from error


def _close(record: _Record, safe: Safe) -> None:
    """Write what the safe remembers; the key's file says nothing without the shares."""
    key = asdict(replace(safe.key, public=b"", sealed=b""))
    remembered = {
        "key": {**key, "public": safe.key.public.hex(), "sealed": safe.key.sealed.hex()},
        "crl_number": safe.crl_number,
        "revoked": [[f"{serial:x}", why.at, why.reason] for serial, why in safe.revoked],
    }
    record.file("safe.json", (json.dumps(remembered, indent=2) + "\n").encode())
    record.close()


def _safe(folder: Path) -> Safe:
    try:
        remembered = json.loads((folder / "safe.json").read_text(encoding="utf-8"))
        stored = remembered["key"]
        key = KeyRecord(
            **{
                **stored,
                "purpose": Purpose(stored["purpose"]),
                "algorithm": Algorithm(stored["algorithm"]),
                "public": bytes.fromhex(stored["public"]),
                "sealed": bytes.fromhex(stored["sealed"]),
            }
        )
        revoked = tuple(
            (int(serial, 16), Revoked(at, Reason(reason)))
            for serial, at, reason in remembered["revoked"]
        )
        root = Certificate.load((folder / "root.cer").read_bytes())
        return Safe(key, root, remembered["crl_number"], revoked)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise click.ClickException(f"{folder} is no safe: {error}") from error
