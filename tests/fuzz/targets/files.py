"""Files that operators and custodians hand over: people, shares, certificates, settings."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from idp.rules import people
from keys import enrolment
from keys.certificates import Certificate
from keys.crl import issue_crl
from keys.enrolment import EnrolmentRefused
from keys.revocation import Reason, Revoked
from keys.sealing import SealBroken, Sealer, parse_master_key
from keys.shares import Share, SharesWrong, combine, parse, split
from keys.signer import Algorithm, SoftwareSigner
from tests.fuzz.mutating import Kind
from tests.fuzz.targets import accepted, same, target, text
from tests.fuzz.targets.documents import authorities
from tests.keys.authorities import operator
from tests.rules.samples import NOW
from tra.commands import clients as clients_command
from tra.commands import people as people_command

ROW = {
    "username": "sokha",
    "level": "2",
    "given_name": "Sokha",
    "family_name_km": "ចាន់",
    "birthdate": "1990-04-14",
    "phone_number": "+85512345678",
    "updated_at": "1700000000",
    "totp_secret": "JBSWY3DPEHPK3PXP",
    "street_address": "1",
}


@target(json.dumps(ROW), '{"username":"a","level":"1","given_name":"b"}', kind=Kind.JSON)
def person_of_a_row(data: bytes) -> None:
    """OIDC Core 5.1: claims that can be told, in the types that clients expect."""
    try:
        row = orjson.loads(data)
    except ValueError:
        return
    if isinstance(row, dict):
        texts = {name: str(value) for name, value in row.items()}
        found = accepted(people.parse, texts)
        if found is not None:
            orjson.dumps(found.claims)
            assert "\x00" not in json.dumps(found.claims)
            assert found.username


@target(
    ",".join(ROW) + "\n" + ",".join(ROW.values()) + "\n",
    "\ufeffusername,level,given_name\r\na,1,b\r\na,1,c\r\n",
    'username,level,given_name\n"a\n',
    "username,username,level,given_name\n1,2,3,4,5\n",
)
def people_file(data: bytes) -> None:
    """`tra people import`: people, or a message that names the line."""
    read_file(people_command._read, data)


@target(json.dumps([{"client_id": "a", "agency": "moc", "security_profile": "oidc"}]), "[]", "{}")
def clients_file(data: bytes) -> None:
    """`tra clients import`: clients, or a message that names the entry."""
    read_file(clients_command._read, data)


def read_file(read: Callable[[Path], object], data: bytes) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "file"
        file.write_bytes(data)
        try:
            read(file)
        except click.ClickException as told:
            told.format_message().encode()


@cache
def shares() -> tuple[Share, ...]:
    return split(bytes(range(32)), 2, 3)


@target(make=lambda: [*map(str, shares()), "tra-share-1", "", "\u2028", "tra-share-1 ក"])
def share(data: bytes) -> None:
    """A custodian's line has one spelling, spaces and case apart."""
    try:
        found = parse(text(data))
    except SharesWrong:
        return
    same(parse(str(found)), found)
    same("".join(text(data).split()[1:]).lower(), "".join(str(found).split()[1:]))
    for others in ((), shares()[:1], shares()):
        try:
            combine([found, *others])
        except SharesWrong:
            continue


@target("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "x", "+/+/", "")
def master_key(data: bytes) -> None:
    """Of the settings: 32 bytes, or ValueError."""
    try:
        same(len(parse_master_key(text(data))), 32)
    except ValueError:
        return


@cache
def sealer() -> Sealer:
    return Sealer([bytes(32)])


@target(make=lambda: [sealer().seal(b"secret", "what"), b"\x01", b""])
def sealed_value(data: bytes) -> None:
    """What the database keeps sealed opens as it was, or not at all."""
    try:
        found = sealer().open(data, "what")
    except SealBroken:
        return
    same(sealer().open(sealer().seal(found, "other"), "other"), found)


@target(make=lambda: [enrolment.request(operator("Issuing CA"), signer()), _other_request()])
def certificate_request(data: bytes) -> None:
    """PKCS#10 of an authority that wants to stand under our root."""
    try:
        subject, public_key = enrolment.check_request(data)
    except EnrolmentRefused:
        return
    assert subject.name
    assert public_key.key_size >= 256


@target(make=lambda: [authorities().issuing.certificate.der, authorities().root.certificate.der])
def certificate_of_an_authority(data: bytes) -> None:
    """What the root's operator gave."""
    try:
        found = Certificate.load(data)
    except ValueError:
        return
    for check in (
        lambda: enrolment.check_root(found, NOW),
        lambda: enrolment.check_issuing(found, authorities().root.certificate, NOW),
    ):
        try:
            check()
        except EnrolmentRefused:
            continue


@target(make=lambda: [revocations(), revocations({7: Revoked(NOW - 60, Reason.KEY_COMPROMISE)})])
def crl_of_a_root(data: bytes) -> None:
    """What the root's operator revoked."""
    try:
        found = enrolment.check_crl(data, authorities().root.certificate, NOW)
    except EnrolmentRefused:
        return
    assert set(found) <= {7}, "it was signed"


def revocations(revoked: dict[int, Revoked] | None = None) -> bytes:
    root = authorities().root
    entries = (revoked or {}).items()
    return issue_crl(root.certificate, root.signer, entries, 1, NOW - 60, NOW + 60, None)


@cache
def signer() -> SoftwareSigner:
    return SoftwareSigner.generate(Algorithm.ES256)


def _other_request() -> bytes:
    """By another library, with what ours never asks for."""
    name = x509.Name.from_rfc4514_string("CN=Other,O=Ministry,C=KH")
    key = ec.generate_private_key(ec.SECP384R1())

    names = x509.SubjectAlternativeName([x509.DNSName("a.example.kh")])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    return (
        builder.add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )
