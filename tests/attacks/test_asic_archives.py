"""Time-stamps over what is in a container: archive manifests, one over another (EN 319 162-1
§4.4.4), and containers of nothing else."""

from datetime import datetime
from hashlib import sha256

import pytest

from signing.rules.report import Indication, Level, Report, StampKind, SubIndication, Verdict
from tests.attacks.cms import content_info, signature, token
from tests.attacks.pki import AT, DAY, NOW, Holder, root
from tests.attacks.test_asic import EXTENDED, SIMPLE, A, B, Entries, manifest, packed
from tests.attacks.verdicts import judge

ROOT = root()
AUTHORITY = ROOT.authority("Authority")
ENDED = ROOT.authority("Ended", until=NOW + 3 * DAY)
SOMEBODY = ENDED.signer(until=NOW + 3 * DAY)
FIRST = AUTHORITY.time_authority("First", until=NOW + 10 * DAY)
SECOND = AUTHORITY.time_authority("Second", until=NOW + 200 * DAY)
THIRD = AUTHORITY.time_authority("Third")
SIGNED = NOW - DAY
CRLS = (ENDED.crl(until=NOW + 2 * DAY), ROOT.crl(until=NOW + 2 * DAY))
SIGNATURE = "META-INF/signature001.p7s"
YEARS = AT + 290 * 86_400


def news(since: datetime, until: datetime) -> list[bytes]:
    return [one.crl(since=since, until=until) for one in (AUTHORITY, ROOT)]


def sealed() -> Entries:
    """An ASiC-E container with CAdES, its proofs within."""
    listed = manifest(A, B)
    made = signature(SOMEBODY, listed).stamped(FIRST, SIGNED).with_revocation(CRLS)
    signed = content_info(made, content=None)
    return [
        ("mimetype", EXTENDED),
        *(A, B),
        ("META-INF/ASiCManifest001.xml", listed),
        (SIGNATURE, signed),
    ]


def archived(
    entries: Entries,
    number: int,
    at: datetime,
    clock: Holder,
    lists: list[bytes],
    name: str = "ASiCArchiveManifest",
) -> Entries:
    """With a time-stamp over a manifest of all that is there. `lists`: news of its authority, which
    came later."""
    stamp = f"META-INF/timestamp{number:03}.tst"
    listed = manifest(*entries[1:], of=stamp)
    made = token(clock, listed, at, revocation=lists)
    return [*entries, (f"META-INF/{name}{number:03}.xml", listed), (stamp, made)]


ONCE = archived(sealed(), 1, NOW, FIRST, news(NOW + 5 * DAY, NOW + 9 * DAY))
TWICE = archived(ONCE, 2, NOW + 6 * DAY, SECOND, news(NOW + 150 * DAY, NOW + 199 * DAY))
THRICE = archived(TWICE, 3, NOW + 180 * DAY, THIRD, news(NOW + 285 * DAY, NOW + 299 * DAY))


def report(entries: Entries, at: int = YEARS) -> Report:
    return judge(packed(entries), ROOT, at=at)


def test_a_chain_of_archive_manifests_carries_a_signature_past_all_its_certificates() -> None:
    found = report(THRICE)
    assert found.verdict is Verdict.AUTHENTIC
    [one] = found.signatures
    assert (one.level, one.signed_at) == (Level.LTA, AT - 86_400)
    kinds = [(stamp.kind, stamp.indication) for stamp in one.time_stamps]
    archives = [(StampKind.ARCHIVE, Indication.TOTAL_PASSED)] * 3
    assert kinds == [(StampKind.SIGNATURE, Indication.TOTAL_PASSED), *archives]


@pytest.mark.parametrize(("entries", "days"), [(sealed(), 4), (ONCE, 12), (TWICE, 201)])
def test_without_the_next_it_ends_with_the_last(entries: Entries, days: int) -> None:
    assert report(entries, AT + days * 86_400).verdict is not Verdict.AUTHENTIC


@pytest.mark.parametrize("place", range(1, len(THRICE) - 1))
def test_a_chain_with_a_changed_link_does_not_pass(place: int) -> None:
    """Whichever file of the container it is, and wherever in it."""
    name, content = THRICE[place]
    for at in range(len(content) // 50 % 40, len(content), max(len(content) // 4, 1)):
        forged = content[:at] + bytes((content[at] ^ 1,)) + content[at + 1 :]
        changed = [*THRICE[:place], (name, forged), *THRICE[place + 1 :]]
        assert report(changed).verdict is not Verdict.AUTHENTIC, (name, at)


def test_the_last_link_is_what_its_authority_signed() -> None:
    """What else is in it, nothing is over."""
    name, content = THRICE[-1]
    over = content.index(sha256(THRICE[-2][1]).digest())
    for at in (over, over + 31, len(content) - 1, len(content) - 40):
        forged = content[:at] + bytes((content[at] ^ 1,)) + content[at + 1 :]
        assert report([*THRICE[:-1], (name, forged)]).verdict is not Verdict.AUTHENTIC, at


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_link_that_is_lost_ends_the_chain(number: int) -> None:
    kept = [one for one in THRICE if f"{number:03}.tst" not in one[0]]
    assert report(kept).verdict is not Verdict.AUTHENTIC
    kept = [one for one in kept if f"ArchiveManifest{number:03}" not in one[0]]
    assert report(kept).verdict is not Verdict.AUTHENTIC


def test_a_manifest_is_one_by_what_it_names() -> None:
    """The last one is called ASiCArchiveManifest.xml, by others otherwise: names prove nothing."""
    named = archived(sealed(), 7, NOW, FIRST, news(NOW + 5 * DAY, NOW + 9 * DAY), "ASiCManifest")
    assert report(named, AT + 4 * 86_400).signatures[0].level is Level.LTA
    assert report(named, AT + 4 * 86_400).verdict is Verdict.AUTHENTIC


def test_a_manifest_that_names_what_is_not_there_archives_nothing() -> None:
    more = archived([*sealed(), ("c.txt", b"Gone.")], 1, NOW, FIRST, [])
    gone = [one for one in more if one[0] != "c.txt"]
    assert report(gone, AT).verdict is Verdict.CONTENT_MISSING


def test_a_broken_link_over_what_is_signed_otherwise_proves_nothing_and_is_told() -> None:
    """As where EU DSS 5.4 archived a container, and then added to the signature."""
    later = signature(SOMEBODY, manifest(A, B)).stamped(FIRST, SIGNED).with_revocation(CRLS)
    again = (SIGNATURE, content_info(later, content=None))
    found = report([again if one[0] == SIGNATURE else one for one in ONCE], AT)
    assert found.verdict is Verdict.AUTHENTIC
    [one] = found.signatures
    assert [stamp.sub_indication for stamp in one.time_stamps] == [None, SubIndication.NO_POE]
    changed = [
        (name, content + b"!") if name == A[0] else (name, content) for name, content in ONCE
    ]
    assert report(changed, AT).verdict is Verdict.CHANGED


def test_a_broken_link_over_what_nobody_signed_is_a_change() -> None:
    more = archived([*sealed(), ("c.txt", b"More.")], 1, NOW, FIRST, [])
    changed = [(name, b"Less." if name == "c.txt" else content) for name, content in more]
    assert report(changed, AT).verdict is Verdict.CHANGED


def test_two_manifests_for_one_time_stamp_are_refused() -> None:
    [name, listed] = next(one for one in ONCE if "Archive" in one[0])
    forged = [*ONCE, (name.replace("001", "009"), listed.replace(b"a.txt", b"b.txt"))]
    assert report(forged, AT).verdict is not Verdict.AUTHENTIC


def test_a_container_of_time_stamps_alone_is_time_stamped_for_as_long_as_they_are_renewed() -> None:
    lists = news(NOW + 5 * DAY, NOW + 9 * DAY)
    alone = token(FIRST, A[1], SIGNED, revocation=lists)
    entries = [("mimetype", SIMPLE), A, ("META-INF/timestamp.tst", alone)]
    assert report(entries, AT).verdict is Verdict.TIME_STAMPED
    assert report(entries).verdict is not Verdict.TIME_STAMPED
    second = archived(entries, 2, NOW + 6 * DAY, SECOND, news(NOW + 150 * DAY, NOW + 199 * DAY))
    third = archived(second, 3, NOW + 180 * DAY, THIRD, news(NOW + 285 * DAY, NOW + 299 * DAY))
    found = report(third)
    assert found.verdict is Verdict.TIME_STAMPED
    assert [(part.name, part.signed_by) for part in found.parts] == [(A[0], ("timestamp.tst",))]
    assert report([*third[:1], (A[0], b"Another."), *third[2:]]).verdict is Verdict.CHANGED
    assert report([*third, B]).verdict is Verdict.PARTLY_SIGNED


def test_a_time_stamp_over_a_manifest_of_files_stands_for_itself() -> None:
    lists = news(NOW, NOW + 9 * DAY)
    entries = archived([("mimetype", EXTENDED), A, B], 1, NOW, FIRST, lists, "ASiCManifest")
    found = report(entries, AT)
    assert found.verdict is Verdict.TIME_STAMPED
    assert all(part.signed_by for part in found.parts)
