"""`tra verify`: is this document authentic? Asked of the service, or answered here alone."""

import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import click
import orjson

from core.clock import SystemClock
from core.outbound import OutboundError
from signing import policies
from signing.formats.readers import Readers
from signing.formats.trust import Anchors
from signing.rules.policy import Policy
from signing.rules.report import Indication, Verdict
from signing.rules.report_format import ReportFormat
from tra import beside, reports
from tra import corpus as corpora
from tra.settings import settings
from tra.trust import TrustRefused
from tra.trust import anchors as trusted
from tra.verdicts import Check, Sent, asked, given_here
from tra.words import in_words

_EXIT: Final = {Indication.TOTAL_PASSED: 0, Indication.TOTAL_FAILED: 1}
_NOT_TOLD: Final = 2
_UNREACHABLE: Final = (
    "Is the service running, and is it the one of TRA_CONFIG? With --trust ROOTS this machine "
    "checks by itself."
)


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a report is written to."""

    file: Path
    format: ReportFormat


@dataclass(frozen=True, slots=True)
class Given:
    """What belongs to a file, by the command line."""

    detached: tuple[Path, ...]
    record: Path | None


@click.command(name="verify")
@click.argument("files", nargs=-1, metavar="FILE...")
@click.option("--json", "as_lines", is_flag=True, help="One JSON report a line.")
@click.option(
    "--trust",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Trusted roots: a file of PEM or DER certificates, a trusted list (TS 119 612), or a "
    "folder of such files, with CRLs and OCSP answers; may be repeated. Checks on this machine, "
    "and asks nobody.",
)
@click.option(
    "--trust-signer",
    "signer",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The certificate that a trusted list has to be signed with.",
)
@click.option(
    "--at",
    type=click.DateTime(("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ")),
    help="Check as of this moment, UTC. With --trust or --corpus.",
)
@click.option(
    "--policy",
    "chosen",
    metavar="NAME|FILE",
    help="The validation policy: one of those that the service publishes, by name; with --trust or "
    "--corpus one of ours, or a file. By default the service's own, that of the settings.",
)
@click.option(
    "--detached",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What was signed, where FILE is only the signature; may be repeated. By default what is "
    "beside it: by the names in the signature, or FILE's own without its ending.",
)
@click.option(
    "--evidence-record",
    "record",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An evidence record over FILE (RFC 4998, RFC 6283): FILE.ers, FILE.xml.",
)
@click.option(
    "--report",
    "kept",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUT.xml|OUT.pdf",
    help="Write the report on the one FILE, too: XML (ETSI TS 119 102-2) or one sheet of paper; "
    "from the service under its seal, with --trust without one.",
)
@click.option(
    "--corpus",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Check every file of a folder, on this machine: one line each, and a sum.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    help="Files of a folder that are checked at once.",
)
def command(
    files: tuple[str, ...],
    as_lines: bool,  # click's
    trust: tuple[Path, ...],
    signer: Path | None,
    at: datetime | None,
    chosen: str | None,
    detached: tuple[Path, ...],
    record: Path | None,
    kept: Path | None,
    corpus: Path | None,
    jobs: int,
) -> None:
    """Check documents. Without --trust the signing service is asked, which also knows at once
    which seals were revoked.

    Exit status: 0 every document passed, 1 one failed, 2 one could not be decided or read; with
    --corpus 0 where every file got a verdict.
    """
    if not files and corpus is None:
        raise click.UsageError("Name a FILE, or a folder with --corpus.")
    if (detached or record) and len(files) != 1:
        raise click.UsageError("--detached and --evidence-record go with one FILE.")
    wanted = _wanted(kept, files)
    here = bool(trust) or corpus is not None
    if not here and at is not None:
        raise click.UsageError("--at goes with --trust: the service judges as of now.")
    if not here and chosen is not None and Path(chosen).is_file():
        raise click.UsageError("A file as --policy goes with --trust: the service has its own.")
    try:
        anchors = trusted(trust, signer, SystemClock().now())
    except TrustRefused as refused:
        raise click.ClickException(str(refused)) from refused
    policy = _policy(chosen if here else None)
    moment = int(at.replace(tzinfo=UTC).timestamp()) if at else SystemClock().now()
    if corpus is not None:
        _check_corpus(corpus, anchors, moment, policy, jobs, as_lines=as_lines)
        return
    check = (
        partial(given_here, Readers(1), anchors, moment, policy)
        if trust
        else partial(asked, chosen)
    )
    worst = 0
    for name in files:
        report = _report(Path(name), Given(detached, record), check, wanted)
        click.echo(orjson.dumps(report).decode() if as_lines else in_words(report))
        status = _NOT_TOLD if "error" in report else _EXIT.get(report["indication"], _NOT_TOLD)
        worst = status if worst == 0 else (1 if 1 in (worst, status) else worst)
    sys.exit(worst)


def _check_corpus(
    folder: Path,
    anchors: Anchors,
    at: int,
    policy: Policy,
    jobs: int,
    *,
    as_lines: bool,
) -> None:
    lines = []
    for line in corpora.check(corpora.files_below(folder), anchors, at, policy, jobs):
        lines.append(line)
        if as_lines:
            click.echo(orjson.dumps(line).decode())
        else:
            told = line.sub_indication or line.indication
            size = line.peak_memory // 1_000_000
            said = f": {line.error}" if line.error else ""
            said += "".join(f" + {one}" for one in line.detached)
            click.echo(
                f"{line.format:16} {line.verdict:16} {told:34} {line.milliseconds:9.1f} ms "
                f"{size:4} MB  {line.file}{said}"
            )
    summed = corpora.summary(lines)
    click.echo(orjson.dumps({"summary": summed}).decode() if as_lines else corpora.text(summed))


def _wanted(kept: Path | None, files: tuple[str, ...]) -> Kept | None:
    """The file that a report is to be written to; raises UsageError."""
    if kept is None:
        return None
    wanted = reports.format_of(kept)
    if wanted is None or wanted is ReportFormat.JSON:
        raise click.UsageError("--report: a file whose name ends in .xml or .pdf.")
    if len(files) != 1:
        raise click.UsageError("--report goes with one FILE.")
    return Kept(kept, wanted)


def _report(file: Path, given: Given, check: Check, kept: Kept | None) -> dict[str, Any]:
    try:
        over = given.record or beside.record(file)
        record = over.read_bytes() if over is not None else None
        sent = Sent(file.name, file.read_bytes(), record=record)

        def look(paths: beside.Paths) -> tuple[dict[str, Any], bytes]:
            most = beside.MOST_BYTES + 1 if paths != given.detached else -1
            content = beside.read(paths, file.parent, most)
            for name, held in content.files:
                if 0 < most <= len(held):
                    raise click.ClickException(
                        f"{name} is too large to be looked for: name it with --detached"
                    )
            return check(replace(sent, content=content), kept.format if kept else None)

        paths, (found, report) = given.detached, look(given.detached)
        if not paths and found["verdict"] == Verdict.CONTENT_MISSING:
            names = [name for one in found["signatures"] for name in one["missing"]]
            better = beside.search(file, names, look, lambda one: str(one[0]["verdict"]))
            paths, (found, report) = better or (paths, (found, report))
        if kept is not None:
            kept.file.write_bytes(report)
    except OSError as error:
        return {"file": str(file), "error": error.strerror or str(error)}
    except OutboundError as error:
        return {"file": str(file), "error": f"{error}. {_UNREACHABLE}"}
    except click.ClickException as error:
        return {"file": str(file), "error": str(error)}
    told = {"file": str(file), "detached": list(map(str, paths))}
    return {**told, "evidence_record": str(over) if over is not None else None, **found}


def _policy(asked: str | None) -> Policy:
    try:
        return policies.choose(settings().policy if asked is None else asked)
    except (OSError, ValueError) as error:
        raise click.ClickException(f"--policy {asked}: {error}") from error
