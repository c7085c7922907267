"""A document's verdict: evidence from the file, our own register, and one pure function."""

from typing import Any

from core.errors import Refusal
from core.pages import LANGUAGES, Pages
from signing.formats.detached import NOTHING, Detached
from signing.formats.trust import Anchors, together
from signing.rules.evidence import DocumentEvidence, Revocation
from signing.rules.policy import Policy
from signing.rules.reasons import POLICY_UNKNOWN
from signing.rules.register import Register, Registered, serials
from signing.rules.report import Report, SubIndication
from signing.rules.validation import Checked, validate
from signing.store import certificates
from signing.web.context import Context
from signing.web.desk import Desk


async def check_document(
    ctx: Context, desk: Desk, document: bytes, content: Detached = NOTHING
) -> Report:
    """The report on a document that may be hostile, as of now. `content`: what was signed, where
    the document is only a signature."""
    return (await examine(ctx, desk, "", document, content)).report


async def examine(
    ctx: Context,
    desk: Desk,
    name: str,
    document: bytes,
    content: Detached,
    record: bytes | None = None,
    policy: Policy | None = None,
) -> Checked:
    """The same, with what the report rests on. `record`: an evidence record over the document;
    `policy`: another than the service's own."""
    at = ctx.clock.now()
    reading = await desk.wait(desk.readers.read, document, anchors(ctx), content, record)
    report = await judge(ctx, reading.evidence, at, policy)
    return Checked(name, reading.evidence, report)


async def judge(
    ctx: Context, evidence: DocumentEvidence, at: int, policy: Policy | None = None
) -> Report:
    """The report on what was found in a document, with what our register says."""
    return validate(evidence, await _register(ctx, evidence), at, policy or ctx.policy)


def check_policy(ctx: Context, asked: str | None) -> Policy:
    """The published policy of a name; the service's own where none is named. Raises Refusal."""
    found = ctx.policy if asked is None else ctx.policies.get(asked)
    if found is None:
        raise Refusal(POLICY_UNKNOWN, (asked or "")[:64])
    return found


def anchors(ctx: Context) -> Anchors:
    """Our roots and the authorities under them, of every generation, and whom the settings
    name."""
    now = ctx.authorities.now
    ours = Anchors(
        tuple(root.certificate.der for root in now.roots),
        tuple(issuer.certificate.der for issuer in now.issuers),
    )
    return together((ours, ctx.trusted()))


def as_json(pages: Pages, report: Report, request_id: str) -> dict[str, Any]:
    """The report as the API answers it, the words first."""
    return {
        "verdict": report.verdict,
        **{
            part: _words(pages, f"verdict.{report.verdict}.{part}")
            for part in ("title", "sentence", "next")
        },
        "indication": report.indication,
        "sub_indication": report.sub_indication,
        "reasons": {one.value: _reason(pages, one) for one in _reasons(report)},
        "signatures": report.signatures,
        "size": report.size,
        "digest": report.digest,
        "unsigned_bytes": report.unsigned_bytes,
        "checked_at": report.checked_at,
        "policy": report.policy,
        "policy_digest": report.policy_digest,
        "format": report.format,
        "parts": report.parts,
        "request_id": request_id,
    }


def _reason(pages: Pages, found: SubIndication) -> dict[str, dict[str, str]]:
    """A sub-indication's sentence and advice."""
    return {part: _words(pages, f"reason.{found}.{part}") for part in ("sentence", "next")}


def _words(pages: Pages, key: str) -> dict[str, str]:
    """A text in each language."""
    return {lang: pages.text(lang, key) for lang in LANGUAGES}


def _reasons(report: Report) -> list[SubIndication]:
    """Every sub-indication in a report, once."""
    of_signatures = (one.sub_indication for one in report.signatures)
    of_stamps = (one.sub_indication for held in report.signatures for one in held.time_stamps)
    found = (report.sub_indication, *of_signatures, *of_stamps)
    return list(dict.fromkeys(one for one in found if one is not None))


async def _register(ctx: Context, evidence: DocumentEvidence) -> Register:
    """What our register says of the certificates of a document."""
    asked = serials(evidence)
    if not asked:
        return {}
    found = await ctx.ledger.read(certificates.find_many, asked)
    return {
        issued.certificate.fingerprint: Registered(
            Revocation(issued.revoked.at, issued.revoked.reason.name.lower())
            if issued.revoked
            else None
        )
        for issued in found.values()
    }
