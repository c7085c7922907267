"""Evidence records (RFC 4998): objects are proven for as long as their records are renewed, and
signatures that are among them, past the end of their certificates."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from lxml import etree

from keys import cms as written_cms
from keys import der
from signing import policies
from signing.formats.cades.signed_data import SignedData, SignerInfo
from signing.formats.cms import EVIDENCE_RECORDS
from signing.formats.detached import Detached
from signing.formats.reading import gather
from signing.rules.report import Format, Level, Report, SubIndication, Verdict
from signing.rules.validation import validate
from tests.attacks import cms, records, xades
from tests.attacks.pki import AT, DAY, NOW
from tests.attacks.records import Record, XmlRecord, written
from tests.attacks.test_asic import ASIC, EXTENDED, SIMPLE, A, B, Entries, manifest, packed
from tests.attacks.test_asic_archives import (
    CRLS,
    FIRST,
    ROOT,
    SECOND,
    SOMEBODY,
    THIRD,
    news,
    sealed,
)
from tests.documents import plain_pdf
from tra.commands.verify import command

SIGNED = NOW - DAY
YEARS = AT + 290 * 86_400
LETTER = b"A letter that nobody signed.\n"
DEED = cms.content_info(cms.signature(SOMEBODY).stamped(FIRST, SIGNED).with_revocation(CRLS))


def record(*objects: bytes) -> Record:
    """Stamped, renewed, and renewed with its tree by another hash function."""
    made = Record(objects).stamped(FIRST, NOW, crls=news(NOW + 5 * DAY, NOW + 9 * DAY))
    made = made.renewed(SECOND, NOW + 6 * DAY, news(NOW + 150 * DAY, NOW + 199 * DAY))
    lists = news(NOW + 285 * DAY, NOW + 299 * DAY)
    return made.stamped(THIRD, NOW + 180 * DAY, "sha512", lists)


OF_LETTER, OF_DEED = record(LETTER).dump(), record(DEED).dump()


def judge(
    document: bytes, at: int = YEARS, record: bytes | None = None, detached: bytes | None = None
) -> Report:
    evidence = gather(document, ROOT.anchors, detached=Detached.of(detached), record=record)
    return validate(evidence, {}, at, policies.default())


def test_a_file_is_time_stamped_by_a_record_beside_it() -> None:
    found = judge(LETTER, record=OF_LETTER)
    assert found.verdict is Verdict.TIME_STAMPED
    assert [one.signed_at for one in found.signatures] == [AT]
    assert len(found.signatures[0].time_stamps) == 3
    assert judge(b"Another.", record=OF_LETTER).verdict is Verdict.CHANGED
    assert judge(plain_pdf(), record=record(plain_pdf()).dump()).verdict is Verdict.TIME_STAMPED


def test_a_record_by_itself_is_judged_with_what_it_is_over() -> None:
    found = judge(OF_LETTER, detached=LETTER)
    assert (found.verdict, found.format) == (Verdict.TIME_STAMPED, Format.EVIDENCE_RECORD)
    assert judge(OF_LETTER, detached=b"Another.").verdict is Verdict.CHANGED
    assert judge(OF_LETTER).verdict is Verdict.CONTENT_MISSING


def test_a_signature_outlives_its_certificates_by_a_record_over_its_file() -> None:
    assert judge(DEED).verdict is not Verdict.AUTHENTIC
    found = judge(DEED, record=OF_DEED)
    assert found.verdict is Verdict.AUTHENTIC
    assert (found.signatures[0].level, found.signatures[0].signed_at) == (Level.LTA, AT - 86_400)
    assert judge(DEED, record=OF_LETTER).verdict is not Verdict.AUTHENTIC


@pytest.mark.parametrize("steps", [1, 2])
def test_without_the_next_step_it_ends_with_the_last(steps: int) -> None:
    made = record(LETTER)
    kept = Record(made.objects, made.chains[:1], made.names[:1])
    kept.chains[0] = kept.chains[0][:steps]
    days = {1: 8, 2: 190}[steps]
    assert judge(LETTER, AT + days * 86_400, record=kept.dump()).verdict is Verdict.TIME_STAMPED
    ended = {1: 12, 2: 201}[steps]
    at = AT + ended * 86_400
    assert judge(LETTER, at, record=kept.dump()).verdict is not Verdict.TIME_STAMPED


def pieces() -> list[tuple[str, bytes]]:
    """Records with a link that is lost, moved, or another's."""
    of_letter, another = record(LETTER), record(b"Another.")
    (first, second), (third,) = of_letter.chains
    (other_first, other_second), (other_third,) = another.chains
    chains = {
        "the first lost": [[second], [third]],
        "the second lost": [[first], [third]],
        "turned round": [[second, first], [third]],
        "chains turned round": [[third], [first, second]],
        "the first of another": [[other_first, second], [third]],
        "the second of another": [[first, other_second], [third]],
        "the third of another": [[first, second], [other_third]],
        "all of another": another.chains,
        "in one chain": [[first, second, third]],
        "in three chains": [[first], [second], [third]],
    }
    return [
        (name, Record((LETTER,), made, of_letter.names).dump()) for name, made in chains.items()
    ]


@pytest.mark.parametrize(("name", "made"), pieces())
def test_a_link_that_is_not_the_next_one_ends_the_chain(name: str, made: bytes) -> None:
    assert judge(LETTER, record=made).verdict is not Verdict.TIME_STAMPED, name
    if "first of another" in name or "all of" in name:
        assert judge(LETTER, AT + 86_400, record=made).verdict is Verdict.CHANGED


def test_no_changed_byte_of_a_record_but_of_what_nothing_is_over_passes() -> None:
    """Every hash of every tree, and every time-stamp but the last one's certificates."""
    last = der.parts(record(LETTER).chains[1][0])[-1]
    end = len(OF_LETTER) - len(last)
    for place in range(40, end, 97):
        changed = bytearray(OF_LETTER)
        changed[place] ^= 1
        found = judge(LETTER, record=bytes(changed))
        assert found.verdict is not Verdict.TIME_STAMPED, place


def test_a_record_says_everything_once_and_in_its_order() -> None:
    """RFC 4998 §3.1, §4.1."""
    version, algorithms, sequence = der.parts(OF_LETTER)
    twice = der.sequence(*der.parts(algorithms), *der.parts(algorithms))
    [chain, *others] = der.parts(sequence)
    [first, *later] = der.parts(chain)
    *optional, stamp = der.parts(first)
    turned = der.sequence(der.sequence(*reversed(optional), stamp), *later)
    for made in (
        der.sequence(version, twice, sequence),
        der.sequence(version, algorithms, der.sequence(turned, *others)),
    ):
        assert judge(made, detached=LETTER).verdict is not Verdict.TIME_STAMPED
        assert made != OF_LETTER


def test_a_tree_by_another_function_than_it_says_is_refused() -> None:
    made = record(LETTER)
    parts = der.parts(made.chains[0][0])
    lists = [[der.content(one) for one in der.parts(each)] for each in der.parts(parts[1])]
    made.chains[0][0] = written(lists, parts[-1], "sha512")
    assert judge(LETTER, AT + 86_400, record=made.dump()).verdict is Verdict.CHANGED
    made.chains[0] = [written(lists, parts[-1], None)]
    lone = Record((LETTER,), made.chains[:1], ["sha256"]).dump()
    assert judge(LETTER, AT + 86_400, record=lone).verdict is Verdict.TIME_STAMPED


def test_a_time_stamp_over_the_object_alone_needs_no_tree() -> None:
    token = cms.token(FIRST, LETTER, NOW, revocation=news(NOW, NOW + 9 * DAY))
    made = Record((LETTER,), [[written([], token)]], ["sha256"]).dump()
    assert judge(LETTER, AT + 86_400, record=made).verdict is Verdict.TIME_STAMPED
    assert judge(b"Another.", AT + 86_400, record=made).verdict is Verdict.CHANGED


@pytest.mark.parametrize(
    "made",
    [
        b"",
        b"nothing",
        der.sequence(der.integer(1)),
        der.sequence(der.integer(2), der.sequence(), der.sequence()),
        der.sequence(der.integer(1), der.sequence(), der.sequence()),
        der.sequence(der.integer(1), der.sequence(), der.sequence(der.sequence())),
        Record((LETTER,), [[records.written([], b"\x30\x00")]], ["sha256"]).dump(),
        Record((LETTER,), [record(LETTER).chains[0] * 90], ["sha256"]).dump(),
    ],
    ids=["empty", "text", "short", "version", "nothing", "no chain", "no token", "endless"],
)
def test_what_is_no_record_never_passes(made: bytes) -> None:
    assert judge(LETTER, record=made).sub_indication in {
        SubIndication.FORMAT_FAILURE,
        SubIndication.SIGNED_DATA_NOT_FOUND,
    }
    assert judge(made, detached=LETTER).verdict is not Verdict.TIME_STAMPED


def within(document: bytes, kind: str, *objects: bytes) -> bytes:
    """A CMS with a record over these as an unsigned attribute (RFC 4998 §A)."""
    found = SignedData.parse(document)
    signer = SignerInfo.parse(found.signer_infos[0])
    attribute = written_cms.attribute(kind, record(*objects).dump())
    return replace(found, signer_infos=(signer.with_unsigned(attribute).dump(),)).dump()


def test_a_record_within_a_cms_is_over_the_rest_of_it() -> None:
    internal, external = EVIDENCE_RECORDS
    plain = SignedData.parse(DEED).dump()
    assert judge(within(plain, internal, plain)).verdict is Verdict.AUTHENTIC
    assert judge(within(plain, internal, plain[:-1])).verdict is not Verdict.AUTHENTIC
    alone = SignedData.parse(plain).without_content().dump()
    made = within(alone, external, alone, cms.CONTENT)
    assert judge(made, detached=cms.CONTENT).verdict is Verdict.AUTHENTIC
    only = within(alone, external, alone)
    assert judge(only, detached=cms.CONTENT).verdict is not Verdict.AUTHENTIC
    forged = SignedData.parse(made).with_proofs((FIRST.certificate,), ()).dump()
    assert judge(forged, detached=cms.CONTENT).verdict is not Verdict.AUTHENTIC


RECORD = "META-INF/evidencerecord001.ers"


def recorded(entries: Entries) -> Entries:
    """A container with a record over all that is there."""
    listed = manifest(*entries[1:], of=RECORD)
    made = record(*(content for _, content in entries[1:])).dump()
    return [*entries, ("META-INF/ASiCEvidenceRecordManifest001.xml", listed), (RECORD, made)]


def test_a_record_in_a_container_carries_its_signatures() -> None:
    made = recorded(sealed())
    found = judge(packed(made))
    assert (found.verdict, found.signatures[0].level) == (Verdict.AUTHENTIC, Level.LTA)
    assert judge(packed(sealed())).verdict is not Verdict.AUTHENTIC
    for place in range(1, len(made)):
        name, content = made[place]
        at = len(content) // 2
        forged = content[:at] + bytes((content[at] ^ 1,)) + content[at + 1 :]
        changed = [*made[:place], (name, forged), *made[place + 1 :]]
        assert judge(packed(changed)).verdict is not Verdict.AUTHENTIC, name


def test_a_record_carries_signatures_in_xml_too() -> None:
    holder = etree.fromstring(f'<asic:XAdESSignatures xmlns:asic="{ASIC}"/>')
    xades.Made(SOMEBODY, at=SIGNED).within(holder, xades.Reference(A[0], octets=A[1]))
    made = xades.with_proofs(xades.stamped(etree.tostring(holder), FIRST, SIGNED), CRLS)
    entries = [("mimetype", EXTENDED), A, ("META-INF/signatures001.xml", made)]
    assert judge(packed(entries)).verdict is not Verdict.AUTHENTIC
    assert judge(packed(recorded(entries))).verdict is Verdict.AUTHENTIC


def test_a_record_over_the_files_of_a_container_stands_for_itself() -> None:
    made = recorded([("mimetype", EXTENDED), A, B])
    found = judge(packed(made))
    assert found.verdict is Verdict.TIME_STAMPED
    assert all(part.signed_by for part in found.parts)
    simple = [("mimetype", SIMPLE), A, (RECORD, record(A[1]).dump())]
    assert judge(packed(simple)).verdict is Verdict.TIME_STAMPED
    assert judge(packed([simple[0], (A[0], B[1]), simple[2]])).verdict is Verdict.CHANGED
    assert judge(packed([*made, ("c.txt", b"More.")])).verdict is Verdict.PARTLY_SIGNED


def test_a_record_whose_manifest_is_of_other_files_is_over_none() -> None:
    """EN 319 162-1 §A.7, whatever the record itself is over. An ASiC-S has none (§4.3.3.2)."""
    listed = ("META-INF/ASiCEvidenceRecordManifest001.xml", manifest((A[0], B[1]), of=RECORD))
    made = [("mimetype", EXTENDED), A, listed, (RECORD, record(A[1]).dump())]
    assert judge(packed(made)).sub_indication is SubIndication.HASH_FAILURE
    assert judge(packed([("mimetype", SIMPLE), *made[1:]])).verdict is Verdict.TIME_STAMPED
    elsewhere = (listed[0], manifest(B, of=RECORD))
    made = [*made[:2], elsewhere, made[3]]
    assert judge(packed(made)).verdict is Verdict.CONTENT_MISSING


def test_the_command_takes_a_record_beside_a_file(tmp_path: Path) -> None:
    letter, record_of, root = (tmp_path / name for name in ("letter.txt", "letter.ers", "root"))
    letter.write_bytes(LETTER)
    record_of.write_bytes(OF_LETTER)
    root.write_bytes(ROOT.certificate)
    how = ["--trust", str(root), "--at", "2027-01-29", "--json"]
    for arguments in (
        [str(letter), "--evidence-record", str(record_of)],
        [str(record_of), "--detached", str(letter)],
    ):
        done = CliRunner().invoke(command, [*arguments, *how])
        assert (done.exit_code, json.loads(done.output)["verdict"]) == (0, "time_stamped")


XML = b'<deed xmlns="urn:deed"><who>Somebody</who></deed>'


def in_xml(*objects: bytes) -> XmlRecord:
    made = XmlRecord(objects).stamped(FIRST, NOW, crls=news(NOW + 5 * DAY, NOW + 9 * DAY))
    made = made.renewed(SECOND, NOW + 6 * DAY, news(NOW + 150 * DAY, NOW + 199 * DAY))
    lists = news(NOW + 285 * DAY, NOW + 299 * DAY)
    return made.stamped(THIRD, NOW + 180 * DAY, "sha512", lists)


IN_XML = in_xml(LETTER).dump()


def test_a_record_in_xml_proves_as_much() -> None:
    assert judge(LETTER, record=IN_XML).verdict is Verdict.TIME_STAMPED
    assert judge(IN_XML, detached=LETTER).format is Format.EVIDENCE_RECORD
    marked = b"\xef\xbb\xbf" + IN_XML
    assert judge(marked, detached=LETTER).verdict is Verdict.TIME_STAMPED
    assert judge(IN_XML, detached=b"Another.").verdict is Verdict.CHANGED
    assert judge(DEED, record=in_xml(DEED).dump()).verdict is Verdict.AUTHENTIC
    assert judge(DEED, record=IN_XML).verdict is not Verdict.AUTHENTIC
    written = b"<?xml version='1.0'?>" + XML.replace(b"<deed ", b"<deed  ")
    assert judge(in_xml(XML).dump(), detached=written).verdict is Verdict.TIME_STAMPED


def test_no_changed_character_of_a_record_in_xml_passes() -> None:
    """But of what comes after the last tree, its time-stamp's certificates."""
    end = IN_XML.rindex(b"<TimeStamp>")
    for place in range(IN_XML.index(b"<DigestValue>"), end, 131):
        changed = bytearray(IN_XML)
        changed[place] ^= 1
        assert judge(LETTER, record=bytes(changed)).verdict is not Verdict.TIME_STAMPED, place


def test_a_chain_of_a_record_in_xml_that_is_lost_is_missed() -> None:
    made = in_xml(LETTER)
    first, second = made.sequence
    made.sequence.remove(second)
    assert judge(LETTER, record=made.dump()).verdict is not Verdict.TIME_STAMPED
    made = in_xml(LETTER)
    made.sequence.remove(made.sequence[0])
    assert judge(LETTER, record=made.dump()).verdict is not Verdict.TIME_STAMPED
    made.sequence[0].set("Order", "1")
    [found] = judge(
        LETTER, record=made.dump()
    ).signatures  # proof of that day, and not of the first
    assert found.signed_at == AT + 180 * 86_400
    assert len(first) == 4


def test_a_record_in_xml_carries_what_is_in_a_container() -> None:
    entries, name = sealed(), "META-INF/evidencerecord001.xml"
    listed = manifest(*entries[1:], of=name)
    made = in_xml(
        *(
            etree.tostring(etree.fromstring(one), method="c14n") if one.startswith(b"<") else one
            for _, one in entries[1:]
        )
    )
    added = [("META-INF/ASiCEvidenceRecordManifest001.xml", listed), (name, made.dump())]
    assert judge(packed([*entries, *added])).verdict is Verdict.AUTHENTIC
    another = [*entries[:1], (A[0], b"Another."), *entries[2:], *added]
    assert judge(packed(another)).verdict is not Verdict.AUTHENTIC
