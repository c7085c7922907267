"""Updates that are proven to bring validation data alone: pyHanko's comparison says so, too."""

import re
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import pytest
from asn1crypto import x509
from asn1crypto.crl import CertificateList
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation.dss import DocumentSecurityStore

from signing.formats.pades import stamping
from signing.formats.pades.changes import changes, compared
from signing.formats.pades.embedded import Embedded
from signing.formats.pades.opening import Reader
from signing.formats.plain.lexer import parse, write
from signing.formats.plain.updates import only_validation_data_follows
from signing.formats.trust import Anchors
from signing.rules.evidence import Changes
from tests.attacks.foreign import Signer, authority
from tests.documents import page_objects, pdf, plain_pdf, stream, stream_pdf
from tests.formats.plain.shapes import packed
from tests.formats.plain.test_intake import PLAIN
from tests.fuzz.mutations import Sample, mutations
from tests.seals import Sealer

MUTATIONS = 150
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'
)
METADATA = b"/Type /Metadata /Subtype /XML"
TREE = {
    "o6": b"<< /Type /StructTreeRoot /K [7 0 R] >>",
    "o7": b"<< /Type /StructElem /S /Document /P 6 0 R /K [8 0 R] >>",
    "o8": b"<< /S /P /P 7 0 R /Pg 3 0 R /K 0 >>",
}


ROOT = authority()
SOMEBODY = Signer(ROOT)
SEALER = Sealer()
CRL = CertificateList.load(SEALER.crl)
CERTIFICATE = x509.Certificate.load(ROOT.certificate.public_bytes(Encoding.DER))


def with_data(signed: bytes) -> bytes:
    """A certificate and a CRL, as pyHanko writes them."""
    output = BytesIO(signed)
    contents = re.findall(rb"/Contents <([0-9a-fA-F]+)>", signed)[-1]
    DocumentSecurityStore.add_dss(output, contents, certs=[CERTIFICATE], crls=[CRL])
    return output.getvalue()


def lasting(document: bytes) -> bytes:
    return with_data(SOMEBODY.sign(document, permissions=MDPPerm.FILL_FORMS))


def stamped(document: bytes) -> bytes:
    return document + stamping.add(document, SEALER.stamp)


def proven(document: bytes) -> bool:
    """Of the first signature in the bytes, whose object is found by its field."""
    found = re.search(rb"/ByteRange \[ ?0 (\d+) (\d+) (\d+)", document)
    assert found is not None
    _, after, rest = map(int, found.groups())
    number = re.findall(rb"\n(\d+) 0 obj\r?\n<<\s+/Contents", document[: found.start()])[-1]
    return only_validation_data_follows(document, after + rest, int(number))


def first(document: bytes) -> Any:
    """The first signature."""
    reader = Reader(document, strict=True)
    found = reader.embedded_regular_signatures[0]
    embedded: Any = Embedded(reader, found.sig_field, found.fq_name)
    embedded.coverage = embedded.evaluate_signature_coverage()
    return embedded


def by_pyhanko(document: bytes) -> Changes:
    return compared(first(document))


@pytest.mark.parametrize("name", PLAIN)
def test_pyhankos_own_data_are_proven_in_each_kind_of_document(name: str) -> None:
    sealed = lasting(PLAIN[name])
    assert by_pyhanko(sealed) is Changes.VALIDATION_DATA
    assert proven(sealed)


def test_so_are_they_with_metadata_structure_and_cross_reference_streams() -> None:
    told = page_objects(b"/Metadata 6 0 R", o6=stream(XMP, METADATA))
    tagged = page_objects(b"/StructTreeRoot 6 0 R", **TREE)
    for document in (pdf(told), pdf(tagged), packed(told), packed(tagged), stream_pdf()):
        sealed = lasting(document)
        assert by_pyhanko(sealed) is Changes.VALIDATION_DATA
        assert proven(sealed)


@pytest.mark.parametrize("name", PLAIN)
def test_so_are_time_stamps_over_them_and_over_those(name: str) -> None:
    for document in (SOMEBODY.sign(PLAIN[name]), lasting(PLAIN[name])):
        once = stamped(document)
        twice = stamped(once)
        for sealed in (once, twice):
            assert proven(sealed) is (name not in NOT_STAMPED)
            assert not proven(sealed) or by_pyhanko(sealed) is Changes.VALIDATION_DATA


NOT_STAMPED = {"annotations", "annotations apart", "an empty form", "fields apart"}
"""Their annotations stand in the list itself, or their form in the catalogue."""

NO_STAMP = {
    "a field that is seen": (b"/Rect [ 0 0 0 0 ]", b"/Rect [ 0 0 9 9 ]"),
    "a button": (b"/FT /Sig /T (Time", b"/FT /Btn /T (Time"),
    "a seal": (b"/DocTimeStamp", b"/Sig /X /Y   "),
    "a field of another name": (b"(Timestamp1)", b"(Time.tamp1)"),
    "a field with a picture": (b"/F 132 /Rect", b"/AP 3 0 R /Rect"),
    "another page": (b"/Type /Page\n", b"/Type /Pane\n"),
    "a field whose value was there": (b"/V 11 0 R", b"/V  4 0 R"),
}


@pytest.mark.parametrize("name", NO_STAMP)
def test_no_other_field_is_proven(name: str) -> None:
    signed, (said, instead) = SOMEBODY.sign(pdf(page_objects())), NO_STAMP[name]
    appended = stamped(signed)[len(signed) :]
    assert appended.count(said) == 1, appended
    assert proven(signed + appended)
    assert not proven(signed + appended.replace(said, instead))


def test_nothing_is_proven_of_a_document_that_refers_to_what_is_yet_to_come() -> None:
    """The number that the store will have, or one of its streams."""
    for number in range(11, 24):
        document = pdf(page_objects(page=b"/Later %d 0 R" % number))
        assert not proven(lasting(document)), number


def test_nothing_is_proven_where_nothing_follows() -> None:
    signed = SOMEBODY.sign(plain_pdf())
    for document in (signed, signed + b"\n"):
        assert not proven(document)
        assert by_pyhanko(document) is Changes.NONE


def test_nothing_is_proven_without_trees_of_pages_and_structure() -> None:
    twice = {**TREE, "o7": b"<< /Type /StructElem /S /Document /P 6 0 R /K [8 0 R 8 0 R] >>"}
    assert not proven(lasting(pdf(page_objects(b"/StructTreeRoot 6 0 R", **twice))))


def _followed(
    signed: bytes, objects: Mapping[int, bytes], trailer: bytes = b"/Root 1 0 R"
) -> bytes:
    """By an update with these objects."""
    out, places = bytearray(signed), {}
    for number, content in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start, size = len(out), 60
    out += b"xref\n" + b"".join(b"%d 1\n%010d 00000 n \n" % pair for pair in places.items())
    last = int(re.findall(rb"startxref\n(\d+)", signed)[-1])
    out += b"trailer\n<< /Size %d %s /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (
        *(size, trailer),
        *(last, start),
    )
    return bytes(out)


STORE = b"<< /Type /DSS /Certs [41 0 R] >>"
STREAM = {41: stream(b"one")}
CERTIFICATES = {40: STORE} | STREAM
HASH = b"/" + b"0" * 40

GOOD = {
    "a store": (b"/DSS 40 0 R", CERTIFICATES),
    "a store in the catalogue": (b"/DSS " + STORE, STREAM),
    "an empty store": (b"/DSS << >>", {}),
    "data for a signature": (
        b"/DSS 40 0 R",
        STREAM | {40: b"<< /VRI 42 0 R >>", 42: b"<< %s 43 0 R >>" % HASH}
        | {43: b"<< /Type /VRI /Cert [41 0 R] /TU (D:20260101000000Z) >>"},
    ),
    "an object that nothing refers to": (b"/DSS 40 0 R", CERTIFICATES | {50: b"<< /X 3 0 R >>"}),
    "an extension": (b"/DSS 40 0 R /Extensions << /X << /BaseVersion /2.0 >> >>", CERTIFICATES),
    "new metadata": (
        b"/DSS 40 0 R /Metadata 44 0 R",
        CERTIFICATES | {44: stream(XMP, METADATA)},
    ),
}  # fmt: skip
BAD = {
    "a page": (b"/DSS 40 0 R", CERTIFICATES | {3: b"<< /Type /Page /Parent 2 0 R >>"}),
    "content": (b"/DSS 40 0 R", CERTIFICATES | {4: stream(b"BT ET")}),
    "another entry": (b"/DSS 40 0 R /OpenAction [3 0 R /Fit]", CERTIFICATES),
    "an extension that leads elsewhere": (
        b"/DSS 40 0 R /Extensions << /X 45 0 R >>",
        CERTIFICATES | {45: b"<< >>"},
    ),
    "a store where a page was": (b"/DSS 3 0 R", STREAM | {3: STORE}),
    "a store that was something else": (b"/DSS 5 0 R", {}),
    "an entry of the store's own": (b"/DSS 40 0 R", STREAM | {40: b"<< /X 41 0 R >>"}),
    "a list of no streams": (b"/DSS 40 0 R", {40: STORE, 41: b"<< >>"}),
    "a list of values": (b"/DSS << /Certs [(one)] >>", {}),
    "no list": (b"/DSS 40 0 R", STREAM | {40: b"<< /Certs 41 0 R >>"}),
    "a kind that leads elsewhere": (
        b"/DSS 40 0 R",
        CERTIFICATES | {40: b"<< /Type 46 0 R >>", 46: b"<< >>"},
    ),
    "data for something else": (
        b"/DSS 40 0 R",
        STREAM | {40: b"<< /VRI << /Nobody << /Cert [41 0 R] >> >> >>"},
    ),
    "data for a signature where a page was": (
        b"/DSS 40 0 R",
        STREAM | {40: b"<< /VRI << %s 3 0 R >> >>" % HASH},
    ),
    "a time that leads elsewhere": (
        b"/DSS 40 0 R",
        {40: b"<< /VRI << %s << /TU 47 0 R >> >> >>" % HASH, 47: b"<< >>"},
    ),
    "metadata that are none": (
        b"/DSS 40 0 R /Metadata 44 0 R",
        CERTIFICATES | {44: stream(b"<x/>", METADATA)},
    ),
    "metadata with a reference": (
        b"/DSS 40 0 R /Metadata 44 0 R",
        CERTIFICATES | {44: stream(XMP, METADATA + b" /X 48 0 R"), 48: b"<< >>"},
    ),
    "metadata where content was": (
        b"/DSS 40 0 R /Metadata 4 0 R",
        CERTIFICATES | {4: stream(XMP, METADATA)},
    ),
    "metadata in the catalogue": (b"/DSS 40 0 R /Metadata << >>", CERTIFICATES),
    "no store": (b"", {}),
}


@pytest.fixture(scope="module")
def signed() -> bytes:
    return SOMEBODY.sign(pdf(page_objects()))


def _updated(signed: bytes, entries: bytes, objects: Mapping[int, bytes]) -> bytes:
    """With entries in the catalogue, besides or for those that it has."""
    had = parse(signed, signed.rindex(b"\n1 0 obj\n") + 9, len(signed)).value
    more = parse(b"<< %s >>" % entries, 0, len(entries) + 6).value
    assert isinstance(had, dict)
    assert isinstance(more, dict)
    return _followed(signed, {1: write({**had, **more})} | dict(objects))


@pytest.mark.parametrize("name", [*GOOD, *BAD])
def test_what_is_proven_is_what_pyhanko_allows(signed: bytes, name: str) -> None:
    document = _updated(signed, *(GOOD | BAD)[name])
    assert proven(document) is (name in GOOD)
    if name in GOOD:
        assert by_pyhanko(document) is Changes.VALIDATION_DATA


@pytest.mark.parametrize("name", ["classic", "objects packed", "a time-stamp over it"])
def test_what_was_changed_is_not_told_better_than_pyhanko_tells_it(name: str) -> None:
    document, none = lasting(PLAIN.get(name, PLAIN["classic"])), Anchors(())
    if name not in PLAIN:
        document = stamped(document)
    sample = Sample("pades", name, "pdf", document, none, frozenset(), 0)
    found = 0
    for mutation in mutations(sample, MUTATIONS, seed=2026):
        try:
            embedded = first(mutation.document)
        except Exception:  # a finding before any comparison
            continue
        ours = _said(changes, mutation.document, embedded)
        assert ours == _said(compared, embedded), mutation.said
        found += ours is Changes.VALIDATION_DATA
    assert found


def _said(compare: Callable[..., Changes], *asked: Any) -> Changes | type[Exception]:
    try:
        return compare(*asked)
    except Exception as error:
        return type(error)
