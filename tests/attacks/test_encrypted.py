"""PDFs that are encrypted and open without a password (ISO 32000-2 §7.6)."""

import re
import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm

from signing.rules.report import Verdict
from tests.attacks.foreign import Signer, authority, judge
from tests.attacks.test_structures import unseen_field, unseen_field_and_new_content
from tests.documents import plain_pdf

ROOT = authority()
SOMEBODY = Signer(ROOT)
WAYS = {"AES-128": ("128", "--use-aes=y"), "AES-256": ("256",)}


def locked(folder: Path, way: str) -> bytes:
    plain, made = folder / "plain.pdf", folder / "locked.pdf"
    plain.write_bytes(plain_pdf())
    how = ("--allow-weak-crypto", "--encrypt", "", "owner", *WAYS[way], "--")
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
