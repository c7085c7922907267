"""What pyHanko's reader has read is let go of with it."""

import gc
import weakref
from io import BytesIO

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.formats.pades.opening import Reader, reading
from tests.documents import page_objects, pdf, plain_pdf, stream


def test_what_was_read_does_not_wait_for_who_looks_for_it() -> None:
    gc.collect()
    gc.disable()
    try:
        with reading(plain_pdf()) as reader:
            revision = reader.get_historical_resolver(0)
            pages = [held["/Pages"]["/Kids"][0] for held in (reader.root, revision.root)]
            contents = [weakref.ref(page["/Contents"]) for page in pages]
            del pages
            assert None not in [one() for one in contents]
        assert [one() for one in contents] == [None, None]
    finally:
        gc.enable()


def test_a_reader_that_is_done_reads_no_more() -> None:
    with reading(plain_pdf()) as reader:
        assert reader.root["/Type"] == "/Catalog"
    with pytest.raises(ValueError, match="closed file"):
        assert reader.root["/Type"] == "/Catalog"


ENTRIES = b"/Type /ObjStm /N 2 /First %d "
LISTS = {
    "as it has to be": b"5 0 8 %d ",
    "with more space": b"5  0\n8 %d ",
    "in another order": b"8 %d 5 0 ",
    "with a sign": b"5 +0 8 %d ",
    "one number twice": b"5 0 5 %d ",
    "of others": b"6 0 7 %d ",
    "too short": b"5 0 ",
}


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("listed", LISTS)
def test_an_object_in_a_stream_is_what_pyhanko_finds(listed: str, *, strict: bool) -> None:
    objects = page_objects()
    font = objects.pop(5)
    head = LISTS[listed] % len(font) if b"%" in LISTS[listed] else LISTS[listed]
    objects[6] = stream(head + font + b"<< /Other true >>", ENTRIES % len(head))
    rows = bytes((2, 0, 6, 0, 2, 0, 6, 1))
    index = b"/Type /XRef /Size 10 /W [1 2 1] /Index [5 1 8 1] /Root 1 0 R "
    objects[7], objects[9] = stream(rows, index), b"null"
    document = pdf(objects, b"/XRefStm %d" % pdf(objects).index(b"7 0 obj"))
    found = [_told(one, 5) for one in (Reader(document, strict=strict), _plain(document, strict))]
    assert found[0] == found[1]
    found = [_told(one, 8) for one in (Reader(document, strict=strict), _plain(document, strict))]
    assert found[0] == found[1]


def _plain(document: bytes, strict: bool) -> PdfFileReader:
    return PdfFileReader(BytesIO(document), strict=strict)


def _told(reader: PdfFileReader, number: int) -> object:
    try:
        return reader.get_object(generic.Reference(number, 0, reader))
    except Exception as error:
        return type(error), str(error)
