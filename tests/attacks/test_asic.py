"""Containers by others (ASiC), and as attackers make them."""

import zlib
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile

import pytest
from lxml import etree

from signing.rules.report import Format, Note, PartState, Verdict
from tests.attacks import cms
from tests.attacks.cms import content_info, signature
from tests.attacks.pki import root
from tests.attacks.verdicts import (
    CHANGED,
    MALFORMED,
    MISSING,
    PASSED,
    STAMPED,
    evidence,
    judge,
    told,
)
from tests.attacks.xades import Made, Reference, digest

ROOT = root()
AUTHORITY = ROOT.authority("Authority")
SOMEBODY = AUTHORITY.signer()
CLOCK = AUTHORITY.time_authority()

SIMPLE = b"application/vnd.etsi.asic-s+zip"
EXTENDED = b"application/vnd.etsi.asic-e+zip"
A, B = ("a.txt", b"What was agreed.\n"), ("b.txt", b"And what was not.\n")
ASIC = "http://uri.etsi.org/02918/v1.2.1#"
DS = "http://www.w3.org/2000/09/xmldsig#"

Entries = list[tuple[str, bytes]]


def packed(entries: Iterable[tuple[str, bytes]], method: int = ZIP_DEFLATED) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w") as container:
        for name, content in entries:
            container.writestr(name, content, ZIP_STORED if name == "mimetype" else method)
    return out.getvalue()


def simple() -> Entries:
    signed = content_info(signature(SOMEBODY, A[1]), content=None)
    return [("mimetype", SIMPLE), A, ("META-INF/signature.p7s", signed)]


def manifest(*files: tuple[str, bytes], of: str = "META-INF/signature001.p7s") -> bytes:
    listed = "".join(
        f'<asic:DataObjectReference URI="{name}">{digest("sha256", content)}'
        "</asic:DataObjectReference>"
        for name, content in files
    )
    return (
        f'<asic:ASiCManifest xmlns:asic="{ASIC}" xmlns:ds="{DS}">'
        f'<asic:SigReference URI="{of}"/>{listed}</asic:ASiCManifest>'
    ).encode()


def extended(*files: tuple[str, bytes], said: bytes | None = None) -> Entries:
    said = said or manifest(*files)
    signed = content_info(signature(SOMEBODY, said), content=None)
    return [
        ("mimetype", EXTENDED),
        *files,
        ("META-INF/ASiCManifest001.xml", said),
        ("META-INF/signature001.p7s", signed),
    ]


def with_xades(*files: tuple[str, bytes]) -> Entries:
    holder = etree.fromstring(f'<asic:XAdESSignatures xmlns:asic="{ASIC}"/>')
    references = [Reference(name.replace(" ", "%20"), octets=content) for name, content in files]
    Made(SOMEBODY).within(holder, *references)
    signed = etree.tostring(holder)
    return [("mimetype", EXTENDED), *files, ("META-INF/signatures001.xml", signed)]


def verdict(document: bytes) -> tuple[Any, ...]:
    return told(judge(document, ROOT, SOMEBODY, CLOCK))


@pytest.mark.parametrize(
    ("entries", "form"),
    [
        (simple(), Format.ASIC_S),
        (extended(A, B), Format.ASIC_E),
        (with_xades(A, ("a name.txt", b"x")), Format.ASIC_E),
        (simple()[1:], Format.ASIC_S),
    ],
    ids=["ASiC-S", "ASiC-E with CAdES", "ASiC-E with XAdES", "without a type"],
)
def test_a_container_is_authentic_and_its_files_are_listed(entries: Entries, form: Format) -> None:
    report = judge(packed(entries), ROOT, SOMEBODY)
    assert told(report) == PASSED
    assert report.format is form
    files = {name for name, _ in entries if name != "mimetype" and "META-INF" not in name}
    assert {part.name for part in report.parts} == files
    assert all(part.signed_by for part in report.parts)


def test_a_time_stamp_alone_proves_when_and_by_its_authority() -> None:
    token = cms.token(CLOCK, A[1], revocation=[AUTHORITY.crl(), ROOT.crl()])
    entries = [("mimetype", SIMPLE), A, ("META-INF/timestamp.tst", token)]
    assert told(judge(packed(entries), ROOT)) == STAMPED
    assert verdict(packed([("mimetype", SIMPLE), B, entries[2]])) == CHANGED


@pytest.mark.parametrize("make", [simple, lambda: extended(A, B), lambda: with_xades(A, B)])
@pytest.mark.rule("attacks.changed")
def test_a_file_that_was_changed_is_changed(make: Callable[[], Entries]) -> None:
    entries = [(n, b"Forged.\n" if n == "a.txt" else content) for n, content in make()]
    report = judge(packed(entries), ROOT, SOMEBODY)
    assert told(report) == CHANGED
    changed, *others = report.parts
    assert (changed.name, changed.state) == ("a.txt", PartState.CHANGED)
    assert all(one.state is PartState.SIGNED for one in others)


@pytest.mark.parametrize("make", [simple, lambda: extended(A, B), lambda: with_xades(A, B)])
@pytest.mark.parametrize("name", ["added.txt", "META-INF/added.txt"])
@pytest.mark.rule("attacks.container")
def test_a_file_that_nobody_signed_is_told_and_the_container_does_not_pass(
    make: Callable[[], Entries], name: str
) -> None:
    report = judge(packed([*make(), (name, b"Forged.\n")]), ROOT, SOMEBODY)
    assert report.verdict is Verdict.PARTLY_SIGNED
    assert [part.name for part in report.parts if not part.signed_by] == [name]


@pytest.mark.parametrize("make", [lambda: extended(A, B), lambda: with_xades(A, B)])
@pytest.mark.rule("attacks.container")
def test_a_file_that_is_missing_is_missing(make: Callable[[], Entries]) -> None:
    assert verdict(packed([one for one in make() if one[0] != "b.txt"])) == MISSING


@pytest.mark.rule("attacks.changed")
def test_a_manifest_that_was_changed_is_changed() -> None:
    forged = [(n, c.replace(b"a.txt", b"b.txt") if "Manifest" in n else c) for n, c in extended(A)]
    report = judge(packed([*forged, B]), ROOT, SOMEBODY)
    assert told(report) == CHANGED
    assert [(one.name, one.state) for one in report.parts] == [
        ("a.txt", PartState.SIGNED_BY_NOBODY),
        ("b.txt", PartState.CHANGED),
    ]


@pytest.mark.rule("attacks.container")
def test_a_cms_without_a_manifest_is_none_of_an_extended_container() -> None:
    """EN 319 162-1 §4.4.4.2, even where it is over the one file."""
    assert verdict(packed(simple())) == PASSED
    assert verdict(packed([("mimetype", EXTENDED), *simple()[1:]])) == MALFORMED
    elsewhere = manifest(A).replace(b"signature001", b"signature002")
    assert verdict(packed(extended(A, said=elsewhere))) == MALFORMED


@pytest.mark.parametrize("uri", ["./a.txt", "/a.txt", "a%2Etxt"])
def test_a_file_is_named_relative_to_the_container(uri: str) -> None:
    holder = etree.fromstring(f'<asic:XAdESSignatures xmlns:asic="{ASIC}"/>')
    Made(SOMEBODY).within(holder, Reference(uri, octets=A[1]))
    signed = ("META-INF/signatures/signatures001.xml", etree.tostring(holder))
    assert verdict(packed([("mimetype", EXTENDED), A, signed])) == PASSED


def test_a_manifest_may_have_its_references_within_the_one_to_the_signature() -> None:
    said = (
        manifest(A)
        .replace(b'.p7s"/>', b'.p7s">')
        .replace(b"</asic:ASiC", b"</asic:SigReference></asic:ASiC")
    )
    assert verdict(packed(extended(A, said=said))) == PASSED
    assert verdict(packed(extended((A[0], B[1]), said=said))) == CHANGED


def test_two_manifests_for_one_signature_are_refused() -> None:
    entries = [*extended(A), ("META-INF/ASiCManifest002.xml", manifest(B)), B]
    assert verdict(packed(entries)) == MALFORMED


@pytest.mark.rule("attacks.container")
def test_a_name_twice_is_a_fault_of_format() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        assert verdict(packed([*simple(), ("a.txt", b"Forged.\n")])) == MALFORMED


@pytest.mark.parametrize("name", ["../a", "/etc/passwd", "x/../../a", "C:\\a", "x\\..\\a", "./a"])
@pytest.mark.rule("attacks.container")
def test_a_name_that_leads_outside_is_a_fault_of_format(name: str) -> None:
    assert verdict(packed([*simple(), (name, b"x")])) == MALFORMED


@pytest.mark.rule("attacks.container")
def test_the_type_that_is_not_first_or_is_compressed_is_told() -> None:
    moved = judge(packed([*simple()[1:], simple()[0]]), ROOT, SOMEBODY)
    assert moved.verdict is Verdict.AUTHENTIC
    assert Note.STRUCTURE_REPAIRED in moved.signatures[0].notes


@pytest.mark.rule("attacks.container")
def test_bytes_before_between_and_after_leave_no_container_to_read() -> None:
    good = packed(simple())
    assert verdict(good + b"more") == MALFORMED
    place = good.index(b"PK\x03\x04", 4)
    assert verdict(good[:place] + b"x" * 40 + good[place:])[0] is Verdict.UNREADABLE
    assert verdict(b"x" * 40 + good)[0] is Verdict.UNSUPPORTED


@pytest.mark.rule("attacks.container")
def test_entries_that_overlap_are_not_read() -> None:
    """Two names for the same bytes: the second entry's header points to the first's."""
    good = packed([*simple(), ("b.txt", A[1])])
    directory = good.index(b"PK\x01\x02")
    first = good.index(b"a.txt", directory) - 46
    second = good.index(b"b.txt", directory) - 46
    forged = good[: second + 42] + good[first + 42 : first + 46] + good[second + 46 :]
    assert verdict(forged)[0] is Verdict.UNREADABLE


@pytest.mark.rule("attacks.container")
def test_headers_that_tell_two_stories_are_a_fault_of_format() -> None:
    good = packed(simple())
    place = good.index(b"a.txt") - 30
    assert verdict(good[: place + 18] + b"\x01" + good[place + 19 :]) == MALFORMED


@pytest.mark.rule("attacks.bombs")
def test_a_bomb_is_not_opened() -> None:
    bomb = packed([*simple(), ("zeros", bytes(32 * 1024 * 1024))])
    assert len(bomb) < 64 * 1024
    assert verdict(bomb)[0] is Verdict.NOT_CHECKED
    many = packed([*simple(), *((f"{number}", b"") for number in range(2_001))])
    assert verdict(many)[0] is Verdict.NOT_CHECKED


def test_an_archive_of_many_files_is_no_container() -> None:
    program = packed([(f"org/{number}.class", b"") for number in range(2_001)])
    assert verdict(program)[0] is Verdict.UNSUPPORTED


def test_what_is_under_a_password_is_encrypted() -> None:
    good = bytearray(packed(simple()))
    good[good.index(b"PK\x01\x02") + 8] |= 1
    assert verdict(bytes(good))[0] is Verdict.ENCRYPTED


def test_another_compression_is_not_read() -> None:
    assert verdict(packed(simple(), ZIP_LZMA))[0] is Verdict.UNREADABLE


@pytest.mark.parametrize("cut", range(1, 2_000, 211))
def test_a_container_that_was_cut_off_never_passes(cut: int) -> None:
    assert verdict(packed(simple())[:-cut])[1] != PASSED[1]


def test_no_changed_byte_of_a_file_passes() -> None:
    good = packed(simple(), ZIP_STORED)
    start = good.index(A[1])
    for place in range(start, start + len(A[1])):
        forged = bytearray(good)
        forged[place] ^= 1
        check = zlib.crc32(forged[start : start + len(A[1])]).to_bytes(4, "little")
        right = zlib.crc32(A[1]).to_bytes(4, "little")
        assert verdict(bytes(forged).replace(right, check)) == CHANGED


def test_other_zip_files_are_not_supported() -> None:
    assert verdict(packed([("word/document.xml", b"<w/>")]))[0] is Verdict.UNSUPPORTED
    assert verdict(packed([("mimetype", EXTENDED), A]))[0] is Verdict.NOT_SIGNED
    assert evidence(packed(simple()), ROOT).format is Format.ASIC_S
