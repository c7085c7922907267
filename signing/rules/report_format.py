"""In which form a report is asked for."""

from enum import StrEnum
from typing import Final

from core.errors import Refusal
from signing.rules.reasons import REPORT_UNKNOWN


class ReportFormat(StrEnum):
    """For programs, for other validators (ETSI TS 119 102-2), on paper."""

    JSON = "json"
    XML = "xml"
    PDF = "pdf"

    @property
    def media_type(self) -> str:
        return f"application/{self}"


USUAL: Final = ReportFormat.JSON


def check_report_format(asked: str | None) -> ReportFormat:
    """Raises Refusal."""
    if asked is None:
        return USUAL
    if asked not in set(ReportFormat):
        raise Refusal(REPORT_UNKNOWN, asked[:20])
    return ReportFormat(asked)
