"""An issuing authority whose certificate comes from a root elsewhere: in our safe, or a nation's.

The key is made here and never leaves; a request goes out, and certificates and a CRL come in.
"""

from contextlib import suppress

from cryptography import x509

from core import audit
from core.database import Transaction
from keys import store as key_store
from keys.certificates import Certificate
from keys.custody import Custody
from keys.enrolment import EnrolmentRefused, check_crl, check_issuing, request
from keys.jose import thumbprint
from keys.ring import Purpose
from keys.signer import Algorithm
from signing.store import authority, certificates, crls, revocation
from signing.store.authority import NoAuthority
from signing.store.certificates import Issued, as_text
from signing.store.crls import Crl
from signing.store.issuing import record_issued
from signing.store.operator import Operator

REQUESTED = audit.kind(
    "authority:certificate:request",
    "A key was made for the issuing authority, and a certificate asked for.",
    "kid",
)
CRL_TAKEN = audit.kind(
    "authority:crl:install", "A CRL of the root was installed.", "certificate", "number"
)


def ask(
    transaction: Transaction,
    custody: Custody,
    operator: Operator,
    now: int,
    purpose: Purpose = Purpose.SEAL,
) -> bytes:
    """A fresh key for the authority that issues certificates of a purpose, and the request for
    its certificate (PKCS#10)."""
    line = operator.line(purpose)
    key = custody.generate(Purpose.ISSUING, Algorithm.ES256, now, line)
    key_store.save(transaction, key)
    audit.record(transaction, REQUESTED, actor="operator", now=now, kid=key.kid)
    current = certificates.find_current(transaction, Purpose.ISSUING, line)
    generation = current.generation + 1 if current else 1
    subject = operator.authority(Purpose.ISSUING, line, generation)
    return request(subject, custody.open(key))


def install(
    transaction: Transaction,
    custody: Custody,
    operator: Operator,
    root: Certificate,
    issuing: Certificate,
    crl: bytes,
    now: int,
) -> Issued:
    """Begin to issue under a certificate that was asked for; raises EnrolmentRefused. The service
    is established as soon as it has an authority for each thing that it needs."""
    check_issuing(issuing, root, now)
    kid = thumbprint(issuing.parsed.public_key())  # type: ignore[arg-type]  # it was linted
    if not key_store.exists(transaction, kid):
        raise EnrolmentRefused("the certificate is for a key that is not ours")
    if issuing.serial in check_crl(crl, root, now):
        raise EnrolmentRefused("the CRL revokes the certificate")
    above = _save(transaction, Purpose.ROOT, "", root, root.serial, now)
    line = key_store.find(transaction, kid).owner
    installed = _save(transaction, Purpose.ISSUING, line, issuing, above.serial, now)
    known = crls.find(transaction, above.serial, 0)
    if known is None or known.der != crl:
        _take_crl(transaction, above, crl, now)
    authority.give_responder(transaction, custody, operator, installed, now)
    with suppress(NoAuthority):  # another line's certificate is awaited yet
        authority.establish(transaction, custody, operator, now)
    return installed


def install_crl(transaction: Transaction, encoded: bytes, now: int) -> int:
    """Take a newer CRL of a root, with what it says of our authorities, and return its number;
    raises EnrolmentRefused."""
    refused = EnrolmentRefused("no root is installed")
    for root in certificates.find_by_purpose(transaction, Purpose.ROOT):
        try:
            check_crl(encoded, root.certificate, now)
        except EnrolmentRefused as error:
            refused = error
            continue
        return _take_crl(transaction, root, encoded, now)
    raise refused


def _take_crl(transaction: Transaction, root: Issued, encoded: bytes, now: int) -> int:
    revoked = check_crl(encoded, root.certificate, now)
    parsed = x509.load_der_x509_crl(encoded)
    number = parsed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    ends = parsed.next_update_utc
    assert ends is not None, "checked"
    begins = int(parsed.last_update_utc.timestamp())
    taken = Crl(root.serial, 0, number, begins, int(ends.timestamp()), encoded)
    if not crls.put(transaction, taken):
        raise EnrolmentRefused("the CRL is no newer than ours")
    for serial, why in revoked.items():
        revocation.record_revoked(transaction, serial, why, now)
    audit.record(
        transaction,
        CRL_TAKEN,
        actor="operator",
        now=now,
        certificate=as_text(root.serial),
        number=number,
    )
    return number


def _save(
    transaction: Transaction,
    purpose: Purpose,
    owner: str,
    certificate: Certificate,
    issuer: int,
    now: int,
) -> Issued:
    known = certificates.find(transaction, certificate.serial)
    if known is not None and known.certificate.der == certificate.der:
        return known
    current = certificates.find_current(transaction, purpose, owner)
    generation = current.generation + 1 if current else 1
    kid = thumbprint(certificate.parsed.public_key())  # type: ignore[arg-type]  # it was checked
    issued = Issued(certificate, purpose, owner, generation, kid, issuer, 0, now)
    if known is not None or not certificates.save(transaction, issued):
        raise EnrolmentRefused("another certificate has that number")
    record_issued(transaction, issued, now)
    return issued
