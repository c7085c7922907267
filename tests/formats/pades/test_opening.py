"""What pyHanko's reader has read is let go of with it."""

import gc
import weakref

import pytest

from signing.formats.pades.opening import reading
from tests.documents import plain_pdf


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
