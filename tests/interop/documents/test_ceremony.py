"""A ceremony from its first step to a seal that OpenSSL and poppler know, as it would be rehearsed;
and an issuing authority under a root that OpenSSL made, as a nation's."""

from pathlib import Path

import pytest

from tests.documents import plain_pdf
from tests.interop.documents.conftest import LiveSigning, run
from tests.signing_service import ProviderOnLoopback


@pytest.fixture
def service(tmp_path: Path, provider_on_loopback: ProviderOnLoopback) -> LiveSigning:
    """A service without a root."""
    database_url = f"sqlite:///{tmp_path / 'signing.sqlite'}"
    made = LiveSigning(tmp_path, database_url, provider_on_loopback, own_root=False)
    made.migrate()
    return made


def test_a_rehearsed_ceremony_leads_to_a_seal(service: LiveSigning, tmp_path: Path) -> None:
    safe, asked, given = (str(tmp_path / name) for name in ("safe", "asked.csr", "issuing.pem"))
    agency = ("agencies", "add", "--id", "moc", "--name-km", "ក", "--name-en", "Ministry")
    service.tra(*agency, status=1)  # no issuing authority yet
    who = ("--organization", "Ministry", "--organization-identifier", "GA:KH-mptc")
    numbers = ("--custodians", "5", "--threshold", "3", "--rehearsal")
    service.tra("ceremony", "begin", safe, *numbers, *who)
    service.tra("ca", "request", asked)
    shares = [part for n in (5, 2, 4) for part in ("--share", f"{safe}/share-{n}.txt")]
    sign = ("ceremony", "sign", safe, asked, given, "--pki-url", service.url)
    service.tra(*sign, *shares)
    root, crl = f"{safe}/root.cer", f"{safe}/root.crl"
    service.tra("ca", "install", "--root", root, "--certificate", given, "--crl", crl)
    service.add_agencies()
    with service.serving():
        sealed = service.sealed(plain_pdf())
        assert service.verify(sealed)["verdict"] == "authentic"
        service.tra("ceremony", "crl", safe, *shares)
        assert "CRL 2 of" in service.tra("ca", "install-crl", crl)
        service.tra("ca", "install-crl", crl, status=1)  # it is there already
    record = (tmp_path / "safe/record.txt").read_text(encoding="utf-8")
    assert "(rehearsal); 3 of 5 custodians open it" in record
    for line in record.splitlines():
        if "share-" in line:
            digest, name = line.split()
            assert run("sha256sum", tmp_path / "safe" / name).startswith(digest)


def test_shares_that_are_too_few_or_another_safe_s_sign_nothing(
    service: LiveSigning, tmp_path: Path
) -> None:
    asked, given = str(tmp_path / "asked.csr"), tmp_path / "issuing.pem"
    service.tra("ca", "request", asked)
    for name in ("one", "other"):
        service.tra(
            *("ceremony", "begin", str(tmp_path / name), "--custodians", "2", "--threshold", "2"),
            *("--organization", "Ministry", "--organization-identifier", "GA:KH-mptc"),
        )
    others = [f"--share={tmp_path}/other/share-{n}.txt" for n in (1, 2)]
    sign = ("ceremony", "sign", str(tmp_path / "one"), asked, str(given), "--pki-url", service.url)
    service.tra(*sign, *others, status=1)
    service.tra(*sign, others[0], status=1)
    assert not given.exists()


def test_an_authority_under_a_root_that_openssl_made_seals(
    service: LiveSigning, tmp_path: Path
) -> None:
    key, root, asked = tmp_path / "root.key", tmp_path / "root.pem", tmp_path / "asked.csr"
    given, crl = tmp_path / "issuing.pem", tmp_path / "root.crl"
    configuration = tmp_path / "ca.cnf"
    configuration.write_text(
        f"""
[ca]
default_ca = national
[national]
database = {tmp_path}/index.txt
new_certs_dir = {tmp_path}
certificate = {root}
private_key = {key}
serial = {tmp_path}/serial
crlnumber = {tmp_path}/crlnumber
default_md = sha256
default_days = 1000
default_crl_days = 30
policy = any
crl_extensions = crl_ext
[any]
countryName = optional
organizationName = optional
organizationIdentifier = optional
commonName = supplied
[crl_ext]
authorityKeyIdentifier = keyid
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[issuing]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
certificatePolicies = 2.5.29.32.0
crlDistributionPoints = URI:http://national.example.com/root.crl
authorityInfoAccess = caIssuers;URI:http://national.example.com/root.cer
""",
        encoding="utf-8",
    )
    (tmp_path / "index.txt").touch()
    (tmp_path / "serial").write_text("7a7a7a7a7a7a7a7a7a7a\n")
    (tmp_path / "crlnumber").write_text("31\n")
    run(
        *("openssl", "req", "-x509", "-newkey", "rsa:3072", "-nodes", "-keyout", key, "-out", root),
        *("-days", "3000", "-subj", "/C=KH/O=National Root/CN=National Root CA"),
        *("-config", configuration, "-extensions", "root"),
    )
    service.tra("ca", "request", str(asked))
    run(
        *("openssl", "ca", "-batch", "-config", configuration, "-extensions", "issuing"),
        *("-in", asked, "-out", given, "-notext"),
    )
    run("openssl", "ca", "-config", configuration, "-gencrl", "-out", crl)
    files = ("--root", str(root), "--certificate", str(given), "--crl", str(crl))
    service.tra("ca", "install", *files)
    service.add_agencies()
    with service.serving():
        sealed = service.sealed(plain_pdf())
        assert service.verify(sealed)["verdict"] == "authentic"
    (tmp_path / "sealed.pdf").write_bytes(sealed)
    assert "Signature is Valid" in run("pdfsig", "-nocert", tmp_path / "sealed.pdf")
