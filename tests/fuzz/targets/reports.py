"""Names of files, of signatures and in certificates, in reports for others."""

from functools import cache
from pathlib import Path

from lxml import etree

import signing
from core.pages import Pages
from signing import policies
from signing.formats.paper.court import Office, draw
from signing.formats.paper.sheet import Sheet, Type, drawable
from signing.formats.validation_report import OURS, Validator, write
from signing.rules.evidence import Digest, DocumentEvidence, SignatureEvidence
from signing.rules.report import Part, Party
from signing.rules.shown import shown
from signing.rules.validation import Checked, validate
from tests.fuzz.targets import target, text

AT = 1_776_132_000
WIDTH = 60.0
SMALL = Type(8, 4.3)
SEEDS = (
    "ក្រសួង\u200bពាណិជ្ជកម្ម",
    "invoice\u202efdp.exe",
    "e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301",
    "]]>&amp;<!-- \x00\x1b[2J -->",
    "\u17d2\u17d2\u17d2ក្ក្ក្ក \u2028 W\u200bW",
    "\xe1\x9f\x92\x80" + "T" * 53,
    "Ministry of Commerce " * 20,
)


@cache
def pages() -> Pages:
    return Pages(Path(signing.__file__).parent / "pages", https=False)


@cache
def sheet() -> Sheet:
    return Sheet("Names", AT)


def checked(name: str) -> Checked:
    """A file with one signature, where everything is called so."""
    who = Party(name, name, name, name, name, "01", "ab" * 32, AT - 1, AT + 1)
    over = Digest(name, "ef" * 32, name)
    found = SignatureEvidence(
        name, signer=who, names_its_certificate=True, representation=over, objects=(over,)
    )
    parts = (Part(name, 1, None, ()),)
    evidence = DocumentEvidence(1_000, "cd" * 32, (found,), parts=parts)
    return Checked(name, evidence, validate(evidence, {}, AT, policies.default()))


@target(*SEEDS, longest=1_024)
def names_in_xml(data: bytes) -> None:
    """They come back as they were shown."""
    name = text(data)
    root = write(checked(name), Validator(policies.default(), "urn:policy"))
    root = etree.fromstring(etree.tostring(root))
    for found in root.iter(f"{{{OURS}}}Name", f"{{{OURS}}}SignedByNobody"):
        assert (found.text or "") == shown(name, 1_000)
    for found in root.iter(f"{{{OURS}}}Signed"):
        # An attribute's white space is read as spaces (XML 1.0 §3.3.3).
        assert found.get("name", "").split() == shown(name, 1_000).split()


@target(*SEEDS, longest=1_024)
def names_in_lines(data: bytes) -> None:
    """No line is wider than asked, and nothing of a name is lost but spaces."""
    name = shown(text(data), 100, drawable())
    lines = sheet().lines(name, SMALL, WIDTH)
    assert "".join("".join(lines).split()) == "".join(name.split())
    assert all(sheet()._width(line, SMALL) <= WIDTH for line in lines)


@target(*SEEDS, longest=1_024, share=2)
def names_on_paper(data: bytes) -> None:
    """It is one page, whatever stands on it."""
    made = draw(checked(text(data)), pages(), Office("https://sign.example.kh", "r"))
    assert made.count(b"/Type /Page\n") == 1, made.count(b"/Type /Page")
