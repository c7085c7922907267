"""`tra seal` and `tra verify`, as an agency and a clerk run them."""

import hashlib
import json
from pathlib import Path
from zipfile import ZipFile

import pytest
from click.testing import CliRunner, Result
from lxml import etree
from pypdfium2 import PdfDocument

from core.clock import SystemClock
from signing import policies
from signing.formats.asic.opening import MOST_FILES
from tests.attacks.test_asic import extended, packed
from tests.attacks.test_beside import A, B, xml
from tests.documents import plain_pdf
from tests.interop.documents.conftest import LiveSigning
from tests.signing_service import OTHER_AGENCY
from tests.validation_report import VR, read
from tra.commands.seal import command as seal_command
from tra.commands.verify import command


@pytest.fixture(scope="module")
def folder(live: LiveSigning, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sealed document, and what can be wrong with it."""
    made = tmp_path_factory.mktemp("documents")
    sealed = live.sealed(plain_pdf())
    (made / "sealed.pdf").write_bytes(sealed)
    (made / "changed.pdf").write_bytes(sealed.replace(b"registration", b"resignation!"))
    (made / "plain.pdf").write_bytes(plain_pdf())
    with ZipFile(made / "letter.docx", "w") as letter:
        letter.writestr("[Content_Types].xml", "<Types/>")
        letter.writestr("word/document.xml", "<document/>")
    return made


def here(*arguments: str) -> Result:
    """The command in this process: with --trust it needs neither settings nor a service."""
    return CliRunner().invoke(command, list(arguments))


WORDS = {
    "sealed.pdf": ("This document is authentic", 0),
    "changed.pdf": ("This document was changed", 1),
    "plain.pdf": ("no digital seal", 2),
    "letter.docx": ("We cannot check this kind of file", 2),
    "missing.pdf": ("No such file", 2),
}


@pytest.mark.parametrize("name", WORDS)
def test_verify_asks_the_service_and_tells_by_its_exit_status(
    live: LiveSigning, folder: Path, name: str
) -> None:
    words, status = WORDS[name]
    assert words in live.tra("verify", str(folder / name), status=status)


@pytest.mark.parametrize("name", WORDS)
def test_verify_with_a_root_asks_nobody(root: Path, folder: Path, name: str) -> None:
    words, status = WORDS[name]
    done = here(str(folder / name), "--trust", str(root))
    assert words in done.output
    assert done.exit_code == status


def test_the_worst_of_several_documents_is_the_exit_status(root: Path, folder: Path) -> None:
    names = [str(folder / name) for name in ("sealed.pdf", "plain.pdf", "changed.pdf")]
    done = here(*names, "--trust", str(root), "--json")
    reports = [json.loads(line) for line in done.output.splitlines()]
    assert [report["verdict"] for report in reports] == ["authentic", "not_signed", "changed"]
    assert done.exit_code == 1


def test_verify_here_and_verify_there_say_the_same(
    live: LiveSigning, root: Path, folder: Path
) -> None:
    file = str(folder / "sealed.pdf")
    alone = json.loads(here(file, "--trust", str(root), "--json").output)
    there = json.loads(live.tra("verify", file, "--json"))
    for report in (alone, there):
        assert report.pop("checked_at") <= SystemClock().now()
        report.pop("request_id")
    assert alone == there


def test_a_container_of_as_many_files_as_are_read_is_told_of_whole(
    live: LiveSigning, tmp_path: Path
) -> None:
    files = [(f"{number}-{'x' * 200}.txt", b"x") for number in range(MOST_FILES - 3)]
    (tmp_path / "many.asice").write_bytes(packed(extended(*files)))
    report = json.loads(live.tra("verify", str(tmp_path / "many.asice"), "--json", status=2))
    assert (report["verdict"], len(report["parts"])) == ("unrecognised", len(files))


def test_what_is_sealed_has_a_place_of_its_own(tmp_path: Path) -> None:
    """Else the next run would seal it again."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "plain.pdf").write_bytes(plain_pdf())
    (tmp_path / "clients.json").write_text("[]", encoding="utf-8")
    asked = ("--as", "moc", "--clients", str(tmp_path / "clients.json"))
    for out in (tmp_path / "in", tmp_path / "in" / "sealed"):
        done = CliRunner().invoke(seal_command, [str(tmp_path / "in"), str(out), *asked])
        assert (done.exit_code, "needs another place" in done.output) == (2, True)
    assert [one.name for one in (tmp_path / "in").iterdir()] == ["plain.pdf"]


@pytest.mark.parametrize("suffix", ["xml", "pdf"])
def test_a_report_from_the_service_is_under_its_seal(
    live: LiveSigning, root: Path, folder: Path, tmp_path: Path, suffix: str
) -> None:
    kept = tmp_path / f"report.{suffix}"
    said = live.tra("verify", str(folder / "changed.pdf"), "--report", str(kept), status=1)
    assert "This document was changed" in said
    done = here(str(kept), "--trust", str(root), "--json")
    [signature] = json.loads(done.output)["signatures"]
    assert (done.exit_code, signature["signer"]["common_name"]) == (0, "Tra Verification")
    if suffix == "xml":
        assert "changed.pdf" in etree.tostring(read(kept.read_bytes())).decode()


def test_a_report_that_is_made_here_says_the_same_without_a_seal(
    root: Path, folder: Path, tmp_path: Path
) -> None:
    sealed = str(folder / "sealed.pdf")
    xml, pdf = tmp_path / "report.xml", tmp_path / "report.PDF"
    for kept in (xml, pdf):
        assert here(sealed, "--trust", str(root), "--report", str(kept)).exit_code == 0
    report = read(xml.read_bytes())
    assert report.findtext(f".//{VR}SignatureValidationStatus/{VR}MainIndication").endswith(
        ":total-passed"
    )
    assert report.find(f"{VR}SignatureValidator") is None
    [page] = PdfDocument(pdf)
    assert "Nobody has sealed this report" in page.get_textpage().get_text_range()
    for kept in (xml, pdf):
        assert (
            json.loads(here(str(kept), "--trust", str(root), "--json").output)["signatures"] == []
        )


def test_a_report_is_of_one_file_and_of_a_form_that_there_is(folder: Path, tmp_path: Path) -> None:
    one, two = (str(folder / name) for name in ("sealed.pdf", "plain.pdf"))
    assert "goes with one FILE" in here(one, two, "--report", str(tmp_path / "r.pdf")).output
    assert ".xml or .pdf" in here(one, "--report", str(tmp_path / "r.docx")).output
    assert list(tmp_path.iterdir()) == []


def test_a_policy_of_one_s_own_decides(root: Path, folder: Path, tmp_path: Path) -> None:
    text = policies.default().text
    distrusting = tmp_path / "no-curves.toml"
    without = text.replace('type = "ec"', 'type = "none"').replace('"tra-2"', '"no-curves"')
    distrusting.write_text(without, encoding="utf-8")
    done = here(
        *(str(folder / "sealed.pdf"), "--trust", str(root), "--json"),
        *("--policy", str(distrusting)),
    )
    report = json.loads(done.output)
    assert (report["sub_indication"], report["policy"]) == (
        "CRYPTO_CONSTRAINTS_FAILURE",
        "no-curves",
    )
    assert report["policy_digest"] == hashlib.sha256(without.encode()).hexdigest()


def test_a_policy_that_is_none_is_told(root: Path, folder: Path) -> None:
    sealed = str(folder / "sealed.pdf")
    done = here(sealed, "--trust", str(root), "--policy", sealed)
    assert (done.exit_code, "--policy" in done.output) == (1, True)
    assert "goes with --trust" in here(sealed, "--policy", sealed).output


def test_another_policy_of_the_service_s_is_asked_for_by_its_name(
    live: LiveSigning, folder: Path
) -> None:
    sealed = str(folder / "sealed.pdf")
    report = json.loads(live.tra("verify", sealed, "--policy", "tra-2-next-update", "--json"))
    assert (report["verdict"], report["policy"]) == ("authentic", "tra-2-next-update")
    told = live.tra("verify", sealed, "--policy", "tra-0", status=2)
    assert "GET /policies" in told


def test_a_seal_under_another_root_is_unrecognised(
    live: LiveSigning, folder: Path, tmp_path: Path
) -> None:
    other = live.download("/certificates/timestamp.pem", tmp_path / "other.pem")
    done = here(str(folder / "sealed.pdf"), "--trust", str(other))
    assert "NO_CERTIFICATE_CHAIN_FOUND" in done.output
    assert done.exit_code == 2


def test_seal_says_what_is_wrong_with_its_clients_file(
    live: LiveSigning, folder: Path, tmp_path: Path
) -> None:
    clients = tmp_path / "clients.json"
    clients.write_text("[]", encoding="utf-8")
    arguments = ("seal", str(folder / "plain.pdf"), str(tmp_path / "out.pdf"), "--as", "moc")
    live.tra(*arguments, "--clients", str(clients), status=1)
    assert not (tmp_path / "out.pdf").exists()


def test_a_seal_that_is_revoked_shows_at_once(live: LiveSigning, folder: Path) -> None:
    # Another agency's: the tests beside this one go on sealing in the name of the first.
    sealed = folder / "other.pdf"
    sealed.write_bytes(live.sealed(plain_pdf(), agency=OTHER_AGENCY.agency_id))
    assert "This document is authentic" in live.tra("verify", str(sealed))
    listed = [line.split("\t") for line in live.tra("certificates", "list").splitlines()]
    (serial,) = [fields[0] for fields in listed if fields[2] == OTHER_AGENCY.agency_id]
    assert "stands" in live.tra("certificates", "show", serial)
    live.tra("certificates", "revoke", serial, "--reason", "key-compromise")
    assert "revoked: key_compromise" in live.tra("certificates", "show", serial)
    said = live.tra("verify", str(sealed), status=2)
    assert "REVOKED_NO_POE" in said
    live.tra("certificates", "revoke", serial, "--reason", "superseded", status=1)
    live.tra(
        *("agencies", "add", "--id", OTHER_AGENCY.agency_id),
        *("--name-km", OTHER_AGENCY.name_km, "--name-en", OTHER_AGENCY.name_en),
    )
    assert live.seal(plain_pdf(), agency=OTHER_AGENCY.agency_id).status_code == 200


def test_verify_brings_the_service_what_is_beside_a_signature(
    live: LiveSigning, tmp_path: Path
) -> None:
    (tmp_path / "sig.xml").write_bytes(xml(A, B))
    for name, content in (A, B):
        (tmp_path / name).write_bytes(content)
    report = json.loads(live.tra("verify", str(tmp_path / "sig.xml"), "--json", status=2))
    assert report["detached"] == [str(tmp_path / name) for name, _ in (A, B)]
    assert [(part["name"], part["signed_by"]) for part in report["parts"]] == [
        ("a.txt", ["Signature1"]),
        ("b.txt", ["Signature1"]),
    ]
