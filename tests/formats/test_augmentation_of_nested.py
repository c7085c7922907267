"""Signatures that other signatures of their document sign: none of their bytes changes, and what
the others are given proves them, years after all certificates ended."""

import json
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

import pytest
from lxml import etree

from signing.formats.asic.manifest import list_files
from signing.formats.asic.opening import open_container
from signing.formats.augmentation import Augmentable, open_document
from signing.formats.seal import ValidationData
from signing.formats.xades import nesting
from signing.formats.xades.parsing import signatures
from signing.formats.xades.references import Sources
from signing.rules.report import Indication, Level, Note, Report, Verdict
from tests.attacks import xades
from tests.attacks.cms import content_info, signature, token
from tests.attacks.pki import AT, DAY, NOW, Holder
from tests.attacks.test_asic import ASIC, EXTENDED, A, manifest, packed
from tests.attacks.test_asic_archives import (
    CRLS,
    ENDED,
    FIRST,
    ROOT,
    SECOND,
    SIGNED,
    SOMEBODY,
    THIRD,
    news,
)
from tests.attacks.verdicts import judge
from tests.attacks.xades import DS, ENVELOPED, EXCLUSIVE, Reference
from tests.formats import test_augmentation

ANOTHER = ENDED.signer("Another", until=NOW + 3 * DAY)
YEARS = AT + 290 * 86_400


def stamps(clock: Holder, at: datetime) -> Callable[[bytes], bytes]:
    return lambda digest: token(clock, b"", at, imprint=digest)


def data(since: int, until: int) -> ValidationData:
    return ValidationData((), (), tuple(news(NOW + since * DAY, NOW + until * DAY)))


def through_the_years(found: Augmentable) -> bytes:
    """Made to last while the signers' certificates are good, and renewed before each authority's
    ends."""
    first = ValidationData((ENDED.certificate,), (), CRLS)
    found = found.stamped(stamps(FIRST, SIGNED)).with_proofs(first).archived(stamps(FIRST, NOW))
    found = found.with_proofs(data(5, 9)).archived(stamps(SECOND, NOW + 6 * DAY))
    found = found.with_proofs(data(150, 199)).archived(stamps(THIRD, NOW + 180 * DAY))
    return found.with_proofs(data(285, 299)).dump()


def beside(first: Holder = SOMEBODY, second: Holder = ANOTHER) -> bytes:
    """A document with a signature, and one over both."""
    root = first_beside_a_deed(first)
    octets = etree.tostring(root, method="c14n", exclusive=True)
    reference = Reference("", (ENVELOPED, EXCLUSIVE), octets=octets)
    xades.Made(second, name="second", at=SIGNED).within(root, reference)
    return bytes(etree.tostring(root))


def first_beside_a_deed(first: Holder = SOMEBODY) -> Any:
    """An element around both."""
    root = etree.Element("both")
    root.append(etree.fromstring(xades.DEED))
    octets = etree.tostring(root[0], method="c14n", exclusive=True)
    reference = Reference("#deed", (EXCLUSIVE,), octets=octets)
    xades.Made(first, name="first", at=SIGNED).within(root, reference)
    return root


def inside(first: Holder = SOMEBODY, second: Holder = ANOTHER) -> bytes:
    """A signed document within an object of a further signature."""
    inner = xades.enveloped(first, uri="#deed", name="first", at=SIGNED).decode()
    return xades.enveloping(second, inner, name="second", at=SIGNED)


def unsigned_object() -> bytes:
    """The same in an object that nothing is a reference to."""
    inner = xades.enveloped(SOMEBODY, uri="#deed", name="first", at=SIGNED)
    root = etree.fromstring(xades.enveloping(ANOTHER, name="second", at=SIGNED))
    held = etree.SubElement(root, f"{{{DS}}}Object")
    held.append(etree.fromstring(inner))
    return bytes(etree.tostring(root))


SIGNATURES = ("META-INF/signature001.p7s", "META-INF/signature002.p7s")


def in_container(first: Holder = SOMEBODY, second: Holder = ANOTHER) -> bytes:
    """A signature over a file, and one over both."""
    listed = manifest(A, of=SIGNATURES[0])
    inner = content_info(signature(first, listed, at=SIGNED), content=None)
    held = [A, ("META-INF/ASiCManifest001.xml", listed), (SIGNATURES[0], inner)]
    listed = manifest(*held, of=SIGNATURES[1])
    outer = content_info(signature(second, listed, at=SIGNED), content=None)
    more = [("META-INF/ASiCManifest002.xml", listed), (SIGNATURES[1], outer)]
    return packed([("mimetype", EXTENDED), *held, *more])


def in_container_in_xml(first: Holder = SOMEBODY, second: Holder = ANOTHER) -> bytes:
    """The same with XAdES."""
    names = ("META-INF/signatures001.xml", "META-INF/signatures002.xml")
    files = [A]
    for name, by in zip(names, (first, second), strict=True):
        holder = etree.fromstring(f'<asic:XAdESSignatures xmlns:asic="{ASIC}"/>')
        each = [Reference(one, octets=content) for one, content in files]
        xades.Made(by, at=SIGNED).within(holder, *each)
        files.append((name, etree.tostring(holder)))
    listed = ("META-INF/manifest.xml", list_files([(A[0], "text/plain")]))
    return packed([("mimetype", EXTENDED), *files, listed])


MADE = {one.__name__: one() for one in (beside, inside, in_container, in_container_in_xml)}


@cache
def lasting(name: str) -> bytes:
    return through_the_years(open_document(MADE[name]))


def by_signer(report: Report) -> dict[str | None, tuple[Indication, bool]]:
    return {
        one.signer.common_name if one.signer else None: (
            one.indication,
            Note.SIGNED_BY_ANOTHER in one.notes,
        )
        for one in report.signatures
    }


@pytest.mark.parametrize("name", MADE)
def test_the_outer_signature_carries_the_inner_one_through_the_years(name: str) -> None:
    assert judge(MADE[name], ROOT, SOMEBODY, at=YEARS).verdict is not Verdict.AUTHENTIC
    found = judge(lasting(name), ROOT, at=YEARS)
    assert found.verdict is Verdict.AUTHENTIC
    passed = Indication.TOTAL_PASSED
    assert by_signer(found) == {"Somebody": (passed, True), "Another": (passed, False)}
    assert {one.signed_at for one in found.signatures} <= {AT - 86_400, AT}
    until = open_document(lasting(name)).protection().until
    assert until == int(THIRD.parsed.not_valid_after_utc.timestamp())


@pytest.mark.parametrize("name", ["beside", "inside"])
def test_no_byte_of_the_inner_signature_changes(name: str) -> None:
    before, after = (etree.fromstring(one) for one in (MADE[name], lasting(name)))
    first = [
        next(each for each in one.iter(f"{{{DS}}}Signature") if each.get("Id") == "first")
        for one in (before, after)
    ]
    assert len({etree.tostring(one, method="c14n") for one in first}) == 1


@pytest.mark.parametrize("name", ["in_container", "in_container_in_xml"])
def test_in_a_container_the_inner_file_stays(name: str) -> None:
    before, after = (open_container(one).files for one in (MADE[name], lasting(name)))
    first = next(one for one in before if "001." in one and "ignature" in one)
    assert before[first] == after[first]
    stamps = {"in_container": 3, "in_container_in_xml": 0}
    assert sum(one.endswith(".tst") for one in after) == stamps[name]


@pytest.mark.parametrize("name", ["beside", "inside"])
def test_no_other_inner_signature_passes(name: str) -> None:
    made = lasting(name)
    start = made.index(b'Id="first"')
    end = made.index(b"</ds:Signature>", start)
    for place in range(start, end, 211):
        changed = made[:place] + bytes((made[place] ^ 1,)) + made[place + 1 :]
        assert judge(changed, ROOT, at=YEARS).verdict is not Verdict.AUTHENTIC, place


def test_what_no_reference_is_to_lasts_by_the_archive_time_stamp_over_all_objects() -> None:
    """And is told as signed by nobody."""
    found = judge(through_the_years(open_document(unsigned_object())), ROOT, at=YEARS)
    assert {one.indication for one in found.signatures} == {Indication.TOTAL_PASSED}


def test_a_signature_over_a_part_of_another_leaves_it_free_to_grow() -> None:
    root = first_beside_a_deed()
    value = next(root.iter(f"{{{DS}}}SignatureValue"))
    octets = etree.tostring(value, method="c14n", exclusive=True)
    reference = Reference(f"#{value.get('Id')}", (EXCLUSIVE,), octets=octets)
    xades.Made(ANOTHER, name="second", at=SIGNED).within(root, reference)
    made = through_the_years(open_document(etree.tostring(root)))
    found = judge(made, ROOT, at=YEARS)
    assert {one.level for one in found.signatures} == {Level.LTA}


def test_components_stamped_in_clear_last_in_clear() -> None:
    document = test_augmentation.stamped_in_clear(SOMEBODY, FIRST, SIGNED)
    made = through_the_years(open_document(document))
    found = judge(made, ROOT, at=YEARS)
    assert found.verdict is Verdict.AUTHENTIC
    assert {one.indication for one in found.signatures[0].time_stamps} == {Indication.TOTAL_PASSED}
    etsi_u = json.loads(made)["header"]["etsiU"]
    assert all(isinstance(one, dict) for one in etsi_u)


def test_an_object_that_a_reference_leaves_signatures_out_of_proves_none_of_them() -> None:
    """Whoever is put there later would be as old as the time-stamp."""
    inner = first_beside_a_deed()
    held = etree.tostring(inner).decode()
    document = etree.fromstring(xades.enveloping(ANOTHER, held, name="second", at=SIGNED))
    reference = next(document.iter(f"{{{DS}}}Reference"))
    tree = document.getroottree()
    outer, first = signatures(tree)
    assert reference.get("URI") == "#held"
    covered = nesting.checked([outer, first], Sources(tree))
    assert nesting.proving(first, covered) == [outer]
    covered[outer].left_out.append(first)
    assert nesting.proving(first, covered) == []
    assert nesting.around(first, covered) == [outer]
