"""PDFs that are encrypted and open without a password (ISO 32000-2 §7.6)."""

import re
import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import keys
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.signers import SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signing.formats.augmentation import open_document
from signing.rules.report import Level, Verdict
from tests.attacks.foreign import Signer, authority, judge
from tests.attacks.test_structures import unseen_field, unseen_field_and_new_content
from tests.attacks.verdicts import judge as judge_by_root
from tests.documents import plain_pdf
from tests.formats.test_augmentation import ROOT as HOLDERS
from tests.formats.test_augmentation import SOMEBODY as HOLDER
from tests.formats.test_augmentation import lasting

ROOT = authority()
SOMEBODY = Signer(ROOT)
WAYS = {"AES-128": ("128", "--use-aes=y"), "AES-256": ("256",)}
ALL_WAYS = WAYS | {"RC4": ("40",)}


def locked(folder: Path, way: str, password: str = "") -> bytes:
    plain, made = folder / "plain.pdf", folder / "locked.pdf"
    plain.write_bytes(plain_pdf())
    how = ("--allow-weak-crypto", "--encrypt", password, "owner", *ALL_WAYS[way], "--")
    subprocess.run(["qpdf", *how, plain, made], check=True)
    return made.read_bytes()


def updated(
    document: bytes, change: Callable[[IncrementalPdfFileWriter], None], *, left_empty: bool
) -> bytes:
    """An update, in which what is empty is encrypted, or was left empty, as by PDFBox."""
    writer = IncrementalPdfFileWriter(BytesIO(document))
    writer.encrypt(b"")
    change(writer)
    out = BytesIO()
    writer.write(out)
    made = out.getvalue()
    if not left_empty:
        return made
    start = len(document)
    stream = re.compile(rb"/Length 32(.*?stream\r?\n).{32}(\r?\nendstream)", re.DOTALL)
    emptied = stream.sub(rb"/Length 0 \1\2" + b" " * 32, made[start:], count=1)
    assert len(emptied) == len(made) - start
    assert emptied != made[start:]
    return document + emptied


@pytest.mark.parametrize("left_empty", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_what_was_left_empty_is_empty(tmp_path: Path, way: str, left_empty: bool) -> None:
    document = locked(tmp_path, way)
    signed = SOMEBODY.sign(document, permissions=MDPPerm.NO_CHANGES, password=b"")
    for change, expected in (
        (unseen_field, Verdict.AUTHENTIC),
        (unseen_field_and_new_content, Verdict.CHANGED),
    ):
        made = updated(signed, change, left_empty=left_empty)
        assert judge(made, ROOT, SOMEBODY).verdict is expected


def signed(document: bytes) -> bytes:
    """By somebody with proofs elsewhere."""
    key = HOLDER.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    by = SimpleSigner(
        signing_cert=HOLDER.asn1,
        signing_key=keys.PrivateKeyInfo.load(key),
        cert_registry=SimpleCertificateStore.from_certs([HOLDER.asn1]),
    )
    return SOMEBODY.sign(document, signer=by, password=b"")


@pytest.mark.parametrize("way", ALL_WAYS)
def test_an_encrypted_document_is_made_to_last_encrypted(tmp_path: Path, way: str) -> None:
    before = signed(locked(tmp_path, way))
    made = lasting(open_document(before))
    assert made.startswith(before)
    report = judge_by_root(made, HOLDERS)
    assert report.verdict is Verdict.AUTHENTIC
    assert [one.level for one in report.signatures] == [Level.LTA]
    assert open_document(made).protection().until is not None
    file = tmp_path / "made.pdf"
    file.write_bytes(made)
    subprocess.run(["qpdf", "--check", file], check=True)


def test_what_opens_with_a_password_alone_is_not_added_to(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="password"):
        lasting(open_document(locked(tmp_path, "AES-256", "secret")))
