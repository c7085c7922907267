"""OpenSSL's judgement of our certificates, time-stamps, OCSP answers, CRLs and signatures."""

import re
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.documents import plain_pdf
from tests.interop.documents.conftest import LiveSigning, run


@pytest.fixture(scope="module")
def issuing(live: LiveSigning, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("issuing")
    return live.download("/certificates/issuing.pem", folder / "issuing.pem")


@pytest.fixture(scope="module")
def seal(live: LiveSigning, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The agency's certificate, by the serial number that verification reports."""
    report = live.verify(live.sealed(plain_pdf()))
    serial = report["signatures"][0]["signer"]["serial"]
    return live.download(
        f"/certificates/{serial}.pem", tmp_path_factory.mktemp("seal") / "seal.pem"
    )


def test_the_chain_of_a_seal_verifies_with_crls(
    live: LiveSigning, root: Path, issuing: Path, seal: Path, tmp_path: Path
) -> None:
    certificate = x509.load_pem_x509_certificate(seal.read_bytes())
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    (of_issuing,) = points[0].full_name or ()
    crls = tmp_path / "crls.pem"
    for number, path in enumerate((of_issuing.value.removeprefix(live.url), "/crl/root-0.crl")):
        der = live.download(path, tmp_path / f"{number}.crl")
        pem = run("openssl", "crl", "-inform", "DER", "-in", der)
        crls.open("a").write(pem)
    said = run(
        *("openssl", "verify", "-CAfile", root, "-untrusted", issuing, "-CRLfile", crls),
        *("-crl_check_all", "-extended_crl", "-x509_strict", "-policy_check", seal),
    )
    assert "OK" in said


def test_crls_verify(live: LiveSigning, root: Path, issuing: Path, tmp_path: Path) -> None:
    of_root = live.download("/crl/root-0.crl", tmp_path / "root.crl")
    said = run("openssl", "crl", "-inform", "DER", "-in", of_root, "-CAfile", root, "-noout")
    assert "verify OK" in said
    of_issuing = live.download("/crl/issuing-0.crl", tmp_path / "issuing.crl")
    said = run(
        *("openssl", "crl", "-inform", "DER", "-in", of_issuing),
        *("-CAfile", issuing, "-noout", "-text"),
    )
    assert "verify OK" in said


@pytest.mark.parametrize("nonce", ["-nonce", "-no_nonce"])
def test_the_ocsp_responder_is_asked_over_http(
    live: LiveSigning, root: Path, issuing: Path, seal: Path, nonce: str
) -> None:
    said = run(
        *("openssl", "ocsp", "-issuer", issuing, "-cert", seal, "-CAfile", root),
        *("-verify_other", issuing, "-url", f"{live.url}/ocsp", nonce),
    )
    assert "Response verify OK" in said
    assert ": good" in said
    assert "WARNING" not in said


@pytest.mark.parametrize("digest", ["-sha256", "-sha384", "-sha512"])
def test_time_stamps_verify(live: LiveSigning, root: Path, tmp_path: Path, digest: str) -> None:
    data, query, reply = (tmp_path / name for name in ("data", "query.tsq", "reply.tsr"))
    data.write_bytes(b"a document")
    run("openssl", "ts", "-query", "-data", data, digest, "-cert", "-out", query)
    reply.write_bytes(live.time_stamp(query.read_bytes()))
    said = run("openssl", "ts", "-verify", "-queryfile", query, "-in", reply, "-CAfile", root)
    assert "Verification: OK" in said


def test_a_rejection_is_understood(live: LiveSigning, tmp_path: Path) -> None:
    query, reply = tmp_path / "query.tsq", tmp_path / "reply.tsr"
    (tmp_path / "data").write_bytes(b"a document")
    run("openssl", "ts", "-query", "-data", tmp_path / "data", "-sha1", "-out", query)
    reply.write_bytes(live.time_stamp(query.read_bytes()))
    said = run("openssl", "ts", "-reply", "-in", reply, "-text")
    assert "Status: Rejected." in said
    assert "unrecognized or unsupported algorithm identifier" in said


def test_the_signature_of_a_seal_is_a_cades_signature(
    live: LiveSigning, root: Path, tmp_path: Path
) -> None:
    sealed = live.sealed(plain_pdf())
    found = re.search(rb"/ByteRange \[\s*(\d+) (\d+) (\d+) (\d+)\s*\]", sealed)
    assert found
    start, before, after, rest = (int(number) for number in found.groups())
    content, signature = tmp_path / "content", tmp_path / "signature.der"
    content.write_bytes(sealed[start : start + before] + sealed[after : after + rest])
    signature.write_bytes(bytes.fromhex(sealed[before + 1 : after - 1].decode()))
    said = subprocess.run(
        [
            *("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER"),
            *("-in", signature, "-content", content, "-CAfile", root, "-out", "/dev/null"),
            *("-purpose", "any"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "successful" in said.stderr, said.stderr


def test_every_certificate_is_der_and_pem_alike(live: LiveSigning, tmp_path: Path) -> None:
    for name in ("root", "issuing", "timestamp"):
        der = live.download(f"/certificates/{name}.cer", tmp_path / f"{name}.cer")
        pem = live.download(f"/certificates/{name}.pem", tmp_path / f"{name}.pem")
        parsed = x509.load_pem_x509_certificate(pem.read_bytes())
        assert parsed.public_bytes(Encoding.DER) == der.read_bytes()


@pytest.mark.parametrize("level", ["B-B", "B-T", "B-LT", "B-LTA"])
def test_cades_seals_verify_at_every_level(
    live: LiveSigning, root: Path, tmp_path: Path, level: str
) -> None:
    letter, seal, out = (tmp_path / name for name in ("letter", "seal.p7s", "out"))
    letter.write_bytes(b"A letter.\n")
    for wanted, content in (("cades", ("-content", letter)), ("cades-enveloping", ())):
        answer = live.seal(letter.read_bytes(), format=wanted, level=level)
        seal.write_bytes(answer.content)
        said = run(
            *("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", seal),
            *(*content, "-CAfile", root, "-purpose", "any", "-out", out),
        )
        assert "CAdES Verification successful" in said
        assert out.read_bytes() == letter.read_bytes()
