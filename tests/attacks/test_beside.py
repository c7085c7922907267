"""What a signature signs and has not within: files that came beside it, matched by the names that
the signature has for them (XML Signature §4.4.3.1, TS 119 182-1 §5.2.8)."""

import hashlib
from collections.abc import Sequence

import pytest
from lxml import etree

from signing.formats.detached import Detached
from signing.rules.report import Indication, PartState, Report, SubIndication, Verdict
from tests.attacks import cms, jades
from tests.attacks.jades import BY_HASH, BY_URI, b64url, header
from tests.attacks.pki import NOW, root
from tests.attacks.records import Record
from tests.attacks.verdicts import CHANGED, FORGED, MISSING, PASSED, judge, told
from tests.attacks.xades import Made, Reference

ROOT = root()
SOMEBODY = ROOT.authority("Authority").signer()
A, B = ("a.txt", b"What was agreed."), ("b.txt", b"And by whom.")


def xml(*files: tuple[str, bytes]) -> bytes:
    """A signature over files, by their names."""
    holder = etree.Element("holder")
    references = (Reference(name, octets=content) for name, content in files)
    signature = Made(SOMEBODY).within(holder, *references)
    holder.remove(signature)
    return etree.tostring(signature)


def by_hash(*files: tuple[str, bytes]) -> bytes:
    said = {
        "mId": BY_HASH,
        "pars": [name for name, _ in files],
        "hashM": "S256",
        "hashV": [b64url(hashlib.sha256(content).digest()) for _, content in files],
    }
    head = header(SOMEBODY, sigD=said, crit=["sigD"])
    return jades.signature(SOMEBODY, header=head, payload=None).flattened


def by_uri(*files: tuple[str, bytes]) -> bytes:
    """Not in base64url: one after the other as they are."""
    said = {"mId": BY_URI, "pars": [name for name, _ in files]}
    head = header(SOMEBODY, sigD=said, b64=False, crit=["sigD", "b64"])
    payload = b"".join(content for _, content in files)
    return jades.signature(SOMEBODY, header=head, payload=None, detached=payload).flattened


UNBOUNDED = (Verdict.INDETERMINATE, Indication.INDETERMINATE, SubIndication.GENERIC)
WAYS = {"xml": xml, "by hash": by_hash, "by uri": by_uri}
every_way = pytest.mark.parametrize("way", WAYS)


def report(document: bytes, *files: tuple[str, bytes]) -> Report:
    return judge(document, ROOT, SOMEBODY, detached=Detached(files))


def parts(found: Report) -> list[tuple[str, Sequence[str]]]:
    return [(part.name, part.signed_by) for part in found.parts]


def states(found: Report) -> list[PartState]:
    return [part.state for part in found.parts]


@every_way
def test_each_file_is_found_by_its_name_in_whatever_order_they_come(way: str) -> None:
    made = WAYS[way](A, B)
    for files in ((A, B), (B, A)):
        found = report(made, *files)
        assert told(found) == (UNBOUNDED if way == "by uri" else PASSED)
        assert parts(found) == [(name, ("Signature1",)) for name, _ in files]


@every_way
def test_what_is_missing_is_named(way: str) -> None:
    made = WAYS[way](A, B)
    for files, names in (((), ("a.txt", "b.txt")), ((A,), ("b.txt",)), ((B,), ("a.txt",))):
        found = report(made, *files)
        assert told(found) == MISSING
        assert found.signatures[0].missing == names


@every_way
def test_a_file_that_nobody_signed_is_named_beside_those_that_are(way: str) -> None:
    found = report(WAYS[way](A, B), A, B, ("c.txt", b"By the way."))
    usual = Verdict.INDETERMINATE if way == "by uri" else Verdict.PARTLY_SIGNED
    assert found.verdict is usual
    assert parts(found)[-1] == ("c.txt", ())


@every_way
def test_another_file_under_a_name_is_not_what_was_signed(way: str) -> None:
    made = WAYS[way](A, B)
    expected = FORGED if way == "by uri" else CHANGED
    one, both = report(made, A, (B[0], b"And by nobody.")), report(made, (A[0], B[1]), (B[0], A[1]))
    assert told(one) == told(both) == expected
    # By their addresses alone they are signed in one piece: nobody can tell which was changed.
    intact = PartState.CHANGED if way == "by uri" else PartState.SIGNED
    assert states(one) == [intact, PartState.CHANGED]
    assert one.parts[1].changed_since == ("Signature1",)
    assert states(both) == [PartState.CHANGED, PartState.CHANGED]


@every_way
def test_the_one_file_that_came_needs_no_name(way: str) -> None:
    made = WAYS[way](A)
    assert told(report(made, ("renamed.txt", A[1]))) == PASSED
    assert report(made, ("renamed.txt", A[1])).parts == ()
    assert report(made, ("renamed.txt", B[1])).verdict is Verdict.CHANGED


@every_way
def test_a_name_may_be_escaped_and_its_folders_left_out(way: str) -> None:
    named = [("folder/a%20b.txt", A[1]), ("http://example.com/b.txt?now", B[1])]
    came = [("a b.txt", A[1]), ("b.txt?now", B[1])]
    expected = UNBOUNDED if way == "by uri" else PASSED
    assert told(report(WAYS[way](*named), *came)) == expected


@every_way
def test_a_name_that_two_files_have_is_nobody_s(way: str) -> None:
    made = WAYS[way](("one/a.txt", A[1]), ("two/a.txt", B[1]))
    expected = UNBOUNDED if way == "by uri" else PASSED
    assert told(report(made, ("one/a.txt", A[1]), ("two/a.txt", B[1]))) == expected
    found = report(made, ("a.txt", A[1]), ("a.txt", B[1]))
    assert told(found) == MISSING
    assert found.signatures[0].missing == ("one/a.txt", "two/a.txt")


def test_bytes_that_move_from_one_file_to_the_next_are_no_authentic_files() -> None:
    """They fit the signature: it says where none of them ends."""
    signed = (("a.txt", b"To pay: 1"), ("b.txt", b"000 riel"))
    moved = (("a.txt", b"To pay: 1000"), ("b.txt", b" riel"))
    made = by_uri(*signed)
    assert told(report(made, *moved)) == UNBOUNDED
    assert told(report(by_hash(*signed), *moved)) == CHANGED
    assert told(report(by_uri(signed[0]), signed[0])) == PASSED


@pytest.mark.parametrize("count", [1, 3])
def test_as_many_digests_as_names(count: int) -> None:
    digest = b64url(hashlib.sha256(A[1]).digest())
    said = {"mId": BY_HASH, "pars": ["a", "b"], "hashM": "S256", "hashV": [digest] * count}
    head = header(SOMEBODY, sigD=said, crit=["sigD"])
    made = jades.signature(SOMEBODY, header=head, payload=None).flattened
    assert report(made, A, B).verdict is Verdict.CHANGED


def test_a_signature_that_names_nothing_is_over_the_file_that_it_fits() -> None:
    over_b = cms.content_info(cms.signature(SOMEBODY, B[1]), content=None)
    compact = jades.signature(SOMEBODY, payload=None, detached=B[1]).compact
    for made in (over_b, compact):
        found = report(made, A, B)
        assert found.verdict is Verdict.PARTLY_SIGNED
        assert parts(found) == [("a.txt", ()), ("b.txt", ("Signature1",))]
        assert told(report(made, A, ("c.txt", b"By the way."))) == MISSING


def test_a_record_is_over_all_that_came() -> None:
    clock = ROOT.time_authority()
    lists = [ROOT.crl()]
    made = Record((A[1], B[1])).stamped(clock, NOW, crls=lists).dump()
    assert report(made, A, B).verdict is Verdict.TIME_STAMPED
    changed = report(made, A, ("b.txt", b"Another."))
    assert changed.verdict is Verdict.CHANGED
    assert states(changed) == [PartState.CHANGED, PartState.CHANGED]


def test_of_names_without_end_no_more_are_told_than_are_read() -> None:
    found = report(xml(*((f"{number}-{'x' * 2_000}", b"") for number in range(100))))
    names = found.signatures[0].missing
    assert (len(names), {len(name) for name in names}) == (64, {1_000})
