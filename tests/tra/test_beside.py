"""`tra verify` of a signature without what it signs: it is looked for beside it, as by
`tra verify --corpus` and `tra augment`."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from signing import policies
from signing.formats import outside
from signing.formats.detached import Detached
from tests.attacks import cms
from tests.attacks.pki import NOW, root
from tests.attacks.records import Record
from tests.attacks.test_beside import A, B, by_hash, by_uri, xml
from tests.processes import free_port
from tests.signing_service import READERS
from tra import archive, beside, corpus
from tra.commands.verify import command
from tra.settings import settings

ROOT = root()
CLOCK = ROOT.time_authority()
LETTER = b"A letter."
STAMP = cms.token(CLOCK, LETTER, NOW, revocation=[ROOT.crl()])
RECORD = Record((LETTER,)).stamped(CLOCK, NOW, crls=[ROOT.crl()]).dump()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With the root that is trusted. Readers take a second to start: one is for all of it."""
    monkeypatch.setattr("tra.commands.verify.Readers", lambda _: READERS)
    (tmp_path / "root.cer").write_bytes(ROOT.certificate)
    return tmp_path


def put(folder: Path, **files: bytes) -> None:
    """Files, `letter_txt` for letter.txt."""
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_bytes(content)


def verify(folder: Path, name: str, *more: str | Path) -> Result:
    at = str(NOW.date())
    asked = (folder / name, "--trust", folder / "root.cer", "--at", f"{at}T02:00:00Z", *more)
    return CliRunner().invoke(command, [str(one) for one in asked])


def told(folder: Path, name: str, *more: str | Path) -> dict[str, Any]:
    done = verify(folder, name, "--json", *more)
    report: dict[str, Any] = json.loads(done.output)
    return report


def taken(folder: Path, name: str, *more: str | Path) -> tuple[str, list[str]]:
    """The verdict, and the names of the files that were taken for what is signed."""
    report = told(folder, name, *more)
    return report["verdict"], [Path(one).name for one in report["detached"]]


@pytest.mark.parametrize(("ending", "signature"), [("tsr", STAMP), ("ers", RECORD)])
def test_the_file_whose_name_it_has_is_found_and_told(
    folder: Path, ending: str, signature: bytes
) -> None:
    put(folder, letter_txt=LETTER, **{f"letter_txt_{ending}": signature})
    assert taken(folder, f"letter.txt.{ending}") == ("time_stamped", ["letter.txt"])
    words = verify(folder, f"letter.txt.{ending}")
    assert f"Checked with: {folder / 'letter.txt'}" in words.output
    assert words.exit_code == 0


@pytest.mark.parametrize("ending", ["ers", "er"])
def test_the_record_over_a_file_is_found_by_the_name_of_that(folder: Path, ending: str) -> None:
    put(folder, letter_txt=LETTER, **{f"letter_txt_{ending}": RECORD})
    report = told(folder, "letter.txt")
    assert report["verdict"] == "time_stamped"
    assert Path(report["evidence_record"]).name == f"letter.txt.{ending}"
    assert f"Checked with: {folder / 'letter.txt'}.{ending}" in verify(folder, "letter.txt").output
    put(folder, letter_txt=b"Another.")
    assert told(folder, "letter.txt")["verdict"] == "changed"
    put(folder, **{f"letter_txt_{ending}": LETTER})  # which is none
    assert told(folder, "letter.txt")["evidence_record"] is None


def test_a_folder_is_checked_with_the_records_in_it(folder: Path) -> None:
    put(folder, letter_txt=LETTER, letter_txt_ers=RECORD)
    at = int(NOW.timestamp())
    lines = corpus.check(
        [("letter.txt", folder / "letter.txt")], ROOT.anchors, at, policies.default(), 1
    )
    assert [line.verdict for line in lines] == ["time_stamped"]


def test_that_file_counts_whatever_comes_of_it(folder: Path) -> None:
    put(folder, letter_txt=b"Another.", letter_txt_tsr=STAMP, letter_txt_doc=LETTER)
    assert taken(folder, "letter.txt.tsr") == ("changed", ["letter.txt"])


def test_one_whose_name_is_alike_counts_where_it_fits(folder: Path) -> None:
    put(folder, letter_doc=b"Another.", letter_tsr=STAMP)
    assert taken(folder, "letter.tsr") == ("content_missing", [])
    put(folder, letter_txt=LETTER)
    assert taken(folder, "letter.tsr") == ("time_stamped", ["letter.txt"])


def test_what_is_named_on_the_command_line_counts_alone(folder: Path) -> None:
    put(folder, letter_txt=LETTER, letter_txt_tsr=STAMP, another_txt=b"Another.")
    given = ("--detached", folder / "another.txt")
    assert taken(folder, "letter.txt.tsr", *given) == ("changed", ["another.txt"])


@pytest.mark.parametrize("way", [xml, by_hash, by_uri])
def test_the_files_that_a_signature_names_are_found(folder: Path, way: Any) -> None:
    put(folder, a_txt=A[1], sig=way(A, B))
    report = told(folder, "sig")
    assert [Path(one).name for one in report["detached"]] == ["a.txt"]
    assert report["signatures"][0]["missing"] == ["b.txt"]
    assert report["signatures"][0]["sub_indication"] == "SIGNED_DATA_NOT_FOUND"
    assert "What is missing: b.txt" in verify(folder, "sig").output
    put(folder, b_txt=B[1])
    report = told(folder, "sig")
    assert [Path(one).name for one in report["detached"]] == ["a.txt", "b.txt"]
    assert report["signatures"][0]["missing"] == []


def test_a_folder_is_checked_by_the_same_rule(folder: Path) -> None:
    put(folder, a_txt=A[1], b_txt=B[1], sig=by_hash(A, B))
    done = CliRunner().invoke(
        command, ["--corpus", str(folder), "--trust", str(folder / "root.cer"), "--jobs", "1"]
    )
    [line] = [one for one in done.output.splitlines() if "MB  sig" in one]
    assert line.endswith(f"sig + {folder / 'a.txt'} + {folder / 'b.txt'}")


def test_several_are_named_on_the_command_line(folder: Path) -> None:
    (folder / "one").mkdir()
    put(folder / "one", a_txt=A[1], b_txt=B[1], c_txt=b"By the way.")
    put(folder, sig=xml(A, B))
    given = [f"--detached={folder / 'one' / name}" for name in ("a.txt", "b.txt", "c.txt")]
    report = told(folder, "sig", *given)
    assert [bool(part["signed_by"]) for part in report["parts"]] == [True, True, False]
    put(folder / "one", b_txt=b"And by nobody.")
    words = verify(folder, "sig", *given).output
    assert "not what was signed: one/b.txt" in words
    assert "signed by nobody: one/c.txt" in words


def test_a_file_is_sent_once_and_its_place_on_this_machine_is_not(folder: Path) -> None:
    put(folder, a_txt=A[1])
    there, within = folder / "a.txt", folder / "elsewhere"
    assert beside.read([there, there], within) == Detached((("a.txt", A[1]),))
    assert beside.read([there], folder.parent).files[0][0] == f"{folder.name}/a.txt"


def test_no_name_in_a_signature_leads_out_of_its_folder(folder: Path) -> None:
    inner = folder / "inner"
    inner.mkdir()
    put(folder, a_txt=A[1])
    (inner / "link.txt").symlink_to(folder / "a.txt")
    (inner / ".hidden").write_bytes(A[1])
    (inner / "out").symlink_to(folder)
    for name in (
        *("../a.txt", str(folder / "a.txt"), "link.txt", ".hidden", "out/a.txt", "%2e%2e/a.txt"),
        *("", ".", "/", "a\x00b", "x" * 5_000, "file:///etc/passwd"),
    ):
        found = beside.search(inner / "sig.xml", [name], lambda paths: paths, lambda _: "authentic")
        assert found is None, name


def test_a_file_is_never_what_it_signs_itself(folder: Path) -> None:
    put(folder, sig=STAMP)
    assert taken(folder, "sig") == ("content_missing", [])


def test_what_is_renewed_is_found_by_the_same_rule(folder: Path) -> None:
    put(folder, letter_txt=LETTER, letter_txt_tsr=STAMP)
    found = archive.read(folder / "letter.txt.tsr")
    assert found.content.files == (("letter.txt", LETTER),)
    assert archive.read(folder / "letter.txt").content.files == ()
    for way in (xml, by_hash, by_uri):
        put(folder, sig=way(A, B, ("../letter.txt", LETTER)), a_txt=A[1], b_txt=B[1])
        assert [name for name, _ in archive.read(folder / "sig").content.files] == [
            *("a.txt", "b.txt", "letter.txt")
        ]


@pytest.mark.parametrize("document", [b"", b"{", b"<a", b"<a/>", b"eyJ.x.y", b"%PDF-", bytes(9)])
def test_of_what_cannot_be_read_there_are_no_names(document: bytes) -> None:
    assert outside.names(document) == []


def test_what_is_found_and_too_large_is_told_by_its_name(folder: Path) -> None:
    put(folder, letter_txt=b"", letter_txt_tsr=STAMP)
    os.truncate(folder / "letter.txt", beside.MOST_BYTES + 1)
    assert told(folder, "letter.txt.tsr")["error"] == (
        "letter.txt is too large to be looked for: name it with --detached"
    )


def test_a_service_that_does_not_answer_is_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRA_SIGNING_URL", f"http://localhost:{free_port()}")
    settings.cache_clear()
    put(tmp_path, letter_txt=LETTER)
    done = CliRunner().invoke(command, [str(tmp_path / "letter.txt")])
    settings.cache_clear()
    assert done.exit_code == 2
    assert "--trust ROOTS this machine checks by itself" in done.output
