"""`tra verify`: is this document authentic? Asked of the service, or answered here alone."""

import asyncio
import sys
from pathlib import Path
from typing import Any, Final

import click
import orjson
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

import signing
from core.clock import SystemClock
from core.outbound import OutboundError
from core.pages import Pages
from signing.formats.pades.chains import Anchors
from signing.formats.pades.reading import gather
from signing.rules.report import Indication
from signing.rules.validation import validate
from signing.web.verdicts import as_json
from tra.commands.seal import explain, outbound
from tra.settings import settings

_EXIT: Final = {Indication.TOTAL_PASSED: 0, Indication.TOTAL_FAILED: 1}
_NOT_TOLD: Final = 2
_SECONDS: Final = 120.0


@click.command(name="verify")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--json", "as_lines", is_flag=True, help="One JSON report a line.")
@click.option(
    "--trust",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="PEM file of trusted roots: check on this machine, and ask nobody.",
)
def command(files: tuple[str, ...], as_lines: bool, trust: Path | None) -> None:
    """Check documents. Without --trust the signing service is asked, which also knows at once
    which seals were revoked.

    Exit status: 0 every document passed, 1 one failed, 2 one could not be decided or read.
    """
    anchors = _anchors(trust) if trust else None
    worst = 0
    for name in files:
        report = _report(Path(name), anchors)
        click.echo(orjson.dumps(report).decode() if as_lines else _told(report))
        status = _NOT_TOLD if "error" in report else _EXIT.get(report["indication"], _NOT_TOLD)
        worst = status if worst == 0 else (1 if 1 in (worst, status) else worst)
    sys.exit(worst)


def _report(file: Path, anchors: Anchors | None) -> dict[str, Any]:
    try:
        document = file.read_bytes()
        found = _checked(document, anchors) if anchors else asyncio.run(_asked(document))
    except OSError as error:
        return {"file": str(file), "error": error.strerror or str(error)}
    except (OutboundError, click.ClickException) as error:
        return {"file": str(file), "error": str(error)}
    return {"file": str(file), **found}


def _checked(document: bytes, anchors: Anchors) -> dict[str, Any]:
    """Checked here, by the same rules that the service has, with what the file carries."""
    now = SystemClock().now()
    report = validate(gather(document, anchors, now), {}, now)
    pages = Pages(Path(signing.__file__).parent / "pages", https=False)
    plain: dict[str, Any] = orjson.loads(orjson.dumps(as_json(pages, report, "")))
    return plain


async def _asked(document: bytes) -> dict[str, Any]:
    chosen = settings()
    asks = outbound(chosen)
    try:
        answer = await asks.post(
            f"{chosen.signing_url}/verify", document, "application/pdf", seconds=_SECONDS
        )
    finally:
        await asks.close()
    if answer.status != 200:
        raise explain("The signing service refused", answer)
    report: dict[str, Any] = orjson.loads(answer.body)
    return report


def _told(report: dict[str, Any]) -> str:
    """The verdict in words, Khmer first; then what it rests on."""
    if "error" in report:
        return f"{report['file']}: {report['error']}"
    lines = [f"{report['file']}: {report['title']['km']} / {report['title']['en']}"]
    lines += [f"  {report['sentence'][lang]}" for lang in ("km", "en")]
    lines += [f"  {report['next'][lang]}" for lang in ("km", "en")]
    lines.append(f"  {report['indication']} {report['sub_indication'] or ''}".rstrip())
    for signature in report["signatures"]:
        signer = signature["signer"] or {}
        who = " – ".join(
            dict.fromkeys(filter(None, (signer.get("organization"), signer.get("common_name"))))
        )
        lines.append(f"  {signature['name']}: {who}, {signature['level'] or ''}")
    return "\n".join(lines)


def _anchors(file: Path) -> Anchors:
    try:
        roots = x509.load_pem_x509_certificates(file.read_bytes())
    except ValueError as error:
        raise click.ClickException(f"{file} has no PEM certificates") from error
    return Anchors(tuple(root.public_bytes(Encoding.DER) for root in roots))
