"""Signatures that EU DSS makes, in every format, packaging and level: our verdict is DSS's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from lxml import etree

from signing import policies
from signing.formats.augmentation import open_document
from signing.formats.detached import Detached
from signing.formats.reading import gather
from signing.formats.seal import ValidationData
from signing.formats.validation_report import Validator, write
from signing.rules.report import Report, Verdict
from signing.rules.validation import Checked, validate
from tests import dss
from tests.attacks import cms
from tests.attacks.pki import AT, DAY, NOW, Holder, root
from tests.documents import plain_pdf, stream_pdf
from tests.dss import Judge
from tests.validation_report import grounds

ROOT = root()
AUTHORITY = ROOT.authority("Authority")
GIVEN = {
    "root.cer": ROOT.certificate,
    "authority.crl": AUTHORITY.crl(),
    "root.crl": ROOT.crl(),
    "a.txt": b"What was agreed.\n",
    "b.txt": b"And what was not.\n",
    "a.xml": b'<?xml version="1.0"?>\n<deed xmlns="urn:deed"><!-- seen --><who xml:lang="km">'
    b"&#x1780;</who></deed>\n",
    "b.xml": b'<deed xmlns="urn:deed" Id="deed"><who>Somebody</who></deed>',
    "a.json": b'{"agreed":true}',
    "a.pdf": plain_pdf(),
    "b.pdf": stream_pdf(),
}
DETACHED = {
    "cades-detached": ["a.txt"],
    "xades-detached": ["a.xml"],
    "jades-NO": ["a.json"],
    "jades-OBJECT": ["a.json"],
    "xades-several": ["a.txt", "b.txt"],
    "jades-several": ["a.txt", "b.txt"],
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dss")
    for name, content in GIVEN.items():
        (folder / name).write_bytes(content)
    for name, holder in (
        ("signer", AUTHORITY.signer(until=NOW + 3 * DAY)),
        ("clock", AUTHORITY.time_authority()),
    ):
        (folder / f"{name}.p12").write_bytes(_keystore(name, holder))
    dss.make(folder, AT)
    return folder


def _keystore(name: str, holder: Holder) -> bytes:
    chain = [AUTHORITY.parsed, ROOT.parsed]
    locked = BestAvailableEncryption(b"tra")
    return pkcs12.serialize_key_and_certificates(
        name.encode(), holder.key, holder.parsed, chain, locked
    )


def signed(folder: Path) -> Iterator[tuple[Path, list[Path]]]:
    """Each file that was made, and what was signed where that is beside it."""
    for file in sorted(folder.iterdir()):
        if file.name not in GIVEN and file.suffix != ".p12":
            beside = [held for start, held in DETACHED.items() if file.name.startswith(start)]
            yield file, [folder / name for name in (beside[0] if beside else ())]


def held(beside: list[Path]) -> Detached:
    return Detached(tuple((one.name, one.read_bytes()) for one in beside))


def checked(file: Path, beside: list[Path]) -> Checked:
    evidence = gather(file.read_bytes(), ROOT.anchors, detached=held(beside))
    return Checked(file.name, evidence, validate(evidence, {}, AT, policies.default()))


def ours(file: Path, beside: list[Path]) -> Report:
    return checked(file, beside).report


def baseline(level: str) -> str:
    """The baseline level that has what a level of DSS's has."""
    last = level.rpartition("-")[2]
    return {"C": "T", "X": "T", "XL": "LT", "A": "LTA"}.get(last, last)


def test_every_file_has_the_verdict_that_dss_gives_it_and_on_the_same_grounds(
    made: Path, judge: Judge, tmp_path: Path
) -> None:
    files = [one for one in signed(made) if not one[0].name.startswith("stamped")]
    assert len(files) == 119
    told, kept = {}, tmp_path / "report.xml"
    validator = Validator(policies.default(), "https://example.org/policy")
    for file, beside in files:
        theirs = judge.judge(made / "root.cer", AT, file, *beside, report=kept)
        mine = checked(file, beside)
        by_us = grounds(etree.fromstring(etree.tostring(write(mine, validator))))
        by_dss = grounds(etree.parse(kept).getroot())
        said = [(baseline(one.level), one.indication, one.sub_indication) for one in theirs]
        found = [
            (
                str(one.level).removeprefix("B-"),
                str(one.indication),
                str(one.sub_indication or "null"),
            )
            for one in mine.report.signatures
        ]
        if file.name.startswith("jades-several-OBJECT_ID_BY_URI-"):
            # Nobody signed where one of the files ends: see docs/divergences.md.
            unbounded = ("INDETERMINATE", "GENERIC")
            said = [(one[0], *unbounded) if one[1] == "TOTAL_PASSED" else one for one in said]
        assert len(by_dss) == len(theirs)
        if (said, by_dss) != (found, by_us):
            told[file.name] = (said, by_dss, found, by_us)
    assert told == {}


@pytest.mark.parametrize("level", ["T", "again-LTA"])
@pytest.mark.parametrize(
    "kind",
    [
        *("cades-enveloping-{}.p7m", "cades-detached-{}.p7m", "xades-enveloped-{}.xml"),
        *("xades-enveloping-{}.xml", "xades-detached-{}.xml", "jades-JSON-{}.json"),
        *("jades-OBJECT_ID_BY_URI_HASH-{}.json", "asic-cades-{}.asice", "asic-cades-{}.asics"),
        *("xades-several-{}.xml", "jades-several-OBJECT_ID_BY_URI_HASH-{}.json"),
        *("asic-xades-{}.asice", "pades-{}.pdf", "pades-certifying-{}.pdf"),
    ],
)
def test_what_we_make_last_dss_finds_at_b_lta(
    made: Path, judge: Judge, tmp_path: Path, kind: str, level: str
) -> None:
    file = made / kind.format(level)
    [beside] = [found for each, found in signed(made) if each == file]
    clock = AUTHORITY.time_authority("Another clock")

    def stamp(digest: bytes) -> bytes:
        return cms.token(clock, b"", imprint=digest)

    proofs = ValidationData((AUTHORITY.certificate,), (), (AUTHORITY.crl(), ROOT.crl()))
    lasting = open_document(file.read_bytes(), held(beside)).stamped(stamp).with_proofs(proofs)
    made_last = tmp_path / file.name
    made_last.write_bytes(lasting.archived(stamp).dump())
    [found] = judge.judge(made / "root.cer", AT, made_last, *beside)
    assert (found.level.split("-")[-1], found.indication) == ("LTA", "TOTAL_PASSED")
    assert not [one for one in found.told if "structure" in one or "time-stamp" in one]
    assert ours(made_last, beside).verdict is Verdict.AUTHENTIC


@pytest.mark.parametrize("suffix", ["asics", "asice"])
@pytest.mark.parametrize("often", ["once", "twice"])
def test_a_container_of_time_stamps_has_the_verdict_that_dss_gives_them(
    made: Path, judge: Judge, often: str, suffix: str
) -> None:
    file = made / f"stamped-{often}.{suffix}"
    first, *more = judge.judge(made / "root.cer", AT, file)
    assert len(more) == (often == "twice")
    found = ours(file, [])
    [stamp] = found.signatures
    assert len(stamp.time_stamps) == 1 + len(more)
    assert (str(stamp.indication).removeprefix("TOTAL_"), str(stamp.sub_indication or "null")) == (
        first.indication,
        first.sub_indication,
    )
    assert (found.verdict is Verdict.TIME_STAMPED) is (often == "twice")
