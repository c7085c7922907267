"""PDFs as the programs of agencies make them: each is sealed, and every judge is content."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from weasyprint import HTML

from tests.browser import chromium
from tests.interop.documents.conftest import LiveSigning, run
from tests.signing_service import OTHER_AGENCY

LETTER = """<html lang="km"><body style="font-family: 'Noto Sans Khmer', sans-serif">
<h1>លិខិតបញ្ជាក់</h1><p>ក្រសួងពាណិជ្ជកម្ម បញ្ជាក់ថា Chan Sokha បានចុះបញ្ជី។</p>
<table border="1"><tr><td>លេខ</td><td>១២/២០២៦</td></tr></table>
<p><a href="https://example.com">example.com</a></p></body></html>"""


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Studio]":
    with chromium() as browser:
        yield Studio(tmp_path_factory.mktemp("studio"), browser)


class Studio:
    """Makes the same letter with every producer, each once."""

    def __init__(self, folder: Path, browser: Browser) -> None:
        self.folder = folder
        self._browser = browser
        self.letter = folder / "letter.html"
        self.letter.write_text(LETTER, encoding="utf-8")

    def make(self, name: str) -> Path:
        """The letter by that producer."""
        made = self.folder / f"{name}.pdf"
        if not made.exists():
            PRODUCERS[name](self, made)
        return made

    def libreoffice(self, to: Path) -> None:
        profile = f"-env:UserInstallation=file://{self.folder}/profile"
        office = ("soffice", profile, "--headless", "--writer", "--convert-to", "pdf")
        run(*office, "--outdir", self.folder / "office", self.letter)
        (self.folder / "office" / "letter.pdf").rename(to)

    def chromium(self, to: Path) -> None:
        page = self._browser.new_page()
        page.set_content(LETTER)
        page.pdf(path=to)
        page.close()

    def weasyprint(self, to: Path) -> None:
        HTML(string=LETTER).write_pdf(to)

    def ghostscript(self, to: Path) -> None:
        options = ("-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-sDEVICE=pdfwrite")
        run("gs", *options, "-o", to, self.make("chromium"))

    def cairo(self, to: Path) -> None:
        run("pdftocairo", "-pdf", self.make("chromium"), to)

    def linearised(self, to: Path) -> None:
        run("qpdf", "--linearize", self.make("libreoffice"), to)

    def object_streams(self, to: Path) -> None:
        run("qpdf", "--object-streams=generate", self.make("chromium"), to)

    def linearised_object_streams(self, to: Path) -> None:
        source = self.make("weasyprint")
        run("qpdf", "--linearize", "--object-streams=generate", source, to)

    def uncompressed(self, to: Path) -> None:
        run("qpdf", "--qdf", "--object-streams=disable", self.make("ghostscript"), to)

    def decrypted(self, to: Path) -> None:
        encrypted = self.folder / "encrypted.pdf"
        run("qpdf", "--encrypt", "", "owner", "256", "--", self.make("chromium"), encrypted)
        run("qpdf", "--decrypt", encrypted, to)

    def repaired(self, to: Path) -> None:
        damaged = self.folder / "damaged.pdf"
        sound = self.make("chromium").read_bytes()
        damaged.write_bytes(sound.replace(b"startxref\n", b"startxref\n9"))
        # qpdf warns, repairs, and says so with status 3.
        subprocess.run(["qpdf", damaged, to], check=False, capture_output=True)


PRODUCERS: dict[str, Callable[[Studio, Path], None]] = {
    name: getattr(Studio, name)
    for name in (
        "libreoffice",
        "chromium",
        "weasyprint",
        "ghostscript",
        "cairo",
        "linearised",
        "object_streams",
        "linearised_object_streams",
        "uncompressed",
        "decrypted",
        "repaired",
    )
}


@pytest.fixture(scope="module")
def nss(root: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An NSS database that trusts our root, for poppler."""
    database = f"sql:{tmp_path_factory.mktemp('nss')}"
    run("certutil", "-N", "-d", database, "--empty-password")
    run("certutil", "-A", "-n", "root", "-t", "CT,C,C", "-i", root, "-d", database)
    return database


@pytest.mark.parametrize("producer", PRODUCERS)
def test_each_producer_s_document_is_sealed_and_every_judge_is_content(
    live: LiveSigning, studio: Studio, nss: str, producer: str
) -> None:
    document = studio.make(producer).read_bytes()
    sealed = studio.folder / f"{producer}-sealed.pdf"
    sealed.write_bytes(live.sealed(document))
    assert sealed.read_bytes().startswith(document)
    report = live.verify(sealed.read_bytes())
    assert (report["verdict"], report["signatures"][0]["level"]) == ("authentic", "B-LT")
    said = run("pdfsig", "-nssdir", nss, sealed)
    assert "Signature is Valid." in said
    assert "Certificate is Trusted." in said
    run("qpdf", "--check", sealed)


def test_a_second_agency_s_seal_leaves_both_valid_for_poppler_too(
    live: LiveSigning, studio: Studio, nss: str
) -> None:
    once = live.sealed(studio.make("libreoffice").read_bytes())
    twice = studio.folder / "twice.pdf"
    twice.write_bytes(live.sealed(once, agency=OTHER_AGENCY.agency_id))
    said = run("pdfsig", "-nssdir", nss, twice)
    assert said.count("Signature is Valid.") == 2
    assert said.count("Certificate is Trusted.") == 2
    run("qpdf", "--check", twice)


def test_poppler_sees_a_changed_byte(live: LiveSigning, studio: Studio, nss: str) -> None:
    changed = bytearray(live.sealed(studio.make("weasyprint").read_bytes()))
    changed[100] ^= 1
    file = studio.folder / "changed.pdf"
    file.write_bytes(changed)
    assert "Signature is Valid." not in run("pdfsig", "-nssdir", nss, file)


def test_the_sealed_page_looks_as_it_did(live: LiveSigning, studio: Studio) -> None:
    before, after = studio.make("chromium"), studio.folder / "looks.pdf"
    after.write_bytes(live.sealed(before.read_bytes()))
    drawn = []
    for number, file in enumerate((before, after)):
        run("pdftoppm", "-r", "40", "-singlefile", file, studio.folder / f"look-{number}")
        drawn.append((studio.folder / f"look-{number}.ppm").read_bytes())
    assert drawn[0] == drawn[1]
