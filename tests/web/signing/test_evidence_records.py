"""Evidence records of ours: one time-stamp for many files, renewed before it ends; no byte of them
may change."""

import hashlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from keys import der
from signing.formats import primitives
from signing.formats.cms import Pieces
from signing.formats.ers import reading, renewal
from signing.rules.hash_tree import Tree
from tests.documents import stream_pdf
from tests.dss import Judge
from tests.signing_service import Visitor
from tests.web.signing.test_augment import YEAR, years_pass
from tests.web.signing.test_augment_formats import (
    BESIDE,
    FORMATS,
    LETTER,
    augment,
    augmented,
    seal,
    verdict,
)

FILES = [b"A letter.", b"Another.", b"[1]", b"<a/>", b""]


def stamped(visitor: Visitor, digest: bytes) -> bytes:
    imprint = der.sequence(der.digest_algorithm("sha256"), der.octet_string(digest))
    asked = der.sequence(der.integer(1), imprint, der.TRUE)
    kind = {"Content-Type": "application/timestamp-query"}
    answer: bytes = visitor.http.post("/tsa", content=asked, headers=kind).content
    return der.parts(answer)[1]


def recorded(visitor: Visitor, files: Sequence[bytes] = FILES) -> list[bytes]:
    """As `tra archive record` makes them."""
    digests = [hashlib.sha256(one).digest() for one in files]
    tree = Tree.over(digests, partial(primitives.digest, "sha256"))
    first = renewal.write(tree.reduced(0), stamped(visitor, tree.root))
    token = reading.parse(augmented(visitor, first, files[0], "B-LT")).newest.encoded
    return [renewal.write(tree.reduced(place), token) for place in range(len(files))]


def test_a_stock_is_renewed_by_one_time_stamp_for_all(visitor: Visitor) -> None:
    once = recorded(visitor)
    assert [verdict(visitor, *one) for one in zip(once, FILES, strict=True)] == [
        *["time_stamped"] * 4,
        "content_missing",  # an empty file does not go into a form
    ]
    years_pass(visitor, 4 * YEAR)
    first = augmented(visitor, once[0], FILES[0], "B-LTA")
    renewed = [renewal.as_another(one, first) for one in once]
    years_pass(visitor, 3 * YEAR)
    for before, after, content in zip(once[:4], renewed, FILES, strict=False):
        assert after is not None
        assert verdict(visitor, before, content) != "time_stamped"
        assert verdict(visitor, after, content) == "time_stamped"
        assert verdict(visitor, after, b"Something else.") == "changed"
        assert reading.parse(after).holds([Pieces((content,))])
        assert not reading.parse(after).holds([Pieces((b"Something else.",))])
    other = recorded(visitor)[1]
    assert renewal.as_another(other, first) is None


def test_seals_of_every_format_last_by_records_beside_them(visitor: Visitor, plain: bytes) -> None:
    sealed = {str(one): seal(visitor, one, "B-LT") for one in FORMATS}
    sealed |= {"pdf": visitor.sealed(plain), "another pdf": visitor.sealed(stream_pdf())}
    records = recorded(visitor, list(sealed.values()))
    years_pass(visitor, 4 * YEAR)
    first = augmented(visitor, records[0], next(iter(sealed.values())), "B-LTA")
    again = [renewal.as_another(one, first) for one in records]
    years_pass(visitor, 3 * YEAR)
    for (name, document), record in zip(sealed.items(), again, strict=True):
        assert record is not None
        beside = {"content": ("c", LETTER)} if name in BESIDE else {}
        assert read(visitor, {"document": ("d", document), **beside}) != "authentic", name
        files = {"document": ("d", document), "evidence_record": ("r", record), **beside}
        assert read(visitor, files) == "authentic", name


def read(visitor: Visitor, files: dict[str, tuple[str, bytes]]) -> str:
    answer = visitor.http.post("/verify", files=files, headers={"Accept": "application/json"})
    said: str = answer.json()["verdict"]
    return said


def test_what_a_record_is_over_has_to_come_with_it(standing: Visitor) -> None:
    [record, *_] = recorded(standing)
    assert verdict(standing, record, FILES[1]) == "time_stamped"  # its neighbour's, too (§4.3)
    assert augment(standing, record, None, "B-LTA").json()["code"] == "augment_not_valid"
    assert augment(standing, record, b"More.", "B-LTA").json()["code"] == "augment_not_valid"


def test_a_record_of_ours_has_the_hashes_of_a_list_in_ascending_order(standing: Visitor) -> None:
    record = reading.parse(recorded(standing)[0])
    [first, *rest] = record.newest.lists
    swapped = renewal.write((first[::-1], *rest), record.newest.encoded)
    assert reading.parse(swapped).holds([Pieces((FILES[0],))])
    assert verdict(standing, swapped, FILES[0]) == "changed"


def test_dss_passes_what_the_service_recorded_and_renewed(
    standing: Visitor, judge: Judge, root: Path, tmp_path: Path
) -> None:
    record, letter = tmp_path / "letter.ers", tmp_path / "letter"
    letter.write_bytes(FILES[0])
    [once, *_] = recorded(standing)
    for made in (once, augmented(standing, once, FILES[0], "B-LTA")):
        record.write_bytes(made)
        [found] = judge.judge(root, standing.service.clock.now(), record, letter)
        assert found.indication == "PASSED", found


def changes(record: bytes) -> Iterator[bytes]:
    for place in range(len(record)):
        yield record[:place] + bytes((record[place] ^ 1 << place % 8,)) + record[place + 1 :]


@pytest.mark.parametrize("renew", [False, True], ids=["made", "renewed"])
def test_no_byte_of_a_record_may_change(standing: Visitor, *, renew: bool) -> None:
    [record, *_] = recorded(standing)
    if renew:
        record = augmented(standing, record, FILES[0], "B-LTA")
    assert verdict(standing, record, FILES[0]) == "time_stamped"
    for place, changed in enumerate(changes(record)):
        if place % 97 == 5:
            assert verdict(standing, changed, FILES[0]) != "time_stamped", place
