"""Texts that begin as a signature does and go on for long: each is read through once."""

import pytest

from signing.formats.cades.encodings import decode
from signing.formats.kinds import kind
from signing.rules.report import Format, Verdict
from tests.attacks.pki import root
from tests.attacks.verdicts import judge

ROOT = root()
LONG = 200_000
TEXTS = {
    "base64, spaces, and something else": b"MI" + b"A" * 2_000 + b" " * LONG + b"!",
    "base64 that ends twice": b"MI" + b"A" * 2_000 + b"= " * LONG,
    "armour that only begins": b"-----BEGIN CMS-----\n" * (LONG // 20),
    "boundaries": b"Content-Type: multipart/signed; boundary=b\n\n" + b"--b\n\n" * (LONG // 5),
    "a header of folded lines": b"Content-Type: multipart/signed; boundary=b\n" + b" a\n" * LONG,
}


@pytest.mark.parametrize("name", TEXTS)
def test_no_text_is_read_again_and_again(name: str) -> None:
    assert kind(TEXTS[name]) is Format.CMS
    assert decode(TEXTS[name]) is None
    assert judge(TEXTS[name], ROOT).verdict is Verdict.UNSUPPORTED
