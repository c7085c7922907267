"""A report in words for a terminal, Khmer first: the verdict, then what it rests on."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from core.pages import LANGUAGES
from signing.rules.report import Verdict
from signing.rules.shown import shown
from tra.reports import pages

_NOT_PROVEN: Final = "time_not_proven"  # the date says so


def in_words(report: dict[str, Any]) -> str:
    """Of a report as the API answers it, with `file`, and the files that it was checked with."""
    if "error" in report:
        return f"{report['file']}: {report['error']}"
    lines = [f"{report['file']}: {' / '.join(report['title'][lang] for lang in LANGUAGES)}"]
    lines += [f"  {report[part][lang]}" for part in ("sentence", "next") for lang in LANGUAGES]
    lines.append(f"  {report['indication']} {report['sub_indication'] or ''}".rstrip())
    beside = (*report["detached"], report.get("evidence_record"))
    lines += [f"  {_fact('report.beside', name)}" for name in beside if name]
    for one in report["parts"]:
        if one["changed_since"]:
            lines.append(f"  {_fact('report.changed', one['name'])}")
        elif not one["signed_by"]:
            lines.append(f"  {_fact('report.signed_by_nobody', one['name'])}")
    if report["unsigned_bytes"]:
        lines.append(f"  {_both('note.unsigned_bytes', count=str(report['unsigned_bytes']))}")
    for signature in report["signatures"]:
        lines.append(f"  {_signature(signature)}")
        lines += [f"    {line}" for line in _grounds(report, signature)]
    return "\n".join(lines)


def _signature(signature: dict[str, Any]) -> str:
    """Its name, whose it is and how long it can be proven."""
    signer = signature["signer"] or {}
    named = filter(None, (signer.get("organization"), signer.get("common_name")))
    who = " – ".join(shown(name) for name in dict.fromkeys(named))
    told = ", ".join(filter(None, (who, signature["level"])))
    return f"{shown(signature['name'])}: {told}"


def _grounds(report: dict[str, Any], signature: dict[str, Any]) -> Iterator[str]:
    verdict = Verdict(report["verdict"])
    made = "stamped_at" if verdict is Verdict.TIME_STAMPED else "sealed_at"
    if signature["signed_at"] and verdict.confirms:
        yield _fact(f"report.{made}", _utc(signature["signed_at"]))
    elif claimed := signature["signed_at"] or signature["claimed_at"]:
        yield _fact("report.sealed_at_claimed", _utc(claimed))
    if signature["revoked_at"]:
        yield _fact("report.revoked_at", _utc(signature["revoked_at"]))
    yield from (_fact("report.missing", name) for name in signature["missing"])
    if why := report["reasons"].get(signature["sub_indication"]):
        yield from (f"{why['sentence'][lang]} {why['next'][lang]}" for lang in LANGUAGES)
    yield from (_both(f"note.{note}") for note in signature["notes"] if note != _NOT_PROVEN)


def _fact(key: str, value: str) -> str:
    return f"{_both(key)}: {shown(value)}"


def _both(key: str, **values: str) -> str:
    """The words in each language."""
    return " / ".join(pages().text(lang, key, **values) for lang in LANGUAGES)


def _utc(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"
