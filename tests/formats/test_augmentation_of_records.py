"""Evidence records, made for a stock and renewed, wherever they are (RFC 4998 §4.2, §5; RFC 6283
§4.2): what they are over is proven for as long."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

import pytest

from keys import cms as written
from signing import policies
from signing.formats import primitives
from signing.formats.asic.opening import open_container
from signing.formats.augmentation import Augmentable, open_document
from signing.formats.cades.signed_data import SignedData, SignerInfo
from signing.formats.cms import EVIDENCE_RECORDS
from signing.formats.detached import Detached
from signing.formats.ers import reading, renewal
from signing.formats.reading import gather
from signing.formats.seal import ValidationData
from signing.rules.hash_tree import Tree
from signing.rules.report import Indication, Level, Verdict
from signing.rules.validation import validate
from tests.attacks import cms
from tests.attacks.pki import AT, DAY, NOW, Holder
from tests.attacks.records import Record, XmlRecord
from tests.attacks.test_asic import EXTENDED, SIMPLE, A, B, manifest, packed
from tests.attacks.test_asic_archives import FIRST, ROOT, SECOND, THIRD, news, sealed
from tests.attacks.test_records import DEED, LETTER, RECORD, XML, YEARS, judge
from tests.documents import plain_pdf

BY_LENGTH = {32: "sha256", 48: "sha384", 64: "sha512"}
PLAIN = SignedData.parse(DEED).dump()
ALONE = SignedData.parse(DEED).without_content().dump()


def stamps(clock: Holder, at: datetime) -> Callable[[bytes], bytes]:
    return lambda digest: cms.token(clock, b"", at, by=BY_LENGTH[len(digest)], imprint=digest)


def data(since: int, until: int) -> ValidationData:
    return ValidationData((), (), tuple(news(NOW + since * DAY, NOW + until * DAY)))


def renewed(found: Augmentable) -> Augmentable:
    """Before its first time-stamp's authority ends, and again before the next one does."""
    found = found.stamped(stamps(SECOND, NOW + 6 * DAY)).with_proofs(data(5, 9))
    found = found.archived(stamps(SECOND, NOW + 6 * DAY)).with_proofs(data(150, 199))
    return found.archived(stamps(THIRD, NOW + 180 * DAY)).with_proofs(data(285, 299))


def first(*objects: bytes, by: str = "sha256", clock: Holder = FIRST) -> bytes:
    return Record(objects).stamped(clock, NOW, by).dump()


def in_xml(*objects: bytes, by: str = "sha256") -> bytes:
    return XmlRecord(objects).stamped(FIRST, NOW, by).dump()


def within(kind: str, document: bytes, *objects: bytes, clock: Holder = FIRST) -> bytes:
    """A CMS with a record over these as an unsigned attribute (RFC 4998 §A)."""
    signed = SignedData.parse(document)
    signer = SignerInfo.parse(signed.signer_infos[0])
    made = signer.with_unsigned(written.attribute(kind, first(*objects, clock=clock)))
    return replace(signed, signer_infos=(made.dump(),)).dump()


ALONE_CASES = {
    "der": (first(LETTER), LETTER),
    "by another hash function": (first(LETTER, by="sha512"), LETTER),
    "xml": (in_xml(LETTER), LETTER),
    "xml over xml": (in_xml(XML), XML),
}


@pytest.mark.parametrize("name", ALONE_CASES)
def test_a_record_is_renewed_by_one_time_stamp_over_the_last(name: str) -> None:
    record, over = ALONE_CASES[name]
    made = renewed(open_document(record)).dump()  # what it is over is not asked for
    assert judge(record, detached=over).verdict is not Verdict.TIME_STAMPED
    found = judge(made, detached=over)
    assert (found.verdict, found.signatures[0].signed_at) == (Verdict.TIME_STAMPED, AT)
    assert [len(chain) for chain in reading.parse(made).chains] == [3]
    assert judge(made, detached=b"Another.").verdict is Verdict.CHANGED
    assert open_document(made).protection().until == int(
        THIRD.parsed.not_valid_after_utc.timestamp()
    )


@pytest.mark.parametrize("write", [first, in_xml])
@pytest.mark.parametrize("objects", [(LETTER,), (LETTER, DEED)], ids=["one", "two"])
def test_a_hash_function_that_ends_is_followed_by_a_new_tree(
    write: Callable[..., bytes], objects: tuple[bytes, ...]
) -> None:
    record = write(*objects, by="sha224")
    beside = Detached(tuple((str(at), one) for at, one in enumerate(objects)))
    held = open_document(record, beside)
    assert held.protection().until is None
    made = renewed(held).dump()
    parsed = reading.parse(made)
    assert ([len(one) for one in parsed.chains], parsed.newest.hashed_by) == ([1, 2], "sha256")
    assert passes(made, beside)
    assert not passes(record, beside)
    assert not passes(made, Detached((("0", b"Another."), *beside.files[1:])))
    with pytest.raises(ValueError, match="elsewhere"):
        open_document(record).archived(stamps(SECOND, NOW + 6 * DAY))


def passes(record: bytes, beside: Detached) -> bool:
    """Decades after a hash function could be relied on."""
    relied = policies.default()
    ended = replace(relied.suites, hashes={**relied.suites.hashes, "sha224": AT + 8 * 86_400})
    evidence = gather(record, ROOT.anchors, beside)
    report = validate(evidence, {}, YEARS, replace(relied, suites=ended))
    return report.verdict is Verdict.TIME_STAMPED


INTERNAL, EXTERNAL = EVIDENCE_RECORDS
IN_CMS = {
    "internal": (within(INTERNAL, PLAIN, PLAIN), None),
    "external": (within(EXTERNAL, ALONE, ALONE, cms.CONTENT), cms.CONTENT),
}


@pytest.mark.parametrize("name", IN_CMS)
def test_a_record_within_a_cms_is_renewed_and_nothing_else_grows(name: str) -> None:
    document, content = IN_CMS[name]
    beside = Detached.of(content)
    assert judge(document, detached=content).verdict is not Verdict.AUTHENTIC
    made = renewed(open_document(document, beside)).dump()
    found = judge(made, detached=content)
    assert found.verdict is Verdict.AUTHENTIC
    [one] = found.signatures
    assert (one.level, one.signed_at) == (Level.LTA, AT - 86_400)
    assert {stamp.indication for stamp in one.time_stamps} == {Indication.TOTAL_PASSED}
    before, after = (SignedData.parse(each) for each in (document, made))
    assert (before.certificates, before.revocation) == (after.certificates, after.revocation)
    until = open_document(made, beside).protection().until
    assert until == int(THIRD.parsed.not_valid_after_utc.timestamp())


def contained(*entries: tuple[str, bytes], name: str = RECORD) -> bytes:
    """A container with a record over all that is there."""
    listed = manifest(*entries[1:], of=name)
    record = first(*(content for _, content in entries[1:]))
    added = (("META-INF/ASiCEvidenceRecordManifest001.xml", listed), (name, record))
    return packed([*entries, *added])


CONTAINERS = {
    "over signatures": (contained(*sealed()), Verdict.AUTHENTIC),
    "over files": (contained(("mimetype", EXTENDED), A, B), Verdict.TIME_STAMPED),
    "over a file": (
        packed([("mimetype", SIMPLE), A, (RECORD, first(A[1]))]),
        Verdict.TIME_STAMPED,
    ),
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_record_in_a_container_is_renewed_and_no_other_file_changes(name: str) -> None:
    document, verdict = CONTAINERS[name]
    assert judge(document).verdict is not verdict
    made = renewed(open_document(document))
    assert judge(made.dump()).verdict is verdict
    assert made.protection().until == int(THIRD.parsed.not_valid_after_utc.timestamp())
    before, after = (open_container(one).files for one in (document, made.dump()))
    assert [each for each in before if before[each] != after[each]] == [RECORD]


STOCK = [b"", LETTER, DEED, LETTER, XML, plain_pdf()]


def stock(count: int) -> list[bytes]:
    """The records of so many files."""
    digests = [hashlib.sha256(one).digest() for one in STOCK[:count]]
    tree = Tree.over(digests, partial(primitives.digest, "sha256"))
    token = stamps(FIRST, NOW)(tree.root)
    return [renewal.write(tree.reduced(place), token) for place in range(count)]


@pytest.mark.parametrize("count", range(1, len(STOCK) + 1))
def test_a_stock_is_proven_by_one_time_stamp_and_a_record_for_each_file(count: int) -> None:
    for content, record in zip(STOCK, stock(count), strict=False):
        made = renewed(open_document(record)).dump()
        assert reading.is_record(record)
        assert judge(record, detached=content).verdict is not Verdict.TIME_STAMPED
        assert judge(made, detached=content).verdict is Verdict.TIME_STAMPED
        assert judge(made, detached=b"Another.").verdict is Verdict.CHANGED


def test_a_tree_of_nothing_has_no_root() -> None:
    with pytest.raises(ValueError, match="nothing"):
        Tree.over([], partial(primitives.digest, "sha256"))


@pytest.mark.parametrize("record", [first(LETTER), in_xml(LETTER)], ids=["der", "xml"])
def test_no_changed_byte_of_what_was_renewed_passes(record: bytes) -> None:
    """But of the last time-stamp's certificates, which nothing is over yet."""
    made = renewed(open_document(record)).dump()
    token = reading.parse(made).newest.encoded
    end = made.index(token) if token in made else made.rindex(b"<TimeStamp>")
    for place in range(60, end, 173):
        changed = made[:place] + bytes((made[place] ^ 1,)) + made[place + 1 :]
        assert judge(changed, detached=LETTER).verdict is not Verdict.TIME_STAMPED, place
