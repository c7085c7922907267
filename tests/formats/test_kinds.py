"""What kind of file it is."""

import pytest

from keys import cms, der
from signing.formats.asic import container
from signing.formats.kinds import kind
from signing.rules.report import Format
from tests.documents import plain_pdf


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (plain_pdf(), Format.PDF),
        (b"\n" * 1_000 + plain_pdf(), Format.PDF),
        (der.sequence(der.oid(cms.SIGNED_DATA), der.octet_string(plain_pdf())), Format.CMS),
        (der.sequence(der.octet_string(plain_pdf())), Format.PDF),
        (container.simple("letter.pdf", plain_pdf(), b""), Format.ZIP),
        (b"{}", Format.JSON),
        (b"\xef\xbb\xbf <a/>", Format.XML),
        (b"", Format.OTHER),
        (b"-----BEGIN CMS-----\n", Format.CMS),
        (b"-----BEGIN CERTIFICATE-----\n", Format.OTHER),
        (b"-----BEGIN PGP SIGNATURE-----\n", Format.OTHER),
        (b"Subject: a\nContent-Type: multipart/signed; x\n\n", Format.CMS),
        (b"Subject: a\n\nContent-Type: multipart/signed; x\n\n", Format.OTHER),
        (b"<!DOCTYPE html><html></html>", Format.OTHER),
        (b"{\\rtf1 Letter}", Format.OTHER),
    ],
)
def test_a_file_is_known_by_its_beginning_and_not_by_what_is_within(
    document: bytes, found: Format
) -> None:
    assert kind(document) is found
