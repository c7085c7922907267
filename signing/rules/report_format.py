"""In which form a report is asked for."""

from enum import StrEnum
from typing import Final

from core.errors import Refusal, reason

REPORT_UNKNOWN = reason(
    "report_unknown",
    "invalid_request",
    400,
    "`report` is `json`, `xml` (ETSI TS 119 102-2) or `pdf`.",
    "ETSI TS 119 102-2",
)


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
