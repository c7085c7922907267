"""The whole service with every key of it in a PKCS#11 token."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.database import Ledger
from keys.ring import Purpose
from keys.store import find_all
from tests.documents import plain_pdf
from tests.interop.documents.conftest import LiveSigning, run
from tests.keys.softhsm import SoftHsm
from tests.signing_service import ProviderOnLoopback


@pytest.fixture(scope="module")
def softhsm(tmp_path_factory: pytest.TempPathFactory) -> SoftHsm:
    return SoftHsm(tmp_path_factory.mktemp("softhsm"))


@pytest.fixture(scope="module")
def kept(
    softhsm: SoftHsm,
    tmp_path_factory: pytest.TempPathFactory,
    provider_on_loopback: ProviderOnLoopback,
) -> Iterator[LiveSigning]:
    folder = tmp_path_factory.mktemp("kept")
    database_url = f"sqlite:///{folder / 'signing.sqlite'}"
    purposes = ("audit", "root", "issuing", "seal", "timestamp", "ocsp", "list", "report")
    tokens = dict.fromkeys(purposes, softhsm.uri)
    service = LiveSigning(folder, database_url, provider_on_loopback, tokens=tokens)
    service.prepare()
    with service.serving():
        yield service


def test_every_key_is_in_the_token(kept: LiveSigning, softhsm: SoftHsm) -> None:
    ledger = Ledger(kept.database_url)
    records = ledger.read_now(find_all)
    ledger.close()
    people = {Purpose.SIGNATURE, Purpose.SHORT_SIGNATURE}  # whose keys are elsewhere
    when_needed = {*people, Purpose.LIST, Purpose.REPORT}
    made = {record.purpose for record in records} - when_needed
    assert made == set(Purpose) - {Purpose.TOKEN, *when_needed}
    sealed_software_keys = [record for record in records if len(record.sealed) > 120]
    assert sealed_software_keys == []


def test_poppler_trusts_a_seal_whose_every_key_is_in_a_token(
    kept: LiveSigning, tmp_path: Path
) -> None:
    sealed = kept.sealed(plain_pdf())
    assert kept.verify(sealed)["verdict"] == "authentic"
    (tmp_path / "sealed.pdf").write_bytes(sealed)
    assert "Signature is Valid" in run("pdfsig", "-nocert", tmp_path / "sealed.pdf")


def test_openssl_believes_ocsp_and_crl_whose_keys_are_in_a_token(
    kept: LiveSigning, tmp_path: Path
) -> None:
    root = kept.download("/certificates/root.pem", tmp_path / "root.pem")
    issuing = kept.download("/certificates/issuing.pem", tmp_path / "issuing.pem")
    stamp = kept.download("/certificates/timestamp.pem", tmp_path / "timestamp.pem")
    crl = kept.download("/crl/issuing-0.crl", tmp_path / "issuing.crl")
    run("openssl", "crl", "-inform", "DER", "-in", crl, "-CAfile", issuing, "-noout")
    said = run(
        *("openssl", "ocsp", "-issuer", issuing, "-cert", stamp, "-CAfile", root),
        *("-verify_other", issuing, "-url", f"{kept.url}/ocsp"),
    )
    assert "good" in said
