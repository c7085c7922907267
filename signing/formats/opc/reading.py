"""Everything that can be found out about the signatures of an office document (.docx, .xlsx,
.pptx; ECMA-376 part 2 §13, [MS-OFFCRYPTO] §2.5), as evidence for validation."""

from collections.abc import Container, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final

from asn1crypto import x509

from signing.formats.cms import WHATEVER
from signing.formats.coverage import Coverage
from signing.formats.opc.parts import CERTIFICATE, CONTENT_TYPES, SIGNATURE, Parts
from signing.formats.trust import Asked
from signing.formats.xades import reading as xades
from signing.formats.xades import relationships
from signing.formats.xades.canonical import transforms
from signing.formats.xades.parsing import DS, Tree, parse
from signing.formats.xades.references import file_name
from signing.rules.evidence import DocumentEvidence, Fault, SignatureEvidence
from signing.rules.report import Format

_SIGNATURES: Final = "_xmlsignatures/"
_RELATIONSHIPS: Final = "_rels/.rels"
_BESIDE: Final = (
    *("/metadata/core-properties", "/extended-properties", "/custom-properties"),
    *("/metadata/thumbnail", "/digital-signature/origin"),
)
"""How the types of relationships end that no program signs: they are about the document."""


def is_package(files: Container[str]) -> bool:
    return CONTENT_TYPES in files and _RELATIONSHIPS in files


def read(
    files: Mapping[str, bytes], nothing: DocumentEvidence, asked: Asked, *, sound: bool
) -> DocumentEvidence:
    """`nothing`, and what there is to find. `sound`: nobody can read the file in two ways."""
    nothing = replace(nothing, format=Format.OOXML)
    try:
        parts = Parts(files)
        coverage = Coverage(files)
        by_part = {
            name: tuple(_of_part(name, parts, coverage, asked))
            for name in files
            if parts.type_of(name) == SIGNATURE
        }
        signatures = {name for name, held in by_part.items() if held}
        beside = _beside(files) | signatures | set(_certificates(files, parts))
    except WHATEVER:
        return replace(nothing, signatures=(SignatureEvidence("", (Fault.CONTAINER,)),))
    found = [one for held in by_part.values() for one in held]
    faults = () if sound else (Fault.CONTAINER,)
    rest = (name for name in files if name not in beside)
    return replace(
        nothing,
        signatures=tuple(replace(one, faults=(*faults, *one.faults)) for one in found),
        parts=tuple(map(coverage.part, rest)) if found else (),
    )


def _of_part(
    part: str, parts: Parts, coverage: Coverage, asked: Asked
) -> Iterator[SignatureEvidence]:
    called = part.removeprefix(_SIGNATURES)
    try:
        content = coverage.files[part]
        tree = parse(content)
        held = tuple(coverage.files[name] for name in _certificates(coverage.files, parts))
        found = xades.find(content, tree, asked, parts, package=True, certificates=held)
        open_ended = set(_open_ended(tree, parts))
    except WHATEVER:
        yield SignatureEvidence(called, (Fault.UNREADABLE,))
        return
    for number, one in enumerate(found, start=1):
        name = called if number == 1 else f"{called}:{number}"
        over = {reference: parts.name(reference) or "" for reference in one.covered.files}
        changed = {over[reference] for reference in one.covered.changed}
        whole = (covered for covered in over.values() if covered not in {"", *open_ended})
        coverage.add(name, whole, changed)
        yield replace(one.evidence, name=name)


def _open_ended(tree: Tree, parts: Parts) -> Iterator[str]:
    """Parts of which not all relationships are signed that say what the document is."""
    for reference in tree.iter(f"{{{DS}}}Reference"):
        uri = file_name(reference.get("URI", ""))
        for transform in transforms(reference):
            if transform.get("Algorithm") != relationships.TRANSFORM or uri not in parts:
                continue
            ids = {one.get("Id") for one in relationships.chosen(parts[uri], transform)}
            rest = [one for one in relationships.listed(parts[uri]) if one.get("Id") not in ids]
            if not all(one.get("Type", "").endswith(_BESIDE) for one in rest):
                yield parts.name(uri) or ""


def _beside(files: Mapping[str, bytes]) -> set[str]:
    """The parts that are about the document, and those around the signatures."""
    about = {
        one.get("Target", "").removeprefix("/")
        for one in relationships.listed(files[_RELATIONSHIPS])
        if one.get("Type", "").endswith(_BESIDE)
    }
    own = {name for name in files if name.startswith(_SIGNATURES)}
    return {CONTENT_TYPES, *about, *own, *map(_of_its_own, _origins(files))}


def _origins(files: Mapping[str, bytes]) -> Iterator[str]:
    """ECMA-376 part 2 §13.2.2: where the way to the signatures begins."""
    for one in relationships.listed(files[_RELATIONSHIPS]):
        if one.get("Type", "").endswith("/digital-signature/origin"):
            yield one.get("Target", "").removeprefix("/")


def _certificates(files: Mapping[str, bytes], parts: Parts) -> Iterator[str]:
    """§13.2.3: parts that are certificates, and nothing else."""
    for name in files:
        if parts.type_of(name) == CERTIFICATE:
            with suppress(*WHATEVER):
                x509.Certificate.load(files[name], strict=True).public_key.dump()
                yield name


def _of_its_own(part: str) -> str:
    """The part of a part's relationships (§9.3.3)."""
    folder, slash, name = part.rpartition("/")
    return f"{folder}{slash}_rels/{name}.rels"
