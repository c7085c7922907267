"""A verdict for a command: asked of the service, or given here."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import orjson

from signing.formats.detached import NOTHING, Detached
from signing.formats.readers import Readers
from signing.formats.seal import File
from signing.formats.trust import Anchors
from signing.rules.policy import Policy
from signing.rules.report_format import ReportFormat
from signing.rules.validation import Checked, validate
from signing.web.verdicts import as_json
from tra import form, reports
from tra.agency import ANSWER_BYTES, explain, outbound
from tra.settings import settings

_SECONDS: Final = 120.0
_OCTETS: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Sent:
    """A file, what was signed where it is only the signature, and an evidence record over it."""

    name: str
    document: bytes
    content: Detached = NOTHING
    record: bytes | None = None


Check = Callable[[Sent, ReportFormat | None], tuple[dict[str, Any], bytes]]
"""The verdict as JSON, and the report that is asked for."""


def given_here(
    readers: Readers,
    anchors: Anchors,
    at: int,
    policy: Policy,
    sent: Sent,
    wanted: ReportFormat | None,
) -> tuple[dict[str, Any], bytes]:
    """By the same rules that the service has, with what the file carries."""
    reading = readers.read(sent.document, anchors, sent.content, sent.record)
    report = validate(reading.evidence, {}, at, policy)
    plain: dict[str, Any] = orjson.loads(orjson.dumps(as_json(reports.pages(), report, "")))
    checked = Checked(sent.name, reading.evidence, report)
    return plain, reports.make(checked, policy, wanted) if wanted else b""


def asked(
    policy: str | None, sent: Sent, wanted: ReportFormat | None
) -> tuple[dict[str, Any], bytes]:
    """Of the service, which also knows at once which seals were revoked, by its own policy or
    another of its, by name; raises OutboundError, ClickException."""
    return asyncio.run(_ask(policy, sent, wanted))


async def _ask(
    policy: str | None, sent: Sent, wanted: ReportFormat | None
) -> tuple[dict[str, Any], bytes]:
    chosen = settings()
    asks = outbound(chosen)
    told = []
    try:
        for one in (ReportFormat.JSON, wanted):
            if one is None:
                continue
            query = {"report": str(one), **({"policy": policy} if policy is not None else {})}
            url = f"{chosen.signing_url}/verify?{urlencode(query)}"
            answer = await asks.post(
                url, *form.encode(_fields(sent)), seconds=_SECONDS, limit=ANSWER_BYTES
            )
            if answer.status != 200:
                raise explain("The signing service refused", answer)
            told.append(answer.body)
    finally:
        await asks.close()
    report: dict[str, Any] = orjson.loads(told[0])
    return report, told[-1]


def _fields(sent: Sent) -> Iterator[tuple[str, File]]:
    yield "document", File(sent.name, _OCTETS, sent.document)
    for name, content in sent.content.files:
        yield "content", File(name, _OCTETS, content)
    if sent.record is not None:
        yield "evidence_record", File("record", _OCTETS, sent.record)
