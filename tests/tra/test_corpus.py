"""`tra verify --corpus`: one line for each file of a folder, whatever it is, and a sum."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.serialization import Encoding

from core.clock import FixedClock
from signing import policies
from signing.rules.report import Verdict
from tests.attacks.cms import content_info, signature
from tests.attacks.pki import AT, root
from tests.documents import plain_pdf
from tests.signing_service import Visitor, signing_service
from tra import beside
from tra import corpus as corpora
from tra.commands.verify import command

ROOT = root()
SOMEBODY = ROOT.authority("Authority").signer()
NOW = datetime(2026, 4, 14, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Path]:
    """A sealed document, and a folder with the root that it leads to."""
    folder = tmp_path_factory.mktemp("service")
    database = f"sqlite:///{folder / 'signing.sqlite'}"
    with signing_service(database, FixedClock(NOW)) as visitor:
        return visitor.sealed(plain_pdf()), _root(visitor, folder / "roots")


def _root(visitor: Visitor, folder: Path) -> Path:
    folder.mkdir()
    root = visitor.service.authorities.root.certificate.parsed
    (folder / "root.cer").write_bytes(root.public_bytes(Encoding.DER))
    (folder / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    return folder


@pytest.fixture
def folder(tmp_path: Path, sealed: tuple[bytes, Path]) -> Path:
    document, _ = sealed
    files = {
        "a-good.pdf": document,
        "b-flipped.pdf": document.replace(b"Certificate of", b"Certificate if"),
        "c-plain.pdf": plain_pdf(),
        "d-empty": b"",
        "e-deep.pdf": b"%PDF-1.7\n" + b"[" * 100_000,
        "f/g.zip": b"PK\x03\x04" + bytes(100),
    }
    for name, content in files.items():
        path = tmp_path / "corpus" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (tmp_path / "corpus" / "link.pdf").symlink_to(tmp_path / "nowhere")
    return tmp_path / "corpus"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [str(one) for one in arguments])


def test_every_file_of_a_folder_has_one_line_and_the_last_is_the_sum(
    folder: Path, sealed: tuple[bytes, Path]
) -> None:
    done = run("--corpus", folder, "--trust", sealed[1], "--at", "2026-04-15", "--json")
    assert done.exit_code == 0, done.output
    *lines, last = [json.loads(line) for line in done.output.splitlines()]
    assert [(line["file"], line["format"], line["verdict"]) for line in lines] == [
        ("a-good.pdf", "pdf", "authentic"),
        ("b-flipped.pdf", "pdf", "changed"),
        ("c-plain.pdf", "pdf", "not_signed"),
        ("d-empty", "other", "unsupported"),
        ("e-deep.pdf", "pdf", "unreadable"),
        ("f/g.zip", "zip", "unreadable"),
    ]
    assert lines[1]["sub_indication"] == "HASH_FAILURE"
    assert all(line["milliseconds"] > 0 and line["peak_memory"] > 0 for line in lines)
    assert last["summary"]["files"] == 6
    summary = last["summary"]
    assert summary["verdicts"]["authentic"] == 1
    assert {
        "format": "pdf",
        "verdict": "changed",
        "sub_indication": "HASH_FAILURE",
        "files": 1,
    } in summary["table"]
    assert summary["unanswered"] == ["e-deep.pdf", "f/g.zip"]
    assert len(summary["slowest"]) == len(summary["largest"]) == 6
    read = corpora.text(summary)
    assert "       1 pdf              changed          HASH_FAILURE\n" in read
    assert "no answer: e-deep.pdf" in read


def test_a_signature_is_over_the_file_beside_it_that_has_its_name(tmp_path: Path) -> None:
    made = content_info(signature(SOMEBODY, b"What was agreed."), content=None)
    files = {
        "alike.doc": b"What was agreed.",
        "alike.p7s": made,
        "alone.p7s": made,
        "another.p7s": made,
        "another.txt": b"Something else.",
        "changed.txt": b"What was denied.",
        "changed.txt.p7s": made,
        "named.txt": b"What was agreed.",
        "named.txt.p7s": made,
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    signed = [one for one in corpora.files_below(tmp_path) if one[0].endswith(".p7s")]
    lines = corpora.check(signed, ROOT.anchors, AT, policies.default(), jobs=1)
    # Found and compared; nobody says that the signer's certificate was not revoked.
    assert {line.file: line.verdict for line in lines} == {
        "alike.p7s": Verdict.INDETERMINATE,
        "alone.p7s": Verdict.CONTENT_MISSING,
        "another.p7s": Verdict.CONTENT_MISSING,
        "changed.txt.p7s": Verdict.CHANGED,
        "named.txt.p7s": Verdict.INDETERMINATE,
    }


def test_what_is_larger_than_what_is_read_is_told_as_that(tmp_path: Path) -> None:
    for name, head in (("large.pdf", b"%PDF-1.7\n"), ("disk.img", b"\x00")):
        path = tmp_path / name
        path.write_bytes(head)
        os.truncate(path, beside.MOST_BYTES + 1)
    files = corpora.files_below(tmp_path)
    lines = corpora.check(files, ROOT.anchors, AT, policies.default(), jobs=1)
    assert {line.file: line.verdict for line in lines} == {
        "disk.img": Verdict.UNSUPPORTED,
        "large.pdf": Verdict.TOO_LARGE,
    }


def test_a_document_is_checked_as_of_the_moment_that_was_asked_for(
    tmp_path: Path, sealed: tuple[bytes, Path]
) -> None:
    document, roots = sealed
    file = tmp_path / "sealed.pdf"
    file.write_bytes(document)
    in_time = run(file, "--trust", roots, "--at", "2026-04-15T08:00:00Z", "--json")
    assert json.loads(in_time.output)["checked_at"] == 1_776_240_000
    assert in_time.exit_code == 0
    too_early = run(file, "--trust", roots, "--at", "2020-01-01", "--json")
    assert json.loads(too_early.output)["sub_indication"] == "NOT_YET_VALID"
    assert too_early.exit_code == 1


def test_roots_that_are_none_are_told_of(tmp_path: Path, sealed: tuple[bytes, Path]) -> None:
    file = tmp_path / "root.pem"
    file.write_text("-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n")
    assert "no PEM or DER certificate" in run("x.pdf", "--trust", file).output
