"""An issuing authority whose certificate comes from a root elsewhere: in our safe, or a nation's.

The key is made here and never leaves; a request goes out, and certificates and a CRL come in.
"""

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
from signing.store import authority, certificates, crls
from signing.store.authority import Authorities, Operator
from signing.store.certificates import Issued, as_text
from signing.store.crls import Crl

REQUESTED = audit.kind(
    "authority:certificate:request",
    "A key was made for the issuing authority, and a certificate asked for.",
    "kid",
)
CRL_TAKEN = audit.kind(
    "authority:crl:install", "A CRL of the root was installed.", "certificate", "number"
)


def ask(transaction: Transaction, custody: Custody, operator: Operator, now: int) -> bytes:
    """A fresh key for the issuing authority, and the request for its certificate (PKCS#10)."""
    key = custody.generate(Purpose.ISSUING, Algorithm.ES256, now)
    key_store.save(transaction, key)
    audit.record(transaction, REQUESTED, actor="operator", now=now, kid=key.kid)
    return request(operator.subject("Tra Issuing CA"), custody.open(key))


def install(
    transaction: Transaction,
    custody: Custody,
    operator: Operator,
    root: Certificate,
    issuing: Certificate,
    crl: bytes,
    now: int,
) -> Authorities:
    """Begin to issue under a certificate that was asked for; raises EnrolmentRefused."""
    check_issuing(issuing, root, now)
    kid = thumbprint(issuing.parsed.public_key())  # type: ignore[arg-type]  # it was linted
    if kid not in {record.kid for record in key_store.find_all(transaction)}:
        raise EnrolmentRefused("the certificate is for a key that is not ours")
    above = _save(transaction, Purpose.ROOT, root, root.serial, now)
    _save(transaction, Purpose.ISSUING, issuing, above.serial, now)
    install_crl(transaction, crl, now)
    return authority.establish(transaction, custody, operator, now)


def install_crl(transaction: Transaction, encoded: bytes, now: int) -> int:
    """Take a newer CRL of the root, and return its number; raises EnrolmentRefused."""
    root = certificates.find_current(transaction, Purpose.ROOT)
    issuing = certificates.find_current(transaction, Purpose.ISSUING)
    if root is None or issuing is None:
        raise EnrolmentRefused("no root is installed")
    check_crl(encoded, root.certificate, issuing.certificate, now)
    parsed = x509.load_der_x509_crl(encoded)
    try:
        number = parsed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except x509.ExtensionNotFound as error:
        raise EnrolmentRefused("the CRL has no number") from error
    ends = parsed.next_update_utc
    assert ends is not None, "checked"
    begins = int(parsed.last_update_utc.timestamp())
    taken = Crl(root.serial, 0, number, begins, int(ends.timestamp()), encoded)
    if not crls.put(transaction, taken):
        raise EnrolmentRefused("the CRL is no newer than ours")
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
    transaction: Transaction, purpose: Purpose, certificate: Certificate, issuer: int, now: int
) -> Issued:
    known = certificates.find(transaction, certificate.serial)
    if known is not None and known.certificate.der == certificate.der:
        return known
    current = certificates.find_current(transaction, purpose)
    generation = current.generation + 1 if current else 1
    kid = thumbprint(certificate.parsed.public_key())  # type: ignore[arg-type]  # it was checked
    issued = Issued(certificate, purpose, "", generation, kid, issuer, 0, now)
    if known is not None or not certificates.save(transaction, issued):
        raise EnrolmentRefused("another certificate has that number")
    authority.record_issued(transaction, issued, now)
    return issued
