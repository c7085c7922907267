"""Elements of XML that we write, under the namespaces of the trusted list and of reports."""

import base64
from datetime import UTC, datetime
from typing import Final

from lxml import etree

from signing.formats.xades.parsing import Element

XADES: Final = "http://uri.etsi.org/01903/v1.3.2#"
TSL: Final = "http://uri.etsi.org/02231/v2#"
SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"


def add(
    parent: Element, namespace: str, name: str, text: str | None = None, **attributes: str
) -> Element:
    """One more child. What is empty is written in one way, whoever writes it again."""
    made = etree.SubElement(parent, f"{{{namespace}}}{name}", attributes)
    made.text = text or None
    return made


def xml_time(at: int) -> str:
    """A NumericDate as xs:dateTime, UTC."""
    return f"{datetime.fromtimestamp(at, UTC).replace(tzinfo=None).isoformat()}Z"


def base64_of(data: bytes) -> str:
    """xs:base64Binary, on one line."""
    return base64.b64encode(data).decode()
