"""A report in a file of its own: fetched under the service's seal, or made here without one."""

from functools import cache
from pathlib import Path
from typing import Final

from lxml import etree

import signing
from core.pages import Pages
from signing.formats.paper.court import Office, draw
from signing.formats.validation_report import Validator, write
from signing.rules.policy import Policy
from signing.rules.report_format import ReportFormat
from signing.rules.validation import Checked

_SUFFIXES: Final = {f".{one}": one for one in ReportFormat}


def format_of(file: Path) -> ReportFormat | None:
    """By the end of its name."""
    return _SUFFIXES.get(file.suffix.lower())


@cache
def pages() -> Pages:
    """The words of the signing service."""
    return Pages(Path(signing.__file__).parent / "pages", https=False)


def make(checked: Checked, policy: Policy, wanted: ReportFormat) -> bytes:
    """XML, or else a PDF. Whoever reads it sees that nobody sealed it."""
    if wanted is ReportFormat.XML:
        root = write(checked, Validator(policy, f"urn:x-tra:policy:{policy.name}"))
        return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
    return draw(checked, pages(), Office())
