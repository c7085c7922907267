"""A PDF that nobody signed, and document time-stamps over it (EN 319 142-1 §5.4.3): proof of when,
and none of whose it is."""

from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import cms
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from signing.formats.pades import augmentation, stamping
from signing.formats.pades.stamping import RESERVED
from signing.formats.seal import ValidationData
from signing.rules.report import Format, Note, Report, SubIndication, Verdict
from tests.attacks.cms import content_info, signature, token
from tests.attacks.pki import AT, DAY, NOW, Holder, root
from tests.attacks.signed_pdf import signed_pdf
from tests.attacks.verdicts import MALFORMED, PASSED, STAMPED, UNRECOGNISED, told
from tests.attacks.verdicts import judge as judged
from tests.documents import page_objects, pdf
from tests.dss import Judge

ROOT = root()
AUTHORITY = ROOT.authority("Authority")
SOMEBODY = AUTHORITY.signer()
FIRST = AUTHORITY.time_authority("First", until=NOW + 10 * DAY)
SECOND = AUTHORITY.time_authority("Second")
MADE = NOW - DAY
DAYS = 86_400
SUB_FILTER = b"/SubFilter /ETSI.RFC3161"
BARE = ("version", "digest_algorithms", "encap_content_info", "signer_infos")
"""A SignedData without certificates (RFC 5652 §5.1)."""


def news(since: datetime, until: datetime = NOW + 9 * DAY) -> list[bytes]:
    return [one.crl(since=since, until=until) for one in (AUTHORITY, ROOT)]


def stamped(
    document: bytes, clock: Holder = FIRST, at: datetime = MADE, lists: list[bytes] | None = None
) -> bytes:
    """With a time-stamp over all of it, which brings news of its authority."""
    lists = news(at + DAY) if lists is None else lists

    def stamp(digest: bytes) -> bytes:
        return token(clock, b"", at, imprint=digest, revocation=lists)

    return document + stamping.add(document, stamp)


PLAIN = pdf(page_objects(b"/AcroForm << /Fields [] >>"))
ALONE = stamped(PLAIN)


def report(document: bytes, at: int = AT) -> Report:
    return judged(document, ROOT, at=at)


def test_it_is_time_stamped() -> None:
    found = report(ALONE)
    assert told(found) == STAMPED
    [said] = found.signatures
    assert found.format is Format.PDF
    assert said.signer is not None
    assert (said.signer.common_name, said.signed_at) == ("First", int(MADE.timestamp()))
    assert (said.level, said.covers_whole_file, said.revision) == (None, True, len(ALONE))


def test_dss_says_the_same(judge: Judge, tmp_path: Path) -> None:
    (tmp_path / "root.cer").write_bytes(ROOT.certificate)
    changed = ALONE.replace(b"Certificate of registration", b"Certificate of Registration")
    for document, said in ((ALONE, ("PASSED", "null")), (changed, ("FAILED", "HASH_FAILURE"))):
        (tmp_path / "a.pdf").write_bytes(document)
        [found] = judge.judge(tmp_path / "root.cer", AT, tmp_path / "a.pdf")
        assert (found.indication, found.sub_indication) == said
        ours = report(document)
        assert str(ours.indication) == f"TOTAL_{said[0]}"
        assert str(ours.sub_indication or "null") == said[1]


def test_one_over_what_cannot_be_read_is_over_that_or_over_something_else() -> None:
    beyond = b"4 0 obj\n<< >>\nendobj\n%" + b"x" * 2_000
    assert report(ALONE + beyond).verdict is Verdict.UNREADABLE
    changed = ALONE.replace(b"Certificate of registration", b"Certificate of Registration")
    assert report(changed + beyond).verdict is not Verdict.UNREADABLE


def test_a_page_tree_may_have_branches_without_pages() -> None:
    branches = {2: b"<< /Type /Pages /Kids [8 0 R 3 0 R] /Count 1 >>"}
    empty = {8: b"<< /Type /Pages /Parent 2 0 R /Kids [] /Count 0 >>"}
    objects = page_objects(b"/AcroForm << /Fields [] >>") | branches | empty
    assert told(report(stamped(pdf(objects)))) == STAMPED
    with pytest.raises(ValueError, match="no page"):
        stamped(pdf(objects | {2: b"<< /Type /Pages /Kids [8 0 R] /Count 0 >>"}))


def test_by_nobody_whom_we_know_it_is_not_recognised() -> None:
    assert told(judged(ALONE, root("Another"))) == UNRECOGNISED


def test_over_other_bytes_it_was_changed() -> None:
    changed = ALONE.replace(b"Certificate of registration", b"Certificate of Registration")
    assert report(changed).verdict is Verdict.CHANGED


def test_what_was_written_after_it_is_told() -> None:
    later = BytesIO(ALONE)
    writer = IncrementalPdfFileWriter(later)
    page = writer.root["/Pages"]["/Kids"][0]
    words = generic.StreamObject(stream_data=b"BT /F1 24 Tf 72 770 Td (Forged) Tj ET")
    page[pdf_name("/Contents")] = writer.add_object(words)
    writer.update_container(page)
    writer.write_in_place()
    assert told(report(later.getvalue())) == MALFORMED


def test_its_authority_may_be_known_by_the_documents_validation_data_alone() -> None:
    def bare(digest: bytes) -> bytes:
        info = cms.ContentInfo.load(token(FIRST, b"", MADE, imprint=digest))
        held = {name: info["content"][name] for name in info["content"] if name in BARE}
        info["content"] = cms.SignedData(held)
        return info.dump(force=True)

    alone = PLAIN + stamping.add(PLAIN, bare)
    assert told(report(alone))[0] is Verdict.UNRECOGNISED
    own = tuple(one.certificate for one in (FIRST, AUTHORITY))
    known = ValidationData(own, (), tuple(news(MADE + DAY)))
    assert told(report(augmentation.add_validation_data(alone, known))) == STAMPED


def test_it_lasts_as_long_as_it_is_renewed() -> None:
    after = AT + 200 * DAYS
    assert report(ALONE, AT + 8 * DAYS).verdict is Verdict.TIME_STAMPED
    assert report(ALONE, after).verdict is not Verdict.TIME_STAMPED
    proofs = ValidationData((), (), tuple(news(NOW + 5 * DAY)))
    held = augmentation.add_validation_data(ALONE, proofs)
    lists = news(NOW + 199 * DAY, NOW + 299 * DAY)
    renewed = stamped(held, SECOND, NOW + 6 * DAY, lists)
    found = report(renewed, after)
    assert told(found) == STAMPED
    [said] = found.signatures
    assert said.signed_at == int(MADE.timestamp())
    assert Note.FOLLOWED_BY_SIGNATURES not in said.notes
    assert [one.authority.common_name for one in said.time_stamps if one.authority] == [
        "First",
        "Second",
    ]


def test_a_renewal_that_is_damaged_is_told() -> None:
    renewed = bytearray(stamped(ALONE, SECOND, NOW))
    renewed[renewed.rindex(b"/Contents <") + RESERVED // 8] ^= 1
    assert report(bytes(renewed)).verdict is Verdict.CHANGED


def test_a_signature_that_calls_itself_a_time_stamp_is_none() -> None:
    def sign(covered: bytes) -> bytes:
        signer = ROOT.signer()
        return content_info(signature(signer, covered).stamped(FIRST, MADE), content=None)

    assert told(report(signed_pdf(sign, SUB_FILTER, b"/DocTimeStamp"))) == MALFORMED


def test_what_follows_it_in_its_place_is_a_fault() -> None:
    place = ALONE.index(b"/ByteRange") - 20  # of the zeros after the token
    assert told(report(ALONE[:place] + b"1" + ALONE[place + 1 :])) == MALFORMED


def test_one_that_cannot_be_read_is_still_there() -> None:
    found = report(signed_pdf(lambda _: b"nonsense", SUB_FILTER, b"/DocTimeStamp"))
    assert found.verdict is Verdict.CHANGED
    assert found.sub_indication is SubIndication.FORMAT_FAILURE


def signed(covered: bytes) -> bytes:
    return content_info(signature(SOMEBODY, covered, at=None), content=None)


@pytest.mark.parametrize("made", [lambda _: token(FIRST, b"something else"), lambda _: b"nonsense"])
def test_over_something_else_it_proves_nothing_of_a_signature_and_is_no_fault_of_it(
    made: Callable[[bytes], bytes],
) -> None:
    """EN 319 102-1 §5.5.4 step 3 b."""
    document = signed_pdf(signed)
    found = judged(document + stamping.add(document, made), ROOT, SOMEBODY)
    assert told(found) == PASSED
    [said] = found.signatures
    assert said.signed_at is None
    [stamp] = said.time_stamps
    assert stamp.sub_indication is not None
