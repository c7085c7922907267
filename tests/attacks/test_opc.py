"""Signed office documents (.docx, .xlsx, .pptx), and as attackers make them."""

from signing.formats.opc.parts import CERTIFICATE
from signing.rules.report import Format, PartState, Verdict
from tests.attacks.opc import IMAGE, MAIN, ORIGIN, PARTS, PROPERTIES, package, relationships, signed
from tests.attacks.pki import root
from tests.attacks.verdicts import CHANGED, MISSING, PASSED, judge, told

ROOT = root()
SOMEBODY = ROOT.authority("Authority").signer()
SIGNED = signed(SOMEBODY)


def test_a_signed_document_is_authentic_though_its_properties_are_not_signed() -> None:
    report = judge(package(SIGNED), ROOT, SOMEBODY)
    assert told(report) == PASSED
    assert report.format is Format.OOXML
    assert {part.name: part.signed_by for part in report.parts} == {
        "_rels/.rels": ("sig1.xml",),
        "word/document.xml": ("sig1.xml",),
    }
    other = SIGNED | {"docProps/core.xml": b"<properties>Other</properties>"}
    assert told(judge(package(other), ROOT, SOMEBODY)) == PASSED


def test_a_part_that_was_changed_is_changed() -> None:
    forged = SIGNED | {"word/document.xml": b"<document>What was denied.</document>"}
    report = judge(package(forged), ROOT, SOMEBODY)
    assert told(report) == CHANGED
    assert {part.name: part.state for part in report.parts} == {
        "_rels/.rels": PartState.SIGNED,
        "word/document.xml": PartState.CHANGED,
    }


def test_another_document_in_its_place_is_changed() -> None:
    elsewhere = relationships(PROPERTIES, (*MAIN[:2], "word/other.xml"), ORIGIN)
    forged = SIGNED | {"_rels/.rels": elsewhere, "word/other.xml": b"<document/>"}
    assert told(judge(package(forged), ROOT, SOMEBODY)) == CHANGED


def test_what_was_added_is_signed_by_nobody() -> None:
    for added in (
        {"word/footnotes.xml": b"<footnotes/>"},
        {"_rels/.rels": relationships(PROPERTIES, MAIN, ORIGIN, IMAGE)},
    ):
        report = judge(package(SIGNED | added), ROOT, SOMEBODY)
        assert report.verdict is Verdict.PARTLY_SIGNED
        assert [part.name for part in report.parts if not part.signed_by] == list(added)


def test_a_part_of_another_type_is_another_part() -> None:
    types = PARTS["[Content_Types].xml"].replace(b"document.main+xml", b"template.main+xml")
    forged = SIGNED | {"[Content_Types].xml": types}
    assert told(judge(package(forged), ROOT, SOMEBODY)) == MISSING


def test_a_document_without_a_signature_is_not_signed() -> None:
    report = judge(package(PARTS), ROOT)
    assert (report.format, report.verdict) == (Format.OOXML, Verdict.NOT_SIGNED)


def test_signatures_may_be_elsewhere_in_a_package() -> None:
    """As .NET puts them: into package/services/digital-signature (.vsix, .xps)."""
    folder = "package/services/digital-signature"
    moved = {
        name.replace("_xmlsignatures", folder): content.replace(b"_xmlsignatures", folder.encode())
        for name, content in SIGNED.items()
    }
    origin = {f"{folder}/_rels/origin.sigs.rels": relationships()}
    assert told(judge(package(moved | origin), ROOT, SOMEBODY)) == PASSED
    types = moved["[Content_Types].xml"].replace(b"/sig1.xml", b"/sig2.xml")
    named = moved | {"[Content_Types].xml": types, f"{folder}/sig2.xml": b"<nothing/>"}
    assert judge(package(named), ROOT, SOMEBODY).verdict is Verdict.NOT_SIGNED


def test_a_part_that_only_passes_for_a_signature_is_signed_by_nobody() -> None:
    types = SIGNED["[Content_Types].xml"].replace(
        b'<Override PartName="/_xml',
        b'<Override PartName="/more.xml" ContentType="application/vnd'
        b'.openxmlformats-package.digital-signature-xmlsignature+xml"/><Override PartName="/_xml',
    )
    more = SIGNED | {"[Content_Types].xml": types, "more.xml": b"<more/>"}
    assert judge(package(more), ROOT, SOMEBODY).verdict is Verdict.PARTLY_SIGNED


def test_the_signer_s_certificate_may_be_a_part_of_its_own() -> None:
    """ECMA-376 part 2 §13.2.3, as .NET writes it unless told otherwise."""
    bare = signed(SOMEBODY, certificates=[])
    assert judge(package(bare), ROOT, SOMEBODY).verdict is Verdict.UNRECOGNISED
    types = bare["[Content_Types].xml"].replace(
        b"<Override",
        b'<Default Extension="cer" ContentType="%s"/><Override' % CERTIFICATE.encode(),
        1,
    )
    chain = {f"certificate/{n}.cer": one for n, one in enumerate(SOMEBODY.chain)}
    made = bare | {"[Content_Types].xml": types} | chain
    assert told(judge(package(made), ROOT, SOMEBODY)) == PASSED
    hidden = made | {"certificate/9.cer": b"<more/>"}
    assert judge(package(hidden), ROOT, SOMEBODY).verdict is Verdict.PARTLY_SIGNED
