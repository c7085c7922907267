"""Documents of LibreOffice and OpenOffice.org (ODF 1.2 part 3 §5): their parts may name a DTD,
which nobody loads."""

from typing import Any

import pytest
from lxml import etree

from signing.rules.report import Verdict
from tests.attacks.pki import root
from tests.attacks.test_asic import Entries, packed
from tests.attacks.verdicts import CHANGED, MISSING, PASSED, judge, told
from tests.attacks.xades import INCLUSIVE, Made, Reference

ROOT = root()
SOMEBODY = ROOT.authority("Authority").signer()
TEXT = b"application/vnd.oasis.opendocument.text"
NAMED = b'<!DOCTYPE library PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "library.dtd"%s>'
MACROS = b'%s<library><element name="Module"/></library>'


def signed(part: bytes) -> Entries:
    """A document whose macros are `part`."""
    mimetype = ("mimetype", TEXT)
    octets = etree.tostring(etree.fromstring(MACROS % b""), method="c14n")
    holder = etree.Element("document-signatures")
    references = (
        Reference(mimetype[0], octets=mimetype[1]),
        Reference("Basic/script-lb.xml", (INCLUSIVE,), octets=octets),
    )
    Made(SOMEBODY).within(holder, *references)
    signatures = ("META-INF/documentsignatures.xml", etree.tostring(holder))
    return [mimetype, ("Basic/script-lb.xml", part), signatures]


def verdict(part: bytes) -> tuple[Any, ...]:
    return told(judge(packed(signed(part)), ROOT, SOMEBODY))


def test_a_part_that_names_a_dtd_is_read_without_it() -> None:
    assert verdict(MACROS % b"") == PASSED
    assert verdict(MACROS % (NAMED % b"")) == PASSED
    changed = (MACROS % (NAMED % b"")).replace(b"Module", b"Another")
    assert verdict(changed) == CHANGED


@pytest.mark.parametrize(
    "dtd",
    [
        NAMED % b' [<!ATTLIST element name CDATA "Forged">]',
        NAMED % b' [<!ENTITY e "Forged">]',
        NAMED % b" []",
        b'<!DOCTYPE library SYSTEM "library.dtd">',
        b'<!DOCTYPE library PUBLIC "-//Somebody//DTD Else//EN" "library.dtd">',
        b'<!--%s--><!DOCTYPE library [<!ENTITY e "Forged">]>' % (NAMED % b""),
    ],
)
@pytest.mark.rule("attacks.dtd")
def test_a_part_whose_dtd_may_change_it_is_not_read(dtd: bytes) -> None:
    assert verdict(MACROS % dtd) == MISSING
    assert verdict((MACROS % dtd).decode().encode("utf-16"))[0] is not Verdict.AUTHENTIC
