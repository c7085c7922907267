"""Small files that ask for endless work, and files that are two things at once: each has its
verdict from a reader that is confined, in bounded time and memory."""

import zlib
from collections.abc import Callable
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from keys import der
from signing import policies
from signing.formats.confinement import MEMORY_BYTES
from signing.formats.readers import Reading
from signing.rules.report import Indication, SubIndication, Verdict
from signing.rules.validation import validate
from tests.attacks.pki import AT, root
from tests.attacks.verdicts import MALFORMED, Told, told
from tests.documents import page_objects, pdf, plain_pdf, stream
from tests.seals import Sealer
from tests.signing_service import READERS

ROOT = root()
BASE_BYTES = 256 * 1024 * 1024
"""What a reader has before it is confined, amply."""


def read(document: bytes) -> Reading:
    return READERS.read(document, ROOT.anchors)


def nested_filters() -> bytes:
    """A megabyte of zeros, packed again and again."""
    packed = bytes(1 << 20)
    for _ in range(40):
        packed = zlib.compress(packed, 9)
    filters = b"/Filter [" + b"/FlateDecode " * 40 + b"]"
    return pdf(page_objects(o4=stream(packed, filters)))


def in_packages(payload: bytes, times: int) -> bytes:
    for _ in range(times):
        out = BytesIO()
        with ZipFile(out, "w", ZIP_DEFLATED) as made:
            made.writestr("mimetype", b"application/vnd.etsi.asic-e+zip")
            for number in range(8):
                made.writestr(f"{number}.zip", payload)
        payload = out.getvalue()
    return payload


def many_entries(count: int = 20_000) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w") as made:
        made.writestr("mimetype", b"application/vnd.etsi.asic-e+zip")
        for number in range(count):
            made.writestr(str(number), b"")
    return out.getvalue()


def one_content_for_all() -> bytes:
    """Entries that share the bytes of one, as in the bombs that need no nesting."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as made:
        made.writestr("mimetype", b"application/vnd.etsi.asic-s+zip")
        made.writestr("a", bytes(8 << 20))
    document = out.getvalue()
    directory = document.rindex(b"PK\x01\x02")
    entry = document[directory : document.rindex(b"PK\x05\x06")]
    end = bytearray(document[document.rindex(b"PK\x05\x06") :])
    count = 1_000
    end[8:12] = (count + 1).to_bytes(2, "little") * 2
    size = (
        len(document) - len(end) - int.from_bytes(end[16:20], "little") + (count - 1) * len(entry)
    )
    end[12:16] = size.to_bytes(4, "little")
    return document[: -len(end)] + entry * (count - 1) + bytes(end)


def entities(kind: bytes) -> bytes:
    """Billions of laughs, or a square of them."""
    if kind == b"square":
        body = b'<!ENTITY a "%s">' % (b"a" * 50_000)
        return b"<!DOCTYPE x [%s]><x>%s</x>" % (body, b"&a;" * 50_000)
    lines = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 12))
    return b'<!DOCTYPE x [<!ENTITY l0 "ha">%s]><x>&l11;</x>' % lines


def signed_xml(inner: bytes) -> bytes:
    begin = b'<x xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:Signature><ds:SignedInfo>'
    return begin + inner + b"</ds:SignedInfo><ds:SignatureValue/></ds:Signature></x>"


def previous() -> bytes:
    """Cross-reference tables that name one another as the one before."""
    document = plain_pdf()
    table = document[document.rindex(b"xref\n0") :]
    places = len(document), len(document) + len(table) + 40
    one, other = (table.replace(b"/Root", b"/Prev %d /Root" % place) for place in places[::-1])
    ends = [part[: part.rindex(b"startxref")] for part in (one, other)]
    padded = ends[0].ljust(places[1] - places[0])
    return document + padded + ends[1] + b"startxref\n%d\n%%%%EOF\n" % places[1]


def fields(count: int) -> bytes:
    """As many signature fields, each with an empty value of its own."""
    form = b"/AcroForm << /SigFlags 3 /Fields [%s] >>"
    value = b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached "
    value += b"/ByteRange [0 1 2 3] /Contents <00> >>"
    held = {f"o{10 + n}": b"<< /FT /Sig /T (s%d) /V %s >>" % (n, value) for n in range(count)}
    listed = b" ".join(b"%d 0 R" % (10 + n) for n in range(count))
    return pdf(page_objects(catalogue=form % listed, **held))


def streams_in_one_another() -> bytes:
    """Object streams that each say to extend the other."""
    body = b"8 0 << /A 9 0 R >>"
    kinds = [b"/Type /ObjStm /N 1 /First 4 /Extends %d 0 R" % number for number in (10, 9)]
    return pdf(page_objects(o9=stream(body, kinds[0]), o10=stream(body, kinds[1])))


def page_tree(depth: int) -> bytes:
    """Pages that lead to one another in a ring."""
    ring = {
        f"o{10 + n}": b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (10 + (n + 1) % depth)
        for n in range(depth)
    }
    return pdf(page_objects(o2=b"<< /Type /Pages /Kids [10 0 R] /Count 1 >>", **ring))


NOTHING: Told = (Verdict.NOT_SIGNED, Indication.INDETERMINATE, SubIndication.SIGNED_DATA_NOT_FOUND)
TOO_LARGE: Told = (Verdict.NOT_CHECKED, Indication.INDETERMINATE, SubIndication.GENERIC)
UNREADABLE, UNSUPPORTED = (
    (verdict, Indication.INDETERMINATE, SubIndication.SIGNED_DATA_NOT_FOUND)
    for verdict in (Verdict.UNREADABLE, Verdict.UNSUPPORTED)
)

BOMBS: dict[str, tuple[Callable[[], bytes], Told]] = {
    "filters within filters": (nested_filters, NOTHING),
    "an array of a million arrays": (lambda: pdf(page_objects(o9=b"[[]" * 300_000)), NOTHING),
    "names without end": (
        lambda: pdf(page_objects(catalogue=b"/" + b"a" * 500_000 + b" 1")),
        NOTHING,
    ),
    "tables that follow one another": (previous, NOTHING),
    "object streams that extend one another": (streams_in_one_another, NOTHING),
    "a ring of pages": (lambda: page_tree(50), NOTHING),
    "10,000 signature fields": (lambda: fields(10_000), MALFORMED),
    "containers within containers": (lambda: in_packages(bytes(1 << 20), 6), NOTHING),
    "20,000 entries": (many_entries, TOO_LARGE),
    "one content for all": (one_content_for_all, TOO_LARGE),
    "a billion laughs": (lambda: entities(b"laughs"), UNREADABLE),
    "a square of them": (lambda: entities(b"square"), UNREADABLE),
    "elements without end": (lambda: signed_xml(b"<a>" * 200_000), MALFORMED),
    "attributes without end": (
        lambda: signed_xml(b"<a %s/>" % b" ".join(b'a%d=""' % n for n in range(200_000))),
        MALFORMED,
    ),
    "namespaces without end": (
        lambda: signed_xml(
            b"<a %s/>" % b" ".join(b'xmlns:a%d="urn:%d"' % (n, n) for n in range(50_000))
        ),
        MALFORMED,
    ),
    "references without end": (lambda: signed_xml(b'<ds:Reference URI=""/>' * 100_000), MALFORMED),
    "JSON within JSON": (lambda: b'{"signatures":' + b"[" * 500_000, MALFORMED),
    "a number without end": (lambda: b'{"signatures":[],"x":' + b"9" * 200_000 + b"}", MALFORMED),
    "values without end in a CMS": (lambda: der.sequence(b"\x05\x00" * 100_000), UNSUPPORTED),
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.rule("attacks.bombs")
def test_a_bomb_has_a_verdict_in_bounded_memory_and_does_not_pass(name: str) -> None:
    make, owed = BOMBS[name]
    found = read(make())
    assert told(validate(found.evidence, {}, AT, policies.default())) == owed
    assert found.peak_memory < MEMORY_BYTES + BASE_BYTES


SEALER = Sealer()
SEALED = SEALER.seal(plain_pdf())


def zipped(content: bytes) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w") as made:
        made.writestr("letter.txt", content)
    return out.getvalue()


def zip_behind(document: bytes) -> bytes:
    """What ZIP readers, who begin at the end, take for an archive."""
    return document + zipped(b"Something else.\n")


def zip_before(document: bytes) -> bytes:
    return zipped(b"Something else.\n")[:60] + document


def page_before(document: bytes) -> bytes:
    return b"<!DOCTYPE html><script>alert(1)</script><!--\n" + document


def page_behind(document: bytes) -> bytes:
    return document + b"\n<html><script>alert(1)</script></html>"


@pytest.mark.parametrize(
    ("make", "owed"),
    [
        (zip_behind, MALFORMED),
        (zip_before, UNREADABLE),
        (page_before, MALFORMED),
        (page_behind, MALFORMED),
    ],
)
@pytest.mark.rule("attacks.outside")
def test_a_sealed_document_that_is_something_else_too_does_not_pass(
    make: Callable[[bytes], bytes], owed: Told
) -> None:
    found = READERS.read(make(SEALED), SEALER.anchors).evidence
    assert told(validate(found, {}, SEALER.now, policies.default())) == owed
